"""Sessions and where they lie in a picture."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TypeVar

MINIMUM_SLOTS = 6  # a course of two sessions does not fill the width: it has only begun

T = TypeVar("T")
Spot = tuple[float, float]


@dataclass(frozen=True)
class Mark:
    """One session. score, low and high (usual range) in points of the scale, None where unknown.

    level: the person's own level apart from ruptures, likewise.
    title: what the mark says when pointed at, "Session 7: no rating".
    seen: a person has looked at the flag; it no longer calls.
    flag_words: what is written beside it, where that is not "possible rupture".
    shape: of a rating that is not drawn as a round dot, one of `shapes.SHAPES`.
    therapist, therapist_title: the therapist's own rating of that session, likewise, and its words.
    """

    number: int
    score: float | None
    low: float | None
    high: float | None
    flagged: bool
    title: str
    seen: bool = False
    flag_words: str = ""
    level: float | None = None
    shape: str = ""
    therapist: float | None = None
    therapist_title: str = ""


@dataclass(frozen=True)
class Frame:
    """Where the plot lies: maps sessions and scores to coordinates."""

    left: float
    right: float
    top: float
    bottom: float
    scale: tuple[float, float]
    slots: int

    def x(self, index: int) -> float:
        return self.left + (self.right - self.left) * index / (self.slots - 1)

    def y(self, value: float) -> float:
        lowest, highest = self.scale
        share = (min(max(value, lowest), highest) - lowest) / (highest - lowest)
        return self.bottom - (self.bottom - self.top) * share

    @property
    def overhang(self) -> float:
        """How far the band reaches past its first and last session."""
        return min(self.left, (self.x(1) - self.x(0)) / 2)


def rating_spots(marks: Sequence[Mark], frame: Frame) -> list[Spot | None]:
    """Where each rating lies; None where there is none."""
    scores = [finite(mark.score) for mark in marks]
    return [None if s is None else (frame.x(i), frame.y(s)) for i, s in enumerate(scores)]


def therapist_spots(marks: Sequence[Mark], frame: Frame) -> list[Spot | None]:
    """Where each of the therapist's own ratings lies, likewise."""
    scores = [finite(mark.therapist) for mark in marks]
    return [None if s is None else (frame.x(i), frame.y(s)) for i, s in enumerate(scores)]


def runs(items: Iterable[T | None]) -> Iterator[list[T]]:
    """Neighbouring items, cut where there is None."""
    run: list[T] = []
    for item in items:
        if item is not None:
            run.append(item)
        elif run:
            yield run
            run = []
    if run:
        yield run


def finite(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else value


def number(value: float) -> str:
    """A coordinate: four digits are finer than any screen."""
    return f"{value:.4g}"


def at(spot: Spot) -> str:
    return f"{spot[0]:.4g} {spot[1]:.4g}"
