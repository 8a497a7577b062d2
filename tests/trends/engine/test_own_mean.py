"""The first rule by hand: small courses whose answers fit on the back of an envelope."""

from math import sqrt
from typing import Any

import numpy as np
import pytest

from trends.engine import VERSION, History, Point, detect
from trends.engine.own_mean import SMALLEST_DROP, THRESHOLD

NONE = (None, None, None)
STEADY = (4, 4, 4)

# Two items per dimension on 1 to 5: 16 * (.05^2 + (.94/6)^2 / 2) = .236356 for a dimension and
# 16 * (.05^2 + (.94/6)^2 / 6) = .105452 for the total.
POOLED = 0.236356
POOLED_TOTAL = 0.105452


def points(*rows: Any, **about: Any) -> Any:
    return detect(History(np.array(rows, dtype=float), **about))


def flags(found: list[Point]) -> list[bool]:
    return [point.flag for point in found]


def test_version() -> None:
    assert VERSION == "own-mean-1"


def test_a_fall_of_one_dimension_by_hand() -> None:
    *before, last = points(STEADY, STEADY, (4, 4, 2))
    # s^2 = (10 * .236356 + 0) / 11, spread^2 = s^2 * 3/2 = .567718^2, drop 2 points.
    spread = sqrt(10 * POOLED / 11 * 1.5)
    assert flags(before) == [False, False]
    assert last.flag
    assert last.onset
    assert last.severity == pytest.approx(2 / spread, abs=1e-4) == pytest.approx(3.5229, abs=1e-3)
    assert last.reason.dimension == "bond"
    assert last.reason.score == 2
    # Student's t with 11 degrees of freedom: 1.3634 on either side.
    assert last.reason.usual_low == pytest.approx(4 - 1.3634 * spread, abs=1e-3)
    assert last.reason.usual_high == pytest.approx(4 + 1.3634 * spread, abs=1e-3)
    assert last.reason.changes == {"goal": 0, "task": 0, "bond": -2}
    assert last.reason.earlier == 2
    assert last.reason.missing == 0


def test_total_level_and_band_by_hand() -> None:
    last = points((3, 3, 3), (5, 5, 5), (4, 4, 2.5))[-1]
    assert last.score == 3.5
    assert last.level == pytest.approx((3 + 5 + 3.5) / 3)
    spread = sqrt((10 * POOLED_TOTAL + 2) / 11 * 1.5)
    assert last.low == pytest.approx(4 - 1.3634 * spread, abs=1e-3)
    assert last.high == pytest.approx(4 + 1.3634 * spread, abs=1e-3)


def test_own_scatter_makes_the_rule_slower() -> None:
    steady = points(STEADY, STEADY, STEADY, STEADY, (4, 4, 2.5))[-1]
    restless = points((4, 4, 3), (4, 4, 5), (4, 4, 3), (4, 4, 5), (4, 4, 2.5))[-1]
    assert steady.flag
    assert not restless.flag
    # S = 4, s^2 = (2.36356 + 4) / 13, spread^2 = s^2 * 5/4.
    assert restless.severity == pytest.approx(1.5 / sqrt(6.36356 / 13 * 1.25), abs=1e-4)


def test_the_worst_dimension_carries_the_flag() -> None:
    reason = points(STEADY, STEADY, STEADY, (2.5, 1.5, 3.5))[-1].reason
    assert reason.dimension == "task"
    assert reason.changes == {"goal": -1.5, "task": -2.5, "bond": -0.5}


def test_the_first_of_equals_carries_the_flag() -> None:
    assert points(STEADY, STEADY, (2, 2, 2))[-1].reason.dimension == "goal"


def test_a_flagged_rating_counts_in_the_mean_afterwards() -> None:
    found = points(STEADY, STEADY, STEADY, (4, 4, 2), (4, 4, 2))
    assert flags(found) == [False, False, False, True, False]
    # Earlier bond: 4, 4, 4, 2. Mean 3.5, S = 3, s^2 = (2.36356 + 3) / 13.
    assert found[4].severity == pytest.approx(1.5 / sqrt(5.36356 / 13 * 1.25), abs=1e-4)
    assert found[4].severity < THRESHOLD


def test_onset_is_the_first_flag_of_a_run() -> None:
    found = points(*[STEADY] * 8, (4, 4, 1.5), NONE, (4, 4, 1.5), STEADY, (4, 4, 1))
    assert flags(found)[8:] == [True, False, True, False, True]
    assert [point.onset for point in found][8:] == [True, False, False, False, True]


def test_two_earlier_ratings_are_needed() -> None:
    assert points((5, 5, 5), (1, 1, 1))[-1] == Point(
        score=1.0,
        level=3.0,
        low=None,
        high=None,
        usual=None,
        severity=None,
        flag=False,
        onset=False,
        reason=None,
    )


