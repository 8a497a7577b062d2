"""The exact answer: how probable a rupture is to one who knows how the world works.

Nobody can do better on the same ratings, so this is the ceiling that a rule is measured against.
It knows all numbers of a `World` and, at each session, the ratings up to it; never the person's
level, noise or mood, and never the future.

One treatment at a time (`filter_one`), in three layers:

- What stays the same in a person (three levels, the own noise, with `growth_varies` the growth) is
  carried by weighted particles. When few of them still count, a normal fitted to them, widened and
  mixed with the prior, proposes new ones, which live through the same ratings and are weighted by
  prior x likelihood / proposal. That keeps it exact, and it never wears out as resampling does.
- Within a particle nothing else is drawn: today's state (Gauss-Hermite nodes) x no rupture, or each
  of pattern x depth x age x permanent or not, is a hidden Markov model with finitely many states.
  A particle therefore brings its own likelihood and its own probabilities.
- How likely a rating is given truth and noise is looked up: answers are rounded, clipped and added
  up exactly (`tabulate`).

Arrays of the second layer are float32: (2 kinds, nodes, ages, patterns, depths, particles); the
particles come last because that is fastest.

What chance is left with 256 particles: a p_rupture is off by .006 (root mean square), a p_onset by
.002. Over 400 treatments in each of 13 worlds, another seed moved an AUC by at most .0012, and a
sensitivity at 5 % false alarms by .003 (root mean square; at most .0065, or one onset in 150).
400 treatments of 20 sessions take about 20 seconds, and 45 where a rupture takes 4 to its bottom.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from benchmarks.detection.worlds import DIMENSIONS, Floats, World, growth_at

Singles = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

PARTICLES = 256
NODES = 7  # of the state; the likelihood is smooth across it
DEPTHS = 8
FIRST_ONSET = 2  # index of the first session in which a rupture can begin

STEP = 0.005  # of the table, in points of a 1-5 scale: a sixtieth of a rating's standard error
LOWEST, HIGHEST = -6.0, 10.0  # truth in that table; beyond, all answers are at an end of the scale
FARTHEST = 6.0  # a deeper fall from a usual level is at the bottom of the scale as well
NOISES = 48  # values of the own noise, 4 SD to both sides of its median
LEAST = 1e-10  # smallest probability of a score, so that float32 never underflows

ENOUGH = 0.25  # effective share of the particles below which new ones are proposed
# The proposal: widths (times the fitted SD) and shares; the rest comes from the prior.
WIDTHS = (1.1, 1.8)
SHARES = (0.8, 0.15)


def exact(
    world: World, scores: Floats, *, seed: int, particles: int = PARTICLES
) -> tuple[Floats, Floats]:
    """p_onset, p_rupture, each (treatments, sessions), of which there are at most the world's.

    P(a rupture begins in this session) and P(this session lies inside one), given the scores
    (treatments, sessions, 3) up to and including it. A session is missing if a dimension is.
    """
    model = build(world, scores.shape[1])
    draws = np.random.default_rng(seed)
    seeds = draws.integers(0, 2**63, len(scores))  # a treatment's answer hangs on no other's
    answers = [
        filter_one(model, own, np.random.default_rng(number), particles)
        for own, number in zip(scores, seeds, strict=True)
    ]
    both = np.array(answers).reshape(len(scores), 2, scores.shape[1])
    return both[:, 0], both[:, 1]


# --- How likely a score is --------------------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """P(sum of a dimension's answers | truth, own noise), flat: (sums, noises, truths).

    log_noises: (noises,), log of points of a 1-5 scale, evenly spaced.
    """

    flat: Singles
    log_noises: Floats

    @property
    def truths(self) -> int:
        return truth_grid().size


def truth_grid() -> Floats:
    """(truths,) in points of a 1-5 scale."""
    return np.arange(LOWEST, HIGHEST, STEP)


@lru_cache(maxsize=2)
def tabulate(world: World) -> Table:
    middle = math.log(world.item_noise) - world.noise_varies**2
    log_noises = middle + 4 * world.noise_varies * np.linspace(-1, 1, NOISES)
    sums = score_pmf(world, truth_grid()[None, :], np.exp(log_noises)[:, None])
    return Table(np.maximum(sums, LEAST).astype(np.float32).ravel(), log_noises)


def score_pmf(world: World, truth: Floats, noise: Floats) -> Floats:
    """P(sum of a dimension's answers = items + k), (items * (points - 1) + 1, *broadcast)."""
    single = answer_pmf(world, truth, noise)
    sums = single
    for _ in range(world.items - 1):
        longer = np.zeros((len(sums) + len(single) - 1, *single.shape[1:]))
        for answer, probability in enumerate(single):
            longer[answer : answer + len(sums)] += probability * sums
        sums = longer
    return sums


def answer_pmf(world: World, truth: Floats, noise: Floats) -> Floats:
    """P(an item's answer = 1 + k), (points, *broadcast): from half a point below to above it."""
    stretch = (world.points - 1) / 4
    edges = 1 + (np.arange(1, world.points) - 0.5) / stretch
    at, below = error_cdf(world.tails)
    shape = np.broadcast_shapes(truth.shape, noise.shape)
    inner = [np.interp((edge - truth) / noise, at, below) for edge in edges]
    return np.diff(np.stack([np.zeros(shape), *inner, np.ones(shape)]), axis=0)


@lru_cache(maxsize=4)
def error_cdf(tails: float) -> tuple[Floats, Floats]:
    """Where, and the probability of an error below it; errors have an SD of 1."""
    if np.isinf(tails):
        at = np.linspace(-9, 9, 18_001)
        return at, np.vectorize(math.erfc)(-at / math.sqrt(2)) / 2
    # No closed form for all degrees of freedom: the density is added up, finest in the middle.
    spread = np.linspace(-12, 12, 48_001)
    t = np.sinh(spread)
    density = (1 + t**2 / tails) ** (-(tails + 1) / 2) * np.cosh(spread)
    below = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return t * math.sqrt(1 - 2 / tails), below / below[-1]


# --- The world as a hidden Markov model -------------------------------------------------------


@dataclass(frozen=True)
class Model:
    """All that does not depend on the person.

    root: (3, 3), levels = mean + root @ standard normals.
    nodes: (nodes,) steps of the table; chances: (nodes,) their stationary probabilities.
    moves: (nodes, nodes), P(to the row's node | from the column's).
    patterns: (patterns,), their probabilities; `full` says whether all dimensions fall alike.
    ramp: (ages,), share of the depth that is reached by each age; growth: (sessions,).
    """

    world: World
    table: Table
    root: Floats
    nodes: Integers
    chances: Singles
    moves: Singles
    patterns: Floats
    ramp: Floats
    growth: Floats

    @property
    def coordinates(self) -> int:
        """Standard normals that make a person: three levels, the noise, and perhaps the growth."""
        return DIMENSIONS + 1 + (self.world.growth_varies > 0)

    @property
    def general(self) -> bool:
        return self.world.share_in_one < 1


def build(world: World, sessions: int) -> Model:
    shared, own = world.between_sd**2, world.dimension_sd**2
    covariance = shared * np.ones((DIMENSIONS, DIMENSIONS)) + own * np.eye(DIMENSIONS)
    values, vectors = np.linalg.eigh(covariance)
    nodes, chances, moves = state_chain(world.autocorrelation)
    in_one = [world.share_in_one / DIMENSIONS] * DIMENSIONS
    patterns = [1 - world.share_in_one] * (world.share_in_one < 1) + in_one
    ages = np.arange(1, math.ceil(world.lasts_to_bottom) + 1)
    return Model(
        world=world,
        table=tabulate(world),
        root=vectors * np.sqrt(np.maximum(values, 0)),
        nodes=steps(world.state_sd * nodes),
        chances=chances.astype(np.float32),
        moves=moves.astype(np.float32),
        patterns=np.array(patterns),
        ramp=np.minimum(ages / world.lasts_to_bottom, 1),
        growth=growth_at(world)[:sessions],
    )


def state_chain(autocorrelation: float) -> tuple[Floats, Floats, Floats]:
    """Nodes, their stationary probabilities, and the moves between them, (to, from).

    Gauss-Hermite nodes, moved between by the ratio of the AR(1)'s density to its stationary one.
    """
    nodes, chances = np.polynomial.hermite_e.hermegauss(NODES)
    chances = chances / chances.sum()
    left = 1 - autocorrelation**2
    now, before = nodes[:, None], nodes[None, :]
    ratio = np.exp((now**2 - (now - autocorrelation * before) ** 2 / left) / 2)
    moves = chances[:, None] * ratio
    return nodes, chances, moves / moves.sum(axis=0)


def steps(points: Floats) -> Integers:
    """Points of a 1-5 scale as whole steps of the table."""
    return np.asarray(np.rint(points / STEP), dtype=np.int64)


# --- Persons who might have given these ratings -----------------------------------------------


class Crowd:
    """Particles of one treatment, and what each of them makes of the sessions so far.

    log_weights: (particles,), log of prior x likelihood / proposal.
    calm: (nodes, particles) and inside: (2, nodes, ages, patterns, depths, particles) are the
    probabilities within each particle; the kinds are one that can end, and a permanent one.
    started: (particles,), the probability that a rupture began in the latest session.
    """

    def __init__(self, model: Model, persons: Floats, log_ratio: Floats, jitter: Floats) -> None:
        """persons: (particles, coordinates), standard normals; jitter: (particles,), 0 to 1."""
        world, count = model.world, len(persons)
        self.model = model
        self.persons = persons
        self.log_weights = log_ratio.copy()
        self.levels = world.mean + persons[:, :DIMENSIONS] @ model.root.T
        self.growth = world.growth + world.growth_varies * persons[:, -1]
        # persons[:, 3] is in SDs of the log of the noise, of which the table holds 4 to each side.
        place = (np.clip(persons[:, DIMENSIONS] / 4, -1, 1) + 1) / 2 * (NOISES - 1)
        self.noise_row = np.asarray(np.rint(place), dtype=np.int64) * model.table.truths
        self.place_falls(jitter)
        self.calm: Singles = np.repeat(model.chances[:, None], count, axis=1)
        ages, patterns = len(model.ramp), len(model.patterns)
        self.inside: Singles = np.zeros((2, NODES, ages, patterns, DEPTHS, count), np.float32)
        self.started = np.zeros(count)

    def place_falls(self, jitter: Floats) -> None:
        """Evenly spaced depths, shifted by a random part of their distance in each particle.

        The shift makes the particles' average smooth where the depths of one are too coarse.
        onset_chances: (patterns, depths, particles), how a rupture begins.
        alone, own, beside: steps of the table from the level, without and with a rupture.
        """
        world, nodes = self.model.world, self.model.nodes
        sd = world.depth / math.sqrt(world.depth_shape)
        low, high = max(0.0, world.depth - 4.5 * sd), world.depth + 5.5 * sd
        depth = low + (high - low) / DEPTHS * (np.arange(DEPTHS)[:, None] + jitter)
        scale = world.depth / world.depth_shape
        log_density = (world.depth_shape - 1) * np.log(depth) - depth / scale
        density = np.exp(log_density - log_density.max(axis=0))
        density /= density.sum(axis=0)
        chances = self.model.patterns[:, None, None] * density
        self.onset_chances = np.asarray(chances, np.float32)
        fall = np.minimum(self.model.ramp[:, None, None] * depth, FARTHEST)
        self.alone = nodes[:, None]
        self.own = nodes[:, None, None, None] - steps(fall)
        self.beside = nodes[:, None, None, None] - steps(world.beside * fall)
        self.reach = int(-self.own.min()), int(nodes.max())

    def live(self, session: int, score: Floats) -> None:
        """Another session: what may have happened, then what its ratings say. score: (3,)."""
        starting = self.predict(session)
        world = self.model.world
        if np.isfinite(score).all():
            seen = 1 - world.missing, 1 - world.missing_in_rupture
            self.weigh(starting, seen, *self.likelihood(session, score))
        else:
            self.weigh(starting, (world.missing, world.missing_in_rupture), None, None)

    def predict(self, session: int) -> Singles | None:
        """Moves everything a session on. Returns P(state, a rupture begins), (nodes, particles)."""
        if session == 0:
            return None
        world, moves = self.model.world, self.model.moves
        self.calm = moves @ self.calm
        if session < FIRST_ONSET:
            return None
        starting = self.calm * np.float32(world.hazard)
        self.calm -= starting
        if session > FIRST_ONSET:
            ended = self.inside[0].sum(axis=(1, 2, 3)) * np.float32(1 - world.stays)
            self.calm += moves @ ended
            # The share that stays is put into the moves: one pass over the large array less.
            both = np.stack([np.float32(world.stays) * moves, moves])
            flat = self.inside.reshape(2, NODES, -1)
            self.inside = (both @ flat).reshape(self.inside.shape)
            self.grow_older()
        for kind, share in enumerate((1 - world.permanent, world.permanent)):
            begun = starting * np.float32(share)
            self.inside[kind, :, 0] += begun[:, None, None, :] * self.onset_chances
        return np.asarray(starting)

    def grow_older(self) -> None:
        if self.inside.shape[2] > 1:
            self.inside[:, :, -1] += self.inside[:, :, -2]
            for age in range(self.inside.shape[2] - 2, 0, -1):
                self.inside[:, :, age] = self.inside[:, :, age - 1]
            self.inside[:, :, 0] = 0

    def likelihood(self, session: int, score: Floats) -> tuple[Singles, Singles | None]:
        """Of the ratings: (nodes, particles) without a rupture, and with one
        (nodes, ages, patterns, depths, particles), which is None before there can be one."""
        truths = self.model.table.truths
        sums = np.rint(score * self.model.world.items).astype(np.int64) - self.model.world.items
        level = self.levels + (self.growth * self.model.growth[session])[:, None]
        lower, upper = self.reach
        within = np.clip(steps(level - LOWEST), lower, truths - 1 - upper)
        start = (sums * NOISES * truths + self.noise_row[:, None] + within).T
        calmly = self.product([self.alone] * DIMENSIONS, start)
        if session < FIRST_ONSET:
            return calmly, None
        return calmly, self.likelihood_inside(start)

    def likelihood_inside(self, start: Integers) -> Singles:
        """As `likelihood` says; start: (3, particles), where the table is at the person's level."""
        result = np.empty(self.inside.shape[1:], np.float32)
        own = [self.look_up(self.own, place) for place in start]
        if self.model.general:
            np.multiply(own[0] * own[1], own[2], out=result[:, :, 0])
        if self.model.world.share_in_one > 0:
            beside = [self.look_up(self.beside, place) for place in start]
            for one in range(DIMENSIONS):
                rest = beside[one - 2] * beside[one - 1]
                np.multiply(own[one], rest, out=result[:, :, self.model.general + one])
        return result

    def product(self, offsets: list[Integers], start: Integers) -> Singles:
        first, second, third = map(self.look_up, offsets, start)
        return np.asarray(first * second * third)

    def look_up(self, offset: Integers, start: Integers) -> Singles:
        # "clip" only because it is faster: `likelihood` has kept all places inside the row.
        return np.take(self.model.table.flat, offset + start, mode="clip")

    def weigh(
        self,
        starting: Singles | None,
        seen: tuple[float, float],
        calmly: Singles | None,
        ruptured: Singles | None,
    ) -> None:
        """Bayes within each particle. seen: P(this form is there, or not | no rupture, rupture)."""
        self.calm = self.calm * np.float32(seen[0])
        if calmly is not None:
            self.calm *= calmly
        self.started = np.zeros(len(self.persons))
        evidence = self.calm.sum(axis=0, dtype=np.float64)
        if starting is not None:
            if ruptured is not None:
                self.inside *= ruptured
                self.started = first_sight(starting, self.onset_chances, ruptured) * seen[1]
            else:
                self.started = starting.sum(axis=0) * seen[1]
            evidence += self.inside.sum(axis=(0, 1, 2, 3, 4)) * seen[1]
            self.inside *= (seen[1] / evidence).astype(np.float32)
        self.calm /= evidence.astype(np.float32)
        self.started = self.started / evidence
        self.log_weights += np.log(evidence)

    @property
    def weights(self) -> Floats:
        """(particles,), adding up to 1."""
        weights = np.exp(self.log_weights - self.log_weights.max())
        return np.asarray(weights / weights.sum())

    @property
    def effective(self) -> float:
        """Which share of the particles counts."""
        return float(1 / (self.weights**2).sum() / len(self.weights))

    def beliefs(self) -> tuple[float, float]:
        """P(a rupture began in the latest session), P(it lies inside one)."""
        calm = self.calm.sum(axis=0, dtype=np.float64)
        return float(self.weights @ self.started), float(self.weights @ (1 - calm))


def first_sight(starting: Singles, chances: Singles, ruptured: Singles) -> Floats:
    """P(a rupture begins, and these ratings), (particles,)."""
    seen = np.einsum("pdn,xpdn->xn", chances, ruptured[:, 0])
    return np.asarray((starting * seen).sum(axis=0), np.float64)


# --- The filter -------------------------------------------------------------------------------


def filter_one(
    model: Model, scores: Floats, rng: np.random.Generator, particles: int
) -> tuple[Floats, Floats]:
    """p_onset and p_rupture of one treatment, each (sessions,); scores: (sessions, 3)."""
    persons = spread_normals(particles, model.coordinates, rng)
    crowd = Crowd(model, persons, np.zeros(particles), rng.random(particles))
    p_onset, p_rupture = np.zeros(len(scores)), np.zeros(len(scores))
    for session, score in enumerate(scores):
        crowd.live(session, score)
        for _ in range(2):  # a fit to few particles is poor: then once more
            if crowd.effective < ENOUGH:
                crowd = renew(crowd, scores[: session + 1], rng)
        p_onset[session], p_rupture[session] = crowd.beliefs()
    return p_onset, p_rupture


def renew(crowd: Crowd, scores: Floats, rng: np.random.Generator) -> Crowd:
    """New particles where the old ones count, having lived through the same sessions."""
    count, coordinates = crowd.persons.shape
    normals = spread_normals(count, coordinates, rng)
    center: Floats = crowd.weights @ crowd.persons
    away = crowd.persons - center
    # The small addition keeps it invertible when one particle has all the weight.
    covariance: Floats = (away.T * crowd.weights) @ away + 1e-4 * np.eye(coordinates)
    root = np.asarray(np.linalg.cholesky(covariance), np.float64)
    part = np.searchsorted(np.cumsum(SHARES), rng.permutation((np.arange(count) + 0.5) / count))
    width = np.array([*WIDTHS, 0.0])[part][:, None]
    from_prior = part[:, None] == len(WIDTHS)
    persons: Floats = np.where(from_prior, normals, center + width * (normals @ root.T))
    log_ratio = log_prior(persons) - log_proposal(persons, center, root)
    fresh = Crowd(crowd.model, persons, log_ratio, rng.random((count,)))
    for session, score in enumerate(scores):
        fresh.live(session, score)
    return fresh


def log_prior(persons: Floats) -> Floats:
    """Log density of standard normals, but for the constant."""
    return np.asarray(-(persons**2).sum(axis=1) / 2)


def log_proposal(persons: Floats, center: Floats, root: Floats) -> Floats:
    """Log density of what `renew` draws from, but for the same constant."""
    distance = (np.linalg.solve(root, (persons - center).T) ** 2).sum(axis=0)
    volume = np.log(np.diag(root)).sum()
    log_parts = [
        math.log(share) - distance / width**2 / 2 - volume - len(root) * math.log(width)
        for width, share in zip(WIDTHS, SHARES, strict=True)
    ]
    log_parts.append(math.log(1 - sum(SHARES)) + log_prior(persons))
    return np.asarray(np.logaddexp.reduce(log_parts, axis=0))


def spread_normals(count: int, coordinates: int, rng: np.random.Generator) -> Floats:
    """(count, coordinates) standard normals, more evenly spread than chance would.

    A Kronecker sequence (Roberts' choice of numbers) with a random shift.
    """
    golden = 2.0
    for _ in range(30):  # the root of x^(d+1) = x + 1
        golden = (1 + golden) ** (1 / (coordinates + 1))
    stride = golden ** -np.arange(1.0, coordinates + 1)
    uniform = (rng.random(coordinates) + np.arange(1, count + 1)[:, None] * stride) % 1
    at, below = error_cdf(math.inf)
    return np.asarray(np.interp(np.clip(uniform, 1e-9, 1 - 1e-9), below, at))
