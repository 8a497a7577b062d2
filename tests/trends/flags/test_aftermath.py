"""What is said under a flag about the ratings since."""

from math import nan

import pytest

from trends.flags.aftermath import what_came_after
from trends.flags.coming_back import Fall

EARLIER, FALLEN = 4.2, 2.0
ERROR = 0.47  # of two items from 1 to 5
FLAGGED = 7  # number of the flagged session


def fall(since: list[float], dimension: str = "bond", before: float = EARLIER) -> Fall:
    first = FALLEN if before == EARLIER else before - 0.4
    return Fall(dimension, before, ERROR, (first, *since))


@pytest.mark.parametrize(
    ("since", "words"),
    [
        ([], "No rating by the client has come in since, so nothing can be said yet."),
        ([nan, nan], "No rating by the client has come in since, so nothing can be said yet."),
        (
            [2.5, nan, 3.0, 1.5],
            "Not yet after 3 ratings: the highest was 3.0, the earlier level 4.2.",
        ),
        ([2.0], "Not yet after 1 rating: the highest was 2.0, the earlier level 4.2."),
        (
            [3.5, 3.5],
            "Half way back: half regained at session 8, but not yet back at its earlier level of "
            "4.2, give or take the measurement error.",
        ),
        (
            [3.5, 4.0],
            "Bond came back: half regained at session 8, back at its earlier level, give or take "
            "the measurement error, at session 9.",
        ),
        (
            [nan, 4.5],
            "Bond came back at session 9: at its earlier level again, give or take the "
            "measurement error.",
        ),
        (
            [4.5, 2.0],
            "Bond came back at session 8: at its earlier level again, give or take the "
            "measurement error. The newest rating is lower again: 2.0.",
        ),
    ],
)
def test_what_came_after(since: list[float], words: str) -> None:
    assert what_came_after(fall(since), FLAGGED) == words


def test_the_chance_of_now_is_told_where_it_is_known() -> None:
    told = what_came_after(fall([4.5]), FLAGGED, 0.12)
    assert told.endswith("The chance that there is a rupture now is put at about 10\u00a0%.")


def test_a_small_fall_can_be_close_again_before_half_of_it_is_regained() -> None:
    words = what_came_after(fall([3.9], before=4.2001), FLAGGED)
    assert words.startswith("Close to its earlier level of 4.2 again")


@pytest.mark.parametrize(
    ("dimension", "begins"),
    [("goal", "Agreement on goals came back at"), ("task", "Agreement on tasks came back at")],
)
def test_the_part_is_named(dimension: str, begins: str) -> None:
    assert what_came_after(fall([4.5], dimension), FLAGGED).startswith(begins)
