"""Recording a session: under twenty seconds of typing, and nothing typed is ever lost."""

from datetime import datetime, time, timedelta
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


def test_saving_leads_to_the_own_rating_and_says_that_the_form_goes_out(
    as_mara: Browser, ana: Treatment
) -> None:
    page = record(as_mara, ana)
    session = TherapySession.objects.get()
    assert page.redirect_chain == [(f"/sessions/{session.pk}/own-rating/", 302)]
    assert "The form for Ana R. is on its way." in page.content.decode()
    assert (session.held_at, session.format, session.minutes) == (people.MONDAY, "video", 45)
    assert (session.note, session.recorded_by) == (NOTE, ana.therapist)


@pytest.mark.parametrize("attendance", ["cancelled", "no_show"])
def test_saving_what_did_not_take_place_says_that_no_form_goes_out(
    as_mara: Browser, ana: Treatment, attendance: str
) -> None:
    page = record(as_mara, ana, attendance=attendance)
    assert page.redirect_chain == [(f"/clients/{ana.client_id}/", 302)]
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
    promise = "saving sends the form"
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
    record(as_mara, ana, note="<script>alert(1)</script>")
    page = as_mara.get(f"/clients/{ana.client_id}/").content.decode()
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


# --- The next appointment, and the seven elements


def planned(ana: Treatment) -> datetime | None:
    return Treatment.objects.get(pk=ana.pk).next_at


@pytest.mark.parametrize(("typed", "hour"), [("16:30", "16:30"), ("", "14:00")])
def test_the_next_appointment_is_written_down(
    as_mara: Browser, ana: Treatment, typed: str, hour: str
) -> None:
    """Without a time it is at the hour of this session."""
    record(as_mara, ana, next_on="2026-09-14", next_time=typed)
    assert f"{planned(ana):%d %H:%M}" == f"14 {hour}"


@pytest.mark.parametrize(
    ("next_on", "next_time", "words"),
    [
        ("2026-09-07", "14:59", "The next appointment is in the past."),
        ("2026-09-06", "", "The next appointment is in the past."),
        ("2028-09-07", "", "more than a year away"),
        ("", "14:00", "On which day?"),
        ("soon", "", "Enter a valid date."),
    ],
)
def test_a_wrong_next_appointment_keeps_what_was_typed(
    as_mara: Browser, ana: Treatment, next_on: str, next_time: str, words: str
) -> None:
    page = record(as_mara, ana, next_on=next_on, next_time=next_time)
    keeps_what_was_typed(page)
    assert words in page.content.decode()
    assert f'value="{next_on or next_time}"' in page.content.decode()
    assert not TherapySession.objects.exists()


def test_today_later_is_not_in_the_past(as_mara: Browser, ana: Treatment) -> None:
    record(as_mara, ana, next_on="2026-09-07", next_time="15:01")
    assert planned(ana) == people.MONDAY + timedelta(hours=1, minutes=1)


@pytest.mark.parametrize(
    ("hours", "stays"), [(-24 * 7, False), (0, False), (12, False), (13, True), (24 * 7, True)]
)
def test_a_recorded_session_ends_the_plan_that_it_was(
    as_mara: Browser, ana: Treatment, hours: int, stays: bool
) -> None:
    Treatment.objects.update(next_at=people.MONDAY + timedelta(hours=hours))
    record(as_mara, ana)
    assert (planned(ana) is not None) == stays


@pytest.mark.parametrize("attendance", ["cancelled", "no_show"])
def test_what_did_not_take_place_ends_its_plan_too(
    as_mara: Browser, ana: Treatment, attendance: str
) -> None:
    Treatment.objects.update(next_at=people.MONDAY)
    record(as_mara, ana, attendance=attendance, next_on="2026-09-21")
    assert planned(ana) == people.MONDAY + timedelta(weeks=2)


def test_a_session_that_is_refused_changes_no_plan(as_mara: Browser, ana: Treatment) -> None:
    people.hold(ana)
    Treatment.objects.update(next_at=people.MONDAY)
    record(as_mara, ana, next_on="2026-09-21")
    assert planned(ana) == people.MONDAY


def test_the_page_begins_with_the_hour_that_was_planned_once_it_is_over(
    as_mara: Browser, ana: Treatment
) -> None:
    Treatment.objects.update(next_at=people.MONDAY - timedelta(days=4, hours=3))
    page = as_mara.get(f"/sessions/record/?treatment={ana.pk}").content.decode()
    assert 'value="2026-09-03"' in page
    assert 'value="11:00"' in page
    Treatment.objects.update(next_at=people.MONDAY + timedelta(hours=3))
    page = as_mara.get(f"/sessions/record/?treatment={ana.pk}").content.decode()
    assert 'value="15:00"' in page
    assert "Planned now: Mon 7 Sep 2026, 17:00" in page


@pytest.mark.parametrize(("sent", "asks"), [({"asks_elements": "on"}, True), ({}, False)])
def test_the_seven_elements_are_asked_about_on_demand(
    as_mara: Browser, ana: Treatment, sent: dict[str, str], asks: bool
) -> None:
    record(as_mara, ana, **sent)
    assert RatingRequest.objects.get().asks_elements == asks


def test_they_are_asked_about_at_the_clinic_too(as_mara: Browser, ana: Treatment) -> None:
    Client.objects.update(contact=Client.Contact.IN_ROOM)
    record(as_mara, ana, asks_elements="on")
    assert RatingRequest.objects.get().asks_elements


# --- Before the session


def test_a_chosen_client_s_page_opens_with_what_to_have_in_mind(
    as_mara: Browser, ana: Treatment
) -> None:
    people.answer(people.hold(ana, people.MONDAY - timedelta(days=7)), comment="You seemed away.")
    page = as_mara.get(f"/sessions/record/?treatment={ana.pk}").content.decode()
    assert page.index("Before the session") < page.index("You seemed away.") < page.index("<form c")
    assert "Before the session" not in as_mara.get("/sessions/record/").content.decode()


def test_what_to_have_in_mind_stays_while_an_error_is_put_right(
    as_mara: Browser, ana: Treatment
) -> None:
    page = record(as_mara, ana, minutes="x")
    assert page.status_code == 422
    assert "Before the session" in page.content.decode()


def test_an_ended_treatment_is_not_chosen_and_the_page_says_so(
    as_mara: Browser, ana: Treatment
) -> None:
    clients.end_treatment(ana, by=ana.therapist, at=people.MONDAY)
    page = as_mara.get(f"/sessions/record/?treatment={ana.pk}").content.decode()
    assert "The treatment of Ana R. ended on 7 September, so nobody is chosen below." in page
    assert f'value="{ana.pk}"' not in page


def test_too_many_minutes_are_said_in_plain_words(as_mara: Browser, ana: Treatment) -> None:
    assert "At most 480 minutes." in record(as_mara, ana, minutes="481").content.decode()