def test_no_sessions() -> None:
    assert detect(History(np.empty((0, 3)))) == []


def test_one_session() -> None:
    (only,) = points((3, 4, 5))
    assert (only.score, only.level, only.low, only.usual, only.severity) == (4, 4, None, None, None)


def test_no_rating_at_all() -> None:
    found = points(NONE, NONE, NONE)
    assert [point.as_dict() for point in found] == [found[0].as_dict()] * 3
    assert found[0] == Point(
        None, None, None, None, None, None, flag=False, onset=False, reason=None
    )


def test_a_session_without_a_rating_carries_the_range_along() -> None:
    found = points(STEADY, (5, 5, 5), STEADY, NONE, NONE, (4, 4, 1))
    missed, later, last = found[3:]
    assert missed == later
    assert (missed.score, missed.severity, missed.reason) == (None, None, None)
    assert not missed.flag
    assert missed.level == pytest.approx(13 / 3)
    assert (missed.low, missed.high, missed.usual) == (last.low, last.high, last.usual)
    assert last.reason.missing == 2
    assert last.reason.earlier == 3


def test_a_missing_dimension_is_left_out() -> None:
    found = points(STEADY, STEADY, STEADY, (4, None, 2))
    last = found[-1]
    assert last.score == 3
    assert last.flag
    assert last.reason.changes == {"goal": 0, "bond": -2}
    assert last.usual[1] is not None


def test_a_dimension_needs_two_earlier_ratings_of_its_own() -> None:
    found = points((4, 4, None), (4, 4, None), (4, 4, 5), (4, 4, 1), (4, 4, 5), (4, 1, 3))
    assert found[3].usual[2] is None
    assert found[3].usual[0] is not None
    assert not found[3].flag
    assert found[4].usual[2] is not None
    assert found[5].reason.dimension == "task"
    assert found[5].reason.earlier == 5


def test_a_dimension_never_rated() -> None:
    found = points(*[(4, None, 4)] * 5, (4, None, 1))
    assert found[-1].reason.dimension == "bond"
    assert found[-1].usual[1] is None


@pytest.mark.parametrize("sessions", [3, 10, 40, 200])
def test_one_item_one_step_lower_is_never_a_rupture(sessions: int) -> None:
    """At the ceiling the own SD tends to nothing; the smallest drop keeps the rule sane."""
    found = points(*[(5, 5, 5)] * (sessions - 1), (5, 5, 4.5))
    assert not any(flags(found))
    assert found[-1].high == 5
    assert found[-1].usual[2][0] < 5


def test_a_long_ceiling_makes_two_steps_unusual() -> None:
    assert points(*[(5, 5, 5)] * 10, (5, 5, 4))[-1].flag


def test_the_smallest_drop_is_a_tie_that_counts() -> None:
    constant = [(3.6, 3.6, 3.6)] * 100
    assert points(*constant, (3.6, 3.6, 3.6 - SMALLEST_DROP * 4))[-1].flag
    assert not points(*constant, (3.6, 3.6, 3.61 - SMALLEST_DROP * 4))[-1].flag


def test_at_the_floor_nothing_can_fall() -> None:
    found = points(*[(1, 1, 1)] * 20)
    assert not any(flags(found))
    assert found[-1].low == 1


def test_more_items_make_the_same_fall_more_telling() -> None:
    rows = [STEADY, STEADY, STEADY, (4, 4, 3)]
    assert not points(*rows, items=2)[-1].flag
    assert points(*rows, items=4)[-1].severity > points(*rows, items=2)[-1].severity
    assert points(*rows, items=12)[-1].flag


def test_another_scale() -> None:
    here = points(STEADY, STEADY, (4, 4, 2))[-1]
    there = points((5.5, 5.5, 5.5), (5.5, 5.5, 5.5), (5.5, 5.5, 2.5), scale=(1, 7))[-1]
    assert there.severity == pytest.approx(here.severity)
    assert there.reason.usual_low == pytest.approx(1 + (here.reason.usual_low - 1) * 1.5)


def test_two_hundred_sessions() -> None:
    scores = np.random.default_rng(3).integers(2, 11, (200, 3)) / 2
    found = detect(History(scores))
    assert len(found) == 200
    assert found[-1].level == pytest.approx(scores.mean())


def test_points_hold_plain_numbers() -> None:
    point = points(STEADY, STEADY, (4, 4, 2))[-1]
    assert type(point.score) is type(point.severity) is type(point.reason.score) is float
    assert type(point.flag) is type(point.onset) is bool
    assert type(point.reason.earlier) is type(point.reason.missing) is int
