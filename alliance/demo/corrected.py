"""What was put right in the demo: a session that was recorded twice, and one with a wrong date."""

from datetime import timedelta

from clients.models import Treatment
from sessions import services as sessions
from sessions.correcting import corrections
from sessions.models import TherapySession

TWICE, WRONG_DAY = 2, 3  # clients of the first therapist, by number
LATER = timedelta(hours=3)


def write(treatments: list[Treatment]) -> None:
    """Soon after each session, so that no form of it ever arrived."""
    _void(_middle(treatments[TWICE]))
    _redate(_middle(treatments[WRONG_DAY]))


def _middle(treatment: Treatment) -> TherapySession:
    rows = TherapySession.objects.filter(treatment=treatment).select_related("treatment__client")
    held = [row for row in rows.in_order() if row.took_place]
    return held[len(held) // 2]


def _void(session: TherapySession) -> None:
    by, at = session.recorded_by, session.recorded_at + LATER
    again = sessions.record_session(
        treatment=session.treatment,
        held_at=session.held_at + timedelta(hours=1),
        attendance=session.attendance,
        format=session.format,
        minutes=session.minutes,
        note="",
        by=by,
        at=at,
    )
    corrections.void_session(again, reason="I had recorded it already.", by=by, at=at)


def _redate(session: TherapySession) -> None:
    by, at = session.recorded_by, session.recorded_at + LATER
    day_before = session.held_at - timedelta(days=1)
    corrections.redate(session, held_at=day_before, reason="It was the day before.", by=by, at=at)
