"""What later ratings say about flags that somebody has seen: by a rating, and by a night."""

from datetime import timedelta

import pytest

from audit.models import Event
from clients.models import Treatment
from sessions.correcting import corrections
from tests import people
from tests.registry.database import fingerprint
from tests.trends.flags.test_flagging import calibrate
from trends import services
from trends.client_page import agreed_card
from trends.flags import flag_story, moves
from trends.lists import before
from trends.models import Flag, FlagMove

WEEK = timedelta(weeks=1)
HOUR = timedelta(hours=1)
STEADY, LOW = (4, 4, 4), (4, 4, 1)
State = Flag.State
FLAGGED = 3  # weeks after the first session


@pytest.fixture
def flag(ana: Treatment) -> Flag:
    """Bond fell in the fourth session."""
    people.course(ana, STEADY, STEADY, STEADY, LOW)
    return Flag.objects.get()


def later(flag: Flag, *scores: tuple[int, int, int] | None) -> None:
    """Weekly sessions with these ratings, each computed when it comes in."""
    for rated in scores:
        week = flag.treatment.sessions.count()
        session = people.hold(flag.treatment, people.MONDAY + week * WEEK)
        if rated:
            people.answer(session, *rated)
        people.compute(flag.treatment, at=session.held_at + 4 * HOUR)


def see(flag: Flag) -> Flag:
    at = flag.raised_at + HOUR
    return moves.acknowledge(flag, note="", by=flag.treatment.therapist, at=at)


def repair(flag: Flag) -> Flag:
    """Logged after the newest session."""
    at = flag.treatment.sessions.latest("held_at").held_at + 24 * HOUR
    by = flag.treatment.therapist
    said = {"kind": "unclear", "tried": [], "words": f"{at}", "raise_when": "next"}
    return moves.log_repair(flag, **said, by=by, at=at)  # type: ignore[arg-type]


def close(flag: Flag, reason: str = "no_rupture") -> Flag:
    at = flag.treatment.sessions.latest("held_at").held_at + 24 * HOUR
    return moves.close(flag, reason=reason, words="", by=flag.treatment.therapist, at=at)


def state(flag: Flag) -> str:
    flag.refresh_from_db()
    return flag.state


def steps(by_program: bool = True) -> list[str]:
    rows = FlagMove.objects.filter(made_by__isnull=by_program).order_by("made_at")
    return [str(row.action) for row in rows]


# --- Came back


def test_a_step_of_the_program_is_written_down_and_recorded(flag: Flag) -> None:
    [raised] = FlagMove.objects.all()
    assert (raised.action, raised.state, raised.made_by) == ("raise", "open", None)
    assert (raised.made_at, flag.state_at) == (flag.raised_at, flag.raised_at)
    assert flag.prior


def test_two_later_ratings_bring_one_in_repair_back_by_themselves(flag: Flag) -> None:
    repair(flag)
    later(flag, (4, 4, 2))
    assert state(flag) == State.IN_REPAIR
    later(flag, STEADY)
    assert state(flag) == State.CAME_BACK
    assert steps() == ["raise", "come_back"]
    assert Event.objects.filter(action="trends.flag_came_back").count() == 1
    assert flag.state_at == people.MONDAY + 5 * WEEK + 4 * HOUR


def test_one_that_was_only_seen_comes_back_too(flag: Flag) -> None:
    see(flag)
    later(flag, STEADY)
    assert state(flag) == State.CAME_BACK


def test_an_open_one_stays_open_when_ratings_come_back(flag: Flag) -> None:
    later(flag, STEADY, STEADY, STEADY)
    assert state(flag) == State.OPEN
    assert steps() == ["raise"]


def test_what_is_seen_after_the_ratings_came_back_is_back_at_the_next_computing(flag: Flag) -> None:
    later(flag, STEADY)
    see(flag)
    people.compute(flag.treatment, at=people.MONDAY + 6 * WEEK)
    assert state(flag) == State.CAME_BACK


