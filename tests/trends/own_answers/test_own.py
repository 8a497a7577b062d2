"""What clients may see of themselves: the rows that are read, the words, the pictures, the copy."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.models import User
from clients import agreements
from clients import services as clients
from clients.models import Client, Treatment
from sessions.form import answering, asked
from sessions.form.said import OnAgreement
from sessions.models import Rating, TherapySession
from tests import people
from tests.conftest import CountsQueries
from tests.registry.database import fingerprint
from trends.own_answers import own, own_copy

pytestmark = pytest.mark.usefixtures("clock")

NOTE = "CANARY-note-of-the-therapist"
OTHERS = "CANARY-words-of-petra"
COMMENT = "CANARY-words-of-ana\nin two lines"
BEFORE = "CANARY-words-of-ana-before"


@pytest.fixture
def client(ana: Treatment, mara: User) -> Client:
    client = ana.client
    clients.change_client(
        client,
        name="CANARY-Ana",
        email="canary-ana@mail.example",
        language="en",
        contact="email",
        time_zone="Asia/Tokyo",
        birth_year="1984",
        pin="471147",
        by=mara,
        at=people.MONDAY,
    )
    return client


def said(session: TherapySession, **more: Any) -> answering.Said:
    points = people.points(session.request, 5, 4, 3)
    return answering.Said(points, **{"tension": "none", **more})


def test_what_was_said_about_agreements_is_theirs_too(ana: Treatment, client: Client) -> None:
    goal = people.agree(ana)
    task = people.agree(ana, "I write a diary", kind="task")
    session = people.hold(ana)
    points = {item.key: 4 for item in asked.elements().items}
    about = {
        goal.pk.hex: OnAgreement("otherwise", "CANARY wake up rested", 0),
        task.pk.hex: OnAgreement("", "CANARY not every day"),
    }
    people.answer(session, agreements=about, proposal="CANARY go out", elements=points)
    agreements.end(goal.agreement, ended_as="dropped", by=ana.therapist, at=people.MONDAY)
    [treated] = own_copy.as_data(client, people.MONDAY)["treatments"]
    [rated] = [each["rating"] for each in treated["sessions"]]
    assert rated["agreements"] == [
        {
            "kind": "goal",
            "words": "Sleep through the night",
            "answer": "otherwise",
            "put_differently": "CANARY wake up rested",
            "progress": 0,
        },
        {
            "kind": "task",
            "words": "I write a diary",
            "answer": None,
            "put_differently": "CANARY not every day",
            "progress": None,
        },
    ]
    assert (rated["proposal"], len(rated["elements"])) == ("CANARY go out", 7)
    assert rated["elements"][0]["label"] == "Mostly"
    copy = own_copy.as_text(client, people.MONDAY)
    for words in (
        "Your goal: Sleep through the night\n    I would put it differently",
        "CANARY wake up rested",
        "How close are you to this goal?\n    0\n",
        "What we do: I write a diary\n    no answer",
        "CANARY go out",
        "I can rely on what my therapist tells me.",
    ):
        assert words in copy


@pytest.fixture
def changed(ana: Treatment, client: Client) -> Rating:
    """Answered with everything that can be said, and changed ten minutes later."""
    session = people.hold(ana, note=NOTE)
    at = session.held_at + timedelta(hours=3)
    before = said(session, tension="strong", settled="partly", comment=BEFORE, follow_up="know")
    came = answering.Came(language="en", seconds=61.5)
    rating = answering.submit_rating(session.request, said=before, came=came, at=at)
    after = said(session, tension="some", settled="yes", comment=COMMENT, follow_up="raise")
    return answering.change_rating(rating, said=after, at=at + timedelta(minutes=10))


@pytest.fixture
def in_tokyo(client: Client) -> Iterator[None]:
    with translation.override(client.language), timezone.override(client.zone):
        yield


def data(client: Client) -> dict[str, Any]:
    """As a program reads it."""
    written: dict[str, Any] = json.loads(json.dumps(own_copy.as_data(client, timezone.now())))
    return written


def text(client: Client) -> str:
    return own_copy.as_text(client, timezone.now())


# --- Rows


def test_two_treatments_are_kept_apart_and_the_newer_stands_first(
    ana: Treatment, jonas: User, client: Client
) -> None:
    with_jonas = clients.start_treatment(client, by=jonas, at=people.MONDAY)
    people.answer(people.hold(ana), comment="to Mara")
    people.answer(people.hold(with_jonas), comment="to Jonas")
    people.hold(with_jonas, people.MONDAY + timedelta(days=7))
    found = own.treatments(client)
    assert [each.therapist_name for each in found] == ["Jonas Okafor", "Mara Lindqvist"]
    assert [len(each.sessions) for each in found] == [2, 1]
    comments = [[row.own.now.said.comment for row in each.answered if row.own] for each in found]
    assert comments == [["to Jonas"], ["to Mara"]]


@pytest.mark.parametrize("therapist", ["mara", "jonas"])
def test_nothing_of_another_client_is_read(
    therapist: str, client: Client, changed: Rating, request: pytest.FixtureRequest
) -> None:
    petra = people.take_on(request.getfixturevalue(therapist), "Petra K.")
    people.answer(people.hold(petra, people.MONDAY + timedelta(hours=1)), comment=OTHERS)
    assert len(own.treatments(client)) == 1
    assert len(own.treatments(client)[0].sessions) == 1
    for written in (text(client), json.dumps(data(client))):
        assert OTHERS not in written
        assert "Petra" not in written
    assert OTHERS in text(petra.client)
    assert COMMENT.split(maxsplit=1)[0] not in text(petra.client)


def test_notes_flags_and_courses_are_not_even_read(ana: Treatment, client: Client) -> None:
    people.course(ana, (5, 5, 5), (5, 5, 5), (5, 5, 1))
    with CaptureQueriesContext(connection) as queries:
        for treated in own.treatments(client):
            assert own.course(treated, "course")
    asked = " ".join(query["sql"] for query in queries)
    assert "rating" in asked
    for closed in ('"note"', "trends_flag", "trends_trajectory", "trends_calibration"):
        assert closed not in asked


def test_looking_changes_nothing(client: Client, changed: Rating) -> None:
    before = fingerprint()
    own.treatments(client)
    data(client)
    text(client)
    assert fingerprint() == before


def test_many_sessions_take_no_more_queries(
    ana: Treatment, client: Client, changed: Rating, count_queries: CountsQueries
) -> None:
    one = count_queries(lambda: own.treatments(client))
    for week in range(1, 6):
        people.answer(people.hold(ana, people.MONDAY + timedelta(weeks=week)))
    assert count_queries(lambda: own.treatments(client)) == one


def test_sessions_that_did_not_take_place_have_no_number(ana: Treatment, client: Client) -> None:
    people.hold(ana)
    missed = people.MONDAY + timedelta(days=7)
    people.hold(ana, missed, attendance=TherapySession.Attendance.NO_SHOW)
    people.hold(ana, people.MONDAY + timedelta(days=14))
    [treated] = own.treatments(client)
    assert [session.number for session in treated.sessions] == [1, None, 2]
    assert [session.number for session in treated.held] == [1, 2]
    assert treated.answered == []


# --- Words


def test_questions_and_answers_are_in_the_words_that_were_answered(
    ana: Treatment, client: Client
) -> None:
    session = people.hold(ana)
    came = answering.Came(language="de")
    words = said(session, tension="some", comment="Hm.")
    answering.submit_rating(session.request, said=words, came=came, at=people.MONDAY)
    [treated] = own.treatments(client)
    [answered] = treated.answered
    assert answered.own
    assert answered.own.language == "de"
    first = answered.own.instrument.items[0]
    line = answered.own.now.lines[0]
    labels = dict(answered.own.instrument.choices("de"))
    assert (line.question, line.answer) == (first.text["de"], labels[int(line.value)])
    assert first.text["de"] != first.text["en"]


def test_what_was_left_empty_is_no_line(ana: Treatment, client: Client) -> None:
    people.answer(people.hold(ana))
    [answered] = own.treatments(client)[0].answered
    assert answered.own
    names = [line.name for line in answered.own.now.lines if not line.item]
    assert names == ["tension"]


# --- The picture


def test_the_picture_has_the_marks_and_nothing_computed(ana: Treatment, client: Client) -> None:
    people.course(ana, (5, 5, 5), (5, 5, 5), None, (5, 5, 1), (5, 4, 1))
    course = own.course(own.treatments(client)[0], "mine")
    assert course
    pictures = [course.chart, *(dimension.picture for dimension in course.dimensions)]
    for picture in pictures:
        for closed in ("chart-flag", "chart-alarm", "chart-seen", "chart-band", "chart-level"):
            assert closed not in picture
    assert 'id="mine-title"' in course.chart
    assert course.chart.count('class="chart-dot"') == 4
    assert course.chart.count('class="chart-missing"') == 1
    assert "You answered after 4 of 5 sessions." in course.chart
    assert [dimension.key for dimension in course.dimensions] == ["goal", "task", "bond"]


def test_the_dot_is_the_middle_of_the_three_marks(ana: Treatment, client: Client) -> None:
    people.course(ana, (5, 4, 1))
    course = own.course(own.treatments(client)[0], "mine")
    assert course
    assert "3.3</title>" in course.chart
    assert (course.lowest, course.highest) == (1, 5)


def test_without_marks_there_is_no_picture(ana: Treatment, client: Client) -> None:
    people.hold(ana)
    assert own.course(own.treatments(client)[0], "mine") is None


# --- The copy as data


def test_the_copy_says_what_it_is(client: Client) -> None:
    copy = data(client)
    assert (copy["format"], copy["version"]) == ("alliance-own-answers", 1)
    assert set(copy) == {"format", "version", "made_at", "clinic", "client", "treatments"}


@pytest.mark.usefixtures("in_tokyo")
def test_the_copy_has_what_is_kept_of_the_person(client: Client) -> None:
    clients.stop_mail(client, at=people.MONDAY)
    clients.ask_erasure(client, at=people.MONDAY)
    assert data(client)["client"] == {
        "name": "CANARY-Ana",
        "email": "canary-ana@mail.example",
        "language": "en",
        "time_zone": "Asia/Tokyo",
        "contact": "email",
        "added_at": "2026-05-30T23:00:00+09:00",
        "mail_stopped_at": "2026-09-07T23:00:00+09:00",
        "erasure_asked_at": "2026-09-07T23:00:00+09:00",
        "pin_is_kept": True,
        "birth_year_is_kept": True,
    }


@pytest.mark.usefixtures("in_tokyo")
def test_the_copy_has_everything_that_was_said(client: Client, changed: Rating) -> None:
    [treated] = data(client)["treatments"]
    assert (treated["therapist"], treated["started_on"]) == ("Mara Lindqvist", "2026-05-30")
    assert treated["ended_on"] is None
    [session] = treated["sessions"]
    assert (session["held_at"], session["attendance"]) == ("2026-09-07T23:00:00+09:00", "attended")
    rating = session["rating"]
    instrument = changed.request.form_instrument()
    assert rating["instrument"] == {"key": instrument.key, "version": instrument.version}
    assert rating["scores"] == {"goal": 5.0, "task": 4.0, "bond": 3.0}
    assert (rating["provenance"], rating["language"], rating["seconds"]) == ("link", "en", 61.5)
    assert rating["answered_at"] == "2026-09-08T02:00:00+09:00"
    assert rating["changed_at"] == "2026-09-08T02:10:00+09:00"
    assert {row["item"]: row["point"] for row in rating["answers"]} == changed.answers
    labels = dict(instrument.choices("en"))
    for item, row in zip(instrument.items, rating["answers"], strict=True):
        assert (row["question"], row["label"]) == (item.text["en"], labels[row["point"]])
    assert (rating["tension"]["value"], rating["tension"]["label"]) == ("some", "A little")
    assert (rating["settled"]["value"], rating["settled"]["label"]) == ("yes", "Yes")
    assert rating["follow_up"]["value"] == "raise"
    assert rating["comment"] == COMMENT


@pytest.mark.usefixtures("in_tokyo")
def test_the_copy_has_what_was_said_before_a_change(client: Client, changed: Rating) -> None:
    [session] = data(client)["treatments"][0]["sessions"]
    [before] = session["rating"]["earlier"]
    assert before["replaced_at"] == "2026-09-08T02:10:00+09:00"
    assert before["comment"] == BEFORE
    assert [before[name]["value"] for name in ("tension", "settled", "follow_up")] == [
        "strong",
        "partly",
        "know",
    ]
    assert {row["item"]: row["point"] for row in before["answers"]} == changed.answers


def test_the_copy_has_sessions_without_answers_too(ana: Treatment, client: Client) -> None:
    people.hold(ana, attendance=TherapySession.Attendance.CANCELLED)
    [session] = data(client)["treatments"][0]["sessions"]
    assert (session["attendance"], session["rating"]) == ("cancelled", None)


@pytest.mark.parametrize("write", [text, lambda client: json.dumps(data(client))])
def test_no_copy_has_what_others_wrote_or_the_secrets(
    write: Any, client: Client, changed: Rating, ana: Treatment
) -> None:
    people.compute(ana, at=people.MONDAY)
    written = write(client)
    for closed in (NOTE, "471147", "1984", "note", "flag", "rupture", "engine", "p_rupture"):
        assert closed not in written


def test_without_scores_the_answers_stay(client: Client, changed: Rating) -> None:
    client.clinic.shows_course = False
    copy = data(client)
    [session] = copy["treatments"][0]["sessions"]
    assert copy["clinic"]["shows_scores"] is False
    assert "scores" not in session["rating"]
    assert {row["item"]: row["point"] for row in session["rating"]["answers"]} == changed.answers


# --- The copy as text


@pytest.mark.usefixtures("in_tokyo")
def test_the_text_has_everything_in_words(client: Client, changed: Rating) -> None:
    written = text(client)
    instrument = changed.request.form_instrument()
    labels = dict(instrument.choices("en"))
    wanted = [
        "CANARY-Ana",
        "canary-ana@mail.example",
        "Asia/Tokyo",
        "By e-mail",
        "With Mara Lindqvist",
        "Since 30 May 2026.",
        "Session on 7 September 2026, 23:00 (Attended)",
        "Answered on 8 September 2026, 02:00, by the link.",
        "Goal 5.0, task 4.0, bond 3.0.",
        "Until you changed it on 8 September 2026, 02:10, you had said:",
        BEFORE,
        "    CANARY-words-of-ana\n    in two lines\n",
        "Please raise it with me",
        *(item.text["en"] for item in instrument.items),
        *(labels[point] for point in changed.answers.values()),
    ]
    assert [words for words in wanted if words not in written] == []


def test_the_text_is_in_the_language_of_the_client(client: Client) -> None:
    with translation.override("de"):
        assert "Deutsch" in own_copy.as_text(_in_german(client), timezone.now())


def _in_german(client: Client) -> Client:
    clients.change_language(client, language="de", by=None, at=people.MONDAY)
    return client


def test_a_text_without_scores_says_so(client: Client, changed: Rating) -> None:
    client.clinic.shows_course = False
    written = text(client)
    assert "This clinic does not show scores here." in written
    assert "Goal 5.0" not in written
    assert COMMENT.split(maxsplit=1)[0] in written
