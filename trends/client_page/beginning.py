"""Where first ratings usually lie: pure arithmetic, from the prior in use.

With all sizes as shares of the scale, the mean of goal, task and bond in session n (from 1), by a
form with k items per dimension, is

    rating = clip(place) + error
    place  ~ Normal(mean + growth * log(n) / log(20),
                    between^2 + apart^2 / 3 + state^2 + (n - 1) * drift^2)
    error  ~ Normal(0, noise^2 * exp(2 * noise_varies^2) / (3 k))

so the spread between persons, that of days and that of answers with a few items are all in it.
`clip` is the engine's bent upper end of the scale. The error's variance is the mean over persons,
whose noise is log-normal; drift counts a week between sessions. Ruptures are left out: the engine
knows none before the third session. Sources of the sizes: `trends.engine.prior`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import erf, exp, log, sqrt
from statistics import NormalDist

import numpy as np

from trends.engine import Prior
from trends.engine.switching import BEND, EARLY_SESSIONS, clip

SHARE = 0.8  # of ratings inside the band
STEPS = 400  # equally likely places; the ends of a band are then right to a thousandth
CLOSE = 1e-4


@dataclass(frozen=True, slots=True)
class Usual:
    """The ratings of one session, of all persons; shares of the scale.

    places: what forms give on the mean, equally likely. error: SD of what is added to each, > 0.
    """

    places: tuple[float, ...]
    error: float

    def below(self, rating: float) -> float:
        """The share of ratings that are lower, 0 to 1."""
        chances = (_normal((rating - place) / self.error) for place in self.places)
        return sum(chances) / len(self.places)

    def band(self) -> tuple[float, float]:
        """Where SHARE of the ratings lie, as many below as above; inside the scale, 0 to 1."""
        return self._where((1 - SHARE) / 2), self._where((1 + SHARE) / 2)

    def _where(self, share: float) -> float:
        return _halve(lambda rating: self.below(rating) < share)


def usual(prior: Prior, number: int, items: int) -> Usual:
    """Of session `number`, from 1, by forms with so many items per dimension."""
    mean = prior.mean + prior.growth * log(number) / log(EARLY_SESSIONS)
    between = prior.between**2 + prior.apart**2 / 3 + prior.state**2
    persons = NormalDist(mean, sqrt(between + (number - 1) * prior.drift**2))
    drawn = np.array([persons.inv_cdf((step + 0.5) / STEPS) for step in range(STEPS)])
    places = clip(drawn, np.array(BEND * prior.noise))
    noise = prior.noise * exp(prior.noise_varies**2)
    return Usual(tuple(places.tolist()), noise / sqrt(3 * items))


def _normal(distance: float) -> float:
    return (1 + erf(distance / sqrt(2))) / 2


def _halve(is_too_low: Callable[[float], bool]) -> float:
    """The place between 0 and 1 from which on it is not too low any more."""
    low, high = 0.0, 1.0
    while high - low > CLOSE:
        middle = (low + high) / 2
        low, high = (middle, high) if is_too_low(middle) else (low, middle)
    return (low + high) / 2
