from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Clinic, User
from clients import services as clients
from clients.models import Client, Treatment
from outbox.models import Message
from sessions.models import RatingRequest, TherapySession
from tests import people
from tests.clients.test_api import api
from tests.registry.database import fingerprint

pytestmark = pytest.mark.usefixtures("clock")

PATH = "/api/v1/sessions/"


def record(browser: Browser, ana: Treatment, /, **changed: Any) -> Any:
    body = {
        "treatment": str(ana.pk),
        "held_at": "2026-09-07T14:00:00Z",
        "attendance": "attended",
        "format": "video",
        "minutes": 45,
        "note": "Talked about sleep.",
    }
    return browser.post(PATH, body | changed, content_type="application/json")


def test_recording_sends_the_form_like_the_page(ana: Treatment) -> None:
    response = record(api(ana.therapist), ana)
    assert response.status_code == 201
    session = TherapySession.objects.get()
    assert response.json() == {
        "id": str(session.pk),
        "treatment": str(ana.pk),
        "held_at": "2026-09-07T14:00:00Z",
        "attendance": "attended",
        "format": "video",
        "minutes": 45,
        "note": "Talked about sleep.",
        "voided_at": None,
        "form": "form on its way",
        "rating": None,
        "therapist_rating": None,
    }
    assert Message.objects.get().about == session.request.pk


def test_recording_with_the_least(ana: Treatment) -> None:
    """What the page fills in by itself may be left out here too."""
    body = {"treatment": str(ana.pk), "held_at": "2026-09-07T14:00:00Z"}
    response = api(ana.therapist).post(PATH, body, content_type="application/json")
    assert response.status_code == 201
    session = TherapySession.objects.get()
    assert (session.attendance, session.format, session.minutes) == ("attended", "in_person", 50)


def test_a_no_show_sends_nothing(ana: Treatment) -> None:
    response = record(api(ana.therapist), ana, attendance="no_show")
    assert response.json()["form"] == "did not come"
    assert not RatingRequest.objects.exists()


def problem_of(response: Any) -> dict[str, Any]:
    assert response.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["status"] == response.status_code
    return found


def test_refusals_say_the_sentence_of_the_page(ana: Treatment) -> None:
    browser = api(ana.therapist)
    record(browser, ana)
    before = fingerprint(without={"django_cache"})
    twice = problem_of(record(browser, ana))
    assert (twice["status"], twice["code"]) == (409, "session_exists")
    assert twice["detail"] == "A session at this date and time is already recorded for this client."
    future = problem_of(record(browser, ana, held_at="2026-09-08T14:00:00Z"))
    assert (future["status"], future["code"]) == (422, "session_in_future")
    assert fingerprint(without={"django_cache"}) == before


def test_refusals_name_a_field_that_was_sent(ana: Treatment) -> None:
    found = problem_of(record(api(ana.therapist), ana, held_at="2026-09-08T14:00:00Z"))
    assert set(found.get("fields", {})) <= {"treatment", "held_at"}


def test_an_ended_treatment_is_refused(ana: Treatment) -> None:
    clients.end_treatment(ana, by=ana.therapist, at=people.MONDAY)
    assert problem_of(record(api(ana.therapist), ana))["code"] == "treatment_ended"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("treatment", None),
        ("treatment", "junk"),
        ("held_at", "yesterday"),
        ("held_at", None),
        ("attendance", "asleep"),
        ("format", 7),
        ("minutes", 481),
        ("minutes", -1),
        ("minutes", "x"),
        ("note", "x" * 10_001),
        ("note", None),
    ],
)
def test_wrong_values_are_named(ana: Treatment, field: str, value: object) -> None:
    found = problem_of(record(api(ana.therapist), ana, **{field: value}))
    assert (found["status"], list(found["fields"])) == (400, [field])
    assert not TherapySession.objects.exists()


