"""What therapists do with a possible rupture: what is written, and what the same click does."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.models import Event
from clients.models import Treatment
from sessions.models import TherapySession
from tests import people
from tests.registry.database import fingerprint
from trends.flags import flag_story, flagging, life, moves
from trends.models import Flag, FlagMove, RepairEntry

WEEK = timedelta(weeks=1)
LATER = people.MONDAY + 10 * WEEK
STEADY, LOW = (4, 4, 4), (4, 4, 1)
State, Judged = Flag.State, Flag.Judged


@pytest.fixture
def low(ana: Treatment) -> TherapySession:
    return people.course(ana, STEADY, STEADY, LOW)[-1]


@pytest.fixture
def flag(low: TherapySession) -> Flag:
    return Flag.objects.get(session=low)


def acknowledge(flag: Flag, note: str = "", at: datetime = LATER) -> Flag:
    return moves.acknowledge(flag, note=note, by=flag.treatment.therapist, at=at)


def log(flag: Flag, at: datetime = LATER, **changed: Any) -> Flag:
    said: dict[str, Any] = {
        "kind": "withdrawal",
        "tried": ["bond_named", "any_slower"],
        "words": " I was late. ",
        "raise_when": "next",
    }
    return moves.log_repair(flag, **said | changed, by=flag.treatment.therapist, at=at)


def close(flag: Flag, reason: str = "no_rupture", words: str = "", at: datetime = LATER) -> Flag:
    return moves.close(flag, reason=reason, words=words, by=flag.treatment.therapist, at=at)


def reopen(flag: Flag, at: datetime = LATER) -> Flag:
    return moves.reopen(flag, by=flag.treatment.therapist, at=at)


def mark(session: TherapySession, words: str = "", at: datetime = LATER) -> Flag:
    return moves.mark_by_hand(session, words=words, by=session.treatment.therapist, at=at)


def newest_move() -> FlagMove:
    return FlagMove.objects.latest("made_at")


# --- Seen


def test_acknowledge_keeps_who_when_and_the_note(flag: Flag) -> None:
    acknowledge(flag, "  Talked about it. ")
    flag.refresh_from_db()
    therapist = flag.treatment.therapist
    assert (flag.state, flag.note) == (State.ACKNOWLEDGED, "Talked about it.")
    assert (flag.acknowledged_at, flag.acknowledged_by) == (LATER, therapist)
    assert (flag.state_at, flag.judged) == (LATER, "")
    move = newest_move()
    assert (move.action, move.state) == ("acknowledge", "acknowledged")
    assert (move.made_at, move.made_by, move.words) == (LATER, therapist, "Talked about it.")
    [event] = Event.objects.filter(action="trends.acknowledge_flag")
    assert event.by_id == therapist.pk
    assert "Talked" not in str(event.details)


def test_acknowledge_twice_changes_nothing(flag: Flag) -> None:
    acknowledge(flag, "Seen.")
    before = fingerprint(without=())
    acknowledge(flag, "Seen.", at=LATER + WEEK)
    acknowledge(flag, "", at=LATER + WEEK)
    assert fingerprint(without=()) == before


def test_a_new_note_is_kept_and_the_first_look_too(flag: Flag) -> None:
    acknowledge(flag, "Seen.")
    acknowledge(flag, "Talked about it.", at=LATER + WEEK)
    flag.refresh_from_db()
    assert (flag.note, flag.acknowledged_at) == ("Talked about it.", LATER)
    assert flag.state_at == LATER


def test_acknowledging_a_flag_that_was_withdrawn_meanwhile_is_refused(flag: Flag) -> None:
    Flag.objects.update(state=State.WITHDRAWN)
    with pytest.raises(life.FlagWithdrawn):
        acknowledge(flag)
    assert Flag.objects.get().state == State.WITHDRAWN


# --- Repair


def test_a_repair_is_written_down_and_says_that_there_was_a_rupture(flag: Flag) -> None:
    log(flag)
    flag.refresh_from_db()
    assert (flag.state, flag.judged, flag.acknowledged_at) == ("in_repair", "confirmed", LATER)
    entry = RepairEntry.objects.get()
    assert (entry.kind, entry.raise_when, entry.words) == ("withdrawal", "next", "I was late.")
    assert entry.tried == ["any_slower", "bond_named"]
    assert (entry.logged_at, entry.logged_by) == (LATER, flag.treatment.therapist)
    assert newest_move().action == "log_repair"


def test_the_same_entry_a_second_time_changes_nothing(flag: Flag) -> None:
    log(flag)
    before = fingerprint(without=())
    log(flag, at=LATER + WEEK)
    assert fingerprint(without=()) == before


def test_another_entry_is_added_and_the_repair_began_with_the_first(flag: Flag) -> None:
    log(flag)
    log(flag, at=LATER + WEEK, words="Talked it over.", raise_when="raised")
    flag.refresh_from_db()
    assert RepairEntry.objects.count() == 2
    assert (flag.state, flag.state_at) == (State.IN_REPAIR, LATER)


# --- Closed, and opened again


@pytest.mark.parametrize(
    ("reason", "judged"),
    [("no_rupture", "wrong"), ("elsewhere", ""), ("settled", "confirmed"), ("other", "")],
)
def test_closing_keeps_the_reason_and_what_it_says(flag: Flag, reason: str, judged: str) -> None:
    close(flag, reason, " She had no sleep. ")
    flag.refresh_from_db()
    assert (flag.state, flag.closed_as, flag.judged) == (State.DISMISSED, reason, judged)
    assert flag.acknowledged_at == LATER
    assert newest_move().words == "She had no sleep."


def test_closing_twice_changes_nothing_but_for_another_reason_it_is_refused(flag: Flag) -> None:
    close(flag, "settled", "Done.")
    before = fingerprint(without=())
    close(flag, "settled", "Done.", at=LATER + WEEK)
    with pytest.raises(life.FlagClosed):
        close(flag, "misread", "Done.", at=LATER + WEEK)
    assert fingerprint(without=()) == before


def test_opened_again_it_counts_as_seen_and_is_to_be_judged_anew(flag: Flag) -> None:
    close(flag)
    reopen(flag, LATER + WEEK)
    flag.refresh_from_db()
    assert (flag.state, flag.closed_as, flag.judged) == (State.ACKNOWLEDGED, "", "")
    assert (flag.state_at, flag.acknowledged_at) == (LATER + WEEK, LATER)
    before = fingerprint(without=())
    reopen(flag, LATER + 2 * WEEK)
    assert fingerprint(without=()) == before


# --- Marked by hand


def test_a_mark_is_a_flag_that_was_seen(low: TherapySession) -> None:
    first = TherapySession.objects.earliest("held_at")
    mark(first, " She fell silent. ")
    flag = Flag.objects.get(session=first)
    assert (flag.origin, flag.state, flag.judged) == ("hand", "acknowledged", "confirmed")
    assert (flag.why, flag.engine, flag.prior) == (None, "", "")
    assert (flag.raised_at, flag.acknowledged_at, flag.state_at) == (LATER, LATER, LATER)
    assert (newest_move().action, newest_move().words) == ("mark", "She fell silent.")
    before = fingerprint(without=())
    mark(first, "She fell silent.", LATER + WEEK)
    assert fingerprint(without=()) == before


def test_a_session_that_is_flagged_cannot_be_marked_too(low: TherapySession) -> None:
    with pytest.raises(life.FlagOpen):
        mark(low)


def test_a_flag_that_was_withdrawn_can_be_marked(low: TherapySession) -> None:
    Flag.objects.update(state=State.WITHDRAWN)
    flag = mark(low)
    assert (flag.origin, flag.state, flag.why) == ("hand", State.ACKNOWLEDGED, None)


@pytest.mark.parametrize("attendance", ["no_show", "cancelled"])
def test_a_session_that_did_not_take_place_cannot_be_marked(
    ana: Treatment, attendance: str
) -> None:
    with pytest.raises(moves.NotHeld):
        mark(people.hold(ana, attendance=attendance))


def test_a_session_that_does_not_count_cannot_be_marked(low: TherapySession) -> None:
    TherapySession.objects.update(voided_at=LATER)
    with pytest.raises(moves.NotHeld):
        mark(TherapySession.objects.earliest("held_at"))


# --- The story of it


def test_the_steps_are_told_with_who_and_when(flag: Flag) -> None:
    acknowledge(flag, "Seen.", LATER)
    log(flag, LATER + WEEK)
    flag = close(flag, "settled", "Done.", LATER + 2 * WEEK)
    own = flag_story.steps([flag], is_own=True)[flag.pk]
    assert [(step.who, step.words, step.note) for step in own] == [
        ("", "flagged", ""),
        ("Mara Lindqvist", "seen", "Seen."),
        ("Mara Lindqvist", "repair logged", ""),
        ("Mara Lindqvist", "closed: There was one, and we have settled it", "Done."),
    ]
    assert [step.at for step in own][1:] == [LATER, LATER + WEEK, LATER + 2 * WEEK]
    read = flag_story.steps([flag], is_own=False)[flag.pk]
    assert not any(step.note for step in read)
    assert read[-1].words == "closed", "the reason is the therapist's own"


def test_one_that_is_older_than_its_steps_tells_what_its_row_knows(flag: Flag) -> None:
    flag = acknowledge(flag)
    FlagMove.objects.all().delete()
    own = flag_story.steps([flag], is_own=True)[flag.pk]
    assert [(step.at, step.words) for step in own] == [
        (flag.raised_at, "flagged"),
        (LATER, "seen"),
    ]


def test_the_repair_log_is_told_newest_first(flag: Flag) -> None:
    log(flag)
    log(flag, LATER + WEEK, kind="unclear", words="", tried=["gone_prompt"])
    newest, first = flag_story.repairs([flag], is_own=True)[flag.pk]
    assert (first.note, first.when) == ("I was late.", "Next session")
    assert first.tried == ["Slowed down and stayed with it", "Named the strain between us, gently"]
    assert (newest.tried, newest.kind) == (["gone_prompt"], "Both, or unclear")
    assert not any(entry.note for entry in flag_story.repairs([flag], is_own=False)[flag.pk])


def test_every_step_has_its_event() -> None:
    assert set(flagging.EVENTS) == set(FlagMove.Action)
