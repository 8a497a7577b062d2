"""Learn the population from a clinic's own treatments: empirical Bayes.

The noise of an item is read off how goal, task and bond move against each other from one session to
the next, in treatments away from the ends of the scale: there is no bent scale and no shared state
in it. (The most probable noise under the filter is a fifth too small, since scores pile up at the
ceiling, and would make the probabilities too high.)

The other parameters of the prior are moved to where the clinic's ratings are most probable under
the filter, held back towards the values they started from by a normal distribution around these:
with few treatments they hardly move, with many the data decide. No clinic is quite like the model,
and the most probable parameters of a model that is a little wrong make it too sure of itself;
therefore the ratings count for a part of what they are only (TRUST; a tempered posterior, Miller &
Dunson 2019). The search is that of Berndt, Hall,
Hall & Hausman (1974): the curvature is taken from the treatments' own gradients, which are
differences of two runs of the filter.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from math import exp, log

import numpy as np

from .courses import Courses
from .history import Floats
from .prior import DEFAULT, NUMBERS, Prior
from .trends import all_steps

MOST_TREATMENTS = 300  # more say little new about a dozen numbers; they are picked evenly
MOST_ROUNDS = 12
# Twenty ratings count as one. With 1 instead, parameters learned from 200 simulated treatments
# found no more ruptures, and the calibration error of the probabilities was .035, not .019.
TRUST = 0.05
ENOUGH = 0.05  # gain of log-probability that is not worth another round
STEP = 0.02  # of the differences, in units of a parameter's own freedom
HALVINGS = 6
DECIMALS = 6
LEAST = 1e-6  # a start of nothing at all could never be left
MIDDLE = 0.3  # how far from the middle of the scale a treatment's mean may lie for the noise
PAIRS_NEEDED = 100


@dataclass(frozen=True)
class Learned:
    """A parameter that is learned: how it is stretched to the whole line, and how free it is.

    freedom: SD of the normal distribution that holds it near its start, on the stretched line. How
    often ruptures come and how they look is hard to tell from noise in few ratings, hence less.
    """

    name: str
    stretch: Callable[[float], float]
    shrink: Callable[[float], float]
    freedom: float


def log_size(size: float) -> float:
    return log(max(size, LEAST))


def logit(chance: float) -> float:
    inside = min(max(chance, LEAST), 1 - LEAST)
    return log(inside / (1 - inside))


def chance(odds: float) -> float:
    return 1 / (1 + exp(-odds))


def same(value: float) -> float:
    return value


LEARNED = (
    Learned("mean", same, same, 0.10),
    Learned("between", log_size, exp, 0.4),
    Learned("apart", log_size, exp, 0.4),
    Learned("growth", same, same, 0.05),
    Learned("state", log_size, exp, 0.5),
    Learned("carry", logit, chance, 1.0),
    Learned("hazard", logit, chance, 0.7),
    Learned("depth", log_size, exp, 0.35),
    Learned("one_sided", logit, chance, 1.0),
    Learned("beside", logit, chance, 1.0),
    Learned("stays", logit, chance, 0.8),
)


@dataclass(frozen=True)
class Fitted:
    """prior: with a version of its own, made from its numbers.

    treatments, sessions: how many it was learned from (sessions: rated ones).
    gain: of the logarithm of the tempered posterior, over the start.
    """

    prior: Prior
    treatments: int
    sessions: int
    gain: float


def fit(courses: Sequence[Courses], *, start: Prior = DEFAULT) -> Fitted:
    """Learn from treatments, in blocks of courses. Deterministic; without ratings `start` stays."""
    some = thinned([block for block in courses if block.rated.any()])
    rated = sum(int(block.rated.sum()) for block in some)
    treatments = sum(int(block.rated.any(axis=1).sum()) for block in some)
    if not rated:
        return Fitted(start, 0, 0, 0.0)
    search = Search(some, replace(start, noise=noise(some, start)))
    place = np.zeros(len(LEARNED))
    value = first = search.value(search.evidence(place), place)
    for _ in range(MOST_ROUNDS):
        place, better = search.round(place, value)
        gained, value = better - value, better
        if gained < ENOUGH:
            break
    return Fitted(named(search.prior(place)), treatments, rated, value - first)


def noise(courses: Sequence[Courses], start: Prior) -> float:
    """SD of an item's error, as a share of the scale; the start's own where it cannot be told.

    The differences of the dimensions from their mean change between two rated sessions by a vector
    in a plane, each direction of variance 2 noise^2 / items: its squared length is exponential with
    the median 4 log(2) noise^2 / items, which a few ruptures do not move. Ratings that say little
    are left out: their dimensions do not move apart, however noisy the person.
    """
    lengths = np.concatenate([apart_changes(block) for block in courses])
    if len(lengths) < PAIRS_NEEDED:
        return start.noise
    return float(np.sqrt(np.median(lengths) / (4 * log(2))))


def apart_changes(courses: Courses) -> Floats:
    """Squared lengths of those changes, times the items, (pairs,), away from the scale's ends."""
    shares = courses.as_shares(courses.scores)
    complete = np.isfinite(shares).all(axis=2) & ~courses.little
    level = np.where(complete, shares.mean(axis=2), 0).sum(axis=1) / np.maximum(
        complete.sum(axis=1), 1
    )
    rows, sessions = np.nonzero(complete & (np.abs(level - 0.5) < MIDDLE)[:, None])
    apart = shares[rows, sessions] - shares[rows, sessions].mean(axis=1, keepdims=True)
    changes = (np.diff(apart, axis=0) ** 2).sum(axis=1) * courses.items[rows, sessions][1:]
    return np.asarray(changes[rows[1:] == rows[:-1]])


