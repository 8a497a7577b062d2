"""Formulas of control charts. Each takes any number of series, (series, times), NaN where missing.

Source: Montgomery, Introduction to Statistical Quality Control, chapters 6 and 9. Checked against
the numbers that the R package qcc gives (`tests/trends/engine/test_rules.py`).
"""

from math import exp, lgamma, sqrt

import numpy as np

from trends.engine.history import Floats
from trends.engine.running import mean_before, previous, sd_before

D2 = 1.128  # mean range of two values from a normal distribution of SD 1


def moving_ranges(values: Floats) -> Floats:
    """Distance from the last value before; NaN for the first and where missing."""
    return np.abs(values - previous(values))


def moving_range_sigma(values: Floats) -> Floats:
    """Mean moving range of the earlier values / 1.128; NaN before there are two values."""
    return mean_before(moving_ranges(values)) / D2


def unbiased_sigma(values: Floats, count: Floats) -> Floats:
    """Sample SD of the earlier values / c4; NaN before there are two. count: how many they are."""
    bias = np.array([np.nan, np.nan, *(c4(n) for n in range(2, values.shape[1] + 1))])
    return np.asarray(sd_before(values) / bias[count.astype(int)])


def c4(count: int) -> float:
    """Expected SD of a sample of `count` values from a normal distribution of SD 1."""
    return sqrt(2 / (count - 1)) * exp(lgamma(count / 2) - lgamma((count - 1) / 2))


def limits(centre: Floats, sigma: Floats, width: float) -> tuple[Floats, Floats]:
    """Lower and upper limit, `width` sigmas from the centre."""
    return centre - width * sigma, centre + width * sigma


def ewma_path(values: Floats, *, start: Floats | float, weight: float) -> Floats:
    """Exponentially weighted moving average: w = weight x + (1 - weight) w, from `start` on.

    A missing value leaves it where it was. start: one number, or one for each series.
    """
    average = np.broadcast_to(start, len(values)).astype(float)
    path = np.empty_like(values)
    for t, value in enumerate(values.T):
        moved = weight * value + (1 - weight) * average
        average = np.where(np.isnan(value), average, moved)
        path[:, t] = average
    return path


def ewma_sigma(count: Floats, *, weight: float) -> Floats:
    """SD of the average of `count` values of SD 1 (0 of none; rises to that of endless ones)."""
    return np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * count)))


def cusum_path(z: Floats, *, slack: float) -> Floats:
    """Lower cumulative sum: C = max(0, C - z - slack), from 0 on; a missing value leaves it.

    z: values in sigmas from the centre. The upper sum is that of -z.
    """
    total = np.zeros(len(z))
    path = np.empty_like(z)
    for t, value in enumerate(z.T):
        total = np.where(np.isnan(value), total, np.maximum(0.0, total - value - slack))
        path[:, t] = total
    return path
