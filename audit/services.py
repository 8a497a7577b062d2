from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.db import models, transaction

from audit.models import Event


class Actor(Protocol):
    """Whoever acts: a user. (A client who answers by link has no account and is `None`.)"""

    @property
    def pk(self) -> UUID: ...


def record(
    action: str,
    *,
    by: Actor | None,
    at: datetime,
    about: models.Model,
    clinic_id: UUID | None = None,
    client_id: UUID | None = None,
    **details: object,
) -> Event:
    """Write the event of a change, in the transaction of that change."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"{action} is recorded outside the transaction of its change.")
    return Event.objects.create(
        at=at,
        action=action,
        by_id=by.pk if by else None,
        about=about._meta.label,
        about_id=about.pk,
        clinic_id=clinic_id,
        client_id=client_id,
        details=details,
    )
