"""Which flags are raised, withdrawn and brought up to date; docs/adr/0012 says why."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.models import Event
from clients.models import Treatment
from sessions.correcting import corrections, undoing
from sessions.models import Rating, TherapySession
from tests import people
from trends import services
from trends.computing import calibrations
from trends.engine import DEFAULT, DEFAULT_THRESHOLD, VERSION
from trends.flags import flagging, moves
from trends.flags.judged import Judged
from trends.models import Calibration, Flag, Trajectory

WEEK = timedelta(weeks=1)
LATER = people.MONDAY + 10 * WEEK
STEADY = (4, 4, 4)
LOW = (4, 4, 1)
State = Flag.State


def flags() -> list[tuple[int, str]]:
    """Session numbers with the states of their flags."""
    numbers = {row.pk: n for n, row in enumerate(TherapySession.objects.order_by("held_at"), 1)}
    return sorted((numbers[flag.session_id], str(flag.state)) for flag in Flag.objects.all())


def calibrate(ana: Treatment, *, threshold: float = DEFAULT_THRESHOLD, **prior: Any) -> None:
    """As a night leaves it."""
    learned = DEFAULT.as_dict() | prior
    Calibration.objects.create(
        clinic=ana.client.clinic,
        engine=VERSION,
        prior=learned,
        version=learned["version"],
        treatments=0,
        sessions=0,
        past={},
        budget=5,
        threshold=threshold,
        rated=0,
        fitted_at=LATER,
        created_at=LATER,
    )


# --- Raised for recent sessions only


def test_one_flag_for_each_onset(ana: Treatment) -> None:
    people.course(ana, *[STEADY] * 4, LOW, LOW, *[STEADY] * 8, (1, 1, 1))
    services.recompute(ana.pk, at=LATER, since=people.MONDAY)
    assert flags() == [(5, State.OPEN), (15, State.OPEN)]


def test_a_flag_is_raised_for_sessions_of_the_last_thirty_days(ana: Treatment) -> None:
    low = people.course(ana, STEADY, STEADY)[-1].held_at + WEEK
    people.answer(people.hold(ana, low), *LOW)
    people.compute(ana, at=low + flagging.RECENT + timedelta(seconds=1))
    assert flags() == []
    people.compute(ana, at=low + flagging.RECENT)
    assert flags() == [(3, State.OPEN)]


def test_what_was_raised_long_ago_stays(ana: Treatment) -> None:
    people.course(ana, STEADY, STEADY, LOW)
    people.compute(ana, at=LATER + 50 * WEEK)
    assert flags() == [(3, State.OPEN)]


# --- Withdrawn by ratings only


def correct(session: TherapySession, *, at: datetime = LATER, **scores: float) -> None:
    Rating.objects.filter(session=session).update(**scores)
    services.recompute(session.treatment_id, at=at)


def test_a_flag_that_the_ratings_no_longer_support_is_withdrawn(ana: Treatment) -> None:
    *_, low = people.course(ana, STEADY, STEADY, STEADY, LOW)
    correct(low, bond=4.0)
    assert flags() == [(4, State.WITHDRAWN)]
    assert Event.objects.filter(action="trends.withdraw_flag").count() == 1


def test_a_flag_whose_rating_is_gone_is_withdrawn(ana: Treatment) -> None:
    *_, low = people.course(ana, STEADY, STEADY, STEADY, LOW)
    Rating.objects.filter(session=low).delete()
    people.compute(ana, at=LATER)
    assert flags() == [(4, State.WITHDRAWN)]


def test_a_withdrawn_flag_is_raised_again_when_the_picture_changes_back(ana: Treatment) -> None:
    *_, low = people.course(ana, STEADY, STEADY, STEADY, LOW)
    again = low.held_at + timedelta(days=20)
    correct(low, bond=4.0)
    correct(low, bond=1.0, at=again)
    assert flags() == [(4, State.OPEN)]
    flag = Flag.objects.get()
    assert (flag.raised_at, flag.state_at) == (low.held_at + WEEK, again)


def test_a_correction_that_is_undone_brings_back_a_flag_of_long_ago(ana: Treatment) -> None:
    *_, low = people.course(ana, STEADY, STEADY, STEADY, LOW)
    at, minute = low.held_at + timedelta(days=40), timedelta(minutes=1)
    voided = corrections.void_session(low, reason="x", by=ana.therapist, at=at)
    people.compute(ana, at=at)
    assert Flag.objects.get().state == State.WITHDRAWN
    undoing.undo(voided, by=ana.therapist, at=at + minute)
    people.compute(ana, at=at + minute)
    flag = Flag.objects.get()
    assert (flag.state, flag.raised_at) == (State.OPEN, low.held_at + WEEK)


def test_one_that_was_withdrawn_long_ago_stays_so(ana: Treatment) -> None:
    *_, low = people.course(ana, STEADY, STEADY, STEADY, LOW)
    at = low.held_at + timedelta(days=40)
    correct(low, bond=4.0, at=at)
    correct(low, bond=1.0, at=at + flagging.JUST_WITHDRAWN + timedelta(seconds=1))
    assert flags() == [(4, State.WITHDRAWN)]


def test_an_acknowledged_flag_is_never_withdrawn(ana: Treatment) -> None:
    *_, low = people.course(ana, STEADY, STEADY, STEADY, LOW)
    acknowledge(Flag.objects.get())
    correct(low, bond=4.0)
    assert flags() == [(4, State.ACKNOWLEDGED)]


def acknowledge(flag: Flag) -> None:
    moves.acknowledge(flag, note="Seen.", by=flag.treatment.therapist, at=LATER)


def test_a_threshold_that_moved_withdraws_and_rewrites_nothing(ana: Treatment) -> None:
    people.course(ana, STEADY, STEADY, STEADY, LOW)
    before = Flag.objects.values().get()
    calibrate(ana, threshold=0.99)
    people.compute(ana, at=LATER)
    people.answer(people.hold(ana, people.MONDAY + 4 * WEEK), *STEADY)
    people.compute(ana, at=LATER)
    assert Flag.objects.values().get() == before


def test_what_was_learned_overnight_withdraws_and_rewrites_nothing(ana: Treatment) -> None:
    people.course(ana, STEADY, STEADY, STEADY, (4, 4, 3))
    people.answer(people.hold(ana, people.MONDAY + 4 * WEEK), *LOW)
    people.compute(ana, at=people.MONDAY + 5 * WEEK)
    before = Flag.objects.values().get()
    calibrate(ana, hazard=0.001, noise=0.4, version="fit-other")
    people.compute(ana, at=LATER)
    assert Trajectory.objects.get().prior == "fit-other"
    people.answer(people.hold(ana, people.MONDAY + 5 * WEEK), *STEADY)
    people.compute(ana, at=LATER)
    assert Flag.objects.values().get() == before


def test_a_flag_of_an_earlier_engine_keeps_its_numbers(ana: Treatment) -> None:
    *_, low = people.course(ana, STEADY, STEADY, STEADY, LOW)
    Flag.objects.update(engine="own-mean-1")
    Trajectory.objects.update(engine="own-mean-1", prior="")
    before = Flag.objects.values().get()
    correct(low, bond=4.0)
    assert Flag.objects.values().get() == before


# --- Brought up to date by ratings only


def test_new_numbers_are_kept_with_the_flag_and_its_state(ana: Treatment) -> None:
    _, second, *_, low = people.course(ana, STEADY, None, STEADY, LOW)
    acknowledge(Flag.objects.get(session=low))
    assert earlier() == 2
    people.answer(second, *STEADY, at=second.held_at + timedelta(days=3))
    people.compute(ana, at=LATER)
    flag = Flag.objects.get()
    assert (earlier(), flag.state, flag.engine) == (3, State.ACKNOWLEDGED, VERSION)
    assert Event.objects.filter(action="trends.update_flag").count() == 1


def earlier() -> int:
    """With how many ratings the flag says that it compares."""
    why = Flag.objects.get().why
    assert why is not None
    return why.earlier


def test_a_later_rating_leaves_a_flag_as_it_is(ana: Treatment) -> None:
    people.course(ana, STEADY, STEADY, STEADY, LOW)
    before = Flag.objects.values().get()
    people.answer(people.hold(ana, people.MONDAY + 4 * WEEK), *STEADY)
    people.compute(ana, at=people.MONDAY + 5 * WEEK)
    assert Flag.objects.values().get() == before


# --- One for each episode


def test_a_late_answer_that_moves_the_onset_raises_no_second_flag(ana: Treatment) -> None:
    *_, third, _fourth = people.course(ana, STEADY, STEADY, None, LOW)
    people.answer(third, *LOW, at=third.held_at + timedelta(days=3))
    people.compute(ana, at=people.MONDAY + 4 * WEEK)
    assert flags() == [(4, State.OPEN)]
    points = [each["point"] for each in Trajectory.objects.get().points]
    assert [point["onset"] for point in points] == [False, False, True, False]


def test_an_episode_that_was_seen_is_not_flagged_again(ana: Treatment) -> None:
    *_, third, _fourth = people.course(ana, STEADY, STEADY, None, LOW)
    acknowledge(Flag.objects.get())
    people.answer(third, *LOW, at=third.held_at + timedelta(days=3))
    people.compute(ana, at=people.MONDAY + 4 * WEEK)
    assert flags() == [(4, State.ACKNOWLEDGED)]


def test_after_a_calm_rating_there_is_a_new_episode(ana: Treatment) -> None:
    people.course(ana, *[STEADY] * 3, LOW, *[(5, 5, 5)] * 3, LOW)
    services.recompute(ana.pk, at=LATER, since=people.MONDAY)
    assert flags() == [(4, State.OPEN), (8, State.OPEN)]


def judged(*chances: float | None, threshold: float = 0.4) -> Judged:
    """Sessions with these chances of a rupture (None: not rated)."""
    stored = [
        {
            "session": f"00000000-0000-4000-8000-{number:012}",
            "held_at": (people.MONDAY + number * WEEK).isoformat(),
            "point": {"score": chance and 3.0, "p_rupture": chance or 0.3, "onset": False},
        }
        for number, chance in enumerate(chances)
    ]
    return Judged(people.MONDAY, stored, threshold)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("chances", "is_one"),
    [
        ((0.5, 0.5), True),
        ((0.5, 0.2, 0.5), True),  # half of the threshold: not yet calm
        ((0.5, 0.19, 0.5), False),
        ((0.5, None, 0.5), True),
        ((0.1, 0.5, 0.5), True),  # what was before the first of them does not count
    ],
)
def test_a_calm_rating_ends_an_episode(chances: tuple[float | None, ...], is_one: bool) -> None:
    course = judged(*chances)
    last = len(chances) - 1
    assert course.one_episode(0, last) == course.one_episode(last, 0) == is_one


def test_a_calibration_of_another_engine_counts_for_nothing(ana: Treatment) -> None:
    calibrate(ana, threshold=0.9, version="fit-other")
    Calibration.objects.update(engine="another-1", prior={"unknown": 1})
    clinic = ana.client.clinic
    assert calibrations.of_clinic(clinic.pk) == (DEFAULT, DEFAULT_THRESHOLD)
    assert calibrations.due(LATER) == [clinic.pk]
