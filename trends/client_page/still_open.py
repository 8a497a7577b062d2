"""What is not finished in a treatment, for whoever is about to end it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from sessions.models import Rating, TherapySession
from trends.client_page import course
from trends.models import Flag

if TYPE_CHECKING:
    from accounts.models import User
    from clients.models import Treatment

State = Flag.State
UNFINISHED = (State.OPEN, State.ACKNOWLEDGED, State.IN_REPAIR, State.NOT_YET)


def words(treatment: Treatment, user: User) -> str:
    """Flags that are not closed, and wishes that nobody has read; blank without any."""
    told = [*_flags(treatment, user), *_wishes(treatment, user)]
    return str(get_text_list(told, _("and"))) if told else ""


def _flags(treatment: Treatment, user: User) -> list[str]:
    flags = Flag.objects.visible_to(user).counting().filter(treatment=treatment)
    sessions = TherapySession.objects.visible_to(user).filter(treatment=treatment).in_order()
    numbers = course.session_numbers(list(sessions))
    told = _("a possible rupture of session %(number)s (%(state)s)")
    return [
        told % {"number": numbers[flag.session_id], "state": flag.get_state_display()}
        for flag in flags.filter(state__in=UNFINISHED).order_by("session__held_at")
        if flag.session_id in numbers
    ]


def _wishes(treatment: Treatment, user: User) -> list[str]:
    given = Rating.objects.visible_to(user).standing().filter(session__treatment=treatment)
    if not given.filter(follow_up=Rating.FollowUp.RAISE, read_at__isnull=True).exists():
        return []
    return [_("%(name)s asked you to raise something") % {"name": treatment.client.name}]
