"""Part of the services: a whole clinic at once. What a night does, step by step.

Everything is read once, with one server-side cursor. Courses are computed some hundreds at a time,
those of like length together, and each of these batches is written in a short transaction of its
own. A rating that arrives meanwhile is never overwritten: a trajectory is written only if it is as
it was before the reading began, and not due.
"""

from __future__ import annotations

import json
from collections import Counter as Numbers
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection, transaction

from trends.computing import histories, storing
from trends.computing.calibrations import InUse
from trends.computing.histories import Course
from trends.computing.lookback import WINDOW, Counter, Past
from trends.computing.storing import Written
from trends.engine import DEFAULT, Prior
from trends.engine.courses import pack
from trends.engine.learning import MOST_TREATMENTS, Fitted, fit
from trends.engine.trends import AT_ONCE, compute
from trends.flags import flagging, life
from trends.flags.judged import Judged
from trends.models import Flag, Trajectory

RATED_TO_LEARN = 3  # a treatment with fewer ratings says little about anybody
TREATMENTS_TO_LEARN = 20

Progress = Callable[[int, int], None]


class Known(NamedTuple):
    """A trajectory before the reading began."""

    pk: UUID
    client_id: UUID
    computed_at: datetime | None


class Clinic(NamedTuple):
    """All that is computed from; the shortest courses first."""

    known: dict[UUID, Known]  # by treatment
    courses: list[Course]


def read(clinic_id: UUID, at: datetime) -> Clinic:
    """First the trajectories, then what they come from: whatever changes in between is seen."""
    rows = Trajectory.objects.filter(treatment__client__clinic_id=clinic_id, due_at__isnull=True)
    columns = rows.values_list("treatment_id", "pk", "treatment__client_id", "computed_at")
    known = {row[0]: Known(*row[1:]) for row in columns}
    courses = [each for each in histories.of_clinic(clinic_id, at) if each.treatment_id in known]
    return Clinic(known, sorted(courses, key=len))


def batches(courses: Sequence[Course]) -> Iterator[Sequence[Course]]:
    return (courses[start : start + AT_ONCE] for start in range(0, len(courses), AT_ONCE))


# --- Learn


def learn(courses: Sequence[Course]) -> Fitted:
    """The clinic's own prior; with few treatments it is the one that the program comes with."""
    ratings = [int(np.isfinite(each.history.scores).any(axis=1).sum()) for each in courses]
    telling = [
        each for each, count in zip(courses, ratings, strict=True) if count >= RATED_TO_LEARN
    ]
    if len(telling) < TREATMENTS_TO_LEARN:
        return Fitted(DEFAULT, 0, 0, 0.0)
    [(scale, _)] = Numbers(each.history.scale for each in telling).most_common(1)
    same = [each for each in telling if each.history.scale == scale]
    step = max(len(same) / MOST_TREATMENTS, 1)
    some = [same[int(place * step)] for place in range(int(len(same) / step))]
    return fit([pack([each.history for each in batch]) for batch in batches(some)])


# --- Look back


def look_back(clinic: Clinic, prior: Prior, at: datetime) -> Past:
    """How many flags each threshold would have raised."""
    counter, since = Counter(), (at - WINDOW).timestamp()
    for batch in batches(clinic.courses):
        for courses in storing.by_scale(batch):
            packed = pack([each.history for each in courses])
            trends = compute(packed, prior)
            is_recent = np.zeros(packed.held.shape, dtype=bool)
            for row, each in enumerate(courses):
                is_recent[row, : len(each)] = np.array(each.seconds) >= since
            clients = [clinic.known[each.treatment_id].client_id for each in courses]
            counter.add(trends.p_rupture, trends.can_be_flagged, packed.rated, is_recent, clients)
    return counter.past()


# --- Compute and write


def write(clinic: Clinic, in_use: InUse, *, at: datetime, tell: Progress = lambda *_: None) -> int:
    """Compute all courses and store them; returns how many were stored."""
    done = stored = 0
    for batch in batches(clinic.courses):
        stored += _store(clinic, list(storing.write_all(batch, in_use)), in_use, at=at)
        done += len(batch)
        tell(done, len(clinic.courses))
    return stored


@transaction.atomic
def _store(clinic: Clinic, batch: Sequence[Written], in_use: InUse, *, at: datetime) -> int:
    free = _lock({pk: clinic.known[pk] for pk in (each.course.treatment_id for each in batch)})
    written = [each for each in batch if each.course.treatment_id in free]
    update([(*each.values, at, clinic.known[each.course.treatment_id].pk) for each in written])
    _flag(written, in_use, at=at)
    return len(written)


def _lock(known: dict[UUID, Known]) -> set[UUID]:
    """The treatments whose trajectory is as it was; one that somebody computes now is left out."""
    rows = Trajectory.objects.filter(treatment_id__in=list(known), due_at__isnull=True)
    locked = rows.select_for_update(no_key=True, skip_locked=True).order_by()
    now = locked.values_list("treatment_id", "computed_at")
    return {pk for pk, computed_at in now if computed_at == known[pk].computed_at}


_SET = ", ".join(f"{name} = %s" for name in storing.COMPUTED)
UPDATE = f"UPDATE trends_trajectory SET {_SET}, computed_at = %s WHERE id = %s"  # noqa: S608


def update(rows: Sequence[tuple[Any, ...]]) -> None:
    """Values of COMPUTED (the points as JSON), then `computed_at` and the key."""
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(UPDATE, rows)


def _flag(written: Sequence[Written], in_use: InUse, *, at: datetime) -> None:
    """Raise what is new, and follow up what was seen. Nothing is withdrawn or rewritten by a night.

    Points are read back only where there is something to raise or to follow.
    """
    since = (at - flagging.RECENT).timestamp()
    flags = _flags([each.course.treatment_id for each in written])
    arrived = flagging.arrivals(flag for own in flags.values() for flag in own)
    for each in written:
        pk = each.course.treatment_id
        own, is_new = flags.get(pk, []), each.newest_onset >= since
        if not is_new and not any(life.is_followed(flag.state) for flag in own):
            continue
        points = json.loads(each.values[0])
        judged = Judged(pk, points, in_use.threshold, in_use.prior.version)
        if is_new:
            flagging.raise_new(judged, own, at=at)
        flagging.follow_up(judged, each.course, own, arrived, at=at)


def _flags(treatments: Sequence[UUID]) -> dict[UUID, list[Flag]]:
    """By treatment, and kept from changing until this batch is written."""
    found: dict[UUID, list[Flag]] = defaultdict(list)
    for flag in Flag.objects.filter(treatment_id__in=treatments).select_for_update(no_key=True):
        found[flag.treatment_id].append(flag)
    return found
