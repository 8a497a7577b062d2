"""Simulated treatments with known ruptures. Everything that is said about accuracy is about these.

A world is a handful of numbers; `simulate` draws treatments from it. The usual world follows what
is known about session ratings of the alliance (client Working Alliance Inventories): persons differ
with an SD of .85 points of a scale from 1 to 7, a person's true state wanders with an SD of .30,
each item adds an error of .94, early sessions grow by about .35. Answers are whole points.
How often ruptures come, how deep they are and how long they last is *not* known from ratings; those
numbers are choices: 7 in 100 sessions from the third on, mean depth .9 points of a scale from 1 to
5, half of them in all three dimensions and half mostly in one.

Sizes are written in points of a scale from 1 to 5 and stretched when a world has another scale.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DIMENSIONS = 3
# What somebody gives to every item: the answer to the first, the mean of what they would have
# answered, or what they always give, whatever happened.
Alike = Literal["first", "mean", "habit"]
POINT = 4 / 6  # one point of a 1-7 scale, in points of a 1-5 scale


@dataclass(frozen=True)
class World:
    """How a population of treatments behaves. Sizes in points of the 1-5 scale.

    points: the scale runs from 1 to this. items: items per dimension.
    tails: degrees of freedom of an item's error (Student's t of the same SD); infinite is normal.
    lasts_to_bottom: sessions until a rupture is as deep as it gets (1: at once).
    beside: how deep a rupture in one dimension is in the other two, as a share.
    alike_clients, alike_forms: share of clients who answer a share of their forms with one point
        for every item; alike: which. (Others do so by chance. The exact answer knows of neither.)
    """

    points: int = 5
    items: int = 4
    sessions: int = 20
    mean: float = 1 + (5.7 - 1) * POINT
    between_sd: float = 0.85 * POINT
    dimension_sd: float = 0.45 * POINT
    state_sd: float = 0.30 * POINT
    autocorrelation: float = 0.3
    item_noise: float = 0.94 * POINT
    noise_varies: float = 0.25
    tails: float = np.inf
    growth: float = 0.35 * POINT
    growth_varies: float = 0.0
    hazard: float = 0.07
    depth: float = 0.9
    depth_shape: float = 4.0
    share_in_one: float = 0.5
    beside: float = 0.25
    lasts_to_bottom: int = 1
    stays: float = 0.45
    permanent: float = 0.1
    missing: float = 0.12
    missing_in_rupture: float = 0.25
    alike_clients: float = 0.0
    alike_forms: float = 0.0
    alike: Alike = "first"


USUAL = World()

WORLDS: dict[str, World] = {
    "usual": USUAL,
    "calm": replace(USUAL, item_noise=0.6 * POINT, state_sd=0.2 * POINT),
    "noisy": replace(USUAL, item_noise=1.3 * POINT, state_sd=0.4 * POINT),
    "ceiling": replace(USUAL, mean=4.7),
    "heavy tails": replace(USUAL, tails=3.0),
    "autocorrelated": replace(USUAL, autocorrelation=0.7, state_sd=0.4 * POINT),
    "one dimension": replace(USUAL, share_in_one=1.0, beside=0.0),
    "slow declines": replace(USUAL, lasts_to_bottom=4, stays=0.8, depth=1.2),
    "many missing": replace(USUAL, missing=0.35, missing_in_rupture=0.5),
    "long and rare": replace(USUAL, hazard=0.03, stays=0.8, depth=1.2),
    "6 items": replace(USUAL, items=2),
    "12 items, 1 to 7": replace(USUAL, points=7),
    "6 items, 1 to 7": replace(USUAL, points=7, items=2),
}


@dataclass(frozen=True)
class Treatments:
    """scores: (treatments, sessions, 3), NaN without a rating; the rest (treatments, sessions).

    ruptured: the session lies inside a rupture. onset: a rupture begins in it. alike: every item
    got the same point (of forms that were not filled in, would have got).
    """

    scores: Floats
    ruptured: Bools
    onset: Bools
    alike: Bools

    @property
    def rated(self) -> Bools:
        return np.asarray(np.isfinite(self.scores).all(axis=2))


def simulate(world: World, *, treatments: int, seed: int) -> Treatments:
    rng = np.random.default_rng(seed)
    fall, onset = draw_ruptures(world, treatments, rng)
    ruptured = np.asarray((fall > 0).any(axis=2))
    levels = draw_levels(world, treatments, rng)
    truth = levels + draw_states(world, treatments, rng) - fall
    points = answer_items(truth, world, rng)
    if world.alike_clients:
        points = answer_alike(points, levels, world, rng)
    scores = points.mean(axis=3)
    risk = np.where(ruptured, world.missing_in_rupture, world.missing)
    scores[rng.random(risk.shape) < risk] = np.nan
    alike = points.min(axis=(2, 3)) == points.max(axis=(2, 3))
    return Treatments(scores, ruptured, onset, alike)


def growth_at(world: World) -> Floats:
    """Which share of the early growth has happened by each session, from 0 to 1."""
    sessions = np.arange(world.sessions)
    return np.asarray(np.log1p(sessions) / np.log(max(world.sessions, 2)))


def draw_levels(world: World, treatments: int, rng: np.random.Generator) -> Floats:
    """Each person's own level, per session and dimension, growing over the early sessions."""
    person = rng.normal(world.mean, world.between_sd, (treatments, 1, 1))
    dimension = rng.normal(0, world.dimension_sd, (treatments, 1, DIMENSIONS))
    growth = rng.normal(world.growth, world.growth_varies, (treatments, 1, 1))
    levels: Floats = person + dimension + growth * growth_at(world)[None, :, None]
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
    bottom = np.zeros((treatments, DIMENSIONS))
    age = np.zeros(treatments)
    permanent = np.zeros(treatments, dtype=bool)
    for t in range(2, world.sessions):
        inside = bottom.any(axis=1)
        ends = inside & ~permanent & (rng.random(treatments) >= world.stays)
        begins = ~inside & (rng.random(treatments) < world.hazard)
        bottom[ends] = 0
        bottom[begins] = draw_falls(world, int(begins.sum()), rng)
        permanent[begins] = rng.random(int(begins.sum())) < world.permanent
        age = np.where(begins, 1, age + 1)
        fall[:, t] = bottom * np.minimum(age / world.lasts_to_bottom, 1)[:, None]
        onset[:, t] = begins
    return fall, onset


