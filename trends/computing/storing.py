"""What is stored of a computed course: the points for the chart, the columns for the lists.

The points are written as JSON straight from the engine's arrays, which is several times as fast as
by way of objects; a test holds them to what the engine's own points say. `looking_back` beside a
point is the level as it looks now, later ratings included: for drawing the past and nothing else.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from trends.computing.calibrations import InUse
from trends.computing.histories import Course
from trends.engine import VERSION, Prior
from trends.engine.courses import Courses, pack
from trends.engine.detect import reason_at
from trends.engine.policy import raise_flags
from trends.engine.smoothing import smooth
from trends.engine.trends import EARLIER_NEEDED, Trends, compute

# The columns of a trajectory that are computed; `due_at` and `computed_at` say when.
COMPUTED = (
    "points",
    "engine",
    "prior",
    "sessions",
    "rated",
    "missing",
    "last_goal",
    "last_task",
    "last_bond",
    "p_rupture",
)


def computed(course: Course, in_use: InUse) -> dict[str, Any]:
    """One treatment's values of COMPUTED, by name; the points as objects."""
    [written] = write_all([course], in_use)
    values = dict(zip(COMPUTED, written.values, strict=True))
    return {**values, "points": json.loads(values["points"])}


def _columns(
    course: Course, in_use: InUse, held: int, rated: Sequence[int], p_rupture: float | None
) -> tuple[Any, ...]:
    """The values of COMPUTED but the first. rated: places among the sessions that took place."""
    return (
        VERSION,
        in_use.prior.version,
        held,
        len(rated),
        held - (rated[-1] + 1 if rated else 0),
        *(course.last or (None, None, None)),
        p_rupture,
    )


class Written(NamedTuple):
    """A computed course as the values of COMPUTED, the points as JSON.

    newest_onset: when the newest session was held that a flag belongs to, in seconds; 0 for none.
    """

    course: Course
    values: tuple[Any, ...]
    newest_onset: float


def write_all(courses: Sequence[Course], in_use: InUse) -> Iterator[Written]:
    """In any order."""
    for some in by_scale(courses):
        packed = pack([each.history for each in some])
        trends = compute(packed, in_use.prior)
        rated = packed.rated
        flags = raise_flags(trends.p_rupture.T, trends.can_be_flagged.T, rated.T, in_use.threshold)
        raised, lasting = (each.T.tolist() for each in flags)
        numbers = _numbers(packed, trends, in_use.prior)
        block = _Block(packed, trends, rated.tolist(), raised, lasting, numbers)
        for row, course in enumerate(some):
            yield block.written(row, course, in_use)


def by_scale(courses: Sequence[Course]) -> Iterator[list[Course]]:
    groups: dict[tuple[float, float], list[Course]] = defaultdict(list)
    for each in courses:
        groups[each.history.scale].append(each)
    return iter(groups.values())


LEVEL = ("level", "level_low", "level_high")
USUAL = ("low", "high")
DIMENSIONS = 3


def _numbers(courses: Courses, trends: Trends, prior: Prior) -> list[Any]:
    """The numbers of every session in the order of `_template`, (treatments, sessions, ..)."""
    later, _ = smooth(trends.level_mean, trends.level_var, courses.weeks, prior)
    back = courses.as_points(later[..., 3])
    level = [getattr(trends, name)[..., 3] for name in LEVEL]
    ends = (trends.usual_low, trends.usual_high)
    total = [end[..., 3] for end in ends]
    each = [end[..., dimension] for dimension in range(DIMENSIONS) for end in ends]
    chances = [trends.p_onset, trends.p_rupture]
    columns = [back, courses.totals, *level, *total, *each, trends.expected, *chances]
    numbers: list[Any] = np.stack(columns, axis=-1).tolist()
    return numbers


def _template(*, has_score: bool, has_level: bool, is_known: bool) -> str:
    """Of one point as JSON. Numbers that are left out are printed with no character at all."""

    def number(is_there: bool) -> str:
        return "%.4f" if is_there else "%.0snull"

    usual = ",".join(["[%.4f,%.4f]"] * DIMENSIONS)
    names = ["score", *LEVEL, *USUAL]
    there = [has_score, *[has_level] * len(LEVEL), *[is_known] * len(USUAL)]
    fields = [f'"{name}":{number(is_there)}' for name, is_there in zip(names, there, strict=True)]
    fields += [
        f'"usual":[{usual}]' if is_known else '"usual":' + "%.0s" * DIMENSIONS * 2 + "null",
        f'"expected":{number(is_known)}',
        '"p_onset":%.4f,"p_rupture":%.4f',
        '"flag":%s,"onset":%s,"reason":%s',
    ]
    back = f'"looking_back":{number(has_level)}'
    return '{"session":"%s","held_at":"%s",' + back + ',"point":{' + ",".join(fields) + "}}"


TEMPLATES = {
    (has_score, has_level, is_known): _template(
        has_score=has_score, has_level=has_level, is_known=is_known
    )
    for has_score in (False, True)
    for has_level in (False, True)
    for is_known in (False, True)
}
JSON = {False: "false", True: "true"}


class _Block(NamedTuple):
    """Courses on one scale, computed together; lists are (treatments, sessions)."""

    courses: Courses
    trends: Trends
    rated: list[list[bool]]
    raised: list[list[bool]]
    lasting: list[list[bool]]
    numbers: list[Any]

    def written(self, row: int, course: Course, in_use: InUse) -> Written:
        texts, rated, earlier, p_rupture, onset = [], [], 0, None, 0.0
        columns = zip(
            course.sessions, course.took_place, self.numbers[row], self.rated[row], strict=False
        )
        for place, (pk, took_place, numbers, has_score) in enumerate(columns):
            if not took_place:
                continue
            raised = self.raised[row][place]
            template = TEMPLATES[has_score, has_score or earlier > 0, earlier >= EARLIER_NEEDED]
            flags = JSON[self.lasting[row][place]], JSON[raised], self._reason(row, place)
            held_at = course.held_at(place).isoformat()
            texts.append(template % (pk, held_at, *numbers, *flags))
            if has_score:
                rated.append(len(texts) - 1)
                earlier += 1
            if raised:
                onset = course.seconds[place]
            p_rupture = round(numbers[-1], 4)
        values = _columns(course, in_use, len(texts), rated, p_rupture if rated else None)
        return Written(course, (f"[{','.join(texts)}]", *values), onset)

    def _reason(self, row: int, place: int) -> str:
        if not self.raised[row][place]:
            return "null"
        return json.dumps(reason_at(self.courses, self.trends, row, place).as_dict())
