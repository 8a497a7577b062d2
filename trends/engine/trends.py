"""From courses to trends: the filter's numbers for every session, in points of the scale."""

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from .courses import Courses
from .evidence import Source, log_odds
from .history import Bools, Floats
from .prior import Prior
from .running import mean_before
from .steps import Step, summarise
from .switching import follow

VERSION = "switching-2"

# Treatments that are computed at once: enough to keep numpy busy, few enough for a processor's
# cache. Fewer than LEAST_AT_ONCE are filled up: numpy sums single rows in another order, and a
# treatment is to have the same numbers alone and among others, to the last bit.
AT_ONCE = 256
LEAST_AT_ONCE = 8

NORMAL_80 = 1.2815515655446004  # the normal distribution has 80 % within this many SDs
EARLIER_NEEDED = 2  # ratings before one that may be flagged
TIE = 1e-9  # sums of equal scores may differ in their last bits


@dataclass(frozen=True, eq=False)
class Trends:
    """What is known after each session, from that session and the ones before it.

    Arrays of shape (treatments, sessions), or (treatments, sessions, 4) for goal, task, bond and
    their mean; in points of the scale unless said otherwise.

    level, level_low, level_high: (.., 4) the person's own level apart from ruptures, and the band
        that holds it with a chance of 80 %.
    expected: mean score expected from the earlier sessions, a rupture under way included.
    usual, usual_low, usual_high: (.., 4) the score expected if nothing is wrong, and the range that
        holds it 80 times in 100.
    below: (.., 3) how far each score lies below `usual`, in standard deviations; NaN if not rated.
    as_low: (.., 3) chance of a score as low as it, or lower, if nothing is wrong; NaN likewise.
    fell: (.., 3) whether the score lies below the mean of the person's own earlier ones.
    p_onset: probability that a rupture begins in this session.
    p_rupture: probability that the session lies in a rupture.
    earlier: number of earlier ratings.
    odds: log odds for a rupture by source of weak evidence, already part of the probabilities.
    level_mean, level_var: (.., 4) the level again and its variance, as shares of the scale and not
        cut at its ends: what `smoothing.smooth` takes.
    """

    level: Floats
    level_low: Floats
    level_high: Floats
    expected: Floats
    usual: Floats
    usual_low: Floats
    usual_high: Floats
    below: Floats
    as_low: Floats
    fell: Bools
    p_onset: Floats
    p_rupture: Floats
    earlier: Floats
    odds: dict[Source, Floats]
    level_mean: Floats
    level_var: Floats

    @property
    def can_be_flagged(self) -> Bools:
        """A dimension fell below its usual range, with enough earlier ratings to know it.

        Somebody whose three dimensions lie far apart from the first session on is not soon believed
        to be like that; what never fell is not flagged all the same.
        """
        lower = (self.fell & (self.below > NORMAL_80)).any(axis=2)
        return np.asarray(lower & (self.earlier >= EARLIER_NEEDED))

    @cached_property
    def how_far(self) -> Floats:
        """(.., 3), as `below`, for what fell; minus infinity for the others."""
        return np.where(self.fell, self.below, -np.inf)


def compute(courses: Courses, prior: Prior) -> Trends:
    """Nothing is raised: courses have been checked when they were made."""
    odds = log_odds(courses, prior)
    steps = all_steps(courses, np.sum(list(odds.values()), axis=0), prior)
    below = (steps.usual[:, :, :3] - courses.as_shares(courses.scores)) / np.sqrt(
        steps.usual_var[:, :, :3]
    )
    level_margin = NORMAL_80 * np.sqrt(steps.level_var)
    usual_margin = NORMAL_80 * np.sqrt(steps.usual_var)
    return Trends(
        level=courses.as_points(steps.level),
        level_low=courses.as_points(steps.level - level_margin),
        level_high=courses.as_points(steps.level + level_margin),
        expected=courses.as_points(steps.expected.mean(axis=2)),
        usual=courses.as_points(steps.usual),
        usual_low=courses.as_points(steps.usual - usual_margin),
        usual_high=courses.as_points(steps.usual + usual_margin),
        below=below,
        as_low=steps.as_low,
        fell=fell(courses.scores),
        p_onset=steps.p_onset,
        p_rupture=steps.p_rupture,
        earlier=np.cumsum(courses.rated, axis=1) - courses.rated,
        odds=odds,
        level_mean=steps.level,
        level_var=steps.level_var,
    )


def fell(scores: Floats) -> Bools:
    """Whether each score lies below the mean of the earlier ones, (treatments, sessions, 3)."""
    return np.asarray(scores < mean_before(scores) - TIE)


def all_steps(courses: Courses, odds: Floats, prior: Prior) -> Step:
    """The filter's steps of all sessions, stacked: (treatments, sessions, ..)."""
    scores = courses.as_shares(courses.scores)
    parts = [
        some_steps(scores[rows], courses.items[rows], odds[rows], courses.weeks[rows], prior)
        for rows in chunks(len(scores))
    ]
    return Step(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def chunks(count: int) -> list[slice]:
    return [slice(start, start + AT_ONCE) for start in range(0, max(count, 1), AT_ONCE)]


def some_steps(
    scores: Floats, items: Floats, odds: Floats, weeks: Floats, prior: Prior
) -> list[Floats]:
    """The columns of Step for a few treatments, (treatments, sessions, ..) each."""
    count = len(scores)
    scores, items, odds, weeks = (by_session(x, count) for x in (scores, items, odds, weeks))
    found = summarise(list(follow(scores, items, odds, weeks, prior)), scores)
    columns = (getattr(found, field.name) for field in fields(Step))
    return [np.moveaxis(column, -1, 0)[:count] for column in columns]


def by_session(column: Floats, count: int) -> Floats:
    """(treatments, sessions, ..) as (sessions, .., treatments), at least LEAST_AT_ONCE of them."""
    rows = np.moveaxis(column, 0, -1)
    short = max(LEAST_AT_ONCE - count, 0)
    filling = np.repeat(rows[..., :1], short, axis=-1)
    return np.ascontiguousarray(np.concatenate([rows, filling], axis=-1))
