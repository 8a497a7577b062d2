"""Part of the services: the flags that follow from a treatment's points.

Three rules protect the trust in a flag (docs/adr/0012):
- It is raised for a recent session only. What is computed anew says nothing new about long ago.
- An open one is withdrawn, and the numbers of any brought up to date, only when the ratings behind
  it changed; not because a threshold or what was learned from the clinic did.
- There is one for an episode: none is raised while another one's episode is under way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import User
from audit.services import record
from clients.models import Treatment
from trends.engine import VERSION
from trends.engine.policy import CALM
from trends.models import Flag, Trajectory

RECENT = timedelta(days=30)  # a flag for an older session comes too late to be of use

StoredPoint = Mapping[str, Any]


class Judged:
    """A treatment's stored points, in order, and the threshold they were judged by."""

    def __init__(
        self, treatment_id: UUID, stored: Sequence[Mapping[str, Any]], threshold: float
    ) -> None:
        self.treatment_id = treatment_id
        self.threshold = threshold
        self.sessions = [UUID(each["session"]) for each in stored]
        self.held_at = [datetime.fromisoformat(each["held_at"]) for each in stored]
        self.points: list[StoredPoint] = [each["point"] for each in stored]

    def onsets(self, since: datetime) -> list[int]:
        return [
            place
            for place, (point, held_at) in enumerate(zip(self.points, self.held_at, strict=True))
            if point["onset"] and held_at >= since
        ]

    def place(self, session_id: UUID) -> int | None:
        return self.sessions.index(session_id) if session_id in self.sessions else None

    def is_calm(self, place: int) -> bool:
        """Rated, and far enough below the threshold to end an episode."""
        point = self.points[place]
        return point["score"] is not None and point["p_rupture"] < CALM * self.threshold

    def one_episode(self, one: int, other: int) -> bool:
        first, last = sorted((one, other))
        return not any(self.is_calm(place) for place in range(first + 1, last + 1))


def raise_new(
    judged: Judged, flags: Sequence[Flag], *, at: datetime, since: datetime | None = None
) -> None:
    """Raise what is new, for sessions held since then (None: the last 30 days).

    flags: all of the treatment's.
    """
    by_session = {flag.session_id: flag for flag in flags}
    standing = {judged.place(flag.session_id) for flag in flags if _stands(flag)}
    for place in judged.onsets(since or at - RECENT):
        if any(other is not None and judged.one_episode(other, place) for other in standing):
            continue
        _raise(judged, place, by_session.get(judged.sessions[place]), at=at)
        standing.add(place)


def _stands(flag: Flag) -> bool:
    return flag.state != Flag.State.WITHDRAWN


def _raise(judged: Judged, place: int, withdrawn: Flag | None, *, at: datetime) -> None:
    session_id, reason = judged.sessions[place], judged.points[place]["reason"]
    flag = withdrawn or Flag(treatment_id=judged.treatment_id, session_id=session_id)
    flag.state, flag.raised_at = Flag.State.OPEN, at
    flag.reason, flag.engine = reason, VERSION
    flag.save()
    record_flag("trends.raise_flag", flag, by=None, at=at, engine=VERSION)


def follow_ratings(
    judged: Judged, flags: Sequence[Flag], before: Trajectory, *, prior: str, at: datetime
) -> None:
    """Withdraw or update flags whose ratings changed since `before` was computed.

    They changed if the point of the session did, under the same engine and prior: it rests on the
    ratings up to that session and on nothing else.
    """
    is_comparable = (before.engine, before.prior) == (VERSION, prior)
    stored = {each["session"]: each["point"] for each in before.points} if is_comparable else {}
    for flag in filter(_stands, flags):
        place = judged.place(flag.session_id)
        if place is None or judged.points[place]["score"] is None:
            _withdraw(flag, at=at)
        elif _moved(stored.get(str(flag.session_id)), judged.points[place]):
            _follow(flag, judged, place, at=at)


def _moved(stored: StoredPoint | None, point: StoredPoint) -> bool:
    return stored is not None and evidence(stored) != evidence(point)


def evidence(point: StoredPoint) -> dict[str, Any]:
    """What a point says, apart from where the clinic draws its line."""
    return {name: value for name, value in point.items() if name not in POLICY}


POLICY = ("flag", "onset", "reason")


def _follow(flag: Flag, judged: Judged, place: int, *, at: datetime) -> None:
    reason = judged.points[place]["reason"]
    if judged.is_calm(place):
        _withdraw(flag, at=at)
    elif reason is not None and flag.reason != reason:
        flag.reason, flag.engine = reason, VERSION
        flag.save(update_fields=["reason", "engine"])
        record_flag("trends.update_flag", flag, by=None, at=at, engine=VERSION)


def _withdraw(flag: Flag, *, at: datetime) -> None:
    """Only while nobody has seen it."""
    if flag.state == Flag.State.OPEN:
        flag.state = Flag.State.WITHDRAWN
        flag.save(update_fields=["state"])
        record_flag("trends.withdraw_flag", flag, by=None, at=at)


def record_flag(
    action: str, flag: Flag, *, by: User | None, at: datetime, **details: object
) -> None:
    client = Treatment.objects.select_related("client").get(pk=flag.treatment_id).client
    record(
        action,
        by=by,
        at=at,
        about=flag,
        clinic_id=client.clinic_id,
        client_id=client.pk,
        **details,
    )
