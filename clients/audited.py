from datetime import datetime

from accounts.models import User
from audit.services import record
from clients.models import Treatment


def record_about(
    action: str, treatment: Treatment, *, by: User, at: datetime, **details: object
) -> None:
    """An audit row about a treatment: it names the clinic and the client."""
    client = treatment.client
    record(
        action,
        by=by,
        at=at,
        about=treatment,
        clinic_id=client.clinic_id,
        client_id=client.pk,
        **details,
    )
