from typing import Any

import numpy as np
import pytest

from trends.engine import (
    BadHistory,
    BadItems,
    BadScale,
    History,
    InfiniteScore,
    OutOfScale,
    WrongShape,
)


def careless(scores: Any, **about: Any) -> History:
    """A history from plain lists, as a careless caller would make it."""
    return History(scores, **about)


def test_length_and_span() -> None:
    history = careless([[4, 4, 4], [3, 4, 5]], scale=(1, 7))
    assert len(history) == 2
    assert history.span == 6


@pytest.mark.parametrize("empty", [[], np.empty((0, 3))])
def test_no_sessions(empty: Any) -> None:
    history = History(empty)
    assert len(history) == 0
    assert history.scores.shape == (0, 3)
    assert history.totals.shape == (0,)


def test_totals_are_the_mean_of_what_is_rated() -> None:
    history = careless([[3, 4, 5], [2, None, 3], [None, None, None]])
    assert history.totals.tolist()[:2] == [4.0, 2.5]
    assert np.isnan(history.totals[2])


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


@pytest.mark.parametrize("items", [0, -1, 1.5, True])
def test_bad_items(items: Any) -> None:
    with pytest.raises(BadItems):
        careless([], items=items)


def test_every_refusal_is_a_bad_history() -> None:
    for refusal in (WrongShape, InfiniteScore, OutOfScale, BadScale, BadItems):
        assert issubclass(refusal, BadHistory)
    assert issubclass(BadHistory, ValueError)
