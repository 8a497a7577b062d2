"""What became of a form, in words that a therapist or the front desk can act on."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from clients.models import Treatment
from outbox.models import Message
from sessions import services
from sessions.models import RatingRequest, TherapySession

REMEMBERED = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Delivery:
    """at: since when it is so. goes_out_at: when the mail leaves, if it waits for an hour."""

    words: str
    reason: str = ""
    is_troubled: bool = False
    can_resend: bool = False
    is_waiting: bool = False
    at: datetime | None = None
    goes_out_at: datetime | None = None
    is_asked_for: bool = False  # the client asks for a new link


def of_request(request: RatingRequest, at: datetime) -> Delivery:
    """Tell the state of a request that was fetched `with_delivery()` and with its rating."""
    if request.withdrawn_at is not None:
        return Delivery(_("no longer needed"), at=request.withdrawn_at)
    if hasattr(request, "rating"):
        return Delivery(_("answered"), at=request.rating.submitted_at)
    told = _of_mail(request, at)
    if request.link_asked_at is None:
        return told
    return replace(told, is_asked_for=True, can_resend=True)


def _of_mail(request: RatingRequest, at: datetime) -> Delivery:
    state, since = request.mail_state, request.mail_at  # type: ignore[attr-defined]
    said: str = request.mail_reason or ""  # type: ignore[attr-defined]
    reason = _(said) if said else ""
    if state in Message.TROUBLED:
        words = str(Message.State(state).label)
        return Delivery(words, reason, is_troubled=True, can_resend=True, at=since)
    if state == Message.State.CANCELLED:
        return Delivery(_("not sent"), reason, can_resend=True, at=since)
    if request.is_expired(at):
        recent = _is_recent(request, at)
        return Delivery(_("not answered in time"), can_resend=recent, at=request.expires_at)
    if state == Message.State.SENT:
        words = _("form sent, no answer yet")
        return Delivery(words, can_resend=True, is_waiting=True, at=since)
    if state is None:  # opened on a device or for paper, never mailed
        return Delivery(_("to be filled in at the clinic"), at=request.created_at)
    due = _ahead(request.mail_due_at, at)  # type: ignore[attr-defined]
    return Delivery(_("form on its way"), reason, is_waiting=True, at=since, goes_out_at=due)


def _ahead(due_at: datetime | None, at: datetime) -> datetime | None:
    return due_at if due_at is not None and due_at > at else None


def _is_recent(request: RatingRequest, at: datetime) -> bool:
    """Whether the client can be expected to remember the session."""
    return at - request.created_at < REMEMBERED


def as_possible(form: Delivery, treatment: Treatment) -> Delivery:
    """Without a button that would only be refused."""
    if form.can_resend and not services.can_be_sent(treatment):
        return replace(form, can_resend=False)
    return form


def of_session(session: TherapySession, request: RatingRequest | None, at: datetime) -> Delivery:
    """The same for a session, which may have no form at all."""
    if session.voided_at is not None:
        return Delivery(_("no longer needed"), at=session.voided_at)
    if request is not None:
        return of_request(request, at)
    if not session.took_place:
        return Delivery(str(session.get_attendance_display()).lower())
    return Delivery(_("no form sent"))
