"""What must hold for every course, whatever the ratings."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trends.engine import ATTENDANCE, TENSION, History, Point, detect, detect_many
from trends.engine.history import Floats

Row = tuple[float | None, float | None, float | None]
Rows = list[Row]

SCORES = st.sampled_from([1 + half / 2 for half in range(9)])
RATED_ROWS = st.tuples(SCORES, SCORES, SCORES)
MAYBE = st.one_of(SCORES, st.none())
ROWS = st.one_of(RATED_ROWS, RATED_ROWS, st.tuples(MAYBE, MAYBE, MAYBE), st.just((None,) * 3))
COURSES = st.lists(ROWS, max_size=14)
RATED_COURSES = st.lists(RATED_ROWS, min_size=1, max_size=14)

# A busy machine is no reason to fail; a course is quickly made, but computed in milliseconds.
unhurried = settings(deadline=None, max_examples=25)


def as_array(rows: Any) -> Floats:
    return np.array(rows, dtype=float).reshape(-1, 3)


def detected(rows: Any, **about: Any) -> list[Point]:
    return detect(History(as_array(rows), **about))


def numbers(point: Point) -> list[float]:
    return [
        value
        for value in (point.level, point.level_low, point.low, point.high, point.expected)
        if value is not None
    ]


@unhurried
@given(COURSES)
def test_one_point_per_session_with_probabilities_and_places_on_the_scale(rows: Rows) -> None:
    found = detected(rows)
    assert len(found) == len(rows)
    for point in found:
        assert 0 <= point.p_onset <= point.p_rupture <= 1
        assert all(1 <= number <= 5 for number in numbers(point))
        assert point.onset == (point.reason is not None)
        assert point.flag or not point.onset


@unhurried
@given(COURSES, st.integers(0, 14))
def test_the_future_does_not_change_the_past(rows: Rows, t: int) -> None:
    assert detected(rows[:t]) == detected(rows)[:t]


@unhurried
@given(st.lists(COURSES, min_size=1, max_size=12))
def test_alone_as_among_others(courses: list[Rows]) -> None:
    """To the last bit, so that a nightly run changes nothing that a single one has computed."""
    histories = [History(as_array(rows)) for rows in courses]
    assert list(detect_many(histories)) == [detect(history) for history in histories]


@unhurried
@given(COURSES, st.sampled_from([-1, 3, 100]), st.sampled_from([0.5, 2, 2.5]))
def test_moving_or_stretching_the_scale_changes_nothing(
    rows: Rows, shift: float, factor: float
) -> None:
    scale = (1 * factor + shift, 5 * factor + shift)
    moved = History(np.clip(as_array(rows) * factor + shift, *scale), scale=scale)
    for one, other in zip(detected(rows), detect(moved), strict=True):
        assert other.p_onset == pytest.approx(one.p_onset, abs=1e-9)
        assert other.p_rupture == pytest.approx(one.p_rupture, abs=1e-9)
        there = [number * factor + shift for number in numbers(one)]
        assert numbers(other) == pytest.approx(there)


@unhurried
@given(RATED_COURSES, RATED_ROWS, st.floats(0, 1), st.sampled_from([1, 2, 6]))
def test_lower_scores_never_lower_the_probability_of_a_rupture(
    rows: Rows, last: tuple[float, float, float], share: float, items: int
) -> None:
    """A collapse is not to be explained away as noise. All three fall alike, as far as they can."""
    lower = np.array(last) - share * (min(last) - 1)
    here = detected([*rows, last], items=items)[-1]
    there = detected([*rows, lower], items=items)[-1]
    assert there.p_rupture >= here.p_rupture - 1e-9


@unhurried
@given(RATED_COURSES)
def test_a_course_that_never_falls_is_never_flagged(rows: Rows) -> None:
    rising = np.maximum.accumulate(as_array(rows))
    assert not any(point.flag for point in detected(rising))


@unhurried
@given(COURSES)
def test_a_session_without_a_rating_is_never_flagged(rows: Rows) -> None:
    for row, point in zip(rows, detected(rows), strict=True):
        if row == (None, None, None):
            assert (point.score, point.onset, point.reason) == (None, False, None)


@unhurried
@given(COURSES)
def test_a_flagged_score_lies_below_its_usual_range(rows: Rows) -> None:
    for point in detected(rows):
        if reason := point.reason:
            assert reason.score < reason.usual_low < reason.usual_high
            assert reason.changes[reason.dimension] < 0
            assert reason.one_in is not None
            assert reason.one_in > 1
            assert reason.earlier + len(rows) > 2


WORDS = st.fixed_dictionaries(
    {
        "attendance": st.sampled_from(ATTENDANCE),
        "tension": st.sampled_from(TENSION),
        "asked": st.booleans(),
        "therapist": st.one_of(RATED_ROWS, st.tuples(MAYBE, MAYBE, MAYBE)),
        "items": st.sampled_from([1, 2, 4]),
        "gap": st.sampled_from([0.5, 7, 7, 14, 400]),
    }
)


@unhurried
@given(st.lists(st.tuples(ROWS, WORDS), max_size=10))
def test_whatever_else_is_known_or_missing_nothing_is_raised(
    sessions: list[tuple[Row, dict[str, Any]]],
) -> None:
    about = {
        name: [words[name] for _, words in sessions]
        for name in ("attendance", "tension", "asked", "therapist", "items")
    }
    days = np.cumsum([words["gap"] for _, words in sessions]).tolist()
    history = History(
        as_array([row for row, _ in sessions]),
        **{**about, "therapist": as_array(about["therapist"]), "days": days},
    )
    for point in detect(history):
        assert 0 <= point.p_onset <= point.p_rupture <= 1
        assert np.isfinite(numbers(point)).all()


@unhurried
@given(COURSES)
def test_points_survive_storage(rows: Rows) -> None:
    for point in detected(rows):
        stored = json.loads(json.dumps(point.as_dict(), allow_nan=False))
        assert Point.from_dict(stored).as_dict() == point.as_dict()


@unhurried
@given(RATED_COURSES, st.integers(2, 6))
def test_a_course_that_says_little_is_one_of_single_items(rows: Rows, items: int) -> None:
    little = detected(rows, items=items, little=[True] * len(rows))
    assert little == detected(rows, items=1)
