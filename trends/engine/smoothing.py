"""The course of a level as it looks afterwards: for drawing the past, never for raising a flag.

What the filter says of a session uses that session and earlier ones. Looking back, later ratings
tell more: this is the backward pass of Rauch, Tung & Striebel (1965) over the filter's levels, with
the ruptures as the filter saw them (Kim 1994 merges them in the same way).
"""

import numpy as np

from .history import Floats
from .prior import Prior
from .switching import growth


def smooth(level: Floats, variance: Floats, weeks: Floats, prior: Prior) -> tuple[Floats, Floats]:
    """Mean and variance of each session's level, later sessions included.

    level, variance: (treatments, sessions, series), the filter's, as shares of the scale.
    weeks: (treatments, sessions), time since the session before.
    """
    smoothed, spread = level.copy(), variance.copy()
    for t in range(level.shape[1] - 2, -1, -1):
        drifted = variance[:, t] + prior.drift**2 * weeks[:, t + 1, None]
        gain = variance[:, t] / drifted
        smoothed[:, t] += gain * (smoothed[:, t + 1] - level[:, t] - growth(prior, t + 1))
        spread[:, t] += gain**2 * (spread[:, t + 1] - drifted)
    return smoothed, np.maximum(spread, 0)
