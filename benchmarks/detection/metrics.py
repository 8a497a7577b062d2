"""How well scores tell sessions in which something is so from the others.

A score is anything that is higher the more a session looks like a rupture. NaN is a rule that says
nothing: it counts as lowest and is never flagged.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.detection.worlds import Bools, Floats

BINS = 10
ROUNDING = (
    1e-9  # .07 of 100 is a little more than 7 to a computer, .29 of 100 a little less than 29
)


def auc(scores: Floats, truth: Bools) -> float:
    """P(a session where it is true has the higher score), a tie counting half; both (sessions,).

    NaN without a session of either kind.
    """
    _, place, ties = np.unique(lowest_if_silent(scores), return_inverse=True, return_counts=True)
    rank = (np.cumsum(ties) - (ties - 1) / 2)[place.ravel()]
    yes, no = int(truth.sum()), int((~truth).sum())
    if not yes or not no:
        return float("nan")
    return float((rank[truth].sum() - yes * (yes + 1) / 2) / (yes * no))


def sensitivity_at(scores: Floats, truth: Bools, false_alarms: float) -> float:
    """Share of the true sessions that are flagged when a share `false_alarms` of the others is.

    Both (sessions,). The threshold is the lowest that raises no more false alarms. Sessions tied
    just below it are flagged by chance, with the probability that makes the rate of false alarms
    exact: a straight line between two points of the ROC curve.
    """
    return mean(flag_chances(scores, scores[~truth], false_alarms)[truth])


def flag_chances(scores: Floats, others: Floats, false_alarms: float) -> Floats:
    """Chance of being flagged, like `scores`: 1 above the threshold, a part at it, 0 below.

    others: (sessions,), scores of those in which a flag is a false alarm; on average a share of
    `false_alarms` of them is flagged.
    """
    others = np.sort(lowest_if_silent(others))[::-1]
    wanted = false_alarms * len(others)
    place = int(wanted + ROUNDING)
    if place >= len(others):
        return (~np.isnan(scores)).astype(float)
    threshold = others[place]
    missing = max(wanted - (others > threshold).sum(), 0.0)
    at = missing / (others == threshold).sum() if np.isfinite(threshold) else 0.0
    scores = lowest_if_silent(scores)
    return np.where(scores > threshold, 1.0, np.where(scores == threshold, at, 0.0))


def found_within_one_more(
    scores: Floats, onset: Bools, ruptured: Bools, rated: Bools, false_alarms: float = 0.05
) -> float:
    """Share of the onsets in rated sessions that are flagged there or at the next rated session.

    All (treatments, sessions). False alarms are flags in rated sessions outside ruptures.
    """
    chances = flag_chances(scores, scores[rated & ~ruptured], false_alarms)
    missed = (1 - chances) * (1 - next_rated(chances, rated))
    return 1 - mean(missed[onset & rated])


def next_rated(values: Floats, rated: Bools) -> Floats:
    """Value of the next rated session, 0 if there is none; all (treatments, sessions)."""
    following = np.zeros_like(values)
    for t in range(values.shape[1] - 2, -1, -1):
        following[:, t] = np.where(rated[:, t + 1], values[:, t + 1], following[:, t + 1])
    return following


def mean(values: Floats) -> float:
    """NaN of nothing."""
    return float(values.mean()) if values.size else float("nan")


def lowest_if_silent(scores: Floats) -> Floats:
    return np.where(np.isnan(scores), -np.inf, scores)


# --- Are the probabilities true? ---------------------------------------------------------------


@dataclass(frozen=True)
class Bin:
    """Sessions with a probability from `low` on: how many, its mean, and how often it was so."""

    low: float
    sessions: int
    predicted: float
    observed: float


def reliability(probabilities: Floats, truth: Bools) -> list[Bin]:
    """Ten bins of equal width, without the empty ones; both arguments (sessions,)."""
    place = np.clip((probabilities * BINS).astype(int), 0, BINS - 1)
    return [
        Bin(
            low=number / BINS,
            sessions=int((place == number).sum()),
            predicted=float(probabilities[place == number].mean()),
            observed=float(truth[place == number].mean()),
        )
        for number in np.unique(place).tolist()
    ]


def calibration_error(bins: Iterable[Bin]) -> float:
    """Mean |predicted - observed|, every bin counting by its sessions."""
    bins = list(bins)
    off = sum(each.sessions * abs(each.predicted - each.observed) for each in bins)
    return off / sum(each.sessions for each in bins)


def pooled(tables: Iterable[list[Bin]]) -> list[Bin]:
    """One table as if it had been made from the sessions of all."""
    every = [each for table in tables for each in table]
    return [merged([each for each in every if each.low == low]) for low in lows(every)]


def lows(bins: list[Bin]) -> list[float]:
    return sorted({each.low for each in bins})


def merged(same: list[Bin]) -> Bin:
    sessions = sum(each.sessions for each in same)
    return Bin(
        low=same[0].low,
        sessions=sessions,
        predicted=sum(each.sessions * each.predicted for each in same) / sessions,
        observed=sum(each.sessions * each.observed for each in same) / sessions,
    )
