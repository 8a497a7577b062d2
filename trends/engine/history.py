"""The ratings of one treatment, checked before anything is computed from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

Dimension = Literal["goal", "task", "bond"]
DIMENSIONS: tuple[Dimension, Dimension, Dimension] = ("goal", "task", "bond")

# Words that a session's attendance and the client's answer about tension are given in.
ATTENDANCE = ("attended", "late", "cancelled", "no_show")
TENSION = ("", "none", "unsure", "some", "strong")

LONGEST_GAP = 26.0  # weeks; after a longer one a level is not taken to be less known


class BadHistory(ValueError):
    """A history that nothing can be computed from. The message says what is wrong and where."""


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


class UnknownWord(BadHistory):
    """An attendance or an answer about tension is none of the words there are."""


class BadTime(BadHistory):
    """The time of a session is not a finite number."""


class Unordered(BadHistory):
    """A session was held before the one in front of it."""


class Duplicate(BadHistory):
    """Two sessions were held at the same time."""


@dataclass(frozen=True, eq=False)
class History:
    """One treatment's mean item scores, one row per session, oldest session first.

    scores: shape (sessions, 3), columns goal, task and bond, in points of the scale. NaN (or None)
        where there is no rating; a row may be missing in part. The array is copied and read-only.
    scale: lowest and highest possible score.
    items: how many items a dimension's score is the mean of, one number or one for each session;
        fewer items, noisier scores. 1 where the rating says little.
    days: when each session was held, in days from any start; rising. None: a week apart.
    attendance: a word of ATTENDANCE for each session. None: all attended.
    tension: a word of TENSION for each session, "" where not answered. None: never asked.
    asked: whether each session's form counts as unanswered if it has no scores. None: all do.
    little: whether each session's answers say little of the dimensions apart (all alike, or given
        too quickly to be read): the items are then one look between them, and nothing is learned
        from how the dimensions move. Of one item a dimension nothing less can be said: never so
        there. None: none do.
    therapist: the therapist's own ratings, like scores. None: there are none.

    Raises BadHistory: WrongShape, InfiniteScore, OutOfScale, BadScale, BadItems, UnknownWord,
    BadTime, Unordered or Duplicate.
    """

    scores: Floats
    scale: tuple[float, float] = (1.0, 5.0)
    items: Any = 2
    days: Sequence[float] | None = None
    attendance: Any = None
    tension: Any = None
    asked: Any = None
    little: Any = None
    therapist: Any = None

    def __post_init__(self) -> None:
        check_scale(self.scale)
        count = self._set("scores", as_scores(self.scores, self.scale))
        items = as_items(self.items, count)
        little = as_flags(self.little, count, "answers to whether a rating says little") & (
            items > 1
        )
        self._set("little", little)
        self._set("items", np.where(little, 1.0, items))
        self._set("attendance", as_codes(self.attendance, ATTENDANCE, count))
        self._set("tension", as_codes(self.tension, TENSION, count))
        asked = [True] * count if self.asked is None else self.asked
        self._set("asked", as_flags(asked, count, "answers to whether a form was sent"))
        blank = np.full((count, len(DIMENSIONS)), np.nan)
        given = blank if self.therapist is None else self.therapist
        self._set("therapist", as_scores(given, self.scale, count))
        check_times(self.days, count)

    def _set(self, name: str, value: npt.NDArray[Any]) -> int:
        value.flags.writeable = False
        object.__setattr__(self, name, value)
        return len(value)

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def weeks(self) -> Floats:
        """Time from the session before, (sessions,): 1 for the first and where not known."""
        weeks = np.ones(len(self))
        if self.days is not None and len(self) > 1:
            weeks[1:] = np.clip(np.diff(np.asarray(self.days, dtype=float)) / 7, 0, LONGEST_GAP)
        return weeks


def check_scale(scale: tuple[float, float]) -> None:
    lowest, highest = scale
    if not (isfinite(lowest) and isfinite(highest) and lowest < highest):
        raise BadScale(f"A scale runs from a lower to a higher number, not {lowest} to {highest}.")


def as_scores(given: npt.ArrayLike, scale: tuple[float, float], count: int | None = None) -> Floats:
    """A fresh float array of shape (sessions, 3); an empty list is a history without sessions."""
    try:
        rows = np.array(given, dtype=float)
    except (TypeError, ValueError) as error:
        raise WrongShape("Scores must be numbers in rows of goal, task and bond.") from error
    if rows.shape == (0,):
        rows = np.empty((0, len(DIMENSIONS)))
    if rows.ndim != 2 or rows.shape[1] != len(DIMENSIONS):
        raise WrongShape(f"Scores have a row of goal, task and bond per session, not {rows.shape}.")
    check_count(len(rows), count, "ratings of the therapist")
    check_scores(rows, scale)
    return rows


def check_scores(scores: Floats, scale: tuple[float, float]) -> None:
    if np.isinf(scores).any():
        raise InfiniteScore(f"{first_place(np.isinf(scores))} is infinite.")
    lowest, highest = scale
    outside = (scores < lowest) | (scores > highest)
    if outside.any():
        place, score = first_place(outside), scores[outside][0]
        raise OutOfScale(f"{place} is {score:g}, outside the scale {lowest:g} to {highest:g}.")


def first_place(wrong: Bools) -> str:
    row, column = np.argwhere(wrong)[0]
    return f"The {DIMENSIONS[column]} score of session {row + 1}"


def check_count(found: int, wanted: int | None, what: str) -> None:
    if wanted is not None and found != wanted:
        raise WrongShape(f"There are {wanted} sessions and {found} {what}.")


def as_items(items: int | Sequence[int], count: int) -> Floats:
    whole = isinstance(items, int) and not isinstance(items, bool)
    given = np.full(count, items, dtype=float) if whole else as_numbers(items)
    check_count(len(given), count, "numbers of items")
    if not (np.isfinite(given) & (given >= 1) & (given == np.floor(given))).all() or items == 0:
        raise BadItems(f"A dimension has at least one item, not {items!r}.")
    return given


def as_numbers(items: Any) -> Floats:
    try:
        given = np.array(items, dtype=float)
    except (TypeError, ValueError):
        given = np.empty(0)
    if isinstance(items, bool | float | str) or given.ndim != 1:
        raise BadItems(f"A dimension has at least one item, not {items!r}.")
    return given


def as_codes(words: Sequence[str] | None, known: tuple[str, ...], count: int) -> npt.NDArray[Any]:
    """Places of the words in `known`; the first of them everywhere if there are no words."""
    if words is None:
        return np.zeros(count, dtype=np.int8)
    check_count(len(words), count, "words about them")
    for number, word in enumerate(words, start=1):
        if word not in known:
            raise UnknownWord(f"Session {number} has {word!r}, which is none of {known}.")
    return np.array([known.index(word) for word in words], dtype=np.int8)


def as_flags(flags: Sequence[bool] | None, count: int, what: str) -> Bools:
    """All False if there are none."""
    if flags is None:
        return np.zeros(count, dtype=bool)
    check_count(len(flags), count, what)
    return np.array(flags, dtype=bool)


def check_times(days: Sequence[float] | None, count: int) -> None:
    if days is None:
        return
    check_count(len(days), count, "times")
    if not all(isfinite(day) for day in days):
        raise BadTime("The time of a session is a finite number of days.")
    for number, (earlier, later) in enumerate(pairwise(days), start=2):
        if later == earlier:
            raise Duplicate(f"Sessions {number - 1} and {number} were held at the same time.")
        if later < earlier:
            raise Unordered(f"Session {number} was held before session {number - 1}.")
