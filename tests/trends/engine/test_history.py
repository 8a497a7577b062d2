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


def test_length_and_span():
    history = History([[4, 4, 4], [3, 4, 5]], scale=(1, 7))
    assert len(history) == 2
    assert history.span == 6


@pytest.mark.parametrize("empty", [[], np.empty((0, 3))])
def test_no_sessions(empty):
    history = History(empty)
    assert len(history) == 0
    assert history.scores.shape == (0, 3)
    assert history.totals.shape == (0,)


def test_totals_are_the_mean_of_what_is_rated():
    history = History([[3, 4, 5], [2, None, 3], [None, None, None]])
    assert history.totals.tolist()[:2] == [4.0, 2.5]
    assert np.isnan(history.totals[2])


def test_scores_are_copied_and_read_only():
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
def test_wrong_shape(scores):
    with pytest.raises(WrongShape, match="goal, task and bond"):
        History(scores)


@pytest.mark.parametrize("score", [np.inf, -np.inf])
def test_infinite_score(score):
    with pytest.raises(InfiniteScore, match="The task score of session 2 is infinite"):
        History([[4, 4, 4], [4, score, 4]])


@pytest.mark.parametrize("score", [0.99, 5.01, -3])
def test_score_out_of_scale(score):
    with pytest.raises(OutOfScale, match=f"The bond score of session 1 is {score:g}, outside"):
        History([[4, 4, score]])


def test_the_ends_of_the_scale_belong_to_it():
    assert len(History([[1, 5, 1]])) == 1


@pytest.mark.parametrize("scale", [(5, 1), (3, 3), (1, np.inf), (np.nan, 5)])
def test_bad_scale(scale):
    with pytest.raises(BadScale):
        History([], scale=scale)


@pytest.mark.parametrize("items", [0, -1, 1.5, True])
def test_bad_items(items):
    with pytest.raises(BadItems):
        History([], items=items)


def test_every_refusal_is_a_bad_history():
    for refusal in (WrongShape, InfiniteScore, OutOfScale, BadScale, BadItems):
        assert issubclass(refusal, BadHistory)
    assert issubclass(BadHistory, ValueError)
