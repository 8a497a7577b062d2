"""Compute trajectories, raise flags, and take note of what people do with them."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.refusals import Refused
from audit.services import record
from clients.models import Treatment
from measures import catalogue
from measures.catalogue import DIMENSIONS
from outbox.doorbell import ring_on_commit
from sessions.models import Rating, TherapySession
from trends.engine import VERSION, History, Point, detect
from trends.models import Flag, Trajectory

logger = logging.getLogger(__name__)

PAUSE_AFTER_FAILURE = timedelta(minutes=10)


class FlagWithdrawn(Refused):
    sentence = _("This flag was withdrawn meanwhile: a later answer changed the picture.")
    code = "flag_withdrawn"
    status = 409


def on_ratings_changed(sender: object, treatment_id: UUID, at: datetime, **signal: object) -> None:
    """Owe a new trajectory, in the transaction of the change; a worker is told after it."""
    if not Trajectory.objects.filter(treatment_id=treatment_id).update(due_at=at):
        Trajectory.objects.update_or_create(treatment_id=treatment_id, defaults={"due_at": at})
    ring_on_commit("trends.recompute_treatment", treatment_id)


@transaction.atomic
def recompute(treatment_id: UUID, *, at: datetime) -> Trajectory:
    """Compute one treatment anew: the same ratings give the same points and flags.

    The row's lock makes a rating that arrives meanwhile wait until this is committed; it then
    marks the trajectory as due again, so that no change is missed.
    """
    Trajectory.objects.get_or_create(treatment_id=treatment_id)
    trajectory = Trajectory.objects.select_for_update(no_key=True).get(treatment_id=treatment_id)
    sessions = _held_sessions(treatment_id)
    ratings = _ratings_by_session(treatment_id)
    points = detect(_history(sessions, ratings))
    _store(trajectory, sessions, ratings, points, at=at)
    _raise_flags(treatment_id, sessions, points, at=at)
    return trajectory


def _held_sessions(treatment_id: UUID) -> list[TherapySession]:
    """In the order they were held. A session that did not take place has nothing to rate."""
    rows = TherapySession.objects.filter(
        treatment_id=treatment_id, attendance__in=TherapySession.TOOK_PLACE
    )
    return list(rows.in_order())


def _ratings_by_session(treatment_id: UUID) -> dict[UUID, Rating]:
    rows = Rating.objects.filter(session__treatment_id=treatment_id).select_related("request")
    return {rating.session_id: rating for rating in rows}


def _history(sessions: list[TherapySession], ratings: dict[UUID, Rating]) -> History:
    scores = np.full((len(sessions), len(DIMENSIONS)), np.nan)
    for row, session in enumerate(sessions):
        if rating := ratings.get(session.pk):
            scores[row] = [getattr(rating, dimension) for dimension in DIMENSIONS]
    newest = next((ratings[s.pk].request for s in reversed(sessions) if s.pk in ratings), None)
    if newest is None:
        return History(scores)
    form = catalogue.get(newest.instrument, newest.instrument_version)
    scale = (float(form.lowest), float(form.highest))
    return History(scores, scale=scale, items=form.items_per_dimension())


def _store(
    trajectory: Trajectory,
    sessions: list[TherapySession],
    ratings: dict[UUID, Rating],
    points: list[Point],
    *,
    at: datetime,
) -> None:
    rated = [row for row, session in enumerate(sessions) if session.pk in ratings]
    last = ratings[sessions[rated[-1]].pk] if rated else None
    trajectory.points = [
        {
            "session": str(session.pk),
            "held_at": session.held_at.isoformat(),
            "point": point.as_dict(),
        }
        for session, point in zip(sessions, points, strict=True)
    ]
    trajectory.engine = VERSION
    trajectory.sessions = len(sessions)
    trajectory.rated = len(rated)
    trajectory.missing = len(sessions) - (rated[-1] + 1 if rated else 0)
    for dimension in DIMENSIONS:
        setattr(trajectory, f"last_{dimension}", getattr(last, dimension) if last else None)
    trajectory.due_at, trajectory.computed_at = None, at
    trajectory.save()


def _raise_flags(
    treatment_id: UUID, sessions: list[TherapySession], points: list[Point], *, at: datetime
) -> None:
    """One flag for each onset. Open flags that the ratings no longer support are withdrawn."""
    onsets = {
        session.pk: point.reason.as_dict()
        for session, point in zip(sessions, points, strict=True)
        if point.onset and point.reason
    }
    existing = {flag.session_id: flag for flag in Flag.objects.filter(treatment_id=treatment_id)}
    for session_id, reason in onsets.items():
        _raise(treatment_id, session_id, reason, existing.get(session_id), at=at)
    for session_id, flag in existing.items():
        if session_id not in onsets and flag.state == Flag.State.OPEN:
            flag.state = Flag.State.WITHDRAWN
            flag.save(update_fields=["state"])
            _record("trends.withdraw_flag", flag, by=None, at=at)


def _raise(
    treatment_id: UUID,
    session_id: UUID,
    reason: dict[str, object],
    flag: Flag | None,
    *,
    at: datetime,
) -> None:
    """Raise a new flag, or bring the numbers of an existing one up to date."""
    action = "trends.raise_flag"
    if flag is None:
        flag = Flag(treatment_id=treatment_id, session_id=session_id, raised_at=at)
    elif flag.state == Flag.State.WITHDRAWN:
        flag.state, flag.raised_at = Flag.State.OPEN, at
    elif (flag.reason, flag.engine) == (reason, VERSION):
        return
    else:
        action = "trends.update_flag"
    flag.reason, flag.engine = reason, VERSION
    flag.save()
    _record(action, flag, by=None, at=at, engine=VERSION)


@transaction.atomic
def acknowledge_flag(flag: Flag, *, note: str, by: User, at: datetime) -> Flag:
    """The therapist has seen it. A second click changes nothing; a new note is kept."""
    flag = Flag.objects.select_for_update(of=("self",), no_key=True).get(pk=flag.pk)
    if flag.state == Flag.State.WITHDRAWN:
        raise FlagWithdrawn
    if flag.state == Flag.State.ACKNOWLEDGED and note.strip() in ("", flag.note):
        return flag
    if flag.state != Flag.State.ACKNOWLEDGED:
        flag.acknowledged_at, flag.acknowledged_by = at, by
    flag.state = Flag.State.ACKNOWLEDGED
    flag.note = note.strip() or flag.note
    flag.save()
    _record("trends.acknowledge_flag", flag, by=by, at=at)
    return flag


def recompute_due(*, at: datetime, limit: int = 500) -> int:
    """Compute whatever is owed. One treatment that fails is set aside for a while, not the rest."""
    due = list(Trajectory.objects.due(at).values_list("treatment_id", flat=True)[:limit])
    for treatment_id in due:
        try:
            recompute(treatment_id, at=at)
        except Exception:
            logger.exception("Treatment %s could not be computed.", treatment_id)
            later = at + PAUSE_AFTER_FAILURE
            Trajectory.objects.filter(treatment_id=treatment_id).update(due_at=later)
    return len(due)


def _record(action: str, flag: Flag, *, by: User | None, at: datetime, **details: object) -> None:
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
