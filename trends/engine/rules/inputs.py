"""What a rule is given: the ratings of many treatments, checked, and the usual spread of ratings.

The usual spreads are shares of the scale's length, from short Working Alliance Inventories on a
scale from 1 to 7 (six points long): client totals of one session spread over persons with an SD of
.75 to .92 points; two ratings of one person spread around their mean with an SD of .45; the
internal consistency of the total is .90. They are fixed numbers and not computed from the
treatments at hand, so that a treatment alone is judged as it is among others.
"""

from math import isfinite

import numpy as np
import numpy.typing as npt

from trends.engine.history import (
    DIMENSIONS,
    BadScale,
    Floats,
    InfiniteScore,
    OutOfScale,
    WrongShape,
)

Bools = npt.NDArray[np.bool_]
Scale = tuple[float, float]

BETWEEN_SD = 0.85 / 6
WITHIN_SD = 0.45 / 6
TOTAL_SD = 0.92 / 6
RELIABILITY = 0.90

# No spread counts as less than this share of the scale (our choice; the literature is silent).
# Whole-point answers repeat, and after two equal ratings any change is infinitely many SDs.
SMALLEST_SPREAD = 0.01


def checked(scores: npt.ArrayLike, scale: Scale) -> Floats:
    """Scores as floats of shape (treatments, sessions, 3). Nothing is copied without need.

    Raises BadScale, WrongShape, InfiniteScore or OutOfScale.
    """
    lowest, highest = scale
    if not (isfinite(lowest) and isfinite(highest) and lowest < highest):
        raise BadScale(f"A scale runs from a lower to a higher number, not {lowest} to {highest}.")
    ratings = as_ratings(scores)
    refuse(np.isinf(ratings), ratings, InfiniteScore, "the scores are finite or missing")
    outside = (ratings < lowest) | (ratings > highest)
    refuse(outside, ratings, OutOfScale, f"the scale runs from {lowest:g} to {highest:g}")
    return ratings


def as_ratings(scores: npt.ArrayLike) -> Floats:
    try:
        ratings = np.asarray(scores, dtype=float)
    except (TypeError, ValueError) as error:
        raise WrongShape("Scores must be numbers, (treatments, sessions, 3).") from error
    if ratings.ndim != 3 or ratings.shape[2] != len(DIMENSIONS):
        raise WrongShape(f"Scores have the shape (treatments, sessions, 3), not {ratings.shape}.")
    return ratings


def refuse(wrong: Bools, ratings: Floats, refusal: type[ValueError], rule: str) -> None:
    if wrong.any():
        treatment, session, dimension = (int(place) for place in np.argwhere(wrong)[0])
        raise refusal(
            f"The {DIMENSIONS[dimension]} score of treatment {treatment + 1}, session {session + 1}"
            f" is {ratings[treatment, session, dimension]:g}; {rule}."
        )


def length(scale: Scale) -> float:
    """Points from the scale's lower to its upper end: 4 for a scale from 1 to 5."""
    return scale[1] - scale[0]
