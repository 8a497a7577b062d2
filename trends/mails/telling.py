"""Part of the services: therapists are owed a mail when something waits for them.

All such mails say the same, and there is one a day at most: a message's slot is its day. Whether
one is still wanted, and at this hour, is for its composer (`trends.mails.mail`) to say when it
leaves.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery

from accounts.models import User
from outbox import services as outbox
from outbox.models import Message
from sessions.models import Rating, RatingQuerySet, TherapySession
from trends.mails.mail_hours import (
    FRIDAY,
    MONDAY,
    hushed_until,
    local_day,
    morning_after,
    slot_of,
    wishes_of,
)
from trends.models import Flag

REVIEW = "trends.review"  # kind of mail; it is about a user

NEWS_FOR = timedelta(days=30)  # what began in an older session is no news
LATE = timedelta(hours=48)

REPAIRING = (Flag.State.IN_REPAIR, Flag.State.NOT_YET)


@transaction.atomic(savepoint=False)
def owe(flag: Flag, *, at: datetime) -> None:
    """A flag waits for its therapist from now on."""
    sessions = TherapySession.objects.select_related(
        "treatment__therapist__clinic", "treatment__therapist__mail_wishes"
    )
    session = sessions.get(pk=flag.session_id)
    if session.held_at >= at - NEWS_FOR:
        _owe(session.treatment.therapist, at=at)


@transaction.atomic(savepoint=False)
def owe_wish(treatment_id: UUID, *, at: datetime) -> None:
    """If a client has just asked the therapist to raise something. Anything else is not pushed."""
    wish = _wishes().filter(session__treatment_id=treatment_id, entered_by__isnull=True)
    new = wish.filter(Q(submitted_at=at) | Q(changed_at=at)).select_related(
        "session__treatment__therapist__clinic", "session__treatment__therapist__mail_wishes"
    )
    for rating in new:
        _owe(rating.session.treatment.therapist, at=at)


def _owe(person: User, *, at: datetime) -> None:
    """Today; or tomorrow, if the mail of today has left already."""
    wishes = wishes_of(person)
    if not (person.is_active and wishes.tells):
        return
    when = hushed_until(person, at) or at
    if not _is_owed(person, when, at=at):
        _is_owed(person, morning_after(person, when), at=at)


def _is_owed(person: User, when: datetime, *, at: datetime) -> bool:
    """Whether a mail is going to leave on that day."""
    slot = slot_of(local_day(person, when))
    mail = outbox.queue(
        REVIEW, person.pk, clinic_id=person.clinic_id, by=None, at=at, slot=slot, due_at=when
    )
    if mail.state == Message.State.CANCELLED:
        return outbox.renew(mail, by=None, at=at, due_at=when)
    return mail.state == Message.State.QUEUED


@transaction.atomic
def remind_due(*, at: datetime) -> int:
    """Owe reminders and Monday's summaries whose hour has come; returns how many.

    Two queries, if all of that was done before.
    """
    due = {
        (person.pk, slot_of(local_day(person, at))): person
        for person in _candidates(at)
        if _is_to_be_reminded(person, at)
    }
    mails = Message.objects.of_kind(REVIEW).filter(about__in=[pk for pk, _slot in due])
    known = {(mail.about, mail.slot): mail for mail in mails} if due else {}
    owed = [person for key, person in due.items() if _is_free(known.get(key), person)]
    return sum(_is_owed(person, at, at=at) for person in owed)


def _is_free(mail: Message | None, person: User) -> bool:
    """Whether the day is. A mail that was cancelled leaves it free for what is late since then."""
    if mail is None:
        return True
    late = _late_since(person)
    return mail.state == Message.State.CANCELLED and late is not None and late > mail.state_at


def _is_to_be_reminded(person: User, at: datetime) -> bool:
    wishes, weekday = wishes_of(person), local_day(person, at).weekday()
    if hushed_until(person, at) is not None:
        return False
    is_late = _late_since(person) is not None and weekday <= FRIDAY
    return (wishes.reminds and is_late) or (wishes.digest and weekday == MONDAY)


def _late_since(person: User) -> datetime | None:
    """Since when the newest of the flags that nobody has seen for long is late."""
    since: datetime | None = person.open_since  # type: ignore[attr-defined]
    return since and since + LATE


def _candidates(at: datetime) -> Iterable[User]:
    """Therapists with a flag that nobody has seen for long; on Mondays with anything at all."""
    flags = Flag.objects.counting().filter(treatment__therapist=OuterRef("pk"))
    late = flags.open().filter(state_at__lte=at - LATE).order_by("-state_at")
    people = User.objects.therapists().filter(is_active=True, clinic__isnull=False)
    people = people.select_related("clinic", "mail_wishes").annotate(
        open_since=Subquery(late.values("state_at")[:1])
    )
    if not _is_monday_somewhere(at):
        return people.filter(Exists(late))
    wishes = _wishes().filter(session__treatment__therapist=OuterRef("pk"))
    repairs = flags.filter(state__in=REPAIRING, treatment__ended_on__isnull=True)
    anything = Exists(flags.open()) | Exists(repairs) | Exists(wishes)
    return people.filter(anything)


def _wishes() -> RatingQuerySet:
    """After the end of a treatment too, as in the inbox."""
    unread = Rating.objects.standing().filter(read_at__isnull=True)
    return unread.filter(follow_up=Rating.FollowUp.RAISE)


def _is_monday_somewhere(at: datetime) -> bool:
    """Clocks of the world are at most 12 hours behind UTC, and 14 before it."""
    west, east = at.astimezone(UTC) - timedelta(hours=12), at.astimezone(UTC) + timedelta(hours=14)
    return MONDAY in (west.weekday(), east.weekday())
