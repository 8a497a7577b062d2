from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _noop

from accounts.models import Clinic, User
from audit.refusals import Refused
from clients import services as clients
from clients.models import Client, Treatment
from measures import catalogue
from outbox import links
from outbox import services as outbox
from sessions import planning
from sessions.audited import record_about
from sessions.form import asked
from sessions.models import (
    OWN_LINK,
    RATING_REQUEST,
    REMINDER,
    RatingRequest,
    RequestLink,
    TherapistRating,
    TherapySession,
)
from sessions.sending import unanswered
from sessions.signals import ratings_changed

SHORT_FORM = "alliance-6"
LONG_FORM = "alliance-12"
CLOCKS_DIFFER = timedelta(minutes=5)
A_YEAR = timedelta(days=366)
PAUSE_BEFORE_RESEND = timedelta(minutes=10)
PAUSE_BETWEEN_OWN_LINKS = timedelta(hours=1)
OWN_LINK_VALID = timedelta(hours=24)
SENT_AGAIN = _noop("The form was sent again, so nobody has to be reminded.")


class SessionInFuture(Refused):
    sentence = _("This session is in the future. Record it once it has been held.")
    field = "held_on"
    code = "session_in_future"


class SessionExists(Refused):
    sentence = _("A session at this date and time is already recorded for this client.")
    field = "held_time"
    code = "session_exists"
    status = 409


class TreatmentEnded(Refused):
    sentence = _("This treatment has ended. Start a new one on the client's page first.")
    field = "treatment"
    code = "treatment_ended"
    status = 409


class SessionTooOld(Refused):
    sentence = _("This is more than a year before the treatment started. Please check the date.")
    field = "held_on"
    code = "session_too_old"


class NothingToSend(Refused):
    sentence = _("This form was answered, or it cannot be sent to this client now.")
    code = "nothing_to_send"
    status = 409


class JustSent(Refused):
    sentence = _("The form was sent a few minutes ago. Please wait a little before sending again.")
    code = "just_sent"
    status = 409


@transaction.atomic
def record_session(
    *,
    treatment: Treatment,
    held_at: datetime,
    attendance: str,
    format: str,
    minutes: int,
    note: str,
    next_at: datetime | None = None,
    asks_elements: bool = False,
    by: User,
    at: datetime,
) -> TherapySession:
    """Write down a session; if it took place, the client's form is on its way with it.

    next_at: the next appointment, if one was made.
    """
    rows = Treatment.objects.select_related("client__clinic")
    treatment = rows.select_for_update(of=("self",), no_key=True).get(pk=treatment.pk)
    if treatment.ended_on is not None:
        raise TreatmentEnded
    check_time(treatment, held_at=held_at, at=at)
    planned_at = treatment.next_at
    treatment.next_at = planning.after_session(planned_at, next_at, held_at=held_at, at=at)
    treatment.save(update_fields=["next_at"])
    session = TherapySession(
        treatment=treatment,
        held_at=held_at,
        attendance=attendance,
        format=format,
        minutes=minutes,
        note=note.strip(),
        recorded_at=at,
        recorded_by=by,
    )
    TherapySession.objects.bulk_create([session], ignore_conflicts=True)
    if not TherapySession.objects.filter(pk=session.pk).exists():
        raise SessionExists
    record_about("sessions.record_session", session, treatment, by=by, at=at, attendance=attendance)
    if session.took_place and can_be_sent(treatment):
        _request_rating(session, by=by, at=at, asks_elements=asks_elements)
    elif session.took_place and can_be_asked(treatment) and treatment.client.answers_here:
        # For the front desk, which hands over the device.
        open_request(session, by=by, at=at, asks_elements=asks_elements)
    ratings_changed.send(TherapySession, treatment_id=treatment.pk, at=at)
    return session


@transaction.atomic
def plan_next(treatment: Treatment, *, next_at: datetime | None, by: User, at: datetime) -> None:
    """Plan the next appointment, move it, or (None) take it away. Nobody is told of it."""
    rows = Treatment.objects.select_for_update(of=("self",), no_key=True)
    treatment = rows.get(pk=treatment.pk)
    if treatment.ended_on is not None:
        raise clients.AlreadyEnded
    planning.check(next_at, at)
    treatment.next_at = next_at
    treatment.save(update_fields=["next_at"])
    record_about("sessions.plan_next", treatment, treatment, by=by, at=at)


def check_time(treatment: Treatment, *, held_at: datetime, at: datetime) -> None:
    """A session is neither in the future nor long before its treatment."""
    if held_at > at + CLOCKS_DIFFER:
        raise SessionInFuture
    if held_at.date() < treatment.started_on - A_YEAR:
        raise SessionTooOld


def _request_rating(
    session: TherapySession, *, by: User, at: datetime, asks_elements: bool = False
) -> None:
    """Owe the mail with the form, and one reminder if the clinic wants it."""
    request = open_request(session, by=by, at=at, is_mailed=True, asks_elements=asks_elements)
    clinic = session.treatment.client.clinic
    outbox.queue(RATING_REQUEST, request.pk, clinic_id=clinic.pk, by=by, at=at)
    if clinic.reminder_days and not unanswered.is_tired(session.treatment, at):
        due_at = at + timedelta(days=clinic.reminder_days)
        outbox.queue(REMINDER, request.pk, clinic_id=clinic.pk, by=by, at=at, due_at=due_at)


