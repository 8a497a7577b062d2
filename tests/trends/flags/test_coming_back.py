"""The arithmetic of coming back, and of what is new evidence."""

from math import nan

import numpy as np
import pytest

from trends.computing.histories import Form
from trends.engine import Reason
from trends.flags import coming_back
from trends.flags.coming_back import Fall

FORM = Form((1.0, 5.0), 2)
ERROR = 0.17 * 4 / 2**0.5  # the default noise of an item, over four points, of two items
BOND = Reason("bond", 2.0, 3.6, 4.8, {"goal": 0.0, "task": 0.0, "bond": -2.2}, 7, 0)
STEADY = (4.0, 4.0, 4.2)


def scores(*rows: tuple[float, float, float] | None) -> coming_back.Floats:
    return np.array([row or (nan, nan, nan) for row in rows])


def fall(*own: float) -> Fall:
    return Fall("bond", 4.2, ERROR, own)


# --- From where it fell


def test_of_a_flag_with_a_reason_the_level_that_was_to_be_expected_counts() -> None:
    rows = scores(STEADY, (4.0, 4.0, 2.0), None, (5.0, 5.0, 4.0))
    found = coming_back.fall(BOND, rows, 1, FORM)
    assert found is not None
    assert (found.dimension, found.scores[0], found.scores[2]) == ("bond", 2.0, 4.0)
    assert found.before == pytest.approx(4.2)
    assert found.error == pytest.approx(ERROR)
    assert found.later == [2]


def test_a_flagged_session_without_its_rating_shows_no_fall() -> None:
    assert coming_back.fall(BOND, scores(STEADY, None, STEADY), 1, FORM) is None


def test_of_a_mark_the_part_that_lies_furthest_below_its_mean_counts() -> None:
    rows = scores((4.0, 5.0, 4.0), (5.0, 5.0, 4.0), None, (3.0, 3.0, 4.0), STEADY)
    found = coming_back.fall(None, rows, 3, FORM)
    assert found == Fall("task", 5.0, pytest.approx(ERROR), (3.0, 4.0))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "rows",
    [
        scores(STEADY, STEADY, (4.0, 4.0, 3.8)),  # within the measurement error
        scores(None, STEADY, (1.0, 1.0, 1.0)),  # one earlier rating is no level
        scores(STEADY, STEADY, None),
    ],
)
def test_of_a_mark_that_the_ratings_do_not_show_nothing_is_said(rows: coming_back.Floats) -> None:
    assert coming_back.fall(None, rows, 2, FORM) is None


# --- Came back


@pytest.mark.parametrize(
    ("own", "is_back"),
    [
        ((2.0,), False),
        ((2.0, 3.5), False),  # half regained only
        ((2.0, nan, 3.8), True),
        ((2.0, 4.0, nan), True),
        ((2.0, 4.0, 2.5), False),  # lost again
        ((2.0, 4.0, 2.5, 4.0), True),
    ],
)
def test_it_is_back_if_both_criteria_were_met_and_still_hold(
    own: tuple[float, ...], *, is_back: bool
) -> None:
    assert fall(*own).is_back == is_back


@pytest.mark.parametrize(
    ("own", "since", "is_not_yet"),
    [
        ((2.0, 2.0, 2.5, 2.0), (0, 1, 1, 1), True),
        ((2.0, 2.0, 2.5, 2.0), (0, 0, 1, 1), False),  # one was held before the repair
        ((2.0, 2.0, nan, 2.0), (0, 1, 1, 1), False),  # two ratings
        ((2.0, 2.0, 2.5, 4.0), (0, 1, 1, 1), False),  # it is back
        ((2.0, 4.0, 2.0, 2.0), (0, 1, 1, 1), True),  # was back, and is lost again
    ],
)
def test_not_yet_needs_three_ratings_since_the_repair(
    own: tuple[float, ...], since: tuple[int, ...], *, is_not_yet: bool
) -> None:
    calm = [False] * len(own)
    assert coming_back.is_not_yet(fall(*own), calm, [bool(one) for one in since]) == is_not_yet


def test_it_has_not_come_back_while_another_part_keeps_the_rupture_going() -> None:
    back = fall(2.0, 4.0, 4.0, 4.0)
    reaches = [True, True, True, False]
    assert coming_back.has_come_back(back, reaches)
    assert not coming_back.has_come_back(back, [True] * 4)
    assert coming_back.is_not_yet(back, [True] * 4, [True] * 4)


# --- New evidence


@pytest.mark.parametrize(
    ("own", "counts", "is_new"),
    [
        ((2.0, 4.0, 2.5), (1, 1, 1), True),
        ((2.0, 4.0, 4.0), (1, 1, 1), True),  # another part fell
        ((2.0, 4.0, 2.5), (1, 1, 0), False),  # below the threshold, or long ago
        ((2.0, 4.0, 2.5, 4.0), (1, 1, 1, 0), False),  # only the newest rating counts
        ((2.0, 4.0, nan), (1, 0, 1), False),
        ((2.0,), (1,), False),
    ],
)
def test_after_a_return_the_newest_rating_can_be_new_evidence(
    own: tuple[float, ...], counts: tuple[int, ...], *, is_new: bool
) -> None:
    assert coming_back.is_lost_after_return(fall(*own), [bool(one) for one in counts]) == is_new


@pytest.mark.parametrize(
    ("own", "known", "counts", "is_new"),
    [
        ((2.0, 1.0), (1, 0), (1, 1), True),
        ((2.0, 1.0), (1, 1), (1, 1), False),  # was in when it was closed
        ((2.0, 1.0), (1, 0), (1, 0), False),  # below the threshold
        ((2.0, 1.6), (1, 0), (1, 1), False),  # within the error
        ((2.0, 1.0, 1.0), (1, 1, 0), (1, 1, 1), False),  # no lower than what was known
        ((2.0, nan, 1.0), (1, 0, 0), (1, 1, 1), True),
    ],
)
def test_a_closed_one_needs_a_rating_that_is_lower_than_any_known(
    own: tuple[float, ...], known: tuple[int, ...], counts: tuple[int, ...], *, is_new: bool
) -> None:
    rows = scores(*[None if np.isnan(bond) else (4.0, 4.0, bond) for bond in own])
    given = [bool(one) for one in known], [bool(one) for one in counts]
    assert coming_back.is_worse_than_known(rows, ERROR, *given) == is_new


@pytest.mark.parametrize(
    ("later", "is_new"),
    [
        ((4.0, 4.0, 2.0), False),  # more of the same
        ((1.0, 4.0, 4.0), True),
        ((4.0, 1.0, 4.0), True),
        ((3.6, 4.0, 2.0), False),  # within the error
    ],
)
def test_a_closed_one_does_not_hide_the_fall_of_another_part(
    later: tuple[float, float, float], *, is_new: bool
) -> None:
    rows = scores((4.0, 4.0, 2.0), later)
    assert coming_back.is_worse_than_known(rows, ERROR, [True, False], [True, True]) == is_new
