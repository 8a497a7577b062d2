"""Did it come back? Worked examples with a level of 4 before and an error of .4."""

from math import nan, sqrt

import pytest

from trends.engine.prior import DEFAULT
from trends.engine.repair import Repair, repair, standard_error


def after(*scores: float) -> Repair:
    return repair(scores, before=4.0, error=0.4)


def test_nothing_yet() -> None:
    assert after(2.0) == Repair(lowest=2.0, half_regained=None, back=None, repaired=None)


def test_half_regained_is_not_yet_back() -> None:
    assert after(2.0, 3.0) == Repair(2.0, half_regained=1, back=None, repaired=None)


def test_back_within_one_error() -> None:
    assert after(2.0, 3.0, 3.6) == Repair(2.0, half_regained=1, back=2, repaired=2)


def test_a_shallow_fall_can_be_back_before_half_is_regained() -> None:
    assert after(3.5, 3.6, 3.8) == Repair(3.5, half_regained=2, back=1, repaired=2)


def test_deeper_falls_count() -> None:
    """After 2.0 the half is at 3.0; after 1.0 at 2.5."""
    assert after(2.0, 1.0, 2.5) == Repair(1.0, half_regained=2, back=None, repaired=None)


def test_sessions_without_a_rating_are_passed_over_and_counted() -> None:
    assert after(2.0, nan, nan, 4.0).repaired == 3


def test_it_came_back_even_if_it_falls_again_later() -> None:
    assert after(2.0, 4.0, 2.0) == Repair(2.0, half_regained=1, back=1, repaired=1)


def test_a_flagged_session_has_a_score() -> None:
    for scores in ((), (nan, 3.0)):
        with pytest.raises(ValueError, match="has a score"):
            after(*scores)


def test_standard_error_of_a_dimension() -> None:
    """.17 of a scale of four points by two items: .48; it shrinks with the root of the items."""
    assert standard_error(2, 4.0) == pytest.approx(DEFAULT.noise * 4 / sqrt(2))
    assert standard_error(8, 4.0) == pytest.approx(standard_error(2, 4.0) / 2)
