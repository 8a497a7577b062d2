"""Rules of the house that nobody has to remember."""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import FunctionType

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from django.db.models import CASCADE, Model
from django.db.transaction import Atomic

from tests.audit.test_changes import ACTIONS

ROOT = Path(__file__).resolve().parents[2]
APPS = {
    "alliance": "alliance",
    "trends": "trends",
    "sessions": "therapy_sessions",
    "clients": "clients",
    "measures": "measures",
    "accounts": "accounts",
    "outbox": "outbox",
    "audit": "audit",
}  # folder: label
WITH_MODELS = {"trends", "therapy_sessions", "clients", "accounts", "outbox", "audit"}


def our_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in WITH_MODELS]


def test_imports_go_downwards() -> None:
    """In a process of its own, for it sets logging up anew."""
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


# --- Models and migrations


def test_labels() -> None:
    ours = {config.name: config.label for config in apps.get_app_configs() if config.name in APPS}
    assert ours == APPS
    assert {model._meta.app_label for model in our_models()} == WITH_MODELS


def test_models_and_migrations_agree(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("label", sorted(WITH_MODELS))
def test_migrations_are_one_line(label: str) -> None:
    """Numbered without gaps, each after the one before: nothing to merge."""
    graph = MigrationLoader(None).graph
    assert len(graph.leaf_nodes(label)) == 1
    names = sorted(name for app, name in graph.nodes if app == label)
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    for before, name in pairwise(names):
        own = {key for key in graph.node_map[label, name].parents if key.key[0] == label}
        assert {node.key for node in own} == {(label, before)}


NOT_GUARDED = {
    "audit.Event": "no page shows it yet",
    "accounts.Clinic": "reached through the person who belongs to it",
    "outbox.Message": "reached through what it is about",
    "therapy_sessions.RequestLink": "reached by its digest alone",
    "therapy_sessions.Draft": "shown to the browser that typed it, and to no person of the staff",
    "therapy_sessions.EarlierAnswers": "shown to the client alone, beside the changed rating",
    "clients.ClientLink": "reached by its digest alone",
    "accounts.Profile": "reached through the person whose it is",
    "accounts.MailWishes": "reached through the person whose they are",
}


def test_every_model_says_who_may_see_its_rows() -> None:
    unguarded = {
        model._meta.label
        for model in our_models()
        if not hasattr(model._default_manager, "visible_to")
    }
    assert unguarded == set(NOT_GUARDED)


def test_keys_in_addresses_cannot_be_guessed() -> None:
    counted = {
        model._meta.label
        for model in our_models()
        if model._meta.pk and model._meta.pk.get_internal_type() != "UUIDField"
    }
    assert counted == {
        "audit.Event",
        "therapy_sessions.RequestLink",
        "clients.ClientLink",
        "accounts.Profile",
        "accounts.MailWishes",
    }


def test_no_row_disappears_with_a_person_or_a_client() -> None:
    """What cascades is nothing without its row: links, drafts, what somebody tells of oneself."""
    cascading = {
        f"{model._meta.label}.{field.name}"
        for model in our_models()
        for field in model._meta.concrete_fields
        if field.remote_field and getattr(field.remote_field, "on_delete", None) is CASCADE
    }
    assert cascading == {
        "therapy_sessions.RequestLink.request",
        "therapy_sessions.Draft.request",
        "clients.ClientLink.client",
        "accounts.Profile.user",
        "accounts.MailWishes.user",
    }


# --- Services: the only place that changes anything

MODULES = ["accounts", "audit", "clients", "outbox", "sessions", "trends"]
SERVICES = [
    *(f"{name}.services" for name in MODULES),
    "sessions.form.answering",
    "sessions.at_clinic.in_clinic",
    "sessions.reading",
    "trends.report.taking_along",
    "trends.flags.moves",
    "trends.mails.telling",
    "clients.sharing",
    "sessions.own_rating.therapist_ratings",
    "sessions.correcting.corrections",
    "sessions.correcting.undoing",
    "clients.transferring",
    "clients.agreements",
]
FILES = [
    *(f"{name.replace('.', '/')}.py" for name in SERVICES),
    "trends/flags/flagging.py",
    "sessions/correcting/standing.py",
]

NOT_BY = {
    "accounts.accept_invitation": "the new person does it, and has no account before",
    "accounts.create_person": "the person is recorded as the one who joined",
    "accounts.ask_password_reset": "by the person, as far as anybody knows",
    "accounts.issue_invitation_link": "the worker, for a mail",
    "accounts.password_changed": "by the person, as far as anybody knows",
    "outbox.deliver": "the worker",
    "outbox.deliver_due": "the worker",
    "outbox.set_aside_abandoned": "the worker",
    "accounts.stop_mails": "the mail provider",
    "clients.issue_link": "the worker, for a mail",
    "clients.check_secret": "whoever has the link",
    "clients.stop_mail": "a client by link, who has no account",
    "clients.note_bounce": "the worker",
    "clients.ask_erasure": "a client by link, who has no account",
    "sessions.issue_link": "the worker, for a mail",
    "sessions.ask_for_new_link": "a client by link, who has no account",
    "sessions.keep_draft": "a client by link, who has no account",
    "sessions.submit_rating": "a client by link, who has no account",
    "sessions.change_rating": "a client by link, who has no account",
    "sessions.purge_drafts": "the worker",
    "sessions.can_be_changed": "reads only",
    "sessions.check_time": "reads only",
    "outbox.report": "the mail provider",
    "outbox.report_refusal": "the mail provider",
    "trends.recompute": "the worker",
    "trends.recompute_clinic": "the worker, or who runs the machine",
    "trends.recompute_due": "the worker",
    "trends.nightly": "the worker",
    "trends.nights_due": "the worker",
    "trends.do_night": "the worker",
    "trends.ring_for_nights": "the worker",
    "trends.on_ratings_changed": "follows from a change that names who made it",
    "trends.owe": "the worker: the program has flagged something",
    "trends.owe_wish": "a client by link, who has no account",
    "trends.remind_due": "the worker",
}
NOT_ATOMIC = {
    "accounts.end_logins": "within the transaction of deactivate",
    "audit.record": "refuses to run outside the transaction of the change",
    "outbox.is_under_way": "reads only",
    "outbox.next_slot": "reads only",
    "outbox.deliver": "a claim is committed before the mail is sent",
    "outbox.deliver_due": "each message for itself",
    "sessions.can_be_sent": "reads only",
    "sessions.can_be_asked": "reads only",
    "sessions.instrument_for": "reads only",
    "sessions.check_open": "reads only",
    "sessions.check_blind": "reads only",
    "sessions.form_for": "reads only",
    "sessions.can_be_changed": "reads only",
    "sessions.check_time": "reads only",
    "sessions.draft_of": "reads only",
    "clients.colleagues": "reads only",
    "trends.on_ratings_changed": "within the transaction of the change",
    "trends.recompute_due": "each treatment for itself",
    "trends.recompute_clinic": "each batch for itself",
    "trends.nightly": "each batch for itself; what was learned is written last",
    "trends.nights_due": "each clinic for itself",
    "trends.do_night": "each clinic for itself",
    "trends.ring_for_nights": "writes nothing",
}
NO_TIME = {
    "accounts.end_logins": "called within deactivate",
    "outbox.is_under_way": "reads only; is told since when",
    "outbox.next_slot": "reads only",
    "sessions.can_be_sent": "reads only",
    "sessions.can_be_asked": "reads only",
    "sessions.instrument_for": "reads only",
    "sessions.check_open": "reads only",
    "sessions.check_blind": "reads only",
    "sessions.form_for": "reads only",
    "sessions.draft_of": "reads only",
    "clients.colleagues": "reads only",
}


def services() -> dict[str, FunctionType]:
    found = {}
    for place in SERVICES:
        module, name = import_module(place), place.partition(".")[0]
        for attribute, value in vars(module).items():
            is_own = inspect.isfunction(value) and value.__module__ == module.__name__
            if is_own and not attribute.startswith("_"):
                found[f"{name}.{attribute}"] = value
    return found


def parameters(function: FunctionType) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(function).parameters)


