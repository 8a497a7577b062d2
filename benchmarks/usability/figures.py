"""How much work a task is for a person: clicks and keys that are counted, seconds that are not.

Nobody was watched. The seconds are an estimate by the keystroke-level model of Card, Moran and
Newell (1980, 10.1145/358886.358895): for somebody who knows the pages, makes no mistake and reads
nothing. Reading a reason takes longer than all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

# Seconds, as in the paper: a key of an average typist, pointing, a button pressed and released (as
# two keys), a hand from mouse to keys or back, and making up one's mind.
KEY, POINT, BUTTON, HOME, MIND = 0.28, 1.1, 0.2, 0.4, 1.35


@dataclass(frozen=True)
class Work:
    """What one run of a task took. machine: seconds from the first click until the last page."""

    clicks: int
    fields: int  # typed into
    keys: int
    pages: int
    machine: float


def person_seconds(work: Work) -> float:
    """The model's operators in a row, and the machine's time."""
    clicking = work.clicks * (MIND + POINT + BUTTON)
    typing = work.fields * (MIND + 2 * HOME) + work.keys * KEY
    return clicking + typing + work.machine


@dataclass(frozen=True)
class Figure:
    """Of several runs: the counts are the same in each, or it is not one task."""

    clicks: int
    fields: int
    keys: int
    pages: int
    machine: float  # median
    person: float  # likewise

    @classmethod
    def of(cls, runs: Sequence[Work]) -> "Figure":
        first = runs[0]
        if any((run.clicks, run.fields) != (first.clicks, first.fields) for run in runs):
            raise ValueError("runs of one task differ in what was clicked")
        return cls(
            clicks=first.clicks,
            fields=first.fields,
            keys=first.keys,
            pages=first.pages,
            machine=median(run.machine for run in runs),
            person=median(person_seconds(run) for run in runs),
        )
