"""What is stored: every field is classed, and what people write is unreadable in a dump."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.db import models
from django.test import Client as Browser

from accounts import services as accounts
from accounts.models import User
from clients.models import Treatment
from outbox import services as outbox
from tests import people
from tests.conftest import logged_in
from tests.registry.database import dump, holds, rows
from trends.models import Flag
from vault.fields import SealedTextField

FILE = Path(__file__).resolve().parents[2] / "docs" / "data-inventory.toml"
INVENTORY: dict[str, dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
OPEN: dict[str, str] = INVENTORY.pop("open")
CLASSES = {"personal", "clinical", "technical"}


def all_fields() -> dict[str, models.Field[Any, Any]]:
    return {
        f"{model._meta.label}.{field.name}": field
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
    }


def listed() -> dict[str, list[str]]:
    return {
        f"{model}.{field}": entry
        for model, fields in INVENTORY.items()
        for field, entry in fields.items()
    }


def test_every_field_is_listed_and_every_listed_field_exists() -> None:
    assert set(listed()) == set(all_fields())


@pytest.mark.parametrize("name", listed())
def test_every_field_has_a_class_and_a_purpose(name: str) -> None:
    kind, purpose = listed()[name]
    assert kind in CLASSES
    assert len(purpose) > 2


def is_free_text(field: models.Field[Any, Any]) -> bool:
    return isinstance(field, models.CharField | models.TextField) and not field.choices


def test_what_people_write_is_encrypted() -> None:
    """Personal or clinical text is sealed, or the inventory says why it is not."""
    readable = {
        name
        for name, field in all_fields().items()
        if listed()[name][0] != "technical"
        and is_free_text(field)
        and not isinstance(field, SealedTextField)
    }
    assert readable == set(OPEN)


def test_sealed_fields_are_these() -> None:
    sealed = {name for name, field in all_fields().items() if isinstance(field, SealedTextField)}
    assert sealed == {
        "clients.Client.name",
        "clients.Client.email",
        "therapy_sessions.TherapySession.note",
        "therapy_sessions.Rating.comment",
        "trends.Flag.note",
        "clients.Client.birth_year",
        "clients.Client.pin",
        "therapy_sessions.Draft.typed",
        "therapy_sessions.EarlierAnswers.said",
        "therapy_sessions.Rating.proposal",
        "therapy_sessions.AgreementAnswer.words",
        "therapy_sessions.Correction.reason",
        "clients.Wording.words",
        "trends.FlagMove.words",
        "trends.RepairEntry.words",
    }


def test_tables_said_to_be_empty_are_empty(db: None, mara: User) -> None:
    for model, fields in INVENTORY.items():
        if any("stays empty" in purpose for _kind, purpose in fields.values()):
            assert not rows(apps.get_model(model)._meta.db_table)


CANARIES = {
    "name": "CANARY-Quillon",
    "email": "canary-quillon@mail.example",
    "note": "CANARY-note-of-a-session",
    "comment": "CANARY-comment-of-a-client",
    "flag": "CANARY-note-of-a-flag",
}


@pytest.fixture
def a_life_in_the_clinic(mara: User, ruth: User, clock: Any) -> list[str]:
    """Everything that can be said is said once, through pages and mails; returns the secrets."""
    browser = logged_in(mara)
    client = {
        "name": CANARIES["name"],
        "email": CANARIES["email"],
        "language": "en",
        "contact": "email",
    }
    browser.post("/clients/add/", client)
    treatment = Treatment.objects.get()
    for week in range(3):
        clock.move_to(people.MONDAY + timedelta(weeks=week, hours=1))
        logged_in(mara).post("/sessions/record/", session(treatment, week))
        outbox.deliver_due(at=people.MONDAY + timedelta(weeks=week, hours=1))
        form = treatment.sessions.latest("held_at").request
        answers = people.filled_in(form, comment=CANARIES["comment"])
        if week == 2:
            answers |= {"item_bond_open": "1", "item_bond_understood": "1"}
        phone = Browser()
        phone.get(link_in(mail.outbox[-1].body, "/r/"))
        assert phone.post(f"/rate/{form.pk}/", answers).status_code == 303
    people.compute(treatment)
    flag = Flag.objects.get()
    browser = logged_in(mara)
    browser.post(f"/flags/{flag.pk}/acknowledge/", {"note": CANARIES["flag"]})
    browser.get(f"/clients/{treatment.client_id}/")
    people.invite(ruth, at=people.MONDAY + timedelta(weeks=2))
    outbox.deliver_due(at=people.MONDAY + timedelta(weeks=2, hours=2))
    _token, api_token = accounts.create_token(by=mara, days=30, at=people.MONDAY)
    links = [link_in(sent.body, "/r/") for sent in mail.outbox if "/r/" in str(sent.body)]
    joining = [link_in(sent.body, "/join/") for sent in mail.outbox if "/join/" in str(sent.body)]
    tokens = [link.strip("/").split("/")[-1] for link in links + joining]
    return [*tokens, api_token, people.PASSWORD]


def session(treatment: Treatment, week: int) -> dict[str, str]:
    day = people.MONDAY + timedelta(weeks=week)
    return {
        "treatment": str(treatment.pk),
        "held_on": f"{day:%Y-%m-%d}",
        "held_time": "14:00",
        "attendance": "attended",
        "format": "video",
        "minutes": "50",
        "note": CANARIES["note"],
    }


def link_in(body: Any, place: str) -> str:
    path: str = place + str(body).split(f"http://localhost{place}")[1].split()[0]
    return path


def test_a_stolen_dump_tells_nothing_that_was_written_or_secret(
    a_life_in_the_clinic: list[str],
) -> None:
    dumped = dump()
    assert len(a_life_in_the_clinic) == 6
    found = [
        words
        for words in [*CANARIES.values(), *a_life_in_the_clinic]
        if holds(words, in_dump=dumped)
    ]
    assert found == []


def test_a_canary_in_the_open_would_be_found(mara: User) -> None:
    """So that the test above looks in the right way."""
    assert holds("Mara Lindqvist", in_dump=dump())
    hexadecimal = b"CANARY".hex()
    assert holds("CANARY", in_dump=f"x\\x00{hexadecimal}00")


def test_mails_tell_nothing_of_what_was_written(a_life_in_the_clinic: list[str]) -> None:
    for sent in mail.outbox:
        words = f"{sent.subject} {sent.body} {getattr(sent, 'alternatives', '')}"
        for name in ("name", "note", "comment", "flag"):
            assert CANARIES[name] not in words