def is_atomic(function: FunctionType) -> bool:
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    return any(isinstance(content, Atomic) for content in cells)


def test_services_name_who_did_it() -> None:
    nameless = {name for name, made in services().items() if "by" not in parameters(made)}
    assert nameless == set(NOT_BY) | set(NO_TIME)


def test_services_are_given_the_time() -> None:
    assert {name for name, made in services().items() if "at" not in parameters(made)} == set(
        NO_TIME
    )


def test_services_do_all_or_nothing() -> None:
    assert {name for name, made in services().items() if not is_atomic(made)} == set(NOT_ATOMIC)


def test_services_take_everything_by_name_but_what_they_are_about() -> None:
    for name, function in services().items():
        positional = [
            parameter.name
            for parameter in parameters(function).values()
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ]
        a_draft = {"sessions.draft_of": 2}
        a_mail = {"outbox.queue": 2, "outbox.next_slot": 2, "outbox.is_under_way": 2}
        a_signal = {"trends.on_ratings_changed": 3}
        assert (name, len(positional) <= (a_mail | a_draft | a_signal).get(name, 1)) == (name, True)


def test_every_recorded_action_is_tried_against_a_broken_audit() -> None:
    """`tests/audit` breaks it under each of these; under the worker's one by one."""
    by_the_worker = {
        "outbox.move",
        "sessions.request_rating",
        "trends.flag_came_back",
        "trends.flag_not_yet",
        "trends.raise_flag",
        "trends.update_flag",
        "trends.withdraw_flag",
    }
    named = {
        action
        for name in FILES
        for action in re.findall(
            rf'"({name.split("/")[0]}\.[a-z_]+)"', (ROOT / name).read_text(encoding="utf-8")
        )
    }
    kinds_and_tasks = {
        "trends.review",
        "accounts.invitation",
        "accounts.password_reset",
        "trends.recompute_treatment",
        "trends.nightly",
    }
    assert named - kinds_and_tasks - {"outbox.deliver"} == set(ACTIONS) | by_the_worker


