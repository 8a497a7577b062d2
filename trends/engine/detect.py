"""From histories to points: the engine as the program uses it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import isnan
from typing import NamedTuple

import numpy as np

from .courses import Courses, pack
from .evidence import SOURCES, Source
from .history import ATTENDANCE, DIMENSIONS, History
from .points import Point, Reason
from .policy import DEFAULT_THRESHOLD, raise_flags
from .prior import DEFAULT, Prior
from .trends import AT_ONCE, EARLIER_NEEDED, Trends, compute

RAREST = 1e-6  # what is rarer than one in a million is not told apart from it
MOST_SAID = 100  # beyond one in so many our simulation no longer bears the number out
NO_RATING = ATTENDANCE.index("cancelled")  # from here on a session did not take place


def detect(
    history: History, *, prior: Prior = DEFAULT, threshold: float = DEFAULT_THRESHOLD
) -> list[Point]:
    """Judge every session of a treatment from this session and the ones before it.

    threshold: p_rupture from which on a flag is raised (`policy.py`).
    Returns one Point per session, in the same order. Nothing is raised: a History has been checked
    when it was made. The same history gives the same points, alone or among others, and `detect` of
    its first t sessions gives the first t of them.
    """
    return next(detect_many([history], prior=prior, threshold=threshold))


def detect_many(
    histories: Iterable[History],
    *,
    prior: Prior = DEFAULT,
    threshold: float = DEFAULT_THRESHOLD,
) -> Iterator[list[Point]]:
    """`detect` for many treatments, in the order given; a few hundred are in memory at a time."""
    waiting = iter(histories)
    while some := list(islice(waiting, AT_ONCE)):
        yield from detect_some(some, prior, threshold)


def detect_some(
    histories: Sequence[History], prior: Prior, threshold: float
) -> Iterator[list[Point]]:
    """Those of one scale together; almost always that is all of them."""
    found: dict[int, list[Point]] = {}
    for scale in {history.scale for history in histories}:
        places = [place for place, history in enumerate(histories) if history.scale == scale]
        courses = pack([histories[place] for place in places])
        trends = compute(courses, prior)
        raised, lasting = raise_flags(
            trends.p_rupture.T, trends.can_be_flagged.T, courses.rated.T, threshold
        )
        for row, place in enumerate(places):
            count = len(histories[place])
            flags = Flags(raised[:count, row].tolist(), lasting[:count, row].tolist())
            found[place] = points_of(courses, trends, row, flags)
    return (found[place] for place in range(len(histories)))


class Flags(NamedTuple):
    """One treatment's sessions: where a flag is raised, and where its episode is under way."""

    raised: list[bool]
    lasting: list[bool]


def points_of(courses: Courses, trends: Trends, row: int, flags: Flags) -> list[Point]:
    """The points of one treatment. (Lists first: numpy's single numbers are slow to pick.)"""
    scores, earlier = courses.totals[row].tolist(), trends.earlier[row].tolist()
    level = np.stack([trends.level, trends.level_low, trends.level_high])[:, row, :, 3].T.tolist()
    usual = np.stack([trends.usual_low[row], trends.usual_high[row]], axis=-1).tolist()
    numbers = [x[row].tolist() for x in (trends.expected, trends.p_onset, trends.p_rupture)]
    points = []
    for t, (raised, lasting) in enumerate(zip(*flags, strict=True)):
        score = None if isnan(scores[t]) else scores[t]
        known = earlier[t] >= EARLIER_NEEDED
        any_rating = earlier[t] > 0 or score is not None
        goal, task, bond, total = (tuple(range_) for range_ in usual[t])
        points.append(
            Point(
                score=score,
                level=level[t][0] if any_rating else None,
                level_low=level[t][1] if any_rating else None,
                level_high=level[t][2] if any_rating else None,
                low=total[0] if known else None,
                high=total[1] if known else None,
                usual=(goal, task, bond) if known else None,
                expected=numbers[0][t] if known else None,
                p_onset=numbers[1][t],
                p_rupture=numbers[2][t],
                flag=lasting,
                onset=raised,
                reason=reason_at(courses, trends, row, t) if raised else None,
            )
        )
    return points


def reason_at(courses: Courses, trends: Trends, row: int, t: int) -> Reason:
    worst = int(trends.how_far[row, t].argmax())
    scores, usual = courses.scores[row, t], trends.usual[row, t]
    unrated = missing_before(courses, row, t)
    return Reason(
        dimension=DIMENSIONS[worst],
        score=float(scores[worst]),
        usual_low=float(trends.usual_low[row, t, worst]),
        usual_high=float(trends.usual_high[row, t, worst]),
        changes={
            dimension: float(scores[d] - usual[d])
            for d, dimension in enumerate(DIMENSIONS)
            if np.isfinite(scores[d])
        },
        earlier=int(np.isfinite(courses.scores[row, :t, worst]).sum()),
        missing=sum(1 for s in unrated if courses.attendance[row, s] < NO_RATING),
        one_in=one_in(float(trends.as_low[row, t, worst]), int(np.isfinite(scores).sum())),
        p_onset=float(trends.p_onset[row, t]),
        p_rupture=float(trends.p_rupture[row, t]),
        also=tuple(also(trends, row, [*unrated, t])),
    )


def one_in(as_low: float, dimensions: int) -> float:
    """In how many sessions without a rupture one has a dimension that is as low.

    as_low: the chance of one dimension. Of `dimensions` rated ones the worst is looked at, so the
    chance of any of them counts (Sidak).
    """
    return 1 / max(1 - (1 - as_low) ** dimensions, RAREST)


def missing_before(courses: Courses, row: int, t: int) -> list[int]:
    """The sessions without a rating directly before this one."""
    rated = np.flatnonzero(courses.rated[row, :t])
    return list(range(int(rated[-1]) + 1 if len(rated) else 0, t))


def also(trends: Trends, row: int, sessions: list[int]) -> Iterator[Source]:
    """What besides the scores raised the odds, here and in the sessions without a rating before."""
    for source in SOURCES:
        if max(trends.odds[source][row, t] for t in sessions) > 0:
            yield source
