"""What corrections share: the locks, and a form that is withdrawn, restored or moved.

Part of the services `corrections` and `undoing`; nothing here is a change of its own.
"""

from datetime import datetime

from django.utils.translation import gettext_noop as _noop

from accounts.models import User
from clients.models import Treatment
from outbox import services as outbox
from outbox.models import Message
from sessions import services
from sessions.audited import record_about
from sessions.models import (
    RATING_REQUEST,
    REMINDER,
    Rating,
    RatingRequest,
    TherapistRating,
    TherapySession,
)

NO_LONGER_NEEDED = _noop("The session was recorded by mistake, or its answers came in elsewhere.")


def lock(session: TherapySession, *more: Treatment) -> TherapySession:
    """The row anew. Whoever records or corrects a session of its treatment waits until the end."""
    treatments = sorted({session.treatment_id, *(each.pk for each in more)})
    locked = Treatment.objects.select_for_update(no_key=True).order_by("pk")
    list(locked.filter(pk__in=treatments).values_list("pk"))
    rows = TherapySession.objects.select_related("treatment__client__clinic")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=session.pk)


def lock_request(session: TherapySession) -> RatingRequest | None:
    """Whoever submits answers to it waits until the end, or was there before."""
    rows = RatingRequest.objects.filter(session=session)
    return rows.select_for_update(of=("self",), no_key=True).first()


def void(session: TherapySession, *, by: User, at: datetime) -> None:
    withdraw_request(session, by=by, at=at)
    session.voided_at = at
    session.save(update_fields=["voided_at"])


def withdraw_request(session: TherapySession, *, by: User, at: datetime) -> None:
    """The form about the session is no longer needed, unless it was answered before."""
    request = lock_request(session)
    if request is None or request.withdrawn_at or Rating.objects.filter(request=request).exists():
        return
    request.withdrawn_at = at
    request.save(update_fields=["withdrawn_at"])
    for kind in (RATING_REQUEST, REMINDER):
        outbox.withdraw(kind=kind, about=request.pk, reason=NO_LONGER_NEEDED, by=by, at=at)
    record_about("sessions.withdraw_request", request, session.treatment, by=by, at=at)


def restore_request(session: TherapySession, *, since: datetime, by: User, at: datetime) -> None:
    """The form that was withdrawn then is needed after all, and so are its mails."""
    request = lock_request(session)
    if request is None or request.withdrawn_at != since:
        return
    request.withdrawn_at = None
    request.save(update_fields=["withdrawn_at"])
    record_about("sessions.restore_request", request, session.treatment, by=by, at=at)
    for kind in (RATING_REQUEST, REMINDER):
        _owe_again(kind, request, since=since, by=by, at=at)


def _owe_again(
    kind: str, request: RatingRequest, *, since: datetime, by: User, at: datetime
) -> None:
    """The mail that would be on its way, had nobody cancelled it. Its composer checks the rest."""
    mail = Message.objects.of_kind(kind).filter(about=request.pk).order_by("-slot").first()
    if mail is None or mail.state != Message.State.CANCELLED or mail.state_at < since:
        return
    if mail.reason == NO_LONGER_NEEDED:
        slot, due_at = outbox.next_slot(kind, request.pk), max(mail.due_at, at)
        clinic_id = mail.clinic_id
        outbox.queue(kind, request.pk, clinic_id=clinic_id, by=by, at=at, slot=slot, due_at=due_at)


def check_free(session: TherapySession, held_at: datetime) -> None:
    """Within the lock of the treatment: no other session stands at that time."""
    others = TherapySession.objects.standing().exclude(pk=session.pk)
    if others.filter(treatment_id=session.treatment_id, held_at=held_at).exists():
        raise services.SessionExists


def put(rating: Rating, target: TherapySession, *, by: User, at: datetime) -> None:
    """A session has one form at most, so a form that is there waits aside and comes back here.

    The therapist may have read the answers where they were, and rated the target after that.
    """
    source, request = rating.session, rating.request
    other = RatingRequest.objects.filter(session=target).first()
    if other is None:
        _about(request, target)
    else:
        aside = _aside(source, by=by, at=at)
        _about(other, aside)
        _about(request, target)
        _about(other, source)
        aside.delete()
    rating.session = target
    rating.save(update_fields=["session"])
    _unblind(rating, by=by, at=at)


def _unblind(rating: Rating, *, by: User, at: datetime) -> None:
    """Not undone with the correction: what was not blind stays so."""
    rows = TherapistRating.objects.filter(session=rating.session, is_blind=True)
    own = rows.filter(rated_at__gt=rating.submitted_at).first()
    if own is not None:
        own.is_blind = False
        own.save(update_fields=["is_blind"])
        treatment = rating.session.treatment
        record_about("sessions.correct_not_blind", own, treatment, by=by, at=at)


def _about(request: RatingRequest, session: TherapySession) -> None:
    request.session = session
    request.save(update_fields=["session"])


def _aside(session: TherapySession, *, by: User, at: datetime) -> TherapySession:
    """Nobody ever sees it: it is gone before the transaction ends."""
    return TherapySession.objects.create(
        treatment_id=session.treatment_id,
        held_at=session.held_at,
        recorded_at=at,
        recorded_by=by,
        voided_at=at,
    )
