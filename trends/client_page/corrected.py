"""What was corrected about the sessions of a treatment, as the client page marks it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sessions.models import Correction, Rating, TherapySession

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.models import User
    from clients.models import Treatment


def of_treatment(treatment: Treatment, user: User) -> dict[UUID, list[Correction]]:
    """By session, newest first, without what was undone. Moved answers stand at both sessions."""
    rows = Correction.objects.read_by(user).filter(
        session__treatment=treatment, undone_at__isnull=True
    )
    found: dict[UUID, list[Correction]] = defaultdict(list)
    for row in rows.select_related("made_by", "session").order_by("-made_at"):
        places = {row.session_id, *map(UUID, filter(None, [row.before.get("to")]))}
        for session_id in places:
            found[session_id].append(row)
    return found


def undoable(corrections: Iterable[list[Correction]], at: datetime) -> list[Correction]:
    """Newest first: only that one can be undone, then the next."""
    rows = {row.pk: row for each in corrections for row in each if row.can_be_undone(at)}
    return sorted(rows.values(), key=lambda row: row.made_at, reverse=True)


def counted(
    ratings: Iterable[Rating], sessions: Iterable[TherapySession]
) -> tuple[dict[UUID, Rating], dict[UUID, Rating]]:
    """By session: the answers that count, and those that count no more."""
    void = {session.pk for session in sessions if session.voided_at is not None}
    standing: dict[UUID, Rating] = {}
    struck_out: dict[UUID, Rating] = {}
    for rating in ratings:
        counts = rating.voided_at is None and rating.session_id not in void
        (standing if counts else struck_out)[rating.session_id] = rating
    return standing, struck_out