WRITES = {
    "save",
    "create",
    "bulk_create",
    "bulk_update",
    "update",
    "delete",
    "get_or_create",
    "update_or_create",
    "set_password",
    "add",
    "remove",
    "clear",
}


INTERFACES = {"views", "forms", "api", "tasks", "context", "middleware", "adapter"}


def interfaces() -> list[Path]:
    """`views.py`, `flag_views.py` and so on, in every package: nobody has to list a new one."""
    return [
        path
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if path.stem.rpartition("_")[2] in INTERFACES
    ]


def written_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr in WRITES:
            yield ast.unparse(called)


def test_interfaces_change_no_row() -> None:
    assert len(interfaces()) > 10
    found = {
        f"{path.relative_to(ROOT)}: {call}" for path in interfaces() for call in written_in(path)
    }
    assert found == set()


def test_no_model_has_a_save_of_its_own() -> None:
    own = {
        f"{model._meta.label}.{name}"
        for model in our_models()
        for name in ("save", "delete", "full_clean", "clean")
        if name in vars(model)
    }
    assert own == set()


def test_nobody_else_escapes_the_csrf_check() -> None:
    """Mail programs and mail providers post without a page of ours before; neither has a cookie."""
    exempt = {
        str(path.relative_to(ROOT))
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "csrf_exempt" in path.read_text(encoding="utf-8")
    }
    assert exempt == {"clients/client_views.py", "outbox/views.py"}


def public_views() -> set[str]:
    found = set()
    for path in interfaces():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and any(
                ast.unparse(decorator) in ("login_not_required", "with_link")
                for decorator in node.decorator_list
            ):
                found.add(f"{path.relative_to(ROOT).parts[0]}.{node.name}")
    return found


def test_views_without_login_are_these() -> None:
    assert public_views() == {
        "accounts.join",
        "accounts.join_link",
        "alliance.healthz",
        "alliance.readyz",
        "accounts.about",
        "clients.mail_choice",
        "clients.open_mail",
        "outbox.mail_webhook",
        "sessions.ask_for_link",
        "sessions.change",
        "sessions.change_language",
        "sessions.check",
        "sessions.go_on_later",
        "sessions.keep_draft",
        "sessions.mail_own",
        "sessions.open_link",
        "sessions.rate",
        "sessions.thanks",
        "trends.open_own",
        "trends.own_answers",
        "trends.own_check",
        "trends.own_erasure",
        "trends.own_json",
        "trends.own_leave",
        "trends.own_text",
    }
