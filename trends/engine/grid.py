"""The unknowns that a treatment is followed under side by side, each a handful of values.

How noisy a person's answers are does not change; what a rupture looks like is drawn anew each time.
Everything else about a treatment is Gaussian and is followed exactly (`switching.py`).
"""

from dataclasses import dataclass

import numpy as np

from .history import DIMENSIONS, Floats
from .prior import Prior

# More values than these change no figure of the benchmark by more than .002.
NOISES = 3
DEPTHS = 3
NOISE_REACH = 1.2  # the outer noises lie so many SDs of their logarithm from the middle


@dataclass(frozen=True)
class Grid:
    """noise: SDs of an item's error, (noises,). noise_odds: their chances, (noises,).

    falls: how far goal, task and bond fall, (looks, 3); the first look is "no rupture", zero.
    chances: of the looks of a rupture that begins, (looks - 1,); they add up to one.
    Sizes are shares of the scale's length.
    """

    noise: Floats
    noise_odds: Floats
    falls: Floats
    chances: Floats


def grid(prior: Prior) -> Grid:
    steps = np.linspace(-NOISE_REACH, NOISE_REACH, NOISES)
    odds = np.exp(-(steps**2) / 2)
    depths = gamma_means(prior.depth, prior.depth_varies, DEPTHS)
    patterns = np.full((1 + len(DIMENSIONS), len(DIMENSIONS)), prior.beside)
    patterns[0] = 1
    patterns[1:][np.diag_indices(len(DIMENSIONS))] = 1
    each = prior.one_sided / len(DIMENSIONS)
    shares = np.array([1 - prior.one_sided, each, each, each])
    falls = (patterns[:, None, :] * depths[None, :, None]).reshape(-1, len(DIMENSIONS))
    return Grid(
        noise=prior.noise * np.exp(prior.noise_varies * steps),
        noise_odds=odds / odds.sum(),
        falls=np.vstack([np.zeros(len(DIMENSIONS)), falls]),
        chances=np.repeat(shares / DEPTHS, DEPTHS),
    )


def gamma_means(mean: float, varies: float, parts: int) -> Floats:
    """A gamma distribution cut into equally likely parts: the mean of each, (parts,).

    mean, varies: mean and coefficient of variation. Integrated on a grid of 4,000 points, whose
    error is far below what the cut itself loses.
    """
    shape = 1 / varies**2
    x = np.linspace(0, mean * (1 + 8 * varies), 4001)[1:]
    height = (shape - 1) * np.log(x) - shape * x / mean
    density = np.exp(height - height.max())
    part = np.minimum(np.cumsum(density) / density.sum() * parts, parts - 1e-9).astype(int)
    return np.bincount(part, density * x) / np.bincount(part, density)
