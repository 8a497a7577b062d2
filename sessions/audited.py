from datetime import datetime

from accounts.models import User
from audit.services import record
from clients.models import Treatment
from sessions.models import Rating, RatingRequest, TherapistRating, TherapySession


def record_about(
    action: str,
    about: TherapySession | RatingRequest | Rating | TherapistRating | Treatment,
    treatment: Treatment,
    *,
    by: User | None,
    at: datetime,
    **details: object,
) -> None:
    """An audit row about something of a treatment: it names the clinic and the client."""
    client = treatment.client
    record(
        action,
        by=by,
        at=at,
        about=about,
        clinic_id=client.clinic_id,
        client_id=client.pk,
        **details,
    )
