"""Recording a session: under twenty seconds of typing, and nothing typed is ever lost."""

from datetime import time
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import Clinic, User
from clients import services as clients
from clients.models import Client, Treatment
from sessions.models import RatingRequest, TherapySession
from tests import people
from tests.conftest import logged_in

pytestmark = pytest.mark.usefixtures("clock")  # it is Monday, 7 September 2026, 15:00 UTC

NOTE = "A long note that nobody wants to type twice."


def record(browser: Browser, treatment: Treatment, /, **changed: str) -> Any:
    body = {
        "treatment": str(treatment.pk),
        "held_on": "2026-09-07",
        "held_time": "14:00",
        "attendance": "attended",
        "format": "video",
        "minutes": "45",
        "note": NOTE,
    }
    return browser.post("/sessions/record/", body | changed, follow=True)


def test_saving_leads_to_the_client_and_says_that_the_form_goes_out(
    as_mara: Browser, ana: Treatment
) -> None:
    page = record(as_mara, ana)
    assert page.redirect_chain == [(f"/clients/{ana.client_id}/", 302)]
    assert "The form for Ana R. is on its way." in page.content.decode()
    session = TherapySession.objects.get()
    assert (session.held_at, session.format, session.minutes) == (people.MONDAY, "video", 45)
    assert (session.note, session.recorded_by) == (NOTE, ana.therapist)


@pytest.mark.parametrize("attendance", ["cancelled", "no_show"])
def test_saving_what_did_not_take_place_says_that_no_form_goes_out(
    as_mara: Browser, ana: Treatment, attendance: str
) -> None:
    page = record(as_mara, ana, attendance=attendance)
    assert "It did not take place, so no form is sent." in page.content.decode()
    assert not RatingRequest.objects.exists()


def test_saving_for_who_is_not_mailed_says_that_none_is_sent(
    as_mara: Browser, ana: Treatment
) -> None:
    Client.objects.update(contact=Client.Contact.NONE)
    assert "gets no forms by e-mail, so none is sent" in record(as_mara, ana).content.decode()


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("", "goes out at 16:30, because of quiet hours."),
        ("Asia/Tokyo", "is on its way."),
        ("Africa/Lagos", "goes out at 16:30 on the client&#x27;s clock, because of quiet hours."),
    ],
)
def test_saving_in_quiet_hours_says_when_the_form_goes_out(
    as_mara: Browser, ana: Treatment, zone: str, words: str
) -> None:
    """It is 15:00 in UTC, where the clinic is, 16:00 in Lagos and midnight in Tokyo."""
    Clinic.objects.update(quiet_from=time(14), quiet_until=time(16, 30))
    Client.objects.update(time_zone=zone)
    assert f"The form for Ana R. {words}" in record(as_mara, ana).content.decode()


def test_without_words_for_need_the_page_says_that_nothing_is_sent(
    as_mara: Browser, ana: Treatment
) -> None:
    promise = "sends the client the form by e-mail"
    page = as_mara.get("/sessions/record/").content.decode()
    assert promise in page
    assert "No forms go out yet." not in page
    Clinic.objects.update(crisis_text=" ")
    page = as_mara.get("/sessions/record/").content.decode()
    assert "No forms go out yet." in page
    assert promise not in page
    told = record(as_mara, ana).content.decode()
    assert "No form is sent: the clinic has no text for need yet." in told


def test_the_page_begins_with_now(as_mara: Browser, ana: Treatment) -> None:
    page = as_mara.get("/sessions/record/").content.decode()
    assert 'value="2026-09-07"' in page
    assert 'value="15:00"' in page


def test_now_is_the_time_on_the_clinic_s_wall(
    as_mara: Browser, ana: Treatment, clinic: Clinic
) -> None:
    Clinic.objects.update(time_zone="Pacific/Auckland")
    page = as_mara.get("/sessions/record/").content.decode()
    assert 'value="2026-09-08"' in page
    assert 'value="03:00"' in page


def test_times_are_read_on_the_clinic_s_clock(as_mara: Browser, ana: Treatment) -> None:
    Clinic.objects.update(time_zone="Europe/Stockholm")
    record(as_mara, ana, held_time="16:00")
    assert TherapySession.objects.get().held_at == people.MONDAY


def test_the_hour_that_comes_twice_is_taken_as_the_first(
    ana: Treatment, clock: time_machine.Traveller
) -> None:
    Clinic.objects.update(time_zone="Europe/Stockholm")
    clock.move_to("2026-10-26T12:00:00+00:00")
    record(logged_in(ana.therapist), ana, held_on="2026-10-25", held_time="02:30")
    assert f"{TherapySession.objects.get().held_at:%d %H:%M %Z}" == "25 00:30 UTC"