def test_the_treatment_of_another_is_as_unknown_as_none(ana: Treatment, jonas: User) -> None:
    browser = api(jonas)
    foreign = problem_of(record(browser, ana))
    absent = problem_of(record(browser, ana, treatment="00000000-0000-4000-8000-000000000000"))
    assert foreign["status"] == absent["status"] == 400
    words = str(foreign["fields"]).replace(str(ana.pk), "ID")
    assert words == str(absent["fields"]).replace("00000000-0000-4000-8000-000000000000", "ID")


def test_what_is_not_to_be_written_is_ignored(ana: Treatment, jonas: User) -> None:
    record(
        api(ana.therapist),
        ana,
        id="00000000-0000-4000-8000-000000000001",
        recorded_by=str(jonas.pk),
        recorded_at="2001-01-01T00:00:00Z",
        rating={"goal": 5},
        form="answered",
    )
    session = TherapySession.objects.get()
    assert session.recorded_by == ana.therapist
    assert session.recorded_at.year == 2026
    assert not hasattr(session.request, "rating")


def test_a_time_without_offset_is_read_on_the_clinic_s_clock(ana: Treatment) -> None:
    """As on the page. A program that wants to be sure sends an offset."""
    Clinic.objects.update(time_zone="Europe/Stockholm")
    record(api(ana.therapist), ana, held_at="2026-09-07T16:00:00")
    assert TherapySession.objects.get().held_at == people.MONDAY


def test_list_tells_rating_and_form(ana: Treatment) -> None:
    people.answer(people.hold(ana), 5, 4, 2, tension="some", comment="Rushed.", follow_up="raise")
    people.hold(ana, people.MONDAY + timedelta(minutes=30))
    first, second = api(ana.therapist).get(PATH).json()["results"]
    assert first["form"] == "answered"
    assert first["rating"] == {
        "goal": 5.0,
        "task": 4.0,
        "bond": 2.0,
        "tension": "some",
        "settled": "",
        "comment": "Rushed.",
        "follow_up": "raise",
        "provenance": "link",
        "language": "en",
        "submitted_at": "2026-09-07T17:00:00Z",
        "changed_at": None,
        "disputed_at": None,
    }
    assert (second["form"], second["rating"]) == ("form on its way", None)


def test_list_can_be_narrowed(ana: Treatment) -> None:
    petra = people.take_on(ana.therapist, "Petra K.")
    people.hold(ana)
    people.hold(petra, attendance="no_show")
    browser = api(ana.therapist)
    for narrowing, treatment in ((f"treatment={petra.pk}", petra), ("attendance=attended", ana)):
        [row] = browser.get(f"{PATH}?{narrowing}").json()["results"]
        assert row["treatment"] == str(treatment.pk)


def test_narrowing_by_the_treatment_of_another_tells_nothing(ana: Treatment, jonas: User) -> None:
    """The same answer whether or not a treatment with this id exists."""
    people.hold(ana)
    browser = api(jonas)
    foreign = browser.get(f"{PATH}?treatment={ana.pk}")
    absent = browser.get(f"{PATH}?treatment=00000000-0000-4000-8000-000000000000")
    assert foreign.status_code == absent.status_code
    assert foreign.json().get("results") == absent.json().get("results")


def test_a_session_of_another_is_a_404(ana: Treatment, jonas: User, stranger: User) -> None:
    session = people.hold(ana)
    for user in (jonas, stranger):
        assert api(user).get(f"{PATH}{session.pk}/").status_code == 404
    assert api(ana.therapist).get(f"{PATH}{session.pk}/").json()["id"] == str(session.pk)


def test_the_number_of_queries_does_not_grow(ana: Treatment, count_queries: Any) -> None:
    browser = api(ana.therapist)
    people.answer(people.hold(ana))
    few = count_queries(lambda: browser.get(PATH))
    for days in range(1, 9):
        session = people.hold(ana, people.MONDAY - timedelta(days=days), at=people.MONDAY)
        if days % 2:
            people.answer(session)
    Client.objects.update(contact="none")
    people.hold(ana, people.MONDAY - timedelta(days=30), at=people.MONDAY)
    assert count_queries(lambda: browser.get(PATH)) == few
