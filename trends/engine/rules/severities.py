"""The rules of the literature, each as one function from ratings to severities.

All of them share a form:

    scores: (treatments, sessions, 3), columns goal, task and bond in points of `scale`, higher is
        better, NaN where not rated.
    scale: lowest and highest possible score.
    minimum: number of earlier ratings without which nothing is said.
    Returns the severity, (treatments, sessions): larger is more like a rupture, negative is better
        than expected; NaN where the session has no rating or too little history. No severity
        depends on the unit of the scale. Drops count against earlier RATED sessions.
    Raises BadScale, WrongShape, InfiniteScore or OutOfScale.

A session's severity follows from this session and earlier ones, except with the spread
"own-whole-series-retrospective" and in `sudden_losses_retrospective`. Where the exact wording of a
published criterion could not be read the rule is one of its readings, and named "-type" for that.
"""

from math import sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt

from trends.engine.courses import mean_of_known
from trends.engine.history import DIMENSIONS, Floats
from trends.engine.running import (
    count_before,
    max_before,
    mean_before,
    previous,
    sd_before,
    whole_series_sd_retrospective,
)

from .charts import cusum_path, ewma_path, ewma_sigma, moving_range_sigma, unbiased_sigma
from .inputs import (
    BETWEEN_SD,
    RELIABILITY,
    SMALLEST_SPREAD,
    TOTAL_SD,
    WITHIN_SD,
    Scale,
    checked,
    length,
)
from .sudden import surroundings

Reference = Literal["previous", "own-mean", "pre-drop-maximum"]
OwnSpread = Literal["own-to-date", "own-whole-series-retrospective"]
UsualSpread = Literal["pooled-within", "between"]
Spread = OwnSpread | UsualSpread
Sigma = Literal["moving-range", "own-to-date", "pooled-within"]

BEFORE = {"previous": previous, "own-mean": mean_before, "pre-drop-maximum": max_before}


# --- Drops, as a share of the scale's length ---------------------------------------------------


def drop(scores: npt.ArrayLike, *, scale: Scale, minimum: int = 1, reference: Reference) -> Floats:
    """Fall of the total below the previous rating, the own mean to date or the highest to date."""
    return fall(mean_of_known(checked(scores, scale)), reference, minimum) / length(scale)


def worst_drop(
    scores: npt.ArrayLike, *, scale: Scale, minimum: int = 1, reference: Reference
) -> Floats:
    """The same of each dimension against its own earlier ratings; the largest of the three."""
    ratings = checked(scores, scale)
    falls = [fall(ratings[:, :, d], reference, minimum) for d in range(len(DIMENSIONS))]
    return np.asarray(np.fmax.reduce(falls) / length(scale))


def level(scores: npt.ArrayLike, *, scale: Scale, minimum: int = 0) -> Floats:
    """How far the total is below the top of the scale; .10 is 36 of 40 points (SRS practice)."""
    values = mean_of_known(checked(scores, scale))
    return known_enough((scale[1] - values) / length(scale), values, minimum)


# --- Drops in standard deviations --------------------------------------------------------------


def drop_in_sd(
    scores: npt.ArrayLike,
    *,
    scale: Scale,
    minimum: int = 2,
    reference: Reference,
    spread: Spread,
    within: float = WITHIN_SD,
    between: float = BETWEEN_SD,
) -> Floats:
    """Drop of the total in SDs. Strauss et al. (2006) ask for 1 SD, Stiles et al. (2004) for 2;
    whose SD, and below what, is not known here: hence the choice.

    spread: "own-to-date" is the SD of the earlier ratings. within, between: usual SD of a person's
    ratings and between persons, as shares of the scale's length.
    """
    values = mean_of_known(checked(scores, scale))
    sd = spread_of(values, spread, within, between, length(scale))
    return fall(values, reference, minimum) / at_least_smallest(sd, scale)


def drop_in_larger_sd(
    scores: npt.ArrayLike,
    *,
    scale: Scale,
    minimum: int = 2,
    reference: Reference,
    own: OwnSpread,
    usual: UsualSpread,
    within: float = WITHIN_SD,
    between: float = BETWEEN_SD,
) -> Floats:
    """Drop in the LARGER of the intra-individual and the inter-individual SD: Gumz et al. (2012,
    10.1186/1471-2288-12-10) take the stricter of the two, so that neither small wobbles of a stable
    person nor drops of one who always fluctuates are over-called. The formulas are not known here:
    the inter-individual one is either the SD between persons or the usual SD within them.
    """
    values = mean_of_known(checked(scores, scale))
    one = spread_of(values, own, within, between, length(scale))
    other = spread_of(values, usual, within, between, length(scale))
    return fall(values, reference, minimum) / at_least_smallest(np.maximum(one, other), scale)


