"""The demo's clinic, made small for the test."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db import transaction
from django.test import RequestFactory

from accounts.models import Clinic, User
from accounts.permissions import Role
from alliance.demo import people, seed
from audit.models import Event
from clients.models import Client, Treatment, Wording
from measures import catalogue
from measures.scoring import score
from outbox.models import Message
from sessions.models import (
    RATING_REQUEST,
    AgreementAnswer,
    Rating,
    RatingRequest,
    TherapistRating,
    TherapySession,
)
from tests.conftest import logged_in
from trends import services
from trends.client_page import agreed
from trends.mails import telling
from trends.models import Flag, Trajectory

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(people, "CASELOADS", (3, 2, 1, 0, 0, 1))
    with time_machine.travel(NOW, tick=False):
        yield


def story() -> list[Any]:
    """Everything that a person can see of the clinic, without ids and ciphertext."""
    sessions = TherapySession.objects.select_related("treatment__client", "request").order_by(
        "held_at", "recorded_by__email"
    )
    return [
        [
            (row.treatment.client.name, row.held_at, row.attendance, row.format, row.note)
            for row in sessions
        ],
        sorted((r.submitted_at, r.goal, r.task, r.bond, r.comment) for r in Rating.objects.all()),
        sorted((flag.raised_at, flag.state, str(flag.reason)) for flag in Flag.objects.all()),
        sorted((row.created_at, row.state) for row in Message.objects.all()),
        sorted((row.rated_at, row.goal, row.bond) for row in TherapistRating.objects.all()),
        sorted((row.said_at, row.words) for row in Wording.objects.all()),
        sorted((row.answer, row.words, row.progress or 0) for row in AgreementAnswer.objects.all()),
    ]


def sown() -> list[Any]:
    """Sow, look, and clear away again."""
    with transaction.atomic():
        seed.seed(NOW)
        told = story()
        transaction.set_rollback(True)
    return told


def test_the_same_day_and_seed_give_the_same_clinic(db: None) -> None:
    assert sown() == sown()


def test_another_seed_gives_another_clinic(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    first = sown()
    monkeypatch.setattr(seed, "SEED", 7)
    assert sown() != first


@pytest.fixture
def clinic(db: None) -> Clinic:
    return seed.seed(NOW)


def test_the_clinic_is_complete(clinic: Clinic) -> None:
    assert User.objects.count() == len(people.STAFF)
    assert Client.objects.count() == Treatment.objects.count() == 7
    assert Trajectory.objects.filter(due_at__isnull=True).count() == 7
    assert Rating.objects.exists()
    assert RatingRequest.objects.filter(rating__isnull=True).exists()
    assert TherapySession.objects.exclude(attendance="attended").exists()


def test_nothing_happens_in_the_future(clinic: Clinic) -> None:
    assert not TherapySession.objects.filter(held_at__gt=NOW).exists()
    assert not Rating.objects.filter(submitted_at__gt=NOW).exists()
    assert not Flag.objects.filter(raised_at__gt=NOW).exists()
    assert not Event.objects.filter(at__gt=NOW).exists()


def test_everybody_works_on_weekdays(clinic: Clinic) -> None:
    days = {row.held_at.astimezone(clinic.zone).weekday() for row in TherapySession.objects.all()}
    assert days <= {0, 1, 2, 3, 4}


def test_trajectories_are_what_computing_anew_gives(clinic: Clinic) -> None:
    """What was written in bulk is what the services would have written."""
    before = [(row.points, row.last) for row in Trajectory.objects.order_by("pk")]
    flags = sorted(Flag.objects.values_list("session_id", "state"))
    for treatment in Treatment.objects.all():
        services.recompute(treatment.pk, at=NOW)
    assert [(row.points, row.last) for row in Trajectory.objects.order_by("pk")] == before
    assert sorted(Flag.objects.values_list("session_id", "state")) == flags


def test_every_rating_is_scored_from_its_answers(clinic: Clinic) -> None:
    for rating in Rating.objects.select_related("request"):
        scores = score(rating.request.form_instrument(), rating.answers)
        assert (rating.goal, rating.task, rating.bond) == (scores.goal, scores.task, scores.bond)


def test_the_first_therapist_rates_too(clinic: Clinic) -> None:
    given = list(TherapistRating.objects.select_related("session__treatment__therapist"))
    assert len(given) > 10
    assert {row.session.treatment.therapist.email for row in given} == {people.STAFF[0][1]}
    for row in given:
        form = catalogue.get(row.instrument, row.instrument_version)
        assert score(form, row.answers).bond == row.bond
        assert row.is_blind


def test_every_form_has_a_mail_and_every_mail_a_form(clinic: Clinic) -> None:
    requests = set(RatingRequest.objects.values_list("pk", flat=True))
    mails = Message.objects.filter(kind=RATING_REQUEST)
    assert set(mails.values_list("about", flat=True)) == requests


def test_therapists_with_a_new_flag_are_owed_one_mail_each(clinic: Clinic) -> None:
    mails = Message.objects.filter(kind=telling.REVIEW)
    waiting = Flag.objects.open().values_list("treatment__therapist", flat=True)
    assert sorted(mails.values_list("about", flat=True)) == sorted(set(waiting))


def test_the_supervisor_reads_two_treatments_of_the_first_therapist(clinic: Clinic) -> None:
    sven = User.objects.supervisors().get()
    assert Treatment.objects.read_by(sven).count() == 2
    page = logged_in(sven).get("/supervision/").content.decode()
    assert page.count("Mara Lindqvist") == 2
    assert "not read yet" in page


def test_the_log_ins_work_and_show_each_role(clinic: Clinic) -> None:
    request = RequestFactory().post("/")
    for log_in in seed.log_ins():
        person = authenticate(request, email=log_in["email"], password=log_in["password"])
        assert isinstance(person, User)
        assert person.roles == [log_in["role"]]
    assert [log_in["role"] for log_in in seed.log_ins()] == [role.value for role in Role]


def test_the_pages_of_the_demo_open(clinic: Clinic) -> None:
    mara, sven, ruth, noor = (User.objects.get(email=row["email"]) for row in seed.log_ins())
    assert logged_in(mara).get("/caseload/").status_code == 200
    assert logged_in(sven).get("/supervision/").status_code == 200
    assert logged_in(ruth).get("/clinic/").status_code == 200
    assert logged_in(noor).get("/front-desk/").status_code == 200
    for client in Client.objects.visible_to(mara):
        assert logged_in(mara).get(f"/clients/{client.pk}/").status_code == 200


def test_every_address_is_invented(clinic: Clinic) -> None:
    addresses = [*User.objects.values_list("email", flat=True)]
    addresses += [client.email for client in Client.objects.all()]
    assert all(address.endswith(".example") for address in addresses)


def test_the_command_fills_an_empty_database_once(db: None) -> None:
    printed = io.StringIO()
    call_command("seed_demo", stdout=printed)
    assert "Northside Clinic is ready." in printed.getvalue()
    again = io.StringIO()
    call_command("seed_demo", stdout=again)
    assert "nothing was added" in again.getvalue()
    assert Clinic.objects.count() == 1


def test_the_command_prints_log_ins_as_json(db: None) -> None:
    printed = io.StringIO()
    call_command("seed_demo", "--print-logins", stdout=printed)
    assert [row["role"] for row in json.loads(printed.getvalue())] == [
        "therapist",
        "supervisor",
        "admin",
        "front_desk",
    ]
    assert not Clinic.objects.exists()


def test_goals_and_tasks_stand_in_each_state(db: None) -> None:
    seed.seed(NOW)
    found = agreed.of_treatments(Treatment.objects.all())
    states = {status.state for statuses in found.values() for status in statuses}
    assert states == {"proposed", "agreed", "doubted", "otherwise"}
    assert Rating.objects.filter(elements__isnull=False).exists()
    assert Rating.objects.filter(proposal__isnull=False).count() == 1
