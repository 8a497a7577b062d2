"""What a page may know of the therapist's own ratings: those that are revealed, and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from clients.models import Treatment
from sessions.models import Rating, RatingRequest, TherapistRating, TherapySession
from sessions.own_rating.revealed import is_revealed

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Beside:
    """Of one session. rating: None until it is revealed; is_kept: it was given, and is not yet.

    can_rate: the therapist may still give one, blind.
    """

    rating: TherapistRating | None = None
    is_kept: bool = False
    can_rate: bool = False

    @property
    def scores(self) -> dict[str, float] | None:
        if self.rating is None:
            return None
        return {"goal": self.rating.goal, "task": self.rating.task, "bond": self.rating.bond}

    @property
    def mean(self) -> float | None:
        return sum(self.scores.values()) / len(self.scores) if self.scores else None


NOTHING = Beside()


def of_sessions(
    treatment: Treatment,
    sessions: Sequence[TherapySession],
    *,
    requests: Mapping[UUID, RatingRequest],
    ratings: Mapping[UUID, Rating],
    user: User,
    at: datetime,
) -> dict[UUID, Beside]:
    """By session, where there is anything.

    sessions: oldest first. requests, ratings: the client's, by session.
    """
    given = TherapistRating.objects.read_by(user).filter(session__treatment=treatment)
    standing = {row.pk for row in sessions if row.voided_at is None}
    found = {
        row.session_id: _told(row, requests.get(row.session_id), ratings.get(row.session_id), at)
        for row in given
        if row.session_id in standing
    }
    newest = _newest_held(sessions)
    if newest is not None and newest.pk not in found and _works_with(treatment, user):
        found[newest.pk] = Beside(can_rate=not _is_answered(requests.get(newest.pk)))
    return found


def _told(
    row: TherapistRating, request: RatingRequest | None, rating: Rating | None, at: datetime
) -> Beside:
    return Beside(row) if is_revealed(request, rating, at) else Beside(is_kept=True)


def _newest_held(sessions: Sequence[TherapySession]) -> TherapySession | None:
    """sessions: oldest first."""
    held = (row for row in reversed(sessions) if row.took_place and row.voided_at is None)
    return next(held, None)


def _is_answered(request: RatingRequest | None) -> bool:
    """With answers that were voided since, too: they were read."""
    return request is not None and hasattr(request, "rating")


def _works_with(treatment: Treatment, user: User) -> bool:
    return treatment.ended_on is None and treatment.therapist_id == user.pk
