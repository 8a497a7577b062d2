from dataclasses import replace

import pytest

from trends import reasons
from trends.engine import DIMENSIONS, Reason

BOND = Reason(
    dimension="bond",
    score=2.0,
    usual_low=3.62,
    usual_high=4.84,
    severity=2.9,
    changes={"goal": 0.1, "task": 0.0, "bond": -2.2},
    earlier=7,
    missing=0,
)


def test_one_line_has_the_numbers_with_one_decimal() -> None:
    assert reasons.one_line(BOND) == "Bond fell to 2.0; it is usually 3.6 to 4.8."


@pytest.mark.parametrize(
    ("dimension", "begins"),
    [
        ("goal", "Agreement on goals fell"),
        ("task", "Agreement on tasks fell"),
        ("bond", "Bond fell"),
    ],
)
def test_one_line_names_the_dimension(dimension: str, begins: str) -> None:
    assert reasons.one_line(replace(BOND, dimension=dimension)).startswith(begins)  # type: ignore[arg-type]


def test_every_dimension_of_the_engine_has_a_line() -> None:
    for dimension in DIMENSIONS:
        assert reasons.one_line(replace(BOND, dimension=dimension))


def test_in_full_says_that_the_others_did_not_fall() -> None:
    assert reasons.in_full(BOND) == (
        "Bond fell to 2.0; it is usually 3.6 to 4.8. The other two parts did not fall. "
        "This compares with 7 earlier ratings."
    )


@pytest.mark.parametrize(
    ("goal", "task", "sentence"),
    [
        (-0.26, 0.0, "The part for goals fell too."),
        (0.5, -1.0, "The part for tasks fell too."),
        (-1.0, -1.0, "The parts for goals and tasks fell too."),
        (-0.25, -0.1, "The other two parts did not fall."),
    ],
)
def test_in_full_says_which_others_fell(goal: float, task: float, sentence: str) -> None:
    changes = {"goal": goal, "task": task, "bond": -2.2}
    assert sentence in reasons.in_full(replace(BOND, changes=changes))


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        (1, "The session before has no rating."),
        (3, "The 3 sessions before have no rating."),
    ],
)
def test_in_full_says_what_is_missing(missing: int, sentence: str) -> None:
    assert sentence in reasons.in_full(replace(BOND, missing=missing))


def test_in_full_counts_one_earlier_rating_as_one() -> None:
    assert "with 1 earlier rating." in reasons.in_full(replace(BOND, earlier=1))


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_no_sentence_says_more_than_possible(dimension: str) -> None:
    words = reasons.in_full(replace(BOND, dimension=dimension)).lower()  # type: ignore[arg-type]
    for word in ("rupture", "crisis", "problem", "fail", "because"):
        assert word not in words