def test_computing_twice_takes_no_second_step(flag: Flag) -> None:
    repair(flag)
    later(flag, STEADY)
    people.compute(flag.treatment, at=people.MONDAY + 6 * WEEK)
    before = fingerprint()
    people.compute(flag.treatment, at=people.MONDAY + 6 * WEEK)
    assert fingerprint() == before


# --- Not yet


def test_three_ratings_after_the_repair_say_not_yet(flag: Flag) -> None:
    later(flag, LOW)  # before the repair: does not count
    repair(flag)
    later(flag, LOW, None, (4, 4, 2))
    assert state(flag) == State.IN_REPAIR
    later(flag, LOW)
    assert state(flag) == State.NOT_YET
    later(flag, LOW)
    assert steps() == ["raise", "not_yet"]


def test_another_repair_begins_to_count_anew(flag: Flag) -> None:
    repair(flag)
    later(flag, LOW, LOW, LOW)
    repair(flag)
    later(flag, LOW, LOW)
    assert state(flag) == State.IN_REPAIR
    later(flag, STEADY)
    assert state(flag) == State.CAME_BACK


def test_an_entry_more_in_a_repair_does_not_put_it_off(flag: Flag) -> None:
    repair(flag)
    later(flag, LOW, LOW)
    repair(flag)
    later(flag, LOW)
    assert state(flag) == State.NOT_YET


def test_one_that_was_only_seen_is_never_said_to_be_late(flag: Flag) -> None:
    see(flag)
    later(flag, LOW, LOW, LOW, LOW)
    assert state(flag) == State.ACKNOWLEDGED


def test_a_repair_after_it_came_back_waits_for_a_new_rating(flag: Flag) -> None:
    see(flag)
    later(flag, STEADY)
    assert state(flag) == State.CAME_BACK
    repair(flag)
    people.compute(flag.treatment, at=people.MONDAY + 4.5 * WEEK)
    assert state(flag) == State.IN_REPAIR
    later(flag, STEADY)
    assert state(flag) == State.CAME_BACK


# --- Opened again by new evidence

BACK_IN_DOUBT = (2, 2, 4)  # the bond is back, the chance of a rupture .37 still


@pytest.fixture
def higher(ana: Treatment) -> None:
    """A threshold just above that."""
    calibrate(ana, threshold=0.4)


@pytest.mark.usefixtures("higher")
def test_one_that_came_back_opens_again_when_it_is_lost_in_the_same_episode(flag: Flag) -> None:
    see(flag)
    later(flag, BACK_IN_DOUBT)
    assert state(flag) == State.CAME_BACK
    later(flag, LOW)
    assert state(flag) == State.OPEN
    assert Flag.objects.count() == 1
    assert steps() == ["raise", "come_back", "reopen"]
    assert flag.acknowledged_at is not None


@pytest.mark.usefixtures("higher")
def test_one_that_came_back_opens_again_when_another_part_falls(flag: Flag) -> None:
    see(flag)
    later(flag, BACK_IN_DOUBT, (1, 1, 4))
    assert state(flag) == State.OPEN


def test_it_does_not_come_back_while_another_part_is_lost(flag: Flag) -> None:
    see(flag)
    later(flag, (1, 1, 4))
    assert state(flag) == State.ACKNOWLEDGED


def test_after_a_calm_rating_there_is_a_new_flag_instead(flag: Flag) -> None:
    see(flag)
    later(flag, (5, 5, 5), (5, 5, 5), LOW)
    assert state(flag) == State.CAME_BACK
    assert Flag.objects.exclude(pk=flag.pk).get().state == State.OPEN


@pytest.mark.usefixtures("higher")
def test_one_that_opened_again_and_was_seen_does_not_come_back_at_once(flag: Flag) -> None:
    see(flag)
    later(flag, BACK_IN_DOUBT, LOW)
    see(flag)
    people.compute(flag.treatment, at=people.MONDAY + 7 * WEEK)
    assert state(flag) == State.ACKNOWLEDGED
    later(flag, STEADY)
    assert state(flag) == State.CAME_BACK


