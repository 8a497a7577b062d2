"""What became of a form, in words that a therapist or the front desk can act on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from outbox.models import Message
from sessions.models import RatingRequest, TherapySession

REMEMBERED = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Delivery:
    words: str
    reason: str = ""
    is_troubled: bool = False
    can_resend: bool = False
    is_waiting: bool = False


def of_request(request: RatingRequest, at: datetime) -> Delivery:
    """Tell the state of a request that was fetched with `with_delivery()` and its rating."""
    if hasattr(request, "rating"):
        return Delivery(_("answered"))
    state, reason = request.mail_state, request.mail_reason or ""  # type: ignore[attr-defined]
    if state in Message.TROUBLED:
        words = str(Message.State(state).label)
        return Delivery(words, _(reason) if reason else "", is_troubled=True, can_resend=True)
    if state == Message.State.CANCELLED:
        return Delivery(_("not sent"), _(reason) if reason else "", can_resend=True)
    if request.is_expired(at):
        return Delivery(_("not answered in time"), can_resend=_is_recent(request, at))
    if state == Message.State.SENT:
        return Delivery(_("form sent, no answer yet"), can_resend=True, is_waiting=True)
    return Delivery(_("form on its way"), _(reason) if reason else "", is_waiting=True)


def _is_recent(request: RatingRequest, at: datetime) -> bool:
    """Whether the client can be expected to remember the session."""
    return at - request.created_at < REMEMBERED


def of_session(session: TherapySession, request: RatingRequest | None, at: datetime) -> Delivery:
    """The same for a session, which may have no form at all."""
    if request is not None:
        return of_request(request, at)
    if not session.took_place:
        return Delivery(str(session.get_attendance_display()).lower())
    return Delivery(_("no form sent"))
