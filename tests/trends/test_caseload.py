"""The therapist's home: who needs me first, and why."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import Clinic, User
from clients import services as clients
from clients.models import Client, Treatment
from outbox.models import Message
from sessions import to_know, unanswered
from sessions.models import RatingRequest
from tests import people
from trends import caseload
from trends.models import Flag

WEEK = timedelta(weeks=1)
NOW = people.MONDAY + 4 * WEEK + timedelta(hours=5)
STEADY, LOW = (4, 4, 4), (4, 4, 1)


@pytest.fixture(autouse=True)
def now() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def rows(user: User) -> list[caseload.Row]:
    return caseload.rows(user, NOW)


def row_of(ana: Treatment) -> caseload.Row:
    [row] = rows(ana.therapist)
    return row


def flagged(therapist: User, name: str, *, raised_days_ago: int) -> Treatment:
    treatment = people.take_on(therapist, name)
    people.course(treatment, STEADY, STEADY, LOW)
    raised_at = NOW - timedelta(days=raised_days_ago)
    Flag.objects.filter(treatment=treatment).update(raised_at=raised_at)
    return treatment


def test_open_flags_come_first_the_oldest_on_top_then_names(mara: User) -> None:
    people.take_on(mara, "zoe A.")
    people.take_on(mara, "Ana R.")
    flagged(mara, "New flag", raised_days_ago=1)
    flagged(mara, "Old flag", raised_days_ago=9)
    people.take_on(mara, "Petra K.")
    names = [row.client.name for row in rows(mara)]
    assert names == ["Old flag", "New flag", "Ana R.", "Petra K.", "zoe A."]


def test_a_row_tells_the_last_rating_and_when(ana: Treatment) -> None:
    people.course(ana, STEADY, (5, 4, 3), None)
    row = row_of(ana)
    assert row.last == {"goal": 5.0, "task": 4.0, "bond": 3.0}
    assert (row.session_count, row.last_session_at) == (3, people.MONDAY + 2 * WEEK)
    assert row.days_since == 14
    assert row.url == f"/clients/{ana.client_id}/"
    assert str(row.sparkline).startswith("<svg")


def test_a_row_before_the_first_session(ana: Treatment) -> None:
    row = row_of(ana)
    assert (row.session_count, row.days_since, row.last, row.sparkline) == (0, None, None, "")
    assert row.now == ["no rating yet"]


def test_sessions_that_did_not_take_place_do_not_count(ana: Treatment) -> None:
    people.hold(ana)
    people.hold(ana, people.MONDAY + WEEK, attendance="no_show")
    row = row_of(ana)
    assert (row.session_count, row.last_session_at) == (1, people.MONDAY)


def test_days_are_counted_on_the_clinic_s_wall(
    ana: Treatment, as_mara: Browser, clinic: Clinic
) -> None:
    """Ten in the evening in Auckland is yesterday at one in the night."""
    Clinic.objects.update(time_zone="Pacific/Auckland")
    held_at = NOW.replace(hour=10, minute=0)  # 23:00 in Auckland, the day before it is now there
    people.hold(ana, held_at, at=NOW)
    assert "yesterday" in as_mara.get("/caseload/").content.decode()


def test_an_open_flag_gives_its_reason_in_one_line(mara: User) -> None:
    flagged(mara, "Ana R.", raised_days_ago=1)
    [row] = rows(mara)
    assert row.flag is not None
    assert row.reason.startswith("Bond fell to 1.0; for Ana R. 3.4 to 4.8 was")


@pytest.mark.parametrize("state", [Flag.State.ACKNOWLEDGED, Flag.State.WITHDRAWN])
def test_a_flag_that_is_not_open_does_not_ask_for_anybody(mara: User, state: str) -> None:
    flagged(mara, "Ana R.", raised_days_ago=1)
    Flag.objects.update(state=state)
    [row] = rows(mara)
    assert (row.flag, row.reason) == (None, "")


def mail_is(state: str) -> None:
    Message.objects.update(state=state)


def test_a_form_on_its_way(ana: Treatment) -> None:
    people.hold(ana, NOW - timedelta(hours=2))
    row = row_of(ana)
    assert row.now == ["form on its way"]
    assert row.is_waiting


def test_a_form_without_answer_yet(ana: Treatment) -> None:
    people.hold(ana, NOW - timedelta(hours=2))
    mail_is("sent")
    people.compute(ana)
    row = row_of(ana)
    assert row.now == ["form sent, no answer yet"]
    assert row.is_waiting


def test_a_form_that_did_not_arrive(ana: Treatment) -> None:
    people.hold(ana, NOW - timedelta(hours=2))
    mail_is("failed")
    people.compute(ana)
    row = row_of(ana)
    assert row.trouble == "form: not sent"
    assert row.now == ["no rating for 1 session"]
    assert not row.is_waiting


def test_missing_ratings_are_counted_without_the_one_that_may_still_come(ana: Treatment) -> None:
    people.course(ana, STEADY, None, None)
    people.hold(ana, NOW - timedelta(hours=2))
    mail_is("sent")
    people.compute(ana)
    assert row_of(ana).now == [
        "form sent, no answer yet",
        "no rating for 2 sessions",
    ]


@pytest.mark.parametrize(("newest", "words"), [(STEADY, []), (LOW, ["lower than usual"])])
def test_silence_is_never_called_usual(
    ana: Treatment, newest: tuple[int, int, int], words: list[str]
) -> None:
    people.course(ana, STEADY, STEADY, newest, None)
    RatingRequest.objects.update(expires_at=NOW)
    mail_is("sent")
    assert row_of(ana).now == ["no rating for 1 session", *words]


def test_a_client_who_is_not_mailed_is_not_told_as_waiting(ana: Treatment) -> None:
    Client.objects.update(contact="none")
    people.hold(ana, NOW - timedelta(hours=2))
    row = row_of(ana)
    assert "gets no forms" in row.now
    assert not row.is_waiting


def test_the_newest_form_tells(ana: Treatment) -> None:
    people.course(ana, None, STEADY)
    RatingRequest.objects.update(expires_at=NOW)
    assert row_of(ana).now == ["too few ratings to compare yet"]


@pytest.mark.parametrize(
    ("newest", "words"),
    [(STEADY, "in the usual range"), ((5, 5, 5), "in the usual range"), (LOW, "lower than usual")],
)
def test_from_three_ratings_on_the_newest_is_compared(
    ana: Treatment, newest: tuple[int, int, int], words: str
) -> None:
    """Never "steady" or "fine": the words say how the rating lies, and no more."""
    people.course(ana, STEADY, STEADY, newest)
    assert row_of(ana).now == [words]


def test_whoever_asked_to_talk_is_shown(ana: Treatment) -> None:
    people.answer(people.hold(ana), follow_up="raise", comment="Please.")
    row = row_of(ana)
    assert row.asked_to_talk
    assert row.now[0] == "asked you to raise something"


def test_an_earlier_wish_to_talk_is_over_with_the_next_rating(ana: Treatment) -> None:
    people.answer(people.hold(ana), follow_up="raise")
    people.answer(people.hold(ana, people.MONDAY + WEEK))
    assert not row_of(ana).asked_to_talk


def notes(ana: Treatment) -> list[tuple[str, bool]]:
    return [(note.words, note.needs_person) for note in row_of(ana).notes]


def test_three_forms_in_a_row_without_an_answer_are_told_once(ana: Treatment) -> None:
    people.course(ana, STEADY, None, None, None)
    RatingRequest.objects.update(expires_at=NOW - timedelta(days=1))
    assert notes(ana) == [("3 forms in a row not answered", False)]
    assert "no rating for 3 sessions" not in row_of(ana).now


@pytest.mark.parametrize("scores", [[None, None, STEADY], [None, None, None, STEADY], [None] * 2])
def test_fewer_than_three_in_a_row_are_not_told(
    ana: Treatment, scores: list[tuple[int, int, int] | None]
) -> None:
    people.course(ana, *scores)
    RatingRequest.objects.update(expires_at=NOW - timedelta(days=1))
    assert notes(ana) == []


def test_a_form_that_is_still_open_is_not_counted(ana: Treatment) -> None:
    people.course(ana, None, None, None)
    RatingRequest.objects.update(expires_at=NOW - timedelta(days=1))
    newest = RatingRequest.objects.filter(session__held_at=people.MONDAY + 2 * WEEK)
    newest.update(expires_at=NOW + timedelta(days=1))
    assert notes(ana) == []
    people.hold(ana, NOW - timedelta(hours=2))
    RatingRequest.objects.filter(session__held_at__lt=NOW - WEEK).update(expires_at=NOW - WEEK)
    assert notes(ana) == [("3 forms in a row not answered", False)]


@pytest.mark.parametrize("answered", [0, 1, 2, 3, 4])
def test_tired_here_is_tired_there(ana: Treatment, answered: int) -> None:
    """The page and the mails ask different queries."""
    scores = [STEADY if 4 - number == answered else None for number in range(5)]
    people.course(ana, *scores)
    RatingRequest.objects.update(expires_at=NOW - timedelta(days=1))
    found = to_know.tired_treatments(ana.therapist, NOW)
    assert (ana.pk in found) == unanswered.is_tired(ana, NOW)


def test_who_asks_for_a_new_link_is_told(ana: Treatment) -> None:
    people.course(ana, None, STEADY)
    RatingRequest.objects.filter(rating__isnull=True).update(link_asked_at=NOW)
    assert notes(ana) == [("asks for a new link", True)]


def test_what_stands_between_a_client_and_the_mails_is_told(
    ana: Treatment, as_mara: Browser
) -> None:
    Client.objects.update(stopped_at=NOW, bounced_at=NOW, failed_checks=5, erasure_asked_at=NOW)
    assert [needs for _words, needs in notes(ana)] == [True, True, True, False]
    assert "gets no forms" not in row_of(ana).now, "which the notices tell already"
    page = as_mara.get("/caseload/").content.decode()
    assert "Stopped all e-mails on" in page


def test_notices_stand_on_the_card_of_a_flag_too(mara: User, as_mara: Browser) -> None:
    flagged(mara, "Ana R.", raised_days_ago=1)
    Client.objects.update(bounced_at=NOW)
    assert "have come back since" in as_mara.get("/caseload/").content.decode()


def test_who_answers_at_the_clinic_is_not_told_as_without_forms(ana: Treatment) -> None:
    Client.objects.update(contact="in_room")
    assert row_of(ana).now == ["fills in at the clinic"]


def test_the_page_leads_to_forms_and_e_mails(as_mara: Browser, ana: Treatment) -> None:
    assert 'href="/delivery/"' in as_mara.get("/caseload/").content.decode()


def test_without_words_for_need_the_page_says_that_no_forms_go_out(
    as_mara: Browser, ana: Treatment
) -> None:
    assert "No forms go out yet." not in as_mara.get("/caseload/").content.decode()
    Clinic.objects.update(crisis_text="")
    page = as_mara.get("/caseload/").content.decode()
    assert "No forms go out yet." in page
    assert "Please ask a clinic admin" in page


def test_ended_treatments_stand_apart(ana: Treatment) -> None:
    flagged_ = flagged(ana.therapist, "Petra K.", raised_days_ago=3)
    clients.end_treatment(flagged_, by=ana.therapist, at=NOW)
    assert [row.client.name for row in rows(ana.therapist)] == ["Ana R."]
    assert [row.treatment for row in caseload.ended(ana.therapist)] == [flagged_]


def test_who_asks_to_be_forgotten_is_listed_after_the_end_too(
    as_mara: Browser, ana: Treatment
) -> None:
    others = [people.take_on(ana.therapist, name) for name in ("Aaron A.", "Zoe Z.")]
    for treatment in (ana, *others):
        clients.end_treatment(treatment, by=ana.therapist, at=NOW)
    page = as_mara.get("/caseload/").content.decode()
    assert '<details class="more section no-print">' in page, "nothing to do, so it is closed"
    clients.note_bounce(ana.client, at=NOW)
    clients.ask_erasure(others[1].client, at=NOW)
    listed = caseload.ended(ana.therapist)
    assert [row.treatment.client.name for row in listed] == ["Zoe Z.", "Ana R.", "Aaron A."]
    page = as_mara.get("/caseload/").content.decode()
    assert '<details class="more section no-print" open>' in page
    assert "to have all data deleted" in page
    assert f'href="/clients/{others[1].client_id}/edit/#notice-erasure"' in page


def test_nobody_else_s_clients(ana: Treatment, jonas: User, ruth: User, root: User) -> None:
    for user in (jonas, ruth, root):
        assert rows(user) == []
        assert caseload.ended(user) == []


def fill(therapist: User, count: int) -> None:
    """Treatments in every state that a row can have."""
    for number in range(count):
        treatment = people.take_on(therapist, f"Client {number}")
        people.course(treatment, STEADY, *([STEADY, LOW] if number % 3 == 0 else [None]))
    ended = people.take_on(therapist, "Ended")
    clients.end_treatment(ended, by=therapist, at=NOW)


def test_queries_do_not_grow_from_2_to_40_treatments(
    as_mara: Browser, mara: User, count_queries: Any
) -> None:
    fill(mara, 2)
    few = count_queries(lambda: as_mara.get("/caseload/"))
    fill(mara, 38)
    assert len(rows(mara)) == 40
    assert count_queries(lambda: as_mara.get("/caseload/")) == few
    assert few < 18
