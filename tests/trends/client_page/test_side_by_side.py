"""Client and therapist side by side: what is shown, to whom, and nothing too early."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Clinic, User
from accounts.permissions import Role
from clients import services as clients
from clients.models import Client, ClientLink, Share, Treatment
from sessions.models import Rating, RatingRequest, TherapistRating, TherapySession
from tests import people
from tests.conftest import CountsQueries, logged_in
from tests.registry.loud import loud_templates, missing_in
from trends.client_page import course, side_by_side
from trends.engine.gap import GapChange
from trends.models import Flag

WEEK, HOUR = timedelta(weeks=1), timedelta(hours=1)

# A goal of 1.5 and a mean of 1.2: nothing else on these pages is put like that.
ODD = {"goal_same": 2, "goal_matters": 1}


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


def both(treatment: Treatment, *pairs: tuple[int, int]) -> list[TherapySession]:
    """Weekly sessions that the client and, blind before, the therapist rated with these points."""
    held = []
    for week, (client, therapist) in enumerate(pairs):
        session = people.hold(treatment, people.MONDAY + week * WEEK)
        people.rate(session, therapist, therapist, therapist)
        people.answer(session, client, client, client)
        held.append(session)
    people.compute(treatment, at=people.MONDAY + len(pairs) * WEEK)
    return held


def rows(treatment: Treatment, at: Any = None) -> list[course.SessionRow]:
    when = at or people.MONDAY + 20 * WEEK
    return course.session_rows(treatment, None, treatment.therapist, when)


# --- The page


def test_each_part_and_each_question_stands_beside_the_other(
    ana: Treatment, as_mara: Browser
) -> None:
    session = people.hold(ana)
    people.rate(session, 3, 4, 5, changed={"goal_same": 2})
    people.answer(session, 4, 4, 4)
    with loud_templates():
        page = text(as_mara.get(f"/sessions/{session.pk}/side-by-side/"))
    assert missing_in(page) == set()
    [row] = rows(ana)
    shown = side_by_side.of_row(row)
    assert shown
    lines = [(line.name, line.client, line.therapist, line.difference) for line in shown.dimensions]
    assert lines == [
        ("Goal", "4.0", "2.5", "1.5 lower"),
        ("Task", "4.0", "4.0", "the same"),
        ("Bond", "4.0", "5.0", "1.0 higher"),
        ("Mean", "4.0", "3.8", "0.2 lower"),
    ]
    first = shown.items[0]
    assert first.name == "My client and I want the same things from our work together."
    assert (first.client, first.therapist) == ("4 · Mostly", "2 · A little")
    assert first.difference == "2 points lower"
    for words in ("1.5 lower", "2 points lower", "1 point higher", "says nothing about how good"):
        assert words in page


def test_where_no_answers_came_there_is_nothing_beside_it(ana: Treatment, as_mara: Browser) -> None:
    session = people.hold(ana)
    people.rate(session, 2, 2, 2)
    RatingRequest.objects.update(withdrawn_at=session.held_at)
    page = text(as_mara.get(f"/sessions/{session.pk}/side-by-side/"))
    assert "none are expected any more" in page
    assert "Yours is" not in page
    assert "2.0" in page


def test_one_that_is_not_blind_says_so(ana: Treatment, as_mara: Browser) -> None:
    session = people.hold(ana)
    people.answer(session)
    people.rate(session, opened_at=session.held_at)
    page = text(as_mara.get(f"/sessions/{session.pk}/side-by-side/"))
    assert "is not blind" in page
    assert "not blind" in text(as_mara.get(f"/clients/{ana.client_id}/"))


def test_without_a_rating_the_page_says_what_there_is(ana: Treatment, as_mara: Browser) -> None:
    session = people.hold(ana)
    page = f"/sessions/{session.pk}/side-by-side/"
    assert "You have not rated this session yet." in text(as_mara.get(page))
    people.answer(session)
    assert "nothing to lay side by side" in text(as_mara.get(page))


def test_forms_of_another_length_share_some_questions(ana: Treatment) -> None:
    session = people.hold(ana)
    people.rate(session, 3, 3, 3)
    people.answer(session, 4, 4, 4)
    rating = Rating.objects.get()
    rating.answers = {"goal_same": 4}  # as if the rest had not been asked
    rating.save()
    [row] = rows(ana)
    shown = side_by_side.of_row(row)
    assert shown
    assert [line.difference for line in shown.items].count("") == 5


# --- Nothing too early, and never to the client


def pages_of(ana: Treatment, session: TherapySession) -> list[str]:
    """Everything that the therapist can open about it."""
    found = [
        f"/clients/{ana.client_id}/",
        "/caseload/",
        f"/sessions/{session.pk}/own-rating/",
        f"/sessions/{session.pk}/side-by-side/",
        "/sessions/record/",
    ]
    flags = Flag.objects.filter(treatment=ana)
    return found + [f"/flags/{flag.pk}/" for flag in flags]


def api_of(ana: Treatment, session: TherapySession) -> list[str]:
    trajectory = f"/api/v1/trajectories/?treatment={ana.pk}"
    return ["/api/v1/sessions/", f"/api/v1/sessions/{session.pk}/", trajectory, "/api/v1/flags/"]


def told(browser: Browser, paths: list[str], **headers: str) -> str:
    return "".join(text(browser.get(path, headers=headers)) for path in paths)


@pytest.fixture
def session(ana: Treatment) -> TherapySession:
    """Flagged before; then one that the therapist rated oddly, and the client not yet."""
    people.course(ana, (5, 5, 5), (5, 5, 5), (5, 5, 1))
    newest = people.hold(ana, people.MONDAY + 3 * WEEK)
    people.rate(newest, 1, 1, 1, changed=ODD)
    people.compute(ana, at=newest.held_at + HOUR)
    return newest


def has_scores(page: str) -> bool:
    return "1.5</" in page or "rating: 1.2" in page


def test_it_is_on_no_page_before_it_is_revealed_and_on_them_after(
    ana: Treatment, session: TherapySession, as_mara: Browser, mara: User
) -> None:
    _, secret = accounts.create_token(by=mara, days=30, at=session.held_at)
    bearer = {"authorization": f"Bearer {secret}"}
    with time_machine.travel(session.held_at + 2 * HOUR, tick=False):
        as_mara.force_login(mara)
        before = told(as_mara, pages_of(ana, session))
        api_before = told(Browser(), api_of(ana, session), **bearer)
        people.answer(session, 5, 5, 5)
        people.compute(ana, at=session.held_at + 2 * HOUR)
        after = told(as_mara, pages_of(ana, session))
        api_after = told(Browser(), api_of(ana, session), **bearer)
    assert '"chart-therapist"' not in before
    assert "kept closed" in before
    assert not has_scores(before)
    assert '"therapist_rating":null' in api_before
    assert '"goal":1.5' not in api_before
    assert '"chart-therapist"' in after
    assert has_scores(after)
    assert '"goal":1.5' in api_after


def test_time_reveals_it_too(ana: Treatment, session: TherapySession, as_mara: Browser) -> None:
    over = people.end_of(session.request) + RatingRequest.TIME_TO_FINISH
    with time_machine.travel(over, tick=False):
        as_mara.force_login(ana.therapist)
        assert has_scores(text(as_mara.get(f"/clients/{ana.client_id}/")))
    with time_machine.travel(over - HOUR, tick=False):
        as_mara.force_login(ana.therapist)
        assert not has_scores(text(as_mara.get(f"/clients/{ana.client_id}/")))


def own_answers(client: Client, now: datetime) -> str:
    """All that the client sees and takes along, without what differs from page to page."""
    browser = Browser()
    with time_machine.travel(now, tick=False):
        browser.get(f"/own/{clients.issue_link(client, purpose=ClientLink.Purpose.OWN, at=now)}/")
        browser.post("/own/check/", {"answer": "1980"})
        seen = told(browser, ["/own/", "/own/answers.json", "/own/answers.txt"])
    assert "Your marks over time" in seen
    assert '"answered_at"' in seen
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"|nonce="[^"]+"', "", seen)


def test_for_the_client_it_makes_no_difference_at_all(
    ana: Treatment, session: TherapySession
) -> None:
    people.answer(session, 5, 5, 5)
    client = Client.objects.get()
    client.birth_year = "1980"
    client.save()
    now = session.held_at + 5 * HOUR
    with_it = own_answers(client, now)
    assert not has_scores(with_it)
    TherapistRating.objects.all().delete()
    assert own_answers(client, now) == with_it


def test_a_supervisor_reads_it_once_it_is_open(
    ana: Treatment, session: TherapySession, clinic: Clinic
) -> None:
    sven = people.hire(clinic, "Sven Berg", Role.SUPERVISOR)
    page = f"/sessions/{session.pk}/side-by-side/"
    assert logged_in(sven).get(page).status_code == 404
    Share.objects.create(treatment=ana, supervisor=sven, shared_at=session.held_at)
    with time_machine.travel(session.held_at + 2 * HOUR, tick=False):
        read = logged_in(sven)
        assert "rating is kept closed" in text(read.get(page))
        people.answer(session, 5, 5, 5)
        assert has_scores(text(read.get(page)))


# --- The client page


def test_the_chart_and_the_rows_show_both(ana: Treatment, as_mara: Browser) -> None:
    held = both(ana, (4, 3), (4, 3))
    page = text(as_mara.get(f"/clients/{ana.client_id}/"))
    assert page.count('class="chart-therapist"') == 3  # two sessions and the legend
    assert "your ratings" in page
    assert "rating by the therapist: 3.0" in page  # the mark's words
    assert "your rating: 3.0" in page  # in the table beside the chart
    for session in held:
        assert f"/sessions/{session.pk}/side-by-side/" in page


def test_the_newest_session_can_be_rated_while_it_is_blind(
    ana: Treatment, as_mara: Browser
) -> None:
    first, second = (people.hold(ana, people.MONDAY + week * WEEK) for week in range(2))
    page = text(as_mara.get(f"/clients/{ana.client_id}/"))
    assert f"/sessions/{second.pk}/own-rating/" in page
    assert f"/sessions/{first.pk}/own-rating/" not in page
    people.answer(second)
    assert "own-rating" not in text(as_mara.get(f"/clients/{ana.client_id}/"))


def test_answers_that_were_voided_were_read_so_nothing_is_offered(
    ana: Treatment, as_mara: Browser
) -> None:
    people.answer(people.hold(ana))
    Rating.objects.update(voided_at=people.MONDAY)
    assert "own-rating" not in text(as_mara.get(f"/clients/{ana.client_id}/"))


def test_it_costs_one_query_for_any_number_of_sessions(
    ana: Treatment, count_queries: CountsQueries
) -> None:
    both(ana, (4, 3))
    few = count_queries(lambda: rows(ana))
    for week in range(1, 6):
        people.rate(people.hold(ana, people.MONDAY + week * WEEK))
    assert count_queries(lambda: rows(ana)) == few


def test_of_a_session_that_was_voided_nothing_is_shown(ana: Treatment) -> None:
    [session] = both(ana, (4, 3))
    TherapySession.objects.update(voided_at=session.held_at)
    assert {row.beside.rating for row in rows(ana)} == {None}


# --- The usual gap


USUAL = [(4, 4), (5, 4), (4, 4), (4, 4)]


def pointed(treatment: Treatment, *, is_own: bool = True) -> str:
    found = side_by_side.pointed(rows(treatment), is_own=is_own, name="Ana")
    return found.words if found else ""


def test_another_gap_than_usual_is_pointed_out(ana: Treatment, as_mara: Browser) -> None:
    *_, newest = both(ana, *USUAL, (5, 3))
    assert pointed(ana) == (
        "You and Ana usually differ by about 0.2; this time by 2.0. That can be worth asking about."
    )
    assert pointed(ana, is_own=False).startswith("The therapist and Ana usually differ")
    page = text(as_mara.get(f"/clients/{ana.client_id}/"))
    assert "usually differ by about 0.2" in page
    assert "usually differ" in text(as_mara.get(f"/sessions/{newest.pk}/side-by-side/"))


@pytest.mark.parametrize(
    "pairs",
    [
        [(4, 4), (5, 3)],  # too few earlier ones
        [(4, 4), (4, 4), (5, 3)],
        [*USUAL, (5, 4)],  # within measurement error
        [(5, 3), (5, 3), (5, 3), (5, 3)],  # large, and as always
        [],
    ],
)
def test_a_gap_by_itself_is_not(ana: Treatment, pairs: list[tuple[int, int]]) -> None:
    both(ana, *pairs)
    assert pointed(ana) == ""


def test_it_is_said_of_the_newest_rating_only(ana: Treatment) -> None:
    both(ana, *USUAL, (5, 3))
    people.answer(people.hold(ana, people.MONDAY + 9 * WEEK))
    assert pointed(ana) == ""


def test_what_is_not_blind_is_not_compared(ana: Treatment) -> None:
    both(ana, *USUAL, (5, 3))
    newest = TherapistRating.objects.latest("rated_at")
    TherapistRating.objects.filter(pk=newest.pk).update(is_blind=False)
    assert pointed(ana) == ""


def test_what_does_not_count_is_not_compared(ana: Treatment) -> None:
    held = both(ana, *USUAL[:3], (5, 3))
    assert pointed(ana)
    Rating.objects.filter(session=held[0]).update(voided_at=timezone.now())
    assert pointed(ana) == ""


def test_answers_that_say_little_need_a_larger_change(ana: Treatment) -> None:
    """All alike: three looks, where six different ones would be six."""
    both(ana, (4, 4), (4, 4), (4, 4), (4, 3))
    assert pointed(ana) == ""


WORDS = {
    (0.4, 1.6): "You and Ana usually differ by about 0.4; this time by 1.6.",
    (1.6, 0.2): "You and Ana usually differ by about 1.6; this time by 0.2.",
    (0.01, 1.6): "You and Ana usually hardly differ; this time by 1.6.",
    (0.4, -1.2): (
        "You and Ana usually differ by about 0.4; this time by 1.2 the other way round. "
        "You rated higher than Ana, which is less common."
    ),
    (-0.4, -1.9): (
        "You and Ana usually differ by about 0.4; this time by 1.9. "
        "You rated higher than Ana, which is less common."
    ),
    (-0.4, 1.2): "You and Ana usually differ by about 0.4; this time by 1.2 the other way round.",
}


@pytest.mark.parametrize("gaps", WORDS)
def test_it_is_said_plainly(gaps: tuple[float, float]) -> None:
    change = GapChange(*gaps, earlier=4, limit=0.8)
    told_so = side_by_side.in_words(change, is_own=True, name="Ana")
    assert told_so == f"{WORDS[gaps]} That can be worth asking about."
    others = side_by_side.in_words(change, is_own=False, name="Ana")
    assert others == told_so.replace("You and", "The therapist and").replace(
        "You rated", "The therapist rated"
    )
