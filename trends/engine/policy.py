"""From probabilities to flags: how often a clinic wants to be told.

The probabilities say what the ratings show; the policy says from where on somebody is told. A
clinic names an alert budget, about so many flags in 100 rated sessions, and the threshold follows
from its own past.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .history import Bools, Floats

# On our simulation this threshold raises about DEFAULT_BUDGET flags in 100 rated sessions.
DEFAULT_THRESHOLD = 0.35
DEFAULT_BUDGET = 5.0

# A flag's episode ends when the probability has fallen to this share of the threshold: a course
# that hovers around the threshold is flagged once.
CALM = 0.5

THRESHOLDS = np.round(np.arange(0.01, 0.991, 0.005), 3)

# No clinic's budget makes a flag of what is more than five to one against a rupture.
LEAST_THRESHOLD = 0.15
RATED_NEEDED = 200  # rated sessions, before a threshold is taken from a clinic's own past


@dataclass(frozen=True)
class Tally:
    """How many flags each of THRESHOLDS would have raised, (thresholds,), in `rated` sessions."""

    flags: npt.NDArray[np.int64]
    rated: int

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.flags + other.flags, self.rated + other.rated)

    def threshold(self, budget: float, least: float = 0.0) -> float:
        """The lowest threshold from which on there are at most `budget` flags in 100 sessions.

        Thresholds below `least` are not considered, nor those below the one with the most flags:
        under a very low threshold episodes never end, and there are few flags again. When even the
        highest threshold raises too many, it is that one.
        """
        lowest = int(self.flags.argmax())
        too_many = np.flatnonzero(self.flags[lowest:] > budget / 100 * self.rated)
        chosen = lowest + int(too_many[-1]) + 1 if len(too_many) else lowest
        return float(max(THRESHOLDS[min(chosen, len(THRESHOLDS) - 1)], least))


NO_SESSIONS = Tally(np.zeros(len(THRESHOLDS), dtype=np.int64), 0)


def raise_flags(
    p_rupture: Floats, may: Bools, rated: Bools, threshold: float | Floats
) -> tuple[Bools, Bools]:
    """Where a flag is raised, and where its episode is still under way (that session included).

    p_rupture, may, rated: (sessions, ..) in order. may: whether a session can be flagged at all.
    threshold: a number, or an array that broadcasts with the rest of the shape.
    Returns two arrays of the broadcast shape, sessions first.
    """
    shape = np.broadcast_shapes(p_rupture.shape[1:], np.shape(threshold))
    inside = np.zeros(shape, dtype=bool)
    raised, lasting = [], []
    for p, can, has_rating in zip(p_rupture, may, rated, strict=True):
        begins = can & ~inside & (p >= threshold)
        inside = (inside & ~(has_rating & (p < CALM * np.asarray(threshold)))) | begins
        raised.append(begins)
        lasting.append(inside)
    empty = np.zeros((0, *shape), dtype=bool)
    return (np.array(raised), np.array(lasting)) if raised else (empty, empty)


def tally(p_rupture: Floats, may: Bools, rated: Bools) -> Tally:
    """Count the flags of every threshold. Arrays (sessions, treatments)."""
    raised, _ = raise_flags(p_rupture[:, None], may[:, None], rated[:, None], THRESHOLDS[:, None])
    return Tally(raised.sum(axis=(0, 2)), int(rated.sum()))
