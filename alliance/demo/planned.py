"""The next appointments in the demo, and what its therapists have read already."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F

from clients.models import Treatment
from sessions.models import Rating

DAYS = (0, 1, 0, 3, -1, 7, 0, 6, 2, 7)  # from today; one planned session was not recorded
FIRST_HOUR, HOURS = 9, 8
UNREAD = timedelta(days=4)


def write(treatments: Sequence[Treatment], at: datetime) -> None:
    """One for each treatment, at hours when people work; words of the last days are unread."""
    zone = treatments[0].client.clinic.zone
    today = at.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    for number, treatment in enumerate(treatments):
        day = today + timedelta(days=DAYS[number % len(DAYS)])
        treatment.next_at = day.replace(hour=FIRST_HOUR + number % HOURS)
    Treatment.objects.bulk_update(treatments, ["next_at"])
    older = Rating.objects.filter(session__treatment__in=treatments)
    older.filter(submitted_at__lt=at - UNREAD).update(read_at=F("submitted_at"))