def draw_falls(world: World, count: int, rng: np.random.Generator) -> Floats:
    """Depths for `count` ruptures: the same in all dimensions, or mostly in one of them."""
    depth = rng.gamma(world.depth_shape, world.depth / world.depth_shape, count)
    pattern = np.ones((count, DIMENSIONS))
    in_one = rng.random(count) < world.share_in_one
    pattern[in_one] = world.beside
    pattern[np.arange(count), rng.integers(0, DIMENSIONS, count)] = 1
    falls: Floats = depth[:, None] * pattern
    return falls


def answer(truth: Floats, world: World, rng: np.random.Generator) -> Floats:
    """Mean of the answers to each dimension's items."""
    return np.asarray(answer_items(truth, world, rng).mean(axis=3))


def answer_items(truth: Floats, world: World, rng: np.random.Generator) -> Floats:
    """Whole-point answers to `items` items per dimension, each with its own error, (.., items)."""
    varies = world.noise_varies
    own_noise = world.item_noise * np.exp(rng.normal(-(varies**2), varies, (len(truth), 1, 1, 1)))
    error = own_noise * draw_errors(world, (*truth.shape, world.items), rng)
    return whole_points(truth[..., None] + error, world)


def whole_points(latent: Floats, world: World) -> Floats:
    """The nearest points of the world's scale to places on a scale from 1 to 5."""
    stretch = (world.points - 1) / 4
    return np.clip(np.round(1 + stretch * (latent - 1)), 1, world.points)


def answer_alike(points: Floats, levels: Floats, world: World, rng: np.random.Generator) -> Floats:
    """The same answers, but some forms of some clients with one point throughout."""
    treatments, sessions = points.shape[:2]
    ones = {
        "first": points[:, :, :1, :1],
        "mean": np.round(points.mean(axis=(2, 3), keepdims=True)),
        "habit": whole_points(levels.mean(axis=2)[..., None, None], world),
    }
    clients = rng.random((treatments, 1)) < world.alike_clients
    forms = clients & (rng.random((treatments, sessions)) < world.alike_forms)
    return np.where(forms[..., None, None], ones[world.alike], points)


def draw_errors(world: World, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Errors of SD 1, normal or with heavier tails."""
    if np.isinf(world.tails):
        return rng.normal(size=shape)
    return np.asarray(rng.standard_t(world.tails, shape) * np.sqrt(1 - 2 / world.tails))
