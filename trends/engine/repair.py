"""Did it come back? Judged by later ratings, by two criteria that are both reported.

With B the level that was to be expected when the flag was raised and L the lowest score since,
1. half regained: a later score reaches (B + L) / 2. (The reversal of sudden losses, Tang & DeRubeis
   1999, is the one exact criterion in print.)
2. back: a later score reaches B minus one standard error of measurement.
A rupture counts as repaired at the first rating that meets both: a person can check two lines on a
chart. (What the program says of a flag asks more besides: `trends.flags.coming_back`.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, sqrt

from .prior import DEFAULT, Prior


@dataclass(frozen=True)
class Repair:
    """lowest: lowest score since the flag, its own session included.

    half_regained, back, repaired: number of sessions after the flag's until each was first met;
        None if not yet.
    """

    lowest: float
    half_regained: int | None
    back: int | None
    repaired: int | None


def repair(scores: Sequence[float], *, before: float, error: float) -> Repair:
    """Judge the sessions from a flag on.

    scores: of the flagged dimension, the flagged session first; NaN where not rated.
    before: the score that was to be expected then; error: standard error of measurement; both in
    points of the scale, as the scores.

    Raises ValueError when the flagged session has no score.
    """
    if not scores or isnan(scores[0]):
        raise ValueError("A flagged session has a score.")
    lowest = scores[0]
    first: dict[str, int] = {}
    for after, score in enumerate(scores):
        if isnan(score):
            continue
        lowest = min(lowest, score)
        half, back = score >= (before + lowest) / 2, score >= before - error
        for name, met in (("half", half), ("back", back), ("both", half and back)):
            if met and after and score > lowest:
                first.setdefault(name, after)
    return Repair(lowest, first.get("half"), first.get("back"), first.get("both"))


def standard_error(items: float, span: float, prior: Prior = DEFAULT) -> float:
    """Of a dimension's score that is the mean of so many items, in points of the scale."""
    return prior.noise * span / sqrt(items)
