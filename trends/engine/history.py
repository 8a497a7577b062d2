"""The ratings of one treatment, checked before any rule sees them."""

from dataclasses import dataclass
from math import isfinite
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

Dimension = Literal["goal", "task", "bond"]
DIMENSIONS: tuple[Dimension, Dimension, Dimension] = ("goal", "task", "bond")


class BadHistory(ValueError):
    """A history that no rule can use. The message says what is wrong and where."""


class WrongShape(BadHistory):
    """The scores are not numbers in rows of goal, task and bond."""


class InfiniteScore(BadHistory):
    """A score is infinite. (A missing one is NaN, which is allowed.)"""


class OutOfScale(BadHistory):
    """A score lies outside the scale."""


class BadScale(BadHistory):
    """The ends of the scale are not two finite numbers, the lower one first."""


class BadItems(BadHistory):
    """The number of items per dimension is not a whole number of at least one."""


@dataclass(frozen=True, eq=False)
class History:
    """One treatment's mean item scores, one row per session, oldest session first.

    scores: shape (sessions, 3), columns goal, task and bond, in points of the scale. NaN (or None)
        where there is no rating; a row may be missing in part. The array is copied and read-only.
    scale: lowest and highest possible score.
    items: how many items a dimension's score is the mean of; fewer items, noisier scores.

    Raises BadHistory: WrongShape, InfiniteScore, OutOfScale, BadScale or BadItems.
    """

    scores: Floats
    scale: tuple[float, float] = (1.0, 5.0)
    items: int = 2

    def __post_init__(self) -> None:
        check_scale(self.scale)
        check_items(self.items)
        scores = as_rows(self.scores)
        check_scores(scores, self.scale)
        scores.flags.writeable = False
        object.__setattr__(self, "scores", scores)

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def span(self) -> float:
        """Length of the scale in points: 4 for a scale from 1 to 5."""
        return self.scale[1] - self.scale[0]

    @property
    def totals(self) -> Floats:
        """Mean of each session's rated dimensions, shape (sessions,); NaN if none is rated."""
        known = ~np.isnan(self.scores)
        count = known.sum(axis=1)
        total = np.where(known, self.scores, 0.0).sum(axis=1)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def check_scale(scale: tuple[float, float]) -> None:
    lowest, highest = scale
    if not (isfinite(lowest) and isfinite(highest) and lowest < highest):
        raise BadScale(f"A scale runs from a lower to a higher number, not {lowest} to {highest}.")


def check_items(items: int) -> None:
    if not isinstance(items, int) or isinstance(items, bool) or items < 1:
        raise BadItems(f"A dimension has at least one item, not {items!r}.")


def as_rows(scores: npt.ArrayLike) -> Floats:
    """A fresh float array of shape (sessions, 3); an empty list is a history without sessions."""
    try:
        rows = np.array(scores, dtype=float)
    except (TypeError, ValueError) as error:
        raise WrongShape("Scores must be numbers in rows of goal, task and bond.") from error
    if rows.shape == (0,):
        return np.empty((0, len(DIMENSIONS)))
    if rows.ndim != 2 or rows.shape[1] != len(DIMENSIONS):
        raise WrongShape(f"Scores have a row of goal, task and bond per session, not {rows.shape}.")
    return rows


def check_scores(scores: Floats, scale: tuple[float, float]) -> None:
    if np.isinf(scores).any():
        raise InfiniteScore(f"{first_place(np.isinf(scores))} is infinite.")
    lowest, highest = scale
    outside = (scores < lowest) | (scores > highest)
    if outside.any():
        place, score = first_place(outside), scores[outside][0]
        raise OutOfScale(f"{place} is {score:g}, outside the scale {lowest:g} to {highest:g}.")


def first_place(wrong: npt.NDArray[np.bool_]) -> str:
    row, column = np.argwhere(wrong)[0]
    return f"The {DIMENSIONS[column]} score of session {row + 1}"
