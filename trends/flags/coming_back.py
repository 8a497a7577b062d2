"""From which level a score fell, whether it came back since, and whether it fell again.

One place for the pages and for the program's own steps, so that they never disagree. Pure: arrays
and frozen dataclasses in and out. docs/method.md says the same in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan

import numpy as np
import numpy.typing as npt

from trends.computing.histories import Form
from trends.engine import DIMENSIONS, Reason
from trends.engine.repair import Repair, repair, standard_error

ENOUGH = 3  # ratings in a repair, until it is said that it has not come back yet
EARLIER_NEEDED = 2  # ratings, to tell from which level one that was marked by hand fell

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fall:
    """A fall, and what came since, in points of the scale of the flagged session's form.

    dimension: "goal", "task" or "bond", the one that fell. before: the level it fell from. error:
    standard error of measurement of one score. scores: of that dimension, the flagged session
    first (never NaN), then every later one that took place; NaN where not rated.
    """

    dimension: str
    before: float
    error: float
    scores: tuple[float, ...]

    @cached_property
    def found(self) -> Repair:
        return repair(self.scores, before=self.before, error=self.error)

    @property
    def later(self) -> list[int]:
        """Places in `scores` of the ratings since."""
        return [place for place in range(1, len(self.scores)) if not isnan(self.scores[place])]

    @property
    def newest(self) -> float:
        """The newest score, the flagged one included."""
        return next(score for score in reversed(self.scores) if not isnan(score))

    @property
    def is_lost_again(self) -> bool:
        """Whether the newest rating no longer meets what was met once."""
        if self.found.back is not None:
            return self.newest < self.before - self.error
        half = (self.before + self.found.lowest) / 2
        return self.found.half_regained is not None and self.newest < half

    @property
    def is_back(self) -> bool:
        """Both criteria were met by one rating, and the newest has not lost it again."""
        return self.found.repaired is not None and not self.is_lost_again


def fall(reason: Reason | None, scores: Floats, place: int, form: Form) -> Fall | None:
    """The fall that a flag is about, or None if the ratings do not show one (any more).

    reason: None of one that was marked by hand. scores: (sessions, 3) of all that took place, in
    order, NaN where not rated, on the scale of `form`, the one of the flagged session; place: of
    the flagged session.
    """
    if reason is None:
        return _of_mark(scores, place, error_of(form))
    return _of_reason(reason, scores, place, error_of(form))


def error_of(form: Form) -> float:
    """Standard error of measurement of one score, in points of its scale."""
    return standard_error(form.items, form.scale[1] - form.scale[0])


def _of_reason(reason: Reason, scores: Floats, place: int, error: float) -> Fall | None:
    own = scores[place:, DIMENSIONS.index(reason.dimension)]
    if np.isnan(own[0]):
        return None
    before = reason.score - reason.changes[reason.dimension]
    return Fall(reason.dimension, before, error, tuple(own.tolist()))


def _of_mark(scores: Floats, place: int, error: float) -> Fall | None:
    """Of the dimension that lies furthest below the mean of its earlier ratings.

    The ratings show a fall if it does so by more than one standard error of measurement.
    """
    earlier = scores[:place][~np.isnan(scores[:place]).any(axis=1)]
    if len(earlier) < EARLIER_NEEDED or np.isnan(scores[place]).any():
        return None
    means = earlier.mean(axis=0)
    worst = int((means - scores[place]).argmax())
    before = float(means[worst])
    if scores[place, worst] >= before - error:
        return None
    return Fall(DIMENSIONS[worst], before, error, tuple(scores[place:, worst].tolist()))


def has_come_back(fall: Fall, reaches: Sequence[bool]) -> bool:
    """Whether the part that fell is back, and no other part keeps the rupture going.

    reaches: for each of `fall.scores`, whether its chance of a rupture reaches the threshold.
    """
    return fall.is_back and not reaches[fall.later[-1]]


def is_not_yet(fall: Fall, reaches: Sequence[bool], since_repair: Sequence[bool]) -> bool:
    """Whether enough ratings came in since the repair was logged, and it has not come back.

    since_repair: for each of `fall.scores`, whether the session was held after that.
    """
    rated = [place for place in fall.later if since_repair[place]]
    return len(rated) >= ENOUGH and not has_come_back(fall, reaches)


def is_lost_after_return(fall: Fall, counts: Sequence[bool]) -> bool:
    """New evidence about one that came back: the newest rating would be flagged again.

    counts: for each of `fall.scores`, whether its chance of a rupture reaches the threshold, the
    session is recent, and the flag's episode was still under way.
    """
    return bool(fall.later) and counts[fall.later[-1]]


def is_worse_than_known(
    scores: Floats, error: float, known: Sequence[bool], counts: Sequence[bool]
) -> bool:
    """New evidence about one that was closed: in any dimension, a later rating lies lower than all
    that were known then.

    By more than one standard error of measurement, in points of the scale. scores: (sessions, 3),
    the flagged session first, then every later one that took place; NaN where not rated. known: for
    each of them, whether its rating had come in when the flag was closed. counts: as for
    `is_lost_after_return`.
    """
    was = np.array(known, dtype=bool)
    seen = scores[was & ~np.isnan(scores).any(axis=1)]
    lowest = seen.min(axis=0) if len(seen) else scores[0]
    is_new = ~was & np.array(counts, dtype=bool)
    is_new[0] = False
    return bool((scores[is_new] < lowest - error).any())
