"""What is put together: everything that belongs to it, and nothing that does not."""

from dataclasses import asdict
from datetime import date, timedelta

import pytest

from accounts.models import User
from clients import agreements
from clients.models import Treatment
from sessions.models import Rating, TherapySession
from tests import people
from tests.conftest import CountsQueries
from tests.trends.report.conftest import COMMENT, NOTE, NOW, Composes
from trends.flags import moves
from trends.models import Flag
from trends.report import Wishes, compose


def test_sessions_come_in_order_with_their_numbers(composed: Composes) -> None:
    report = composed()
    assert [line.number for line in report.sessions] == [1, 2, 3, 4, 5, 6, None]
    assert [bool(line.scores) for line in report.sessions] == [
        True,
        True,
        False,
        *[True] * 3,
        False,
    ]
    assert (report.rated, report.engine) == (5, "switching-2")
    assert report.sessions[4].flag == Flag.State.OPEN
    assert report.sessions[-1].attendance == "no_show"


def test_notes_are_never_part_of_it(composed: Composes) -> None:
    flag = Flag.objects.get()
    moves.acknowledge(flag, note="CANARY-of-the-flag", by=flag.treatment.therapist, at=NOW)
    told = str(asdict(composed(with_words=True)))
    assert NOTE not in told
    assert "CANARY-of-the-flag" not in told


def test_the_words_of_the_client_only_if_wanted(composed: Composes) -> None:
    assert COMMENT not in str(asdict(composed()))
    line = composed(with_words=True).sessions[5]
    assert (line.comment, line.follow_up) == (COMMENT, "know")


def test_a_period_keeps_numbers_and_what_came_before(composed: Composes) -> None:
    """The band and the reason rest on all ratings; only what is shown is cut."""
    since, until = date(2026, 9, 28), date(2026, 10, 5)
    report = composed(since=since, until=until)
    assert [line.number for line in report.sessions] == [4, 5]
    assert [mark.number for mark in report.marks] == [4, 5]
    assert report.marks[0].low is not None
    assert [part.number for part in report.flags] == [5]
    assert composed(until=date(2026, 9, 28)).flags == []


def test_a_flag_has_its_reason_its_life_its_repairs_and_what_came_after(
    composed: Composes, mara: User
) -> None:
    flag = Flag.objects.get()
    moves.log_repair(
        flag,
        kind="withdrawal",
        tried=["bond_named"],
        words="We spoke about the silence.",
        raise_when="next",
        by=mara,
        at=NOW + timedelta(hours=1),
    )
    [part] = composed().flags
    assert part.reason[0].startswith("Bond fell to 1.0")
    assert [step.who for step in part.steps] == ["", mara.display_name]
    [entry] = part.repairs
    assert entry.tried == ["Named the strain between us, gently"]
    assert entry.note == "We spoke about the silence."
    assert "session 6" in part.came_after


def test_agreements_with_their_wordings(composed: Composes, mara: User, ana: Treatment) -> None:
    goal = agreements.propose(ana, kind="goal", words="Sleep through", by=mara, at=NOW)
    agreements.take_over(goal, words="Sleep six hours", by=mara, at=NOW + timedelta(minutes=1))
    [part] = composed().agreements
    assert (part.kind, part.words, part.state) == ("goal", "Sleep six hours", "agreed")
    assert [put.side for put in part.put] == ["therapist", "client"]


def test_the_own_rating_stays_blind_until_the_client_has_answered(
    ana: Treatment, mara: User
) -> None:
    session = people.hold(ana)
    people.rate(session)
    early = session.held_at + timedelta(hours=2)
    [line] = compose(ana, Wishes(), user=mara, at=early).sessions
    assert line.own is None
    people.answer(session)
    [line] = compose(ana, Wishes(), user=mara, at=early).sessions
    assert line.own is not None
    assert line.own_is_blind is True


def test_the_own_rating_is_shown_when_no_answer_is_expected_any_more(
    ana: Treatment, mara: User
) -> None:
    session = people.hold(ana)
    people.rate(session)
    over = people.end_of(session.request) + timedelta(days=3)
    [line] = compose(ana, Wishes(), user=mara, at=over).sessions
    assert line.own is not None


def test_what_does_not_count_is_marked_and_has_no_scores(composed: Composes, mara: User) -> None:
    rating = Rating.objects.earliest("submitted_at")
    rating.voided_at = NOW
    rating.save()
    void = TherapySession.objects.in_order()[1]
    void.voided_at = NOW
    void.save()
    first, second, *_ = composed().sessions
    assert (first.scores, first.is_rating_void) == (None, True)
    assert (second.is_void, second.number) == (True, None)


@pytest.mark.usefixtures("ana_fell")
def test_queries_do_not_grow_with_sessions(
    composed: Composes, ana: Treatment, count_queries: CountsQueries
) -> None:
    few = count_queries(composed)
    for week in range(8, 14):
        people.answer(people.hold(ana, people.MONDAY + timedelta(weeks=week)))
    assert count_queries(composed) == few
