"""The figures of the detection benchmark, against small examples worked out by hand."""

import math

import numpy as np
import pytest

from benchmarks.detection.metrics import (
    auc,
    calibration_error,
    found_within_one_more,
    pooled,
    reliability,
    sensitivity_at,
)
from benchmarks.detection.worlds import Bools, Floats

NAN = math.nan


def numbers(*values: float) -> Floats:
    return np.array(values, dtype=float)


def yes_no(text: str) -> Bools:
    return np.array([sign == "x" for sign in text])


def test_auc_counts_the_pairs_in_the_right_order() -> None:
    # .9 is above both others, .4 above one of them: 3 of 4 pairs.
    assert auc(numbers(0.9, 0.4, 0.5, 0.1), yes_no("xx--")) == pytest.approx(3 / 4)


def test_auc_counts_a_tie_half() -> None:
    # 2 against 2 and 1: half a pair and one; 3 against both: two. 3.5 of 4 pairs.
    assert auc(numbers(2, 3, 2, 1), yes_no("xx--")) == pytest.approx(3.5 / 4)
    assert auc(numbers(1, 1, 1), yes_no("x--")) == pytest.approx(0.5)


def test_auc_takes_silence_as_the_lowest_score() -> None:
    # Silent against silent is half, against -5 nothing.
    assert auc(numbers(NAN, NAN, -5), yes_no("x--")) == pytest.approx(0.25)


def test_auc_needs_both_kinds() -> None:
    assert math.isnan(auc(numbers(1, 2), yes_no("xx")))


def test_sensitivity_at_a_threshold_between_the_scores() -> None:
    # One of ten others, the 10, may be flagged: the threshold lies just above 9.
    scores = numbers(9.5, 8.5, *range(1, 11))
    assert sensitivity_at(scores, yes_no("xx----------"), 0.1) == pytest.approx(0.5)
    assert sensitivity_at(scores, yes_no("xx----------"), 0.2) == pytest.approx(1)


def test_sensitivity_goes_straight_from_one_threshold_to_the_next() -> None:
    # Four of ten others have a 5. For 10 % a quarter of the fives is flagged, for 40 % all of them,
    # and then nothing keeps the 4 from being flagged as well.
    scores = numbers(5, 4, 5, 5, 5, 5, 0, 0, 0, 0, 0, 0)
    truth = yes_no("xx----------")
    assert sensitivity_at(scores, truth, 0.1) == pytest.approx(0.5 * 0.25)
    assert sensitivity_at(scores, truth, 0.3) == pytest.approx(0.5 * 0.75)
    assert sensitivity_at(scores, truth, 0.4) == pytest.approx(1)


def test_chance_finds_as_much_as_it_raises_false_alarms() -> None:
    scores = np.zeros(40)
    assert sensitivity_at(scores, np.arange(40) < 20, 0.05) == pytest.approx(0.05)


def test_silence_is_never_flagged() -> None:
    scores = numbers(NAN, 1, NAN, NAN)
    assert sensitivity_at(scores, yes_no("xx--"), 0.05) == pytest.approx(0.5)
    assert sensitivity_at(scores, yes_no("xx--"), 1.0) == pytest.approx(0.5)


def test_found_at_the_onset_or_at_the_next_rated_session() -> None:
    # o: a rupture begins, x: it goes on. Of the eleven rated sessions outside ruptures the one with
    # a 7 may be flagged, the one with a 6 not. The first onset is found at once, the second at the
    # next rated session (after one without a rating), the third a session too late, the last never.
    courses = [
        ("--o---", [0, 0, 9, 0, 7, 6]),
        ("--oxx-", [0, 0, 1, NAN, 9, 0]),
        ("--oxx-", [0, 0, 1, 1, 9, 0]),
        ("-----o", [NAN, NAN, NAN, NAN, NAN, 5]),
    ]
    scores = np.array([values for _, values in courses], dtype=float)
    onset = np.array([yes_no(signs.replace("x", "-").replace("o", "x")) for signs, _ in courses])
    ruptured = np.array([yes_no(signs.replace("o", "x")) for signs, _ in courses])
    rated = ~np.isnan(scores)
    assert (rated & ~ruptured).sum() == 11
    found = found_within_one_more(scores, onset, ruptured, rated, false_alarms=1 / 11)
    assert found == pytest.approx(2 / 4)


def test_an_onset_without_a_rating_is_not_judged() -> None:
    scores = np.array([[0.0, 0, NAN, 9]])
    onset, ruptured = yes_no("--x-")[None], yes_no("--xx")[None]
    rated = ~np.isnan(scores)
    assert math.isnan(found_within_one_more(scores[:, :2], *_none(2), rated[:, :2]))
    both = np.vstack([scores, [[0.0, 0, 9, 0]]])
    found = found_within_one_more(
        both, np.vstack([onset, onset]), np.vstack([ruptured, ruptured]), ~np.isnan(both)
    )
    assert found == 1


def _none(sessions: int) -> tuple[Bools, Bools]:
    return np.zeros((1, sessions), dtype=bool), np.zeros((1, sessions), dtype=bool)


def test_reliability_and_the_calibration_error() -> None:
    probabilities = numbers(0.02, 0.04, 0.32, 0.38, 0.34, 1.0)
    bins = reliability(probabilities, yes_no("--xx-x"))
    assert [(each.low, each.sessions) for each in bins] == [(0.0, 2), (0.3, 3), (0.9, 1)]
    assert [each.predicted for each in bins] == pytest.approx([0.03, 0.104 / 0.3, 1])
    assert [each.observed for each in bins] == pytest.approx([0, 2 / 3, 1])
    assert calibration_error(bins) == pytest.approx((2 * 0.03 + 3 * 0.32 + 1 * 0) / 6)


def test_pooling_is_as_if_all_sessions_had_been_in_one() -> None:
    rng = np.random.default_rng(1)
    probabilities = rng.random(200)
    truth = rng.random(200) < probabilities
    parts = [reliability(probabilities[part], truth[part]) for part in (slice(80), slice(80, None))]
    for one, whole in zip(pooled(parts), reliability(probabilities, truth), strict=True):
        assert (one.low, one.sessions) == (whole.low, whole.sessions)
        assert one.predicted == pytest.approx(whole.predicted)
        assert one.observed == pytest.approx(whole.observed)
