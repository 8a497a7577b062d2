"""What is computed from the measurements. Nothing here asks a browser or a server."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

READING = 200  # words a minute, read with care: silent reading is nearer to 240
TAP = 1.0  # second, from having decided to having tapped
OPENING = 1  # tap, on the link in the mail


@dataclass(frozen=True)
class Spread:
    """The middle of several laps, with the best and the worst."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(median(values), min(values), max(values))

    def shown(self, digits: int = 0) -> str:
        numbers = (self.median, self.lowest, self.highest)
        middle, low, high = (f"{number:,.{digits}f}" for number in numbers)
        return f"{middle} ({low} to {high})"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Of neighbouring laps, so that what disturbs one disturbs the other."""
    return Spread.of([one / other for one, other in zip(ours, theirs, strict=True)])


@dataclass(frozen=True)
class Words:
    """On the form: all that stand there, and without the lines that stand there again."""

    all: int
    once: int

    @classmethod
    def of(cls, text: str) -> "Words":
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        different = dict.fromkeys(lines)
        return cls(*(sum(len(line.split()) for line in some) for some in (lines, different)))


def person_seconds(words: int, taps: int, machine: float) -> float:
    """Somebody who reads so many words, taps so often, and waits for the machine."""
    return words / READING * 60 + (taps + OPENING) * TAP + machine
