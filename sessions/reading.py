"""What a therapist has read of what clients said."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from sessions.audited import record_about
from sessions.models import Rating


@transaction.atomic
def mark_read(rating: Rating, *, by: User, at: datetime) -> None:
    """The therapist took note of the words, or of the wish to talk. The first time counts."""
    rating = Rating.objects.select_for_update(of=("self",), no_key=True).get(pk=rating.pk)
    if rating.read_at is not None:
        return
    rating.read_at = at
    rating.save(update_fields=["read_at"])
    record_about("sessions.mark_read", rating, rating.session.treatment, by=by, at=at)
