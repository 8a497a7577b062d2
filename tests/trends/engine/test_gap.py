"""The change of the usual gap: by hand, against simulated truth, and by properties."""

from math import inf, nan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from trends.engine.gap import GapChange, gap_change, gap_error
from trends.engine.prior import DEFAULT
from trends.engine.repair import standard_error

SPAN = 4.0
SHORT = gap_error(2, 2, SPAN)

points = some.floats(-4, 4)
errors = some.floats(0.05, 1)
courses = some.lists(some.tuples(points, errors), min_size=4, max_size=30)


def found(gaps: list[float], error: float = SHORT) -> GapChange:
    change = gap_change(gaps, [error] * len(gaps))
    assert change
    return change


def test_by_hand() -> None:
    """Six items each: errors of 0.17 * 4 / sqrt(6) on both sides, three earlier gaps."""
    each = 0.17 * 4 / sqrt(6)
    assert pytest.approx(sqrt(2) * each) == SHORT
    change = found([0.2, 0.4, 0.6, 1.6])
    assert change.usual == pytest.approx(0.4)
    assert change.change == pytest.approx(1.2)
    assert change.limit == pytest.approx(1.96 * sqrt(2) * each * sqrt(1 + 1 / 3))
    assert change.is_unusual
    assert not found([0.2, 0.4, 0.6, 1.2]).is_unusual


def test_the_error_is_that_of_the_mean_of_all_items() -> None:
    client, therapist = standard_error(12, SPAN), standard_error(6, SPAN)
    assert gap_error(4, 2, SPAN) == pytest.approx(sqrt(client**2 + therapist**2))


def test_three_earlier_gaps_are_needed() -> None:
    assert gap_change([], []) is None
    assert gap_change([0.0, 0.0, 4.0], [SHORT] * 3) is None
    assert gap_change([0.0, 0.0, 0.0, 4.0], [SHORT] * 4) is not None


def test_both_directions_count() -> None:
    assert found([0.4, 0.4, 0.4, 2.0]).is_unusual
    assert found([0.4, 0.4, 0.4, -1.2]).is_unusual
    assert found([1.6, 1.6, 1.6, 0.2]).is_unusual  # also when the two come closer


@pytest.mark.parametrize(
    ("gaps", "given_errors"),
    [
        ([0.0, nan], [1.0, 1.0]),
        ([0.0, inf], [1.0, 1.0]),
        ([0.0], [1.0, 1.0]),
        ([0.0], [0.0]),
        ([0.0], [nan]),
    ],
)
def test_what_is_no_gap(gaps: list[float], given_errors: list[float]) -> None:
    with pytest.raises(ValueError, match="gap"):
        gap_change(gaps, given_errors)


@pytest.mark.parametrize("earlier", [3, 10])
def test_if_nothing_changed_five_of_a_hundred_are_named(earlier: int) -> None:
    """Two levels that stay, six items each, rated with the error that the engine takes them for."""
    rng = np.random.default_rng(29)
    sd = DEFAULT.noise * SPAN / sqrt(6)
    gaps = (
        0.35 + rng.normal(0, sd, (10_000, earlier + 1)) - rng.normal(0, sd, (10_000, earlier + 1))
    )
    named = sum(found(row).is_unusual for row in gaps.tolist()) / len(gaps)
    assert 0.043 < named < 0.057  # 3 standard errors of 10,000 trials


@pytest.mark.parametrize(("items", "said"), [(6, 0.09), (12, 0.13)])
def test_where_sessions_differ_too_more_are_named_as_the_method_says(
    items: int, said: float
) -> None:
    """The states of the default prior on both sides, which correlate .27 in the two."""
    rng = np.random.default_rng(37)
    shape, state, shared = (20_000, 6), DEFAULT.state * SPAN, 0.27
    client = rng.normal(0, state, shape)
    therapist = shared * client + rng.normal(0, state * sqrt(1 - shared**2), shape)
    for session in range(1, shape[1]):
        for each in (client, therapist):
            fresh = sqrt(1 - DEFAULT.carry**2) * each[:, session]
            each[:, session] = DEFAULT.carry * each[:, session - 1] + fresh
    sd = DEFAULT.noise * SPAN / sqrt(items)
    gaps = client - therapist + rng.normal(0, sd, shape) - rng.normal(0, sd, shape)
    error = gap_error(items / 3, items / 3, SPAN)
    named = sum(found(row, error).is_unusual for row in gaps.tolist()) / len(gaps)
    assert named == pytest.approx(said, abs=0.006)


def test_a_change_by_a_point_and_a_half_is_mostly_seen() -> None:
    rng = np.random.default_rng(31)
    gaps = 0.35 + rng.normal(0, SHORT, (2_000, 7))
    gaps[:, -1] -= 1.5
    named = sum(found(row).is_unusual for row in gaps.tolist()) / len(gaps)
    assert named > 0.9


@given(courses)
def test_where_the_gap_usually_lies_does_not_matter(course: list[tuple[float, float]]) -> None:
    gaps, their_errors = zip(*course, strict=True)
    one = gap_change(gaps, their_errors)
    moved = gap_change([gap + 1.7 for gap in gaps], their_errors)
    assert one
    assert moved
    assert moved.change == pytest.approx(one.change, abs=1e-9)
    assert moved.limit == one.limit


@given(courses)
def test_the_other_way_round_it_is_the_same_change(course: list[tuple[float, float]]) -> None:
    gaps, their_errors = zip(*course, strict=True)
    one, turned = gap_change(gaps, their_errors), gap_change([-gap for gap in gaps], their_errors)
    assert one
    assert turned
    assert turned.change == pytest.approx(-one.change, abs=1e-9)
    assert turned.is_unusual == one.is_unusual


@given(courses, errors)
def test_more_error_never_names_more(course: list[tuple[float, float]], more: float) -> None:
    gaps, their_errors = zip(*course, strict=True)
    surer, unsurer = (
        gap_change(gaps, their_errors),
        gap_change(gaps, [each + more for each in their_errors]),
    )
    assert surer
    assert unsurer
    assert unsurer.limit > surer.limit
    assert surer.is_unusual >= unsurer.is_unusual
