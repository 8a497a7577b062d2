"""Everything that is due is found and done without any broker."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.management import call_command

from alliance import tasks
from alliance.celery import app
from alliance.sweep import sweep, sweep_and_ring
from clients.models import Treatment
from outbox import tasks as outbox_tasks
from outbox.doorbell import doorbell
from outbox.models import Message
from tests import people
from trends import tasks as trends_tasks
from trends.models import Calibration, Flag, Trajectory

NOW = people.MONDAY + timedelta(hours=1)

pytestmark = pytest.mark.usefixtures("clock")


def test_sweep_sends_and_computes_all_that_is_due(ana: Treatment) -> None:
    people.hold(ana)
    assert sweep(NOW) == {"messages": 1, "drafts": 0, "reminders": 0, "trajectories": 1}
    assert len(mail.outbox) == 1
    assert Trajectory.objects.get().sessions == 1


def test_sweep_again_finds_nothing(ana: Treatment) -> None:
    people.hold(ana)
    sweep(NOW)
    assert sweep(NOW) == {"messages": 0, "drafts": 0, "reminders": 0, "trajectories": 0}


def test_sweep_finds_what_no_worker_was_told_of(ana: Treatment) -> None:
    """The doorbell is muted in tests: every ring was lost."""
    for week, bond in enumerate([4, 4, 1]):
        held_at = people.MONDAY - timedelta(weeks=3 - week)
        people.answer(people.hold(ana, held_at), 4, 4, bond)
    sweep(NOW)
    assert Flag.objects.filter(state="open").count() == 1


def test_sweep_sets_aside_what_a_dead_worker_left(ana: Treatment) -> None:
    people.hold(ana)
    Message.objects.update(state="sending", claimed_at=NOW - timedelta(minutes=5))
    sweep(NOW)
    assert Message.objects.get().state == "uncertain"
    assert mail.outbox == []


def test_the_command_says_what_it_did(ana: Treatment) -> None:
    people.hold(ana)
    printed = io.StringIO()
    call_command("sweep", stdout=printed)
    assert (
        printed.getvalue() == "trajectories: 1\ndrafts: 0\nreminders: 0\nmessages: 1\nnights: 1\n"
    )


def test_the_sweep_rings_for_each_night_that_is_owed(
    ana: Treatment, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost ring does not matter: the next sweep rings again, until the night is done."""
    rings: list[Any] = []
    monkeypatch.setattr(doorbell, "ring", rings.append)
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            assert sweep_and_ring(NOW)["nights"] == 1
    assert rings == [("trends.nightly", (str(ana.client.clinic_id),))] * 2
    trends_tasks.nightly(str(ana.client.clinic_id))
    assert sweep_and_ring(NOW)["nights"] == 0


def test_the_tasks_are_known_by_the_names_that_are_rung(ana: Treatment) -> None:
    app.loader.import_default_modules()
    assert {
        "outbox.deliver",
        "trends.recompute_treatment",
        "trends.nightly",
        "alliance.sweep",
    } <= set(app.tasks)


def test_the_tasks_do_the_work(ana: Treatment) -> None:
    session = people.hold(ana)
    outbox_tasks.deliver(str(Message.objects.get().pk))
    assert len(mail.outbox) == 1
    trends_tasks.recompute_treatment(str(ana.pk))
    assert Trajectory.objects.get().sessions == 1
    people.answer(session, at=NOW)
    tasks.sweep()
    assert Trajectory.objects.get().rated == 1
    trends_tasks.nightly(str(ana.client.clinic_id))
    assert Calibration.objects.get().fitted_at == NOW


def test_tasks_take_arguments_of_later_versions(ana: Treatment) -> None:
    """A worker of today and a web server of tomorrow: during an update both run."""
    people.hold(ana)
    outbox_tasks.deliver(str(Message.objects.get().pk), shade="later")
    trends_tasks.recompute_treatment(str(ana.pk), shade="later")
    trends_tasks.nightly(str(ana.client.clinic_id), shade="later")
    tasks.sweep(shade="later")


def test_beat_rings_for_the_sweep_every_half_minute() -> None:
    [entry] = settings.CELERY_BEAT_SCHEDULE.values()
    assert entry["task"] == tasks.sweep.name
    assert entry["schedule"] == 30
    assert entry["options"]["expires"] <= 30
