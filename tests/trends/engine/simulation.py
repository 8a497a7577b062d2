"""Simulated treatments with known ruptures, to calibrate the rule and to test it.

A world is a handful of numbers; `simulate` draws treatments from it. The defaults follow what is
known about session ratings of the alliance (client Working Alliance Inventories, turned into a
scale from 1 to 5): persons differ with an SD of .85 of 6, a person's true state wanders with an SD
of .30 of 6, each item adds noise of .94 of 6, early sessions grow by about .35 of 6, ratings are
whole points between 1 and 5. How often ruptures come, how deep they are and how long they last is
*not* known from ratings; those numbers are choices: 7 in 100 sessions from the third on, mean depth
.9 points, half of them in all three dimensions and half mostly in one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DIMENSIONS = 3
POINT = 4 / 6  # one point of a 1-7 scale, in points of a 1-5 scale


@dataclass(frozen=True)
class World:
    """How a population of treatments behaves. Sizes in points of the 1-5 scale."""

    items: int = 2
    sessions: int = 20
    mean: float = 1 + (5.7 - 1) * POINT
    between_sd: float = 0.85 * POINT
    dimension_sd: float = 0.45 * POINT
    state_sd: float = 0.30 * POINT
    autocorrelation: float = 0.3
    item_noise: float = 0.94 * POINT
    noise_varies: float = 0.25
    growth: float = 0.35 * POINT
    hazard: float = 0.07
    depth: float = 0.9
    depth_shape: float = 4.0
    share_in_one: float = 0.5
    stays: float = 0.45
    permanent: float = 0.1
    missing: float = 0.12
    missing_in_rupture: float = 0.25


@dataclass(frozen=True)
class Treatments:
    """scores: (treatments, sessions, 3), NaN without a rating; the rest (treatments, sessions)."""

    scores: Floats
    ruptured: Bools
    onset: Bools

    @property
    def rated(self) -> Bools:
        return np.asarray(np.isfinite(self.scores).all(axis=2))


def simulate(world: World, *, treatments: int, seed: int) -> Treatments:
    rng = np.random.default_rng(seed)
    fall, onset = draw_ruptures(world, treatments, rng)
    ruptured = np.asarray((fall > 0).any(axis=2))
    truth = draw_levels(world, treatments, rng) + draw_states(world, treatments, rng) - fall
    scores = answer(truth, world, rng)
    risk = np.where(ruptured, world.missing_in_rupture, world.missing)
    scores[rng.random(risk.shape) < risk] = np.nan
    return Treatments(scores, ruptured, onset)


def draw_levels(world: World, treatments: int, rng: np.random.Generator) -> Floats:
    """Each person's own level, per session and dimension, growing over the early sessions."""
    person = rng.normal(world.mean, world.between_sd, (treatments, 1, 1))
    dimension = rng.normal(0, world.dimension_sd, (treatments, 1, DIMENSIONS))
    passed = np.log1p(np.arange(world.sessions)) / np.log(world.sessions)
    levels: Floats = person + dimension + world.growth * passed[None, :, None]
    return levels


def draw_states(world: World, treatments: int, rng: np.random.Generator) -> Floats:
    """How today differs from the own level, shared by the dimensions, alike from week to week."""
    phi = world.autocorrelation
    state = rng.normal(0, 1, (treatments, world.sessions))
    for t in range(1, world.sessions):
        state[:, t] = phi * state[:, t - 1] + np.sqrt(1 - phi**2) * state[:, t]
    return world.state_sd * state[:, :, None]


def draw_ruptures(world: World, treatments: int, rng: np.random.Generator) -> tuple[Floats, Bools]:
    """How far each dimension has fallen, (treatments, sessions, 3), and where that begins."""
    fall = np.zeros((treatments, world.sessions, DIMENSIONS))
    onset = np.zeros((treatments, world.sessions), dtype=bool)
    current = np.zeros((treatments, DIMENSIONS))
    permanent = np.zeros(treatments, dtype=bool)
    for t in range(2, world.sessions):
        inside = current.any(axis=1)
        ends = inside & ~permanent & (rng.random(treatments) >= world.stays)
        current[ends] = 0
        begins = ~inside & (rng.random(treatments) < world.hazard)
        current[begins] = draw_falls(world, int(begins.sum()), rng)
        permanent[begins] = rng.random(int(begins.sum())) < world.permanent
        fall[:, t], onset[:, t] = current, begins
    return fall, onset


def draw_falls(world: World, count: int, rng: np.random.Generator) -> Floats:
    """Depths for `count` ruptures: the same in all dimensions, or mostly in one of them."""
    depth = rng.gamma(world.depth_shape, world.depth / world.depth_shape, count)
    pattern = np.ones((count, DIMENSIONS))
    in_one = rng.random(count) < world.share_in_one
    pattern[in_one] = 0.25
    pattern[np.arange(count), rng.integers(0, DIMENSIONS, count)] = 1
    falls: Floats = depth[:, None] * pattern
    return falls


def answer(truth: Floats, world: World, rng: np.random.Generator) -> Floats:
    """Mean of whole-point answers to `items` items per dimension, each with its own error."""
    own_noise = world.item_noise * np.exp(
        rng.normal(-(world.noise_varies**2), world.noise_varies, (len(truth), 1, 1, 1))
    )
    error = own_noise * rng.normal(size=(*truth.shape, world.items))
    items = np.clip(np.round(truth[..., None] + error), 1, 5)
    return np.asarray(items.mean(axis=3))
