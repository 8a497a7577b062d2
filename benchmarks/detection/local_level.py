"""A Kalman filter for the local level model, plain and small: the yardstick of speed.

    y = level + noise,   next level = level + step

Durbin & Koopman, Time Series Analysis by State Space Methods, chapter 2. Vectorised over series.
"""

from dataclasses import dataclass

import numpy as np

from trends.engine.history import Floats


@dataclass(frozen=True, eq=False)
class Filtered:
    """All (series, times) but the last, in the unit of the values (variances: squared).

    means, variances: of the level at each time, going by earlier values; NaN and infinite before
    the first value after a diffuse start.
    innovations, innovation_variances: value - mean, and its variance; an innovation is NaN without
    a value or without a mean.
    log_likelihood: (series,), over all innovations that are not NaN.
    """

    means: Floats
    variances: Floats
    innovations: Floats
    innovation_variances: Floats
    log_likelihood: Floats


def local_level(
    values: Floats,
    *,
    noise_variance: float,
    step_variance: float,
    start: tuple[float, float] | None = None,
) -> Filtered:
    """Filter each row of `values`, (series, times), NaN where missing.

    start: mean and variance of the first level; None knows nothing of it (exact diffuse start).
    """
    mean, variance = begin(len(values), start)
    steps: list[tuple[Floats, ...]] = []
    for value in values.T:
        known = ~np.isnan(value)
        diffuse = np.isinf(variance)
        total = variance + noise_variance
        innovation = value - mean
        steps.append((mean, variance, innovation, total))
        # A level of which nothing is known is believed to be where the first value is.
        gain = np.where(diffuse, 1.0, variance) / np.where(diffuse, 1.0, total)
        mean = np.where(known, np.where(diffuse, value, mean + gain * innovation), mean)
        variance = np.where(known, gain * noise_variance, variance) + step_variance
    means, variances, innovations, totals = stacked(steps, values.shape)
    return Filtered(means, variances, innovations, totals, log_likelihood(innovations, totals))


def begin(series: int, start: tuple[float, float] | None) -> tuple[Floats, Floats]:
    mean, variance = start or (np.nan, np.inf)
    return np.full(series, float(mean)), np.full(series, float(variance))


def stacked(steps: list[tuple[Floats, ...]], shape: tuple[int, ...]) -> tuple[Floats, ...]:
    """Four arrays (series, times) from a list with four arrays per time."""
    if not steps:
        return tuple(np.empty(shape) for _ in range(4))
    return tuple(np.stack(parts, axis=1) for parts in zip(*steps, strict=True))


def log_likelihood(innovations: Floats, variances: Floats) -> Floats:
    counts = ~np.isnan(innovations)
    variance = np.where(counts, variances, 1.0)
    terms = np.log(2 * np.pi * variance) + innovations**2 / variance
    return np.asarray(-0.5 * np.where(counts, terms, 0.0).sum(axis=1))
