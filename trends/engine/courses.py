"""Many treatments side by side, as arrays: what the filter and the command for researchers take."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from .history import DIMENSIONS, Floats, History

Codes = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Courses:
    """Treatments on one scale, the shorter ones filled up with empty sessions at their end.

    The arrays are filled before anything is computed from them, and not changed after that.

    scores, therapist: (treatments, sessions, 3), points of the scale, NaN where not rated.
    held: (treatments, sessions), whether there is such a session (False: filling).
    items: (treatments, sessions), items per dimension of the session's form, 1 if it says little.
    little: (treatments, sessions), whether the rating says little of the dimensions apart.
    attendance, tension: (treatments, sessions), places in ATTENDANCE and TENSION of history.py.
    asked: (treatments, sessions), whether a form was sent that may count as left unanswered.
    weeks: (treatments, sessions), time since the session before, 1 where not known.
    """

    scores: Floats
    held: Bools
    items: Floats
    little: Bools
    attendance: Codes
    tension: Codes
    asked: Bools
    therapist: Floats
    weeks: Floats
    scale: tuple[float, float]

    @cached_property
    def rated(self) -> Bools:
        """(treatments, sessions), whether any dimension is."""
        return np.asarray(np.isfinite(self.scores).any(axis=2))

    @cached_property
    def totals(self) -> Floats:
        """(treatments, sessions), mean of the rated dimensions in points of the scale."""
        return mean_of_known(self.scores)

    def some(self, rows: slice) -> "Courses":
        """Those treatments only."""
        columns = {
            field.name: getattr(self, field.name)[rows]
            for field in fields(self)
            if field.name != "scale"
        }
        return replace(self, **columns)

    def as_shares(self, points: Floats) -> Floats:
        """Points of the scale as shares of its length, 0 to 1."""
        lowest, highest = self.scale
        return (points - lowest) / (highest - lowest)

    def as_points(self, shares: Floats) -> Floats:
        """Places on the scale, in its points; those outside are moved to its ends."""
        lowest, highest = self.scale
        return np.asarray(lowest + (highest - lowest) * np.clip(shares, 0, 1))


def mean_of_known(scores: Floats) -> Floats:
    """Mean over the last axis of what is not NaN; NaN where everything is."""
    known = np.isfinite(scores)
    count = known.sum(axis=-1)
    total = np.where(known, scores, 0.0).sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def pack(histories: Sequence[History]) -> Courses:
    """One or more histories on the same scale, side by side; room for one session at least."""
    shape = (len(histories), max(1, *(len(history) for history in histories)))
    courses = empty(shape, histories[0].scale)
    for row, history in enumerate(histories):
        count = len(history)
        courses.held[row, :count] = True
        for name in COPIED:
            getattr(courses, name)[row, :count] = getattr(history, name)
    return courses


COPIED = ("scores", "items", "little", "attendance", "tension", "asked", "therapist", "weeks")


def empty(shape: tuple[int, int], scale: tuple[float, float]) -> Courses:
    """No session yet, room for shape = (treatments, sessions)."""
    return Courses(
        scores=np.full((*shape, len(DIMENSIONS)), np.nan),
        held=np.zeros(shape, dtype=bool),
        items=np.ones(shape),
        little=np.zeros(shape, dtype=bool),
        attendance=np.zeros(shape, dtype=np.int8),
        tension=np.zeros(shape, dtype=np.int8),
        asked=np.zeros(shape, dtype=bool),
        therapist=np.full((*shape, len(DIMENSIONS)), np.nan),
        weeks=np.ones(shape),
        scale=scale,
    )
