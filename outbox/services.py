"""Queue a mail, send what is due, and say what became of it.

PostgreSQL is the queue of record. Celery only rings: a lost ring costs one period of the sweep.
"""

import logging
import random
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext_noop as _noop

from audit.services import Actor, record
from outbox import composers, transport
from outbox.doorbell import ring_on_commit
from outbox.models import Message

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
SWEEP_SECONDS = 25  # less than a worker's time limit for one task
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=2)

NOT_WRITTEN = _noop("This mail could not be written. The server's log says why.")
LOST_WORKER = _noop("The program stopped while this mail was being sent. It may have arrived.")


@transaction.atomic(savepoint=False)
def queue(
    kind: str,
    about: UUID,
    *,
    clinic_id: UUID | None,
    by: Actor | None,
    at: datetime,
    slot: int = 0,
    due_at: datetime | None = None,
) -> Message:
    """Owe a mail, now or for later.

    The same reason (kind, about, slot) owes one mail, however often it is asked.
    """
    message = Message(
        kind=kind,
        about=about,
        slot=slot,
        clinic_id=clinic_id,
        state_at=at,
        due_at=due_at or at,
        created_at=at,
    )
    Message.objects.bulk_create([message], ignore_conflicts=True)
    owed = Message.objects.get(kind=kind, about=about, slot=slot)
    if owed.pk == message.pk:
        record("outbox.queue", by=by, at=at, about=owed, clinic_id=clinic_id, kind=kind)
        if owed.due_at <= at:
            ring_on_commit("outbox.deliver", owed.pk)
    return owed


@transaction.atomic(savepoint=False)
def renew(message: Message, *, by: Actor | None, at: datetime, due_at: datetime) -> bool:
    """Owe a mail once more that was cancelled before it left; whether it was."""
    cancelled = Message.objects.filter(state=Message.State.CANCELLED).select_for_update()
    owed = cancelled.filter(pk=message.pk).first()
    if owed is None:
        return False
    owed.due_at = due_at
    _move(owed, Message.State.QUEUED, reason="", by=by, at=at)
    if due_at <= at:
        ring_on_commit("outbox.deliver", owed.pk)
    return True


@transaction.atomic(savepoint=False)
def withdraw(*, kind: str, about: UUID, reason: str, by: Actor | None, at: datetime) -> int:
    """Cancel the mails of this kind about this row that still wait; returns how many.

    One that a worker has in hand is left to its composer, which sees what has changed. To wait for
    it here would be to wait for somebody who may be waiting for our transaction.
    """
    waiting = Message.objects.about(about).of_kind(kind).filter(state=Message.State.QUEUED)
    mails = list(waiting.select_for_update(skip_locked=True))
    for mail in mails:
        _move(mail, Message.State.CANCELLED, reason=reason, by=by, at=at)
    return len(mails)


@transaction.atomic
def report(provider_id: str, *, state: Message.State, reason: str, at: datetime) -> bool:
    """Note what a mail provider tells later about a mail that it took; whether that was news.

    Only what left, or may have left, can come back; and only a doubt is settled by an arrival. What
    a full mailbox did not take may yet turn out to have no mailbox.
    """
    may_have_left = (Message.State.SENT, Message.State.UNCERTAIN)
    news = {
        Message.State.BOUNCED: (*may_have_left, Message.State.FAILED),
        Message.State.FAILED: may_have_left,
        Message.State.SENT: (Message.State.UNCERTAIN,),
    }
    mails = Message.objects.taken_as(provider_id).filter(state__in=news[state])
    message = mails.select_for_update().first()
    if message is None:
        return False
    _move(message, state, reason=reason, at=at)
    return True


@transaction.atomic
def report_refusal(provider_id: str, *, reason: str, at: datetime) -> bool:
    """Note that the reader of a mail wants no more; whether that was news.

    The mail did arrive, so it is and stays sent. The reason that it then has keeps a repeated
    report from undoing what the reader may have decided since.
    """
    unheard = Q(state=Message.State.UNCERTAIN) | Q(state=Message.State.SENT, reason="")
    mails = Message.objects.taken_as(provider_id).filter(unheard)
    message = mails.select_for_update().first()
    if message is None:
        return False
    _move(message, Message.State.SENT, reason=reason, at=at)
    composers.tell_refused(message.kind, message.about, at)
    return True


def next_slot(kind: str, about: UUID) -> int:
    """The slot of a mail that is sent once more for the same row."""
    last = Message.objects.filter(kind=kind, about=about).aggregate(last=Max("slot"))["last"]
    return 0 if last is None else last + 1


def is_under_way(kind: str, about: UUID, *, since: datetime) -> bool:
    """Whether a mail of this kind waits, is being sent, or was sent after `since`."""
    moving = Q(state__in=(Message.State.QUEUED, Message.State.SENDING))
    just_sent = Q(state=Message.State.SENT, state_at__gt=since)
    return Message.objects.filter(moving | just_sent, kind=kind, about=about).exists()


