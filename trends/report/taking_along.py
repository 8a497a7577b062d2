"""Part of the services: that somebody took a course along is written down, like a change."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.services import record
from clients.models import Treatment


@transaction.atomic
def take_along(
    treatment: Treatment, *, kind: str, with_words: bool, by: User, at: datetime
) -> None:
    """From now on there is a copy that the program no longer guards."""
    record(
        "trends.take_along",
        by=by,
        at=at,
        about=treatment,
        clinic_id=treatment.client.clinic_id,
        client_id=treatment.client_id,
        kind=kind,
        with_words=with_words,
    )