def reliable_change(
    scores: npt.ArrayLike,
    *,
    scale: Scale,
    minimum: int = 1,
    reference: Reference = "previous",
    sd: float = TOTAL_SD,
    reliability: float = RELIABILITY,
) -> Floats:
    """Drop in units of the reliable change (Jacobson & Truax 1991).

    sd: of the scores between persons, as a share of the scale's length. reliability: 0 to 1.
    """
    share = drop(scores, scale=scale, minimum=minimum, reference=reference)
    return share / smallest_reliable_change(sd, reliability)


def smallest_reliable_change(sd: float, reliability: float) -> float:
    """1.96 standard errors of a difference, in the unit of `sd`."""
    return 1.96 * sqrt(2) * sd * sqrt(1 - reliability)


# --- Control charts ----------------------------------------------------------------------------


def individuals_chart(
    scores: npt.ArrayLike, *, scale: Scale, minimum: int = 2, sigma: Sigma = "moving-range"
) -> Floats:
    """Sigmas below the centre of a Shewhart chart of the earlier ratings (Montgomery, 6.4)."""
    return -standardised(mean_of_known(checked(scores, scale)), scale, minimum, sigma)


def ewma_chart(
    scores: npt.ArrayLike,
    *,
    scale: Scale,
    minimum: int = 2,
    sigma: Sigma = "moving-range",
    weight: float = 0.2,
) -> Floats:
    """How far an exponentially weighted moving average is low, in its own sigmas (Montgomery, 9.2).

    What is averaged is each rating's distance from the centre of the ratings before it.
    """
    z = standardised(mean_of_known(checked(scores, scale)), scale, minimum, sigma)
    count = np.cumsum(~np.isnan(z), axis=1)
    width = ewma_sigma(np.maximum(count, 1), weight=weight)
    return np.where(np.isnan(z), np.nan, -ewma_path(z, start=0.0, weight=weight) / width)


def cusum_chart(
    scores: npt.ArrayLike,
    *,
    scale: Scale,
    minimum: int = 2,
    sigma: Sigma = "moving-range",
    slack: float = 0.5,
) -> Floats:
    """Lower cumulative sum of the ratings' distances from the centre of the ratings before them,
    beyond `slack` sigmas each (Montgomery, 9.1). Never negative."""
    z = standardised(mean_of_known(checked(scores, scale)), scale, minimum, sigma)
    return np.where(np.isnan(z), np.nan, cusum_path(z, slack=slack))


# --- Retrospective -----------------------------------------------------------------------------


def sudden_losses_retrospective(
    scores: npt.ArrayLike, *, scale: Scale, minimum: int = 2, cut: float
) -> Floats:
    """By how much a drop fulfils the criteria of a sudden loss (Tang & DeRubeis 1999): 1 is just.

    The smaller of two ratios: the drop since the session before to `cut`, a share of the scale's
    length; the difference of the means of three sessions before and after to the criterion's. Both
    of these sessions must be rated, and another one on either side. RETROSPECTIVE: looks two
    sessions ahead.
    """
    values = mean_of_known(checked(scores, scale))
    around = surroundings(scale[0] + scale[1] - values)
    # Equal ratings need no difference at all: any, then, is as good as endless.
    needed = np.maximum(around.needed, 1e-9 * length(scale))
    margin = np.minimum(-around.fall / (cut * length(scale)), -around.mean_fall / needed)
    return known_enough(margin, values, minimum)


# --- What they share ---------------------------------------------------------------------------


def fall(values: Floats, reference: Reference, minimum: int) -> Floats:
    """Points below the reference; NaN with fewer than `minimum` earlier ratings."""
    return known_enough(BEFORE[reference](values) - values, values, minimum)


def known_enough(severity: Floats, values: Floats, minimum: int) -> Floats:
    return np.asarray(np.where(count_before(values) >= minimum, severity, np.nan))


def spread_of(
    values: Floats, spread: Spread, within: float, between: float, points: float
) -> Floats:
    """An SD in points, in a shape that goes with (series, sessions)."""
    if spread == "own-to-date":
        return sd_before(values)
    if spread == "own-whole-series-retrospective":
        return whole_series_sd_retrospective(values)
    return np.array([[points * (within if spread == "pooled-within" else between)]])


def at_least_smallest(spread: Floats, scale: Scale) -> Floats:
    return np.maximum(spread, SMALLEST_SPREAD * length(scale))


def standardised(values: Floats, scale: Scale, minimum: int, sigma: Sigma) -> Floats:
    """Each rating's distance from the mean of the ratings before it, in sigmas."""
    spread = at_least_smallest(sigma_of(values, sigma, length(scale)), scale)
    return -fall(values, "own-mean", minimum) / spread


def sigma_of(values: Floats, sigma: Sigma, points: float) -> Floats:
    if sigma == "moving-range":
        return moving_range_sigma(values)
    if sigma == "own-to-date":
        return unbiased_sigma(values, count_before(values))
    return np.array([[WITHIN_SD * points]])