@pytest.fixture
def half_low(ana: Treatment) -> Flag:
    """Bond fell to 2: there is room below."""
    people.course(ana, STEADY, STEADY, STEADY, (4, 4, 2))
    return Flag.objects.get()


def test_a_closed_one_opens_again_when_a_later_rating_is_lower_than_any(half_low: Flag) -> None:
    close(half_low)
    later(half_low, (4, 4, 2))
    assert state(half_low) == State.DISMISSED
    later(half_low, LOW)
    assert state(half_low) == State.OPEN
    assert (half_low.closed_as, half_low.judged) == ("", "")
    assert Flag.objects.count() == 1
    [event] = Event.objects.filter(action="trends.reopen_flag")
    assert event.by_id is None


def test_a_closed_one_opens_again_when_all_else_collapses(flag: Flag) -> None:
    """The bond is as low as can be, and was closed; goals and tasks fall."""
    close(flag, "elsewhere")
    later(flag, LOW)
    assert state(flag) == State.DISMISSED
    later(flag, (1, 1, 1))
    assert state(flag) == State.OPEN
    assert Flag.objects.count() == 1


def test_why_it_was_closed_is_told_after_it_opened_again(half_low: Flag) -> None:
    by, at = half_low.treatment.therapist, half_low.raised_at + HOUR
    moves.close(half_low, reason="no_rupture", words="", by=by, at=at)
    later(half_low, LOW)
    assert state(half_low) == State.OPEN
    told = flag_story.steps([half_low], is_own=True)[half_low.pk]
    assert [(step.words, step.note) for step in told] == [
        ("flagged", ""),
        ("closed: There was no rupture", ""),
        ("opened again", ""),
    ]
    read = flag_story.steps([half_low], is_own=False)[half_low.pk]
    assert [step.words for step in read] == ["flagged", "closed", "opened again"]


def test_closed_twice_it_stays_closed_at_the_same_ratings(half_low: Flag) -> None:
    close(half_low)
    later(half_low, LOW)
    assert state(half_low) == State.OPEN
    close(half_low)
    later(half_low, LOW, LOW)
    assert state(half_low) == State.DISMISSED
    assert steps() == ["raise", "reopen"]


def test_what_was_known_when_it_was_closed_is_no_new_evidence(half_low: Flag) -> None:
    later(half_low, LOW)
    close(half_low)
    people.compute(half_low.treatment, at=people.MONDAY + 6 * WEEK)
    assert state(half_low) == State.DISMISSED


def test_a_rating_that_comes_in_late_is_new_evidence(half_low: Flag) -> None:
    """Its session was before the closing, its answers were not known then."""
    session = people.hold(half_low.treatment, people.MONDAY + 4 * WEEK)
    close(half_low)
    people.answer(session, *LOW, at=session.held_at + 48 * HOUR)
    people.compute(half_low.treatment, at=session.held_at + 49 * HOUR)
    assert state(half_low) == State.OPEN


def test_nothing_opens_again_for_a_session_of_long_ago(half_low: Flag) -> None:
    close(half_low)
    session = people.hold(half_low.treatment, people.MONDAY + 4 * WEEK)
    people.answer(session, *LOW)
    people.compute(half_low.treatment, at=session.held_at + 31 * 24 * HOUR)
    assert state(half_low) == State.DISMISSED


def test_that_there_was_one_stays_said_when_it_opens_again(half_low: Flag) -> None:
    close(half_low, "settled")
    later(half_low, LOW)
    assert (state(half_low), half_low.judged) == (State.OPEN, Flag.Judged.CONFIRMED)


def test_one_that_opened_again_is_not_withdrawn(half_low: Flag) -> None:
    """Somebody has seen it."""
    close(half_low)
    later(half_low, LOW)
    half_low.session.ratings.update(bond=4.0)
    people.compute(half_low.treatment, at=people.MONDAY + 6 * WEEK)
    assert state(half_low) == State.OPEN


# --- Marked by hand


