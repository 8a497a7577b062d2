"""The rule "own-mean-1": a dimension falls far below the person's own mean of earlier ratings.

The reference is the person, never a norm: alliance ratings have no published cut-off. The drop is
measured in standard deviations, a pooled one at first, more and more the person's own as sessions
accumulate (`forecast.py`). The rule looks at every dimension and takes the worst.

How good it is, measured on our own simulation (`tests/trends/engine/simulation.py`: two items per
dimension, 20 sessions, ruptures of mean depth .9 points from the third session on):
- of 100 rated sessions without a rupture, 3.7 are flagged (4.4 in a world where ruptures never
  come, 4.9 in one where ratings do not grow early on, 5.8 where neither happens);
- of 100 rated sessions in which a rupture begins, 43 are flagged; of 100 inside a rupture, 31.
With four items per dimension 51 and 36, at 2.9 false alarms. The usual range, meant for 80 of 100
totals, held 85 outside ruptures (whole points and the ceiling leave less scatter than the pooled SD
allows for). No study gives such figures for real ruptures, and ratings see only some of those.
"""

from dataclasses import dataclass
from math import isnan

import numpy as np
import numpy.typing as npt

from .forecast import Forecast, forecast, pooled_sd
from .history import DIMENSIONS, Floats, History
from .points import Point, Range, Reason

VERSION = "own-mean-1"

# Standard deviations below the own mean. Chosen on our simulation for at most five flags in a
# hundred rated sessions without a rupture.
THRESHOLD = 2.1

# A fall must also be at least this share of the scale: .6 points from 1 to 5. Someone whose ratings
# never move is not flagged for one item answered one step lower (.5 with two items).
SMALLEST_DROP = 0.15

# A tie counts as far enough, whatever the last bits of two equal computations say.
TIE = 1e-9

Bools = npt.NDArray[np.bool_]


def detect(history: History) -> list[Point]:
    """Judge every session of a treatment from this session and the ones before it.

    history: scores (sessions, 3) in points of its scale, NaN where there is no rating.
    Returns one Point per session, in the same order; scores, levels and ranges in scale points,
    severities in standard deviations. An empty history gives an empty list. Nothing is raised: a
    History has been checked when it was made. The same history always gives the same points, and
    `detect` of its first t sessions gives the first t of them.

    A session is flagged when a dimension with at least two earlier ratings lies THRESHOLD standard
    deviations and SMALLEST_DROP of the scale below their mean. A missing dimension is left out: it
    neither flags nor enters the total. A flagged rating counts in the mean of later sessions, so a
    lasting rupture slowly becomes usual; that is a known limit of this rule.
    """
    evidence = weigh(history)
    return [point_at(evidence, t) for t in range(len(history))]


@dataclass(frozen=True)
class Evidence:
    """All that the points are made of, one entry per session; NaN where there is nothing."""

    scores: list[list[float]]
    totals: list[float]
    levels: list[float]
    band: list[list[Range | None]]
    usual: list[list[Range | None]]
    drops: list[list[float]]
    severities: list[list[float]]
    alarming: list[list[bool]]
    onsets: list[bool]
    counts: list[list[float]]
    missing: list[int]


def weigh(history: History) -> Evidence:
    dimensions, total = expect(history)
    drops = dimensions.mean - history.scores
    severities = drops / dimensions.spread
    alarming = far_enough(drops, severities, history.span)
    flags = np.asarray(alarming.any(axis=1))
    rated = np.isfinite(history.totals)
    return Evidence(
        scores=history.scores.tolist(),
        totals=history.totals.tolist(),
        levels=own_levels(history).tolist(),
        band=ranges(total, history.scale),
        usual=ranges(dimensions, history.scale),
        drops=drops.tolist(),
        severities=severities.tolist(),
        alarming=alarming.tolist(),
        onsets=onsets(flags, rated).tolist(),
        counts=dimensions.count.tolist(),
        missing=unrated_before(rated),
    )


