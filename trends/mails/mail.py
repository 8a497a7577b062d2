"""The mail to therapists, written when it is sent: that there is something to review."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from accounts import services as accounts
from accounts.models import User
from clients.models import Treatment
from outbox import composers
from outbox.models import Message
from sessions.models import Rating
from trends.lists import inbox
from trends.lists.inbox import Waits
from trends.mails import mail_hours, telling
from trends.models import Flag

NOTHING_WAITS = _noop("Nothing waits for them that they want a mail about.")
INACTIVE = _noop("The account was deactivated.")
QUIET_HOURS = _noop("Waits until the therapist's quiet hours are over.")
ONE_A_DAY = _noop("There was a mail today already: this one waits until tomorrow.")

LEFT = (Message.State.SENDING, Message.State.SENT, Message.State.UNCERTAIN)


def register() -> None:
    composers.register(telling.REVIEW, review, refused=refused)


def review(about: UUID, at: datetime) -> composers.Email:
    """Names nobody and counts nothing: where to look is all that it says."""
    people = User.objects.select_related("clinic", "mail_wishes")
    person = people.filter(pk=about, is_active=True, clinic__isnull=False).first()
    if person is None:
        raise composers.NotWanted(INACTIVE)
    _check_wanted(person, at)
    clinic = person.own_clinic
    text, html = composers.render(
        "review", {"url": _address("inbox"), "wishes_url": _address("mail_wishes")}
    )
    sender = clinic.sender_name or clinic.name
    return composers.Email(person.email, _("Something to review"), text, html, sender)


def refused(about: UUID, at: datetime) -> None:
    """Whoever calls it spam is not mailed about this any more. The inbox stays."""
    accounts.stop_mails(User.objects.get(pk=about), at=at)


def _check_wanted(person: User, at: datetime) -> None:
    waits, last = inbox.waiting(person, at), _last_told(person)
    is_new = mail_hours.wishes_of(person).tells and any(
        last is None or _began_at(each) > last for each in waits
    )
    if last is not None and mail_hours.local_day(person, last) == mail_hours.local_day(person, at):
        if is_new:
            raise composers.NotNow(mail_hours.morning_after(person, at), ONE_A_DAY)
        raise composers.NotWanted(NOTHING_WAITS)
    if not (is_new or _is_late(person, waits, at) or _is_monday(person, waits, at)):
        raise composers.NotWanted(NOTHING_WAITS)
    until = mail_hours.hushed_until(person, at)
    if until is not None:
        raise composers.NotNow(until, QUIET_HOURS)


def _last_told(person: User) -> datetime | None:
    """When the last of these mails left."""
    mails = Message.objects.of_kind(telling.REVIEW).filter(about=person.pk, state__in=LEFT)
    last: datetime | None = mails.aggregate(last=Max("claimed_at"))["last"]
    return last


def _began_at(waits: Waits) -> datetime:
    """A client may have added the wish when they changed their answers."""
    changed_at = waits.about.changed_at if isinstance(waits.about, Rating) else None
    return changed_at or waits.since


def _is_late(person: User, waits: Sequence[Waits], at: datetime) -> bool:
    """A flag that nobody has seen for long, on a working day."""
    is_working_day = mail_hours.local_day(person, at).weekday() <= mail_hours.FRIDAY
    if not (is_working_day and mail_hours.wishes_of(person).reminds):
        return False
    late = at - telling.LATE
    return any(isinstance(each.about, Flag) and each.since <= late for each in waits)


def _is_monday(person: User, waits: Sequence[Waits], at: datetime) -> bool:
    """With anything to review, or a repair under way."""
    is_monday = mail_hours.local_day(person, at).weekday() == mail_hours.MONDAY
    if not (is_monday and mail_hours.wishes_of(person).digest):
        return False
    own = Treatment.objects.visible_to(person).open()
    repairs = Flag.objects.counting().filter(treatment__in=own, state__in=telling.REPAIRING)
    return bool(waits) or repairs.exists()


def _address(name: str) -> str:
    return str(settings.SITE_URL) + reverse(name)
