"""When a therapist may be mailed: their wishes and quiet hours, on the clinic's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from accounts.models import MailWishes, User
from outbox import quiet

FRIDAY, MONDAY = 4, 0
FIRST_DAY = date(2020, 1, 1)  # slots are small numbers


def wishes_of(person: User) -> MailWishes:
    """Of somebody who never said any: the defaults."""
    return getattr(person, "mail_wishes", None) or MailWishes(user=person)


def hushed_until(person: User, at: datetime) -> datetime | None:
    """Until when this person is not to be mailed; None: now is as good as any time."""
    wishes = wishes_of(person)
    return quiet.quiet_until(at, person.own_clinic.zone, wishes.quiet_from, wishes.quiet_until)


def local_day(person: User, at: datetime) -> date:
    return at.astimezone(person.own_clinic.zone).date()


def slot_of(day: date) -> int:
    return (day - FIRST_DAY).days


def morning_after(person: User, at: datetime) -> datetime:
    """On the next day, when quiet hours end."""
    next_day = local_day(person, at) + timedelta(days=1)
    zone = person.own_clinic.zone
    morning = datetime.combine(next_day, wishes_of(person).quiet_until, zone)
    return hushed_until(person, morning) or morning.astimezone(UTC)
