from typing import Any

import numpy as np
import pytest

from trends.engine import (
    BadHistory,
    BadItems,
    BadScale,
    BadTime,
    Duplicate,
    History,
    InfiniteScore,
    OutOfScale,
    UnknownWord,
    Unordered,
    WrongShape,
)


def careless(scores: Any, **about: Any) -> History:
    """A history from plain lists, as a careless caller would make it."""
    return History(scores, **about)


def test_length() -> None:
    assert len(careless([[4, 4, 4], [3, 4, 5]], scale=(1, 7))) == 2


@pytest.mark.parametrize("empty", [[], np.empty((0, 3))])
def test_no_sessions(empty: Any) -> None:
    history = History(empty)
    assert len(history) == 0
    assert history.scores.shape == (0, 3)
    assert history.weeks.shape == (0,)


def test_scores_are_copied_and_read_only() -> None:
    given = np.full((2, 3), 4.0)
    history = History(given)
    given[0, 0] = 1
    assert history.scores[0, 0] == 4
    with pytest.raises(ValueError, match="read-only"):
        history.scores[0, 0] = 1


@pytest.mark.parametrize(
    "scores",
    [
        [4, 4, 4],
        [[4, 4]],
        [[4, 4, 4, 4]],
        [[4, 4, 4], [4, 4]],
        np.ones((2, 3, 1)),
        4,
        [["high", 4, 4]],
        np.empty((2, 0)),
        [{}],
    ],
)
def test_wrong_shape(scores: Any) -> None:
    with pytest.raises(WrongShape, match="goal, task and bond"):
        careless(scores)


@pytest.mark.parametrize("score", [np.inf, -np.inf])
def test_infinite_score(score: float) -> None:
    with pytest.raises(InfiniteScore, match="The task score of session 2 is infinite"):
        careless([[4, 4, 4], [4, score, 4]])


@pytest.mark.parametrize("score", [0.99, 5.01, -3])
def test_score_out_of_scale(score: float) -> None:
    with pytest.raises(OutOfScale, match=f"The bond score of session 1 is {score:g}, outside"):
        careless([[4, 4, score]])


def test_the_ends_of_the_scale_belong_to_it() -> None:
    assert len(careless([[1, 5, 1]])) == 1


@pytest.mark.parametrize("scale", [(5, 1), (3, 3), (1, np.inf), (np.nan, 5)])
def test_bad_scale(scale: tuple[float, float]) -> None:
    with pytest.raises(BadScale):
        careless([], scale=scale)


@pytest.mark.parametrize("items", [0, -1, 1.5, True, "two", [2, 0], [2, 1.5], [[2], [2]], None])
def test_bad_items(items: Any) -> None:
    with pytest.raises(BadItems, match="at least one item"):
        careless([[4, 4, 4], [4, 4, 4]], items=items)


def test_bad_items_of_an_empty_history() -> None:
    with pytest.raises(BadItems):
        careless([], items=0)


def test_items_may_differ_between_sessions() -> None:
    assert careless([[4, 4, 4], [4, 4, 4]], items=[4, 2]).items.tolist() == [4, 2]
    assert careless([[4, 4, 4], [4, 4, 4]], items=2).items.tolist() == [2, 2]


def test_a_rating_that_says_little_counts_as_one_item() -> None:
    history = careless([[4, 4, 4], [4, 4, 4]], items=[4, 2], little=[True, False])
    assert history.items.tolist() == [1, 2]
    assert history.little.tolist() == [True, False]


def test_one_item_cannot_say_less() -> None:
    history = careless([[4, 4, 4], [3, 3, 3]], items=1, little=[True, True])
    assert history.items.tolist() == [1, 1]
    assert history.little.tolist() == [False, False]


def test_no_rating_says_little_unless_somebody_says_so() -> None:
    assert careless([[4, 4, 4]] * 2).little.tolist() == [False, False]


@pytest.mark.parametrize(
    "about",
    [
        {"items": [2, 2, 2]},
        {"attendance": ["attended"]},
        {"tension": [""]},
        {"asked": [True]},
        {"little": [True]},
        {"days": [0.0]},
        {"therapist": [[4, 4, 4]]},
    ],
    ids=lambda about: next(iter(about)),
)
def test_what_is_said_of_each_session_has_as_many_rows(about: dict[str, Any]) -> None:
    with pytest.raises(WrongShape, match="There are 2 sessions"):
        careless([[4, 4, 4], [4, 4, 4]], **about)


@pytest.mark.parametrize(
    "about", [{"attendance": ["attended", "asleep"]}, {"tension": ["none", "much"]}]
)
def test_unknown_words_are_named(about: dict[str, Any]) -> None:
    with pytest.raises(UnknownWord, match=r"Session 2 has '(asleep|much)'"):
        careless([[4, 4, 4], [4, 4, 4]], **about)


def test_the_therapists_ratings_are_checked_too() -> None:
    with pytest.raises(OutOfScale, match="bond score of session 1 is 6"):
        careless([[4, 4, 4]], therapist=[[4, 4, 6]])


@pytest.mark.parametrize(
    ("days", "refusal", "words"),
    [
        ([0, 7, 7], Duplicate, "Sessions 2 and 3"),
        ([0, 14, 7], Unordered, "Session 3 was held before session 2"),
        ([0, float("nan"), 7], BadTime, "finite"),
        ([0, float("inf"), 7], BadTime, "finite"),
    ],
)
def test_bad_times(days: list[float], refusal: type[BadHistory], words: str) -> None:
    with pytest.raises(refusal, match=words):
        careless([[4, 4, 4]] * 3, days=days)


def test_weeks_between_sessions() -> None:
    history = careless([[4, 4, 4]] * 4, days=[0, 14, 17.5, 1000])
    assert history.weeks.tolist() == [1, 2, 0.5, 26]
    assert careless([[4, 4, 4]] * 2).weeks.tolist() == [1, 1]


def test_every_refusal_is_a_bad_history() -> None:
    for refusal in (
        WrongShape,
        InfiniteScore,
        OutOfScale,
        BadScale,
        BadItems,
        UnknownWord,
        BadTime,
        Unordered,
        Duplicate,
    ):
        assert issubclass(refusal, BadHistory)
    assert issubclass(BadHistory, ValueError)
