"""From a cell's text to a number."""

import re
from collections.abc import Callable
from datetime import date
from math import isfinite, nan

# float() also takes "nan", "inf", "1_000" and digits of other scripts.
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)

MOST_KEPT = 100_000  # different texts of a column; scores and sessions are nearly always fewer
NO_DAY = 0


class BadCell(ValueError):
    """The cell cannot be used. The message names its column and says what to do."""


class Cells(dict[str, float]):
    """Numbers by text: of one column, a text that comes again is looked up."""

    def __init__(self, read: Callable[[str], float]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> float:
        value = self._read(text.strip())
        if len(self) < MOST_KEPT:
            self[text] = value
        return value


class Treatments(dict[str, int]):
    """Numbers of treatments, counted from 0 in the order in which they first come."""

    def __missing__(self, text: str) -> int:
        name = text.strip()
        if not name:
            raise BadCell("treatment is empty; name the treatment that the session belongs to")
        if name != text:  # a space before or after is no other treatment
            return self[name]
        self[name] = len(self)
        return self[name]


def number(column: str, text: str, instead: str) -> float:
    if not NUMBER.fullmatch(text) or not isfinite(float(text)):
        decimals = "write decimals with a point" if "," in text else instead
        raise BadCell(f"{column} {text!r} is not a number; {decimals}")
    return float(text)


def session(text: str) -> float:
    if not text:
        raise BadCell("session is empty; number the sessions of a treatment, for example 1, 2, 3")
    return number("session", text, "number the sessions of a treatment, for example 1, 2, 3")


def score(column: str, scale: tuple[float, float]) -> Callable[[str], float]:
    lowest, highest = scale

    def read(text: str) -> float:
        if not text:
            return nan
        value = number(column, text, "leave it empty where there is no rating")
        if not lowest <= value <= highest:
            raise BadCell(
                f"{column} is {text}, outside the scale {lowest:g} to {highest:g};"
                " correct it, or name another --scale"
            )
        return value

    return read


def word(column: str, known: tuple[str, ...]) -> Callable[[str], int]:
    """Places in `known`; the first of them for an empty cell."""

    def read(text: str) -> int:
        if not text:
            return 0
        if text not in known:
            words = ", ".join(filter(None, known))
            raise BadCell(f"{column} {text!r} is none of {words}; leave it empty if not known")
        return known.index(text)

    return read


def day(text: str) -> int:
    """Days from any start; NO_DAY for an empty cell."""
    if not text:
        return NO_DAY
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise BadCell(
            f"held_on {text!r} is not a date; write it as in 2026-11-20, or leave it empty"
        ) from None