@dataclass(frozen=True)
class Search:
    """The hill to climb. Places are vectors in units of each parameter's freedom from its start."""

    courses: Sequence[Courses]
    start: Prior

    def prior(self, place: Floats) -> Prior:
        moved = {
            learned.name: learned.shrink(
                learned.stretch(getattr(self.start, learned.name)) + learned.freedom * float(by)
            )
            for learned, by in zip(LEARNED, place, strict=True)
        }
        return Prior.from_dict({**self.start.as_dict(), **moved})

    def evidence(self, place: Floats) -> Floats:
        """Log-probability of each treatment's ratings, (treatments,)."""
        prior = self.prior(place)
        nothing_else = (np.zeros(block.held.shape) for block in self.courses)
        pairs = zip(self.courses, nothing_else, strict=True)
        return np.concatenate(
            [all_steps(block, odds, prior).evidence.sum(axis=1) for block, odds in pairs]
        )

    def value(self, evidence: Floats, place: Floats) -> float:
        return float(TRUST * evidence.sum() - (place**2).sum() / 2)

    def round(self, place: Floats, value: float) -> tuple[Floats, float]:
        """One step uphill, halved until it is one; the same place when none is found."""
        here = self.evidence(place)
        slopes = np.array([self.evidence(place + STEP * e) - here for e in np.eye(len(place))])
        slopes /= STEP
        curvature = TRUST * (slopes @ slopes.T) + np.eye(len(place))
        step = np.linalg.solve(curvature, TRUST * slopes.sum(axis=1) - place)
        for _ in range(HALVINGS):
            better = self.value(self.evidence(place + step), place + step)
            if better > value:
                return place + step, better
            step = step / 2
        return place, value


def thinned(courses: list[Courses]) -> list[Courses]:
    """At most about MOST_TREATMENTS of them, taken evenly."""
    every = -(-sum(len(block.held) for block in courses) // MOST_TREATMENTS)
    return [block.some(slice(None, None, max(every, 1))) for block in courses]


def named(prior: Prior) -> Prior:
    """Rounded, and with a version that tells two sets of numbers apart."""
    numbers = {name: round(getattr(prior, name), DECIMALS) for name in NUMBERS}
    digest = sha256(repr(sorted(numbers.items())).encode()).hexdigest()[:8]
    return Prior(**numbers, version=f"fit-{digest}")
