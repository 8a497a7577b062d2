"""What the filter leaves behind of each session, and what is made of it for all of them at once.

Whatever need not be computed from one session to the next is computed here, for all sessions
together: numpy takes as long to be called as to add a few hundred numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .history import Floats


class Trace(NamedTuple):
    """One session of N treatments, for I noises; sizes as shares of the scale.

    p_onset, p_rupture, evidence: (N,), see Step. level, expected: (3, N), likewise.
    level_spread: (N,) variance of the mean level over looks and noises.
    mean_var, apart_var: (I, N) of the levels, as in Belief, and `after`: the noises' chances then.
    none: (3, I, N) scores that were to be expected if nothing was wrong; none_var: (I, N) variance
    of their mean; own_var: (I, N) of what a dimension's score adds to it, but for a factor;
    `before`: the noises' chances then.
    """

    p_onset: Floats
    p_rupture: Floats
    evidence: Floats
    level: Floats
    level_spread: Floats
    mean_var: Floats
    apart_var: Floats
    after: Floats
    expected: Floats
    none: Floats
    none_var: Floats
    own_var: Floats
    before: Floats


@dataclass(frozen=True)
class Step:
    """What sessions say, (sessions, .., N); sizes as shares of the scale.

    p_onset, p_rupture: (.., N) probabilities, the session's scores included.
    level, level_var: (.., 4, N) mean and variance of the levels of goal, task, bond and their mean.
    expected: (.., 3, N) scores expected before the session's were seen, ruptures included.
    usual, usual_var: (.., 4, N) the same four, mean and variance of the scores that were to be
        expected if nothing was wrong.
    as_low: (.., 3, N) chance of a score as low as the one that was given, or lower, if nothing was
        wrong; NaN where not rated.
    evidence: (.., N) log of the probability density of what was seen, given the past; but for a
        constant that only depends on how much is rated.
    """

    p_onset: Floats
    p_rupture: Floats
    level: Floats
    level_var: Floats
    expected: Floats
    usual: Floats
    usual_var: Floats
    as_low: Floats
    evidence: Floats


# Three things that are alike and independent differ from their mean with this share of their
# variance.
FROM_MEAN = 2 / 3


def summarise(traces: Sequence[Trace], scores: Floats) -> Step:
    """The sessions of a batch, one after the other, as arrays with the sessions first.

    scores: (sessions, 3, N), NaN where not rated.
    """
    all_of = Trace(*(np.array(column) for column in zip(*traces, strict=True)))
    usual, usual_var = without_rupture(all_of)
    level, level_var = levels(all_of)
    return Step(
        p_onset=all_of.p_onset,
        p_rupture=all_of.p_rupture,
        level=level,
        level_var=level_var,
        expected=all_of.expected,
        usual=usual,
        usual_var=usual_var,
        as_low=chance_as_low(all_of, scores),
        evidence=all_of.evidence,
    )


def without_rupture(traces: Trace) -> tuple[Floats, Floats]:
    """Mean and variance of the scores to be expected if nothing is wrong, mixed over the noises."""
    series, before = with_total(traces.none), traces.before[:, None]
    var = np.repeat(traces.none_var[:, None], 4, axis=1)
    var[:, :3] += FROM_MEAN * traces.own_var[:, None]
    mean = (series * before).sum(axis=2)
    var += (series - mean[:, :, None]) ** 2
    return mean, (var * before).sum(axis=2)


def chance_as_low(traces: Trace, scores: Floats) -> Floats:
    """Tails of the forecasts without a rupture, mixed over the noises: heavier than a normal's."""
    spread = np.sqrt(traces.none_var + FROM_MEAN * traces.own_var)
    z = (traces.none - scores[:, :, None]) / spread[:, None]
    chance: Floats = (upper_tail(z) * traces.before[:, None]).sum(axis=2)
    return chance


def upper_tail(z: Floats) -> Floats:
    """Chance that a standard normal exceeds z, within 1e-7 (Abramowitz & Stegun 26.2.17)."""
    t = 1 / (1 + 0.2316419 * np.abs(z))
    series = t * (
        0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))
    )
    beyond: Floats = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * series
    return np.where(z >= 0, beyond, 1 - beyond)


def levels(traces: Trace) -> tuple[Floats, Floats]:
    """Mean and variance of the levels of goal, task, bond and their mean.

    What the looks differ in is much the same in all dimensions; it is taken from the mean of them.
    """
    mean = with_total(traces.level)
    total = traces.level_spread + (traces.mean_var * traces.after).sum(axis=1)
    var = np.repeat(total[:, None], 4, axis=1)
    var[:, :3] += FROM_MEAN * (traces.apart_var * traces.after).sum(axis=1)[:, None]
    return mean, var


def with_total(dimensions: Floats) -> Floats:
    """Goal, task and bond, (sessions, 3, ..), and their mean as a fourth."""
    total = dimensions.sum(axis=1, keepdims=True) / 3
    return np.concatenate([dimensions, total], axis=1)