def deliver(message_id: UUID, *, at: datetime) -> Message.State | None:
    """Send one message if it is due and nobody else has it; returns the state it ends in."""
    claimed = _claim(message_id, at=at)
    if claimed is None:
        return None
    message, email = claimed
    outcome = transport.send(email, message_id=message.message_id)
    return _settle(message.pk, outcome, at=timezone.now())


@transaction.atomic
def _claim(message_id: UUID, *, at: datetime) -> tuple[Message, composers.Email] | None:
    """Take the message for this worker and write its mail; committed before a byte is sent."""
    due = Message.objects.due(at).select_for_update(skip_locked=True)
    message = due.filter(pk=message_id).first()
    if message is None:
        return None
    try:
        with transaction.atomic():
            email = composers.compose(message.kind, message.about, at)
    except composers.NotWanted as why:
        _move(message, Message.State.CANCELLED, reason=str(why), at=at)
        return None
    except composers.NotNow as wait:
        _put_off(message, wait, at=at)
        return None
    except Exception:
        logger.exception("Message %s could not be written.", message.pk)
        message.attempts += 1
        _retry(message, NOT_WRITTEN, at=at)
        return None
    message.attempts += 1
    message.claimed_at = at
    _move(message, Message.State.SENDING, reason="", at=at)
    return message, email


@transaction.atomic
def _settle(message_id: UUID, outcome: transport.Outcome, *, at: datetime) -> Message.State | None:
    """Note how the attempt ended. A refusal that may pass is tried again, later and later."""
    message = Message.objects.select_for_update().get(pk=message_id)
    if message.state not in (Message.State.SENDING, Message.State.UNCERTAIN):
        return None
    message.provider_id = outcome.provider_id[:255]
    if outcome.state == Message.State.QUEUED:
        _retry(message, outcome.reason, at=at)
    else:
        _move(message, outcome.state, reason=outcome.reason, at=at)
    return Message.State(message.state)


def _retry(message: Message, reason: str, *, at: datetime) -> None:
    """Back into the queue, or to the people when it was tried often enough."""
    if message.attempts >= MAX_ATTEMPTS:
        _move(message, Message.State.FAILED, reason=reason, at=at)
        return
    message.due_at = at + _pause(message.attempts)
    _move(message, Message.State.QUEUED, reason=reason, at=at)


def _put_off(message: Message, wait: composers.NotNow, *, at: datetime) -> None:
    """Back into the queue until then, which is no attempt.

    An hour that is not ahead is a defect. It counts as one, so that the mail does not go round and
    round.
    """
    if wait.until <= at:
        logger.error("Message %s is to wait until an hour that has passed.", message.pk)
        message.attempts += 1
        _retry(message, NOT_WRITTEN, at=at)
        return
    message.due_at = wait.until
    _move(message, Message.State.QUEUED, reason=wait.reason, at=at)


def _pause(attempts: int) -> timedelta:
    """Double the pause with each attempt, with a fifth of chance so that retries spread out."""
    pause = min(FIRST_PAUSE * (1 << max(attempts - 1, 0)), LONGEST_PAUSE)
    return pause * random.uniform(0.9, 1.1)  # noqa: S311  no secret


def _move(
    message: Message, state: Message.State, *, reason: str, at: datetime, by: Actor | None = None
) -> None:
    """The one place where a mail changes its state, and everybody learns of it who has to."""
    message.state, message.state_at, message.reason = state, at, reason[:200]
    message.save()
    record(
        "outbox.move",
        by=by,
        at=at,
        about=message,
        clinic_id=message.clinic_id,
        state=str(state),
        attempts=message.attempts,
    )
    if state == Message.State.BOUNCED:
        composers.tell_bounced(message.kind, message.about, at)


def deliver_due(*, at: datetime, limit: int = 500) -> int:
    """Do all that is owed now, with or without a broker; returns how many were attempted."""
    set_aside_abandoned(at=at)
    due = list(Message.objects.due(at).values_list("pk", flat=True)[:limit])
    started = monotonic()
    attempted = 0
    for pk in due:
        attempted += _deliver_safely(pk, at=at)
        if monotonic() - started > SWEEP_SECONDS:
            break  # a slow mail server; the next sweep goes on
    return attempted


def _deliver_safely(message_id: UUID, *, at: datetime) -> bool:
    """One message that cannot be handled does not hold up the others."""
    try:
        return deliver(message_id, at=at) is not None
    except Exception:
        logger.exception("Message %s could not be handled.", message_id)
        return False


@transaction.atomic
def set_aside_abandoned(*, at: datetime) -> int:
    """A worker died while sending: perhaps the mail left. Never sent again by itself."""
    abandoned = list(Message.objects.abandoned(at).select_for_update(skip_locked=True))
    for message in abandoned:
        _move(message, Message.State.UNCERTAIN, reason=LOST_WORKER, at=at)
    return len(abandoned)
