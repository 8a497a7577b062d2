"""What is said under a flag about the ratings since."""

from math import nan

import pytest

from trends.aftermath import what_came_after
from trends.engine import Reason
from trends.histories import Form

FORM = Form((1.0, 5.0), 2)  # its standard error of measurement is .47
EARLIER, FALLEN = 4.2, 2.0
BOND = Reason(
    dimension="bond",
    score=FALLEN,
    usual_low=3.6,
    usual_high=4.8,
    changes={"goal": 0.1, "task": 0.0, "bond": FALLEN - EARLIER},
    earlier=7,
    missing=0,
)


@pytest.mark.parametrize(
    ("since", "words"),
    [
        ([], "No rating has come in since, so nothing can be said yet."),
        ([nan, nan], "No rating has come in since, so nothing can be said yet."),
        (
            [2.5, nan, 3.0, 1.5],
            "Not back yet: 3 ratings since; the highest was 3.0, the earlier level 4.2.",
        ),
        ([2.0], "Not back yet: 1 rating since; the highest was 2.0, the earlier level 4.2."),
        (
            [3.5, 3.5],
            "Half way back: half of the fall was regained 1 session later, but not yet to its "
            "earlier level of 4.2, give or take the measurement error.",
        ),
        (
            [3.5, 4.0],
            "Bond is back: half of the fall was regained 1 session later, and its earlier level, "
            "give or take the measurement error, 2 sessions later.",
        ),
        (
            [nan, 4.5],
            "Bond is back: half of the fall was regained 2 sessions later, and with it the earlier "
            "level, give or take the measurement error.",
        ),
        (
            [4.5, 2.0],
            "Bond is back: half of the fall was regained 1 session later, and with it the earlier "
            "level, give or take the measurement error. The newest rating is lower again: 2.0.",
        ),
    ],
)
def test_what_came_after(since: list[float], words: str) -> None:
    assert what_came_after(BOND, [FALLEN, *since], FORM) == words


def test_a_small_fall_can_be_close_again_before_half_of_it_is_regained() -> None:
    small = Reason(**{**BOND.__dict__, "score": 3.8, "changes": {"bond": -0.4}})
    words = what_came_after(small, [3.8, 3.9], FORM)
    assert words.startswith("Close to its earlier level of 4.2 again")


def test_a_rating_that_is_gone_is_not_judged() -> None:
    assert what_came_after(BOND, [nan, 4.0], FORM) == "This session has no rating any more."


@pytest.mark.parametrize(
    ("dimension", "begins"),
    [("goal", "Agreement on goals is back:"), ("task", "Agreement on tasks is back:")],
)
def test_the_part_is_named(dimension: str, begins: str) -> None:
    reason = Reason(
        **{**BOND.__dict__, "dimension": dimension, "changes": {dimension: FALLEN - EARLIER}}
    )
    assert what_came_after(reason, [FALLEN, 4.5], FORM).startswith(begins)