def test_the_hour_that_does_not_exist_is_taken_as_if_the_clock_had_not_been_moved(
    ana: Treatment, clock: time_machine.Traveller
) -> None:
    Clinic.objects.update(time_zone="Europe/Stockholm")
    clock.move_to("2027-03-29T12:00:00+00:00")
    record(logged_in(ana.therapist), ana, held_on="2027-03-28", held_time="02:30")
    assert f"{TherapySession.objects.get().held_at:%d %H:%M %Z}" == "28 01:30 UTC"


def test_the_link_of_a_client_s_page_chooses_the_client(as_mara: Browser, ana: Treatment) -> None:
    page = as_mara.get(f"/sessions/record/?treatment={ana.pk}").content.decode()
    assert f'value="{ana.pk}" selected' in page


@pytest.mark.parametrize("junk", ["x", "00000000-0000-4000-8000-000000000000", "%00", "'"])
def test_a_link_with_junk_chooses_nobody(as_mara: Browser, ana: Treatment, junk: str) -> None:
    page = as_mara.get(f"/sessions/record/?treatment={junk}")
    assert page.status_code == 200
    assert f'value="{ana.pk}" selected' not in page.content.decode()


def test_clients_are_offered_by_name(as_mara: Browser, mara: User) -> None:
    for name in ("petra K.", "Zoe A.", "Ana R."):
        people.take_on(mara, name)
    page = as_mara.get("/sessions/record/").content.decode()
    assert page.index("Ana R.") < page.index("petra K.") < page.index("Zoe A.")


def test_ended_treatments_are_not_offered(as_mara: Browser, ana: Treatment) -> None:
    clients.end_treatment(ana, by=ana.therapist, at=people.MONDAY)
    assert "Ana R." not in as_mara.get("/sessions/record/").content.decode()


def keeps_what_was_typed(page: Any) -> None:
    html = page.content.decode()
    assert page.status_code == 422
    assert "Please check what you entered" in html
    assert NOTE in html
    assert 'value="45"' in html
    assert 'value="video"' in html
    assert "checked" in html.split('value="video"')[1].split(">")[0]


def test_a_session_in_the_future_keeps_what_was_typed(as_mara: Browser, ana: Treatment) -> None:
    page = record(as_mara, ana, held_time="15:06")
    keeps_what_was_typed(page)
    assert "This session is in the future." in page.content.decode()
    assert 'value="15:06"' in page.content.decode()
    assert not TherapySession.objects.exists()


def test_a_session_twice_keeps_what_was_typed(as_mara: Browser, ana: Treatment) -> None:
    people.hold(ana)
    page = record(as_mara, ana)
    keeps_what_was_typed(page)
    assert "is already recorded for this client" in page.content.decode()
    assert TherapySession.objects.count() == 1


def test_a_session_of_an_ended_treatment_keeps_what_was_typed(
    as_mara: Browser, ana: Treatment
) -> None:
    """The page was open while the treatment was ended in another window."""
    clients.end_treatment(ana, by=ana.therapist, at=people.MONDAY)
    page = record(as_mara, ana)
    keeps_what_was_typed(page)
    assert "This treatment has ended." in page.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("treatment", ""),
        ("treatment", "junk"),
        ("held_on", "yesterday"),
        ("held_time", "25:00"),
        ("attendance", "asleep"),
    ],
)
def test_a_wrong_value_keeps_the_others(
    as_mara: Browser, ana: Treatment, field: str, value: str
) -> None:
    keeps_what_was_typed(record(as_mara, ana, **{field: value}))
    assert not TherapySession.objects.exists()


@pytest.mark.parametrize("minutes", ["-1", "481", "x", "1e3", ""])
def test_minutes_are_0_to_480(as_mara: Browser, ana: Treatment, minutes: str) -> None:
    page = record(as_mara, ana, minutes=minutes)
    assert page.status_code == 422
    assert NOTE in page.content.decode()


def test_a_note_that_is_too_long_is_not_cut(as_mara: Browser, ana: Treatment) -> None:
    page = record(as_mara, ana, note="x" * 10_001)
    assert page.status_code == 422
    assert "x" * 10_001 in page.content.decode()


def test_saving_twice_by_a_double_click_makes_one_session(as_mara: Browser, ana: Treatment) -> None:
    record(as_mara, ana)
    record(as_mara, ana)
    assert TherapySession.objects.count() == 1
    assert RatingRequest.objects.count() == 1


def test_markup_in_a_note_is_shown_as_typed(as_mara: Browser, ana: Treatment) -> None:
    page = record(as_mara, ana, note="<script>alert(1)</script>").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_number_of_queries_does_not_grow_with_the_caseload(
    as_mara: Browser, mara: User, count_queries: Any
) -> None:
    people.take_on(mara, "Ana R.")
    few = count_queries(lambda: as_mara.get("/sessions/record/"))
    for number in range(10):
        people.take_on(mara, f"Client {number}")
    assert count_queries(lambda: as_mara.get("/sessions/record/")) == few
