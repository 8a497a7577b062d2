"""The next appointment of a treatment: when it can be, and what becomes of it with a session."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.refusals import Refused

FURTHEST = timedelta(days=366)
HALF_A_DAY = timedelta(hours=12)  # a session this near to a planned one is that one


class NextInPast(Refused):
    sentence = _("The next appointment is in the past. Please check the date.")
    field = "next_on"
    code = "next_in_past"


class NextTooFar(Refused):
    sentence = _("The next appointment is more than a year away. Please check the date.")
    field = "next_on"
    code = "next_too_far"


def check(next_at: datetime | None, at: datetime) -> None:
    """It is still to come, and within a year. None: nothing is planned."""
    if next_at is not None and next_at <= at:
        raise NextInPast
    if next_at is not None and next_at > at + FURTHEST:
        raise NextTooFar


def is_missed(planned_at: datetime | None, at: datetime) -> bool:
    """It was planned for an earlier day, and no session was recorded for it."""
    return planned_at is not None and timezone.localdate(planned_at) < timezone.localdate(at)


def after_session(
    planned_at: datetime | None, next_at: datetime | None, *, held_at: datetime, at: datetime
) -> datetime | None:
    """What is planned then: the new plan; without one, the earlier one if it is still to come."""
    check(next_at, at)
    if next_at is None and planned_at is not None and planned_at > held_at + HALF_A_DAY:
        return planned_at
    return next_at