def expect(history: History) -> tuple[Forecast, Forecast]:
    """Forecasts of goal, task and bond, and of their mean."""
    origin, span, items = history.scale[0], history.span, history.items
    one = pooled_sd(items, span)
    all_three = pooled_sd(items * len(DIMENSIONS), span)
    return (
        forecast(history.scores, pooled=one, origin=origin),
        forecast(history.totals[:, None], pooled=all_three, origin=origin),
    )


def far_enough(drops: Floats, severities: Floats, span: float) -> Bools:
    """Which dimensions of which sessions fell far in both respects; NaN never did."""
    return (severities >= THRESHOLD - TIE) & (drops >= SMALLEST_DROP * span - TIE)


def onsets(flags: Bools, rated: Bools) -> Bools:
    """Flagged sessions whose last rated session before was not flagged."""
    flagged = flags[rated]
    already = np.zeros_like(flagged)
    already[1:] = flagged[:-1]
    begins = np.zeros_like(flags)
    begins[rated] = flagged & ~already
    return begins


def own_levels(history: History) -> Floats:
    """Mean of all totals up to and including each session; NaN before the first rating."""
    known = ~np.isnan(history.totals)
    origin = history.scale[0]
    total = np.cumsum(np.where(known, history.totals - origin, 0.0))
    count = np.cumsum(known)
    return np.where(count > 0, origin + total / np.maximum(count, 1), np.nan)


def ranges(expected: Forecast, scale: tuple[float, float]) -> list[list[Range | None]]:
    """Where the next ratings usually fall, within the scale, per session and series."""
    low = np.clip(expected.mean - expected.margin, *scale).tolist()
    high = np.clip(expected.mean + expected.margin, *scale).tolist()
    return [
        [None if isnan(bottom) else (bottom, top) for bottom, top in zip(*rows, strict=True)]
        for rows in zip(low, high, strict=True)
    ]


def unrated_before(rated: Bools) -> list[int]:
    """How many sessions without a rating lie directly before each session."""
    run, runs = 0, []
    for here in rated:
        runs.append(run)
        run = 0 if here else run + 1
    return runs


def point_at(evidence: Evidence, t: int) -> Point:
    reason = reason_at(evidence, t)
    band, usual = evidence.band[t][0], evidence.usual[t]
    known = [severity for severity in evidence.severities[t] if not isnan(severity)]
    return Point(
        score=number(evidence.totals[t]),
        level=number(evidence.levels[t]),
        low=band and band[0],
        high=band and band[1],
        usual=(usual[0], usual[1], usual[2]) if any(usual) else None,
        severity=max(known, default=None),
        flag=reason is not None,
        onset=evidence.onsets[t],
        reason=reason,
    )


def reason_at(evidence: Evidence, t: int) -> Reason | None:
    """The worst of the dimensions that fell far enough (the first of equals), with its numbers."""
    severities = evidence.severities[t]
    usual = evidence.usual[t]
    fallen = [(d, range_) for d, range_ in enumerate(usual) if range_ and evidence.alarming[t][d]]
    if not fallen:
        return None
    worst, (low, high) = max(fallen, key=lambda fall: severities[fall[0]])
    return Reason(
        dimension=DIMENSIONS[worst],
        score=evidence.scores[t][worst],
        usual_low=low,
        usual_high=high,
        severity=severities[worst],
        changes=changes(evidence.drops[t]),
        earlier=int(evidence.counts[t][worst]),
        missing=evidence.missing[t],
    )


def changes(drops: list[float]) -> dict[str, float]:
    """Each dimension against its own mean, where both are known; negative means lower."""
    pairs = zip(DIMENSIONS, drops, strict=True)
    return {dimension: 0.0 - drop for dimension, drop in pairs if not isnan(drop)}


def number(value: float) -> float | None:
    return None if isnan(value) else value