@transaction.atomic
def open_request(
    session: TherapySession,
    *,
    by: User,
    at: datetime,
    is_mailed: bool = False,
    asks_elements: bool = False,
) -> RatingRequest:
    """The form about a session; made now if there is none yet. The mail is somebody else's."""
    client = session.treatment.client
    instrument = catalogue.newest(instrument_for(session))
    request, is_new = RatingRequest.objects.get_or_create(
        session=session,
        defaults={
            "instrument": instrument.key,
            "instrument_version": instrument.version,
            "language": client.language,
            "created_at": at,
            "is_mailed": is_mailed,
            "expires_at": _end(client.clinic, at),
            "asks_agreements": asked.asks_agreements(session),
            "asks_elements": asks_elements,
        },
    )
    if is_new:
        record_about("sessions.request_rating", request, session.treatment, by=by, at=at)
    return request


def _end(clinic: Clinic, at: datetime) -> datetime | None:
    return at + timedelta(days=clinic.link_valid_days) if clinic.link_valid_days else None


def instrument_for(session: TherapySession) -> str:
    """The long form in the first session and in every so many after it, if the clinic wants it."""
    every = session.treatment.client.clinic.long_form_every
    standing = TherapySession.objects.standing().filter(treatment=session.treatment)
    earlier = standing.filter(
        attendance__in=TherapySession.TOOK_PLACE, held_at__lte=session.held_at
    )
    number = earlier.count() if every else 0
    return LONG_FORM if every and (number <= 1 or number % every == 0) else SHORT_FORM


@transaction.atomic
def send_again(request: RatingRequest, *, by: User, at: datetime) -> None:
    """Mail a fresh link with a fresh time limit; the earlier link stops opening the form."""
    request = RatingRequest.objects.select_for_update(of=("self",), no_key=True).get(pk=request.pk)
    treatment = request.session.treatment
    if request.is_settled or not can_be_sent(treatment):
        raise NothingToSend
    if outbox.is_under_way(RATING_REQUEST, request.pk, since=at - PAUSE_BEFORE_RESEND):
        raise JustSent
    request.expires_at = _end(treatment.client.clinic, at)
    request.language, request.link_asked_at = treatment.client.language, None
    request.is_mailed = True
    request.save(update_fields=["expires_at", "language", "link_asked_at", "is_mailed"])
    outbox.withdraw(kind=REMINDER, about=request.pk, reason=SENT_AGAIN, by=by, at=at)
    if treatment.client.failed_checks:
        clients.unlock(treatment.client, by=by, at=at)
    slot = outbox.next_slot(RATING_REQUEST, request.pk)
    record_about("sessions.send_again", request, treatment, by=by, at=at, slot=slot)
    outbox.queue(
        RATING_REQUEST,
        request.pk,
        clinic_id=treatment.client.clinic_id,
        by=by,
        at=at,
        slot=slot,
    )
    if TherapistRating.objects.filter(session=request.session_id).exists():
        # It was used because no answers were expected any more; now it is closed again.
        ratings_changed.send(TherapistRating, treatment_id=treatment.pk, at=at)


def can_be_sent(treatment: Treatment) -> bool:
    """Whether forms of this treatment go out: somebody answers by mail, and somebody reads."""
    return can_be_asked(treatment) and treatment.client.can_be_mailed


def can_be_asked(treatment: Treatment) -> bool:
    """Whether a client is shown a form at all: with words for need, and with a reader."""
    is_open = treatment.ended_on is None and treatment.therapist.is_active
    return is_open and bool(treatment.client.clinic.crisis_text.strip())


@transaction.atomic(savepoint=False)
def issue_link(request: RatingRequest, *, at: datetime, replaces: bool = True) -> str:
    """Make the link that a mail carries; returns the token, which is kept nowhere.

    replaces: earlier links of the form stop opening it. The link of a reminder is one more.
    """
    token = links.new_token()
    if replaces:
        request.links.filter(replaced_at__isnull=True).update(replaced_at=at)
    RequestLink.objects.create(request=request, digest=links.digest(token), issued_at=at)
    record_about("sessions.issue_link", request, request.session.treatment, by=None, at=at)
    return token


@transaction.atomic
def ask_for_new_link(request: RatingRequest, *, at: datetime) -> None:
    """The client's link opens nothing any more, and they want to answer. The staff is told.

    Not if nobody could send one: the client would wait for a mail that never comes.
    """
    request = RatingRequest.objects.select_for_update(of=("self",), no_key=True).get(pk=request.pk)
    if request.is_settled:
        return
    if not can_be_sent(request.session.treatment):
        raise NothingToSend
    if request.link_asked_at is not None:
        return
    request.link_asked_at = at
    request.save(update_fields=["link_asked_at"])
    record_about("sessions.ask_for_new_link", request, request.session.treatment, by=None, at=at)


class NoOwnLink(NothingToSend):
    sentence = _(
        "No link can be sent now: it needs an address that works, a PIN or a year of birth, and "
        "contact data that the therapist has confirmed."
    )
    code = "no_own_link"


class OwnLinkJustSent(JustSent):
    sentence = _("A link was sent within the last hour. It works for a day.")
    code = "own_link_just_sent"


@transaction.atomic
def mail_own_link(client: Client, *, by: User | None = None, at: datetime) -> None:
    """Owe the client a link to their own answers, to their own address and no other.

    by: the therapist whom the client has asked for it; none if the client did so by a link.
    """
    if not client.may_get_own_link:
        raise NoOwnLink
    if outbox.is_under_way(OWN_LINK, client.pk, since=at - PAUSE_BETWEEN_OWN_LINKS):
        raise OwnLinkJustSent
    slot = outbox.next_slot(OWN_LINK, client.pk)
    outbox.queue(OWN_LINK, client.pk, clinic_id=client.clinic_id, by=by, at=at, slot=slot)
