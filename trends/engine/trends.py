"""From courses to trends: the filter's numbers for every session, in points of the scale."""

from dataclasses import dataclass, fields

import numpy as np

from .courses import Courses
from .evidence import Source, log_odds
from .history import Bools, Floats
from .prior import Prior
from .switching import Step, follow

VERSION = "switching-1"

# Treatments that are computed at once: enough to keep numpy busy, few enough for a processor's
# cache. Fewer than LEAST_AT_ONCE are filled up: numpy sums single rows in another order, and a
# treatment is to have the same numbers alone and among others, to the last bit.
AT_ONCE = 256
LEAST_AT_ONCE = 8

NORMAL_80 = 1.2815515655446004  # the normal distribution has 80 % within this many SDs
EARLIER_NEEDED = 2  # ratings before one that may be flagged


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
    p_onset: Floats
    p_rupture: Floats
    earlier: Floats
    odds: dict[Source, Floats]
    level_mean: Floats
    level_var: Floats

    @property
    def can_be_flagged(self) -> Bools:
        """A dimension is rated below its usual range, with enough earlier ratings to know it."""
        lower = np.nan_to_num(self.below, nan=-np.inf).max(axis=2) > NORMAL_80
        return np.asarray(lower & (self.earlier >= EARLIER_NEEDED))


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
        p_onset=steps.p_onset,
        p_rupture=steps.p_rupture,
        earlier=np.cumsum(courses.rated, axis=1) - courses.rated,
        odds=odds,
        level_mean=steps.level,
        level_var=steps.level_var,
    )


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
    steps = list(follow(scores, items, odds, weeks, prior))
    return [
        np.stack([getattr(step, field.name).T[:count] for step in steps], axis=1)
        for field in fields(Step)
    ]


def by_session(column: Floats, count: int) -> Floats:
    """(treatments, sessions, ..) as (sessions, .., treatments), at least LEAST_AT_ONCE of them."""
    rows = np.moveaxis(column, 0, -1)
    short = max(LEAST_AT_ONCE - count, 0)
    filling = np.repeat(rows[..., :1], short, axis=-1)
    return np.ascontiguousarray(np.concatenate([rows, filling], axis=-1))
