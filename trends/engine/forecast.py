"""What a person's earlier ratings lead one to expect of the next one.

Sources of the constants: `STATE_SD` and `ITEM_NOISE_SD` are .30 and .94 points of a scale from 1 to
7, derived from repeated short Working Alliance Inventories: a within-person SD of .45 of the total
and .48 to .66 of four-item subscales, an item noise that gives twelve items an SEM of .27. They are
kept as fractions of the scale's length, so that they serve any scale.
"""

from dataclasses import dataclass

import numpy as np

from .history import Floats

STATE_SD = 0.30 / 6
ITEM_NOISE_SD = 0.94 / 6

# The pooled SD counts as much as so many deviations of the person's own. Chosen on our simulation,
# where anything from 6 to 40 finds nearly the same; less trusts a person's first few ratings more.
POOLED_WEIGHT = 10.0
MINIMUM_EARLIER = 2

# The standard normal distribution has 80 % of its mass within this many SDs of its mean.
NORMAL_80 = 1.2815515655446004


@dataclass(frozen=True)
class Forecast:
    """Expectations before each session, for several series at once. All arrays: (sessions, series).

    count: number of earlier ratings.
    mean: mean of the earlier ratings, in scale points; NaN until there are two.
    spread: SD of the next rating around that mean, in scale points; NaN until there are two.
    margin: half the width of the range that holds the next rating in 80 of 100 cases.
    """

    count: Floats
    mean: Floats
    spread: Floats
    margin: Floats


def pooled_sd(items: int, span: float) -> float:
    """Usual SD of one person's ratings around their own mean, in scale points.

    items: number of items that the score is the mean of (over all its dimensions).
    span: length of the scale in points.
    """
    return span * float(np.sqrt(STATE_SD**2 + ITEM_NOISE_SD**2 / items))


def forecast(values: Floats, *, pooled: float, origin: float) -> Forecast:
    """Expect each row of `values` from the rows above it.

    values: (sessions, series) in scale points, NaN where not rated.
    pooled: SD to begin with (`pooled_sd`), in scale points.
    origin: any number near the values; sums are taken from here, so that they stay exact.

    With n earlier ratings, sum of squares S around their mean and the pooled SD s0 counted as
    w = POOLED_WEIGHT deviations, the person's variance is s^2 = (w s0^2 + S) / (w + n - 1), the
    conjugate (scaled inverse chi-squared) estimate. The mean is itself uncertain, so the next
    rating scatters around it with s sqrt(1 + 1/n), Student-t with w + n - 1 degrees of freedom.
    """
    count, mean, squares = earlier(values, origin=origin)
    known = count >= MINIMUM_EARLIER
    n = np.where(known, count, np.nan)
    freedom = POOLED_WEIGHT + n - 1
    variance = (POOLED_WEIGHT * pooled**2 + squares) / freedom
    spread = np.sqrt(variance * (1 + 1 / n))
    return Forecast(count, np.where(known, mean, np.nan), spread, t_80(freedom) * spread)


def earlier(values: Floats, *, origin: float) -> tuple[Floats, Floats, Floats]:
    """Number, mean and sum of squared deviations of the ratings above each row.

    Plain running sums: row t is the same number whether or not later rows exist.
    """
    known = ~np.isnan(values)
    filled = np.where(known, values - origin, 0.0)
    count = sum_above(known.astype(float))
    total = sum_above(filled)
    mean = total / np.maximum(count, 1)
    squares = np.maximum(sum_above(filled**2) - total * mean, 0.0)
    return count, origin + mean, squares


def sum_above(values: Floats) -> Floats:
    """For every row the sum of the rows above it; zeros in the first."""
    sums = np.zeros_like(values)
    np.cumsum(values[:-1], axis=0, out=sums[1:])
    return sums


def t_80(freedom: Floats) -> Floats:
    """Half width of the central 80 % of Student's t, in its own unit.

    Cornish-Fisher expansion around the normal quantile (Abramowitz & Stegun 26.7.5); off by less
    than .001 from seven degrees of freedom on.
    """
    z = NORMAL_80
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return z + first / freedom + second / freedom**2