def mark(ana: Treatment, week: int) -> Flag:
    session = ana.sessions.get(held_at=people.MONDAY + week * WEEK)
    return moves.mark_by_hand(session, words="", by=ana.therapist, at=session.held_at + 5 * HOUR)


def test_a_mark_comes_back_if_the_ratings_show_its_fall(ana: Treatment) -> None:
    people.course(ana, STEADY, STEADY, (4, 3, 4))
    flag = mark(ana, 2)
    later(flag, STEADY)
    assert state(flag) == State.CAME_BACK


def test_a_mark_that_the_ratings_do_not_show_stays_as_it_is(ana: Treatment) -> None:
    people.course(ana, STEADY, STEADY, STEADY)
    flag = mark(ana, 2)
    repair(flag)
    later(flag, STEADY, STEADY, STEADY, STEADY)
    assert state(flag) == State.IN_REPAIR


def test_a_mark_without_a_fall_does_not_keep_the_program_silent(ana: Treatment) -> None:
    people.course(ana, STEADY, STEADY, STEADY)
    flag = mark(ana, 2)
    later(flag, LOW)
    assert Flag.objects.exclude(pk=flag.pk).get().state == State.OPEN


@pytest.mark.parametrize("closing", ["settled", "no_rupture", ""])
def test_a_mark_at_a_small_fall_does_not_keep_the_program_silent(
    ana: Treatment, closing: str
) -> None:
    """The chance is above half of the threshold there: no flag, and not calm."""
    people.course(ana, STEADY, STEADY, STEADY, STEADY, (4, 3, 3))
    flag = mark(ana, 4)
    if closing:
        close(flag, closing)
    later(flag, (1, 1, 1))
    [raised] = Flag.objects.exclude(pk=flag.pk)
    assert raised.state == State.OPEN
    assert state(flag) == (State.DISMISSED if closing else State.ACKNOWLEDGED)


def test_the_program_flags_no_session_that_is_marked(ana: Treatment) -> None:
    *_, last = people.course(ana, STEADY, STEADY, STEADY, None)
    flag = mark(ana, 3)
    people.answer(last, *LOW)
    people.compute(ana, at=people.MONDAY + 4 * WEEK)
    assert Flag.objects.get() == flag
    assert (state(flag), flag.origin) == (State.ACKNOWLEDGED, Flag.Origin.HAND)
    assert flag.why is not None  # the ratings show it now


# --- By a night


def night(flag: Flag, week: float) -> None:
    at = people.MONDAY + week * WEEK
    services.nightly(flag.treatment.client.clinic_id, at=at)


def test_a_night_takes_the_same_steps(flag: Flag) -> None:
    later(flag, STEADY)
    see(flag)
    night(flag, 5)
    assert state(flag) == State.CAME_BACK
    before = FlagMove.objects.count()
    night(flag, 5.2)
    assert FlagMove.objects.count() == before


def test_a_night_opens_a_closed_one_by_the_same_evidence(half_low: Flag) -> None:
    close(half_low)
    session = people.hold(half_low.treatment, people.MONDAY + 4 * WEEK)
    people.answer(session, *LOW)
    people.compute(half_low.treatment, at=session.held_at + 4 * HOUR)
    Flag.objects.update(state="dismissed", closed_as="other", state_at=session.held_at)
    night(half_low, 4.5)
    assert state(half_low) == State.OPEN


def test_one_of_a_session_that_does_not_count_needs_nobody(flag: Flag) -> None:
    repair(flag)
    by, at = flag.treatment.therapist, flag.raised_at + 48 * HOUR
    [card] = before.cards(Treatment.objects.all(), by, at)
    assert len(card.repairs) == 1
    corrections.void_session(flag.session, reason="x", by=by, at=at)
    people.compute(flag.treatment, at=at)
    assert state(flag) == State.IN_REPAIR
    assert not Flag.objects.counting().exists()
    [card] = before.cards(Treatment.objects.all(), by, at)
    assert (card.repairs, card.flag) == ([], None)
    assert agreed_card.of(flag.treatment).fell == []
