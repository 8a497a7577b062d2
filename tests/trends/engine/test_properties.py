"""What must hold for every course, whatever the ratings."""

import json
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trends.engine import History, Point, detect
from trends.engine.history import Floats

Row = tuple[float | None, float | None, float | None]
Rows = list[Row]

SCORES = st.sampled_from([1 + half / 2 for half in range(9)])
RATED_ROWS = st.tuples(SCORES, SCORES, SCORES)
MAYBE = st.one_of(SCORES, st.none())
ROWS = st.one_of(RATED_ROWS, RATED_ROWS, st.tuples(MAYBE, MAYBE, MAYBE), st.just((None,) * 3))
COURSES = st.lists(ROWS, max_size=14)
RATED_COURSES = st.lists(RATED_ROWS, min_size=1, max_size=14)

# A busy machine is no reason to fail.
unhurried = settings(deadline=None)


def as_array(rows: Any) -> Floats:
    return np.array(rows, dtype=float).reshape(-1, 3)


def detected(rows: Any) -> Any:
    return detect(History(as_array(rows)))


def close(one: Any, other: Any) -> bool:
    return one == pytest.approx(other) if None not in (one, other) else one is other


@unhurried
@given(COURSES)
def test_one_point_per_session_inside_the_scale(rows: Rows) -> None:
    found = detected(rows)
    assert len(found) == len(rows)
    for point in found:
        assert point.low is None or 1 <= point.low <= point.high <= 5
        assert point.level is None or 1 <= point.level <= 5
        assert point.flag == (point.reason is not None)
        assert point.flag or not point.onset


@unhurried
@given(COURSES, st.integers(0, 14))
def test_the_future_does_not_change_the_past(rows: Rows, t: int) -> None:
    assert detected(rows[:t]) == detected(rows)[:t]


@unhurried
@given(COURSES)
def test_the_same_answer_every_time(rows: Rows) -> None:
    assert detected(rows) == detected(rows)


@unhurried
@given(COURSES, st.sampled_from([-1, 3, 100]), st.sampled_from([0.5, 2, 2.5]))
def test_moving_or_stretching_the_scale_changes_nothing(
    rows: Rows, shift: float, factor: float
) -> None:
    here = detected(rows)
    scale = (1 * factor + shift, 5 * factor + shift)
    there = detect(History(np.clip(as_array(rows) * factor + shift, *scale), scale=scale))
    for one, other in zip(here, there, strict=True):
        assert one.flag == other.flag
        assert one.onset == other.onset
        assert close(one.severity, other.severity)
        assert close(other.level, one.level and one.level * factor + shift)
        assert close(other.low, one.low and one.low * factor + shift)


@unhurried
@given(RATED_COURSES, RATED_ROWS, st.randoms())
def test_the_order_of_earlier_ratings_does_not_matter(
    rows: Rows, last: Row, random: Random
) -> None:
    shuffled = random.sample(rows, len(rows))
    one = detected([*rows, last])[-1]
    other = detected([*shuffled, last])[-1]
    # Half points add up exactly; their thirds, in the total, only nearly. Onset alone may differ.
    assert (one.severity, one.usual, one.reason) == (other.severity, other.usual, other.reason)
    assert close(one.low, other.low)
    assert close(one.level, other.level)


@unhurried
@given(RATED_COURSES)
def test_a_course_that_never_falls_is_never_flagged(rows: Rows) -> None:
    rising = np.maximum.accumulate(as_array(rows))
    assert not any(point.flag for point in detected(rising))


@unhurried
@given(RATED_COURSES, RATED_ROWS, st.sampled_from([0.5, 1, 2]))
def test_falling_further_never_takes_a_flag_away(rows: Rows, last: Row, further: float) -> None:
    lower = np.maximum(np.array(last) - further, 1)
    here, there = detected([*rows, last])[-1], detected([*rows, lower])[-1]
    assert there.flag or not here.flag
    if here.severity is not None:
        assert there.severity >= here.severity


@unhurried
@given(COURSES, st.integers(0, 14), st.integers(1, 3))
def test_sessions_without_a_rating_change_no_other_session(
    rows: Rows, place: int, count: int
) -> None:
    place = min(place, len(rows))
    gap = [(None, None, None)] * count
    with_gap = detected([*rows[:place], *gap, *rows[place:]])
    assert [forget_gaps(point) for point in with_gap[:place] + with_gap[place + count :]] == [
        forget_gaps(point) for point in detected(rows)
    ]


def forget_gaps(point: Point) -> Point:
    return replace(point, reason=point.reason and replace(point.reason, missing=0))


@unhurried
@given(COURSES)
def test_a_session_without_a_rating_says_nothing(rows: Rows) -> None:
    for row, point in zip(rows, detected(rows), strict=True):
        if row == (None, None, None):
            assert (point.score, point.severity, point.flag, point.onset) == (
                None,
                None,
                False,
                False,
            )


@unhurried
@given(COURSES)
def test_a_flagged_score_lies_below_its_usual_range(rows: Rows) -> None:
    for point in detected(rows):
        if point.reason:
            assert point.reason.score < point.reason.usual_low < point.reason.usual_high
            assert point.reason.changes[point.reason.dimension] <= -0.6 + 1e-9


@unhurried
@given(COURSES)
def test_points_survive_storage(rows: Rows) -> None:
    for point in detected(rows):
        stored = json.loads(json.dumps(point.as_dict(), allow_nan=False))
        assert Point.from_dict(stored).as_dict() == point.as_dict()
