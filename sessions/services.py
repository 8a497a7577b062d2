from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.refusals import Refused
from audit.services import record
from clients.models import Treatment
from measures import catalogue
from measures.scoring import BadAnswers, Scores, score
from outbox import links
from outbox import services as outbox
from sessions.models import RATING_REQUEST, Rating, RatingRequest, RequestLink, TherapySession
from sessions.signals import ratings_changed

INSTRUMENT = "alliance-6"
CLOCKS_DIFFER = timedelta(minutes=5)
A_YEAR = timedelta(days=366)
PAUSE_BEFORE_RESEND = timedelta(minutes=10)


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


class AnswersMissing(Refused):
    sentence = _("Please answer every question.")
    code = "answers_missing"


class RequestExpired(Refused):
    sentence = _("This form is no longer open.")
    code = "request_expired"
    status = 410


class AnswersDiffer(Refused):
    sentence = _("This form was already answered. The first answers are kept.")
    code = "answers_differ"
    status = 409


class NothingToSend(Refused):
    sentence = _("This form was answered, or it cannot be sent to this client now.")
    code = "nothing_to_send"
    status = 409


class JustSent(Refused):
    sentence = _("The form was sent a few minutes ago. Please wait a little before sending again.")
    code = "just_sent"
    status = 409


@dataclass(frozen=True, slots=True)
class Said:
    """What a client said in one submission; two that are equal are the same submission again."""

    answers: dict[str, int]
    tension: str
    comment: str
    follow_up: str

    @classmethod
    def of(cls, rating: Rating) -> "Said":
        return cls(rating.answers, rating.tension, rating.comment, rating.follow_up)


@transaction.atomic
def record_session(
    *,
    treatment: Treatment,
    held_at: datetime,
    attendance: str,
    format: str,
    minutes: int,
    note: str,
    by: User,
    at: datetime,
) -> TherapySession:
    """Write down a session; if it took place, the client's form is on its way with it."""
    rows = Treatment.objects.select_related("client__clinic")
    treatment = rows.select_for_update(of=("self",), no_key=True).get(pk=treatment.pk)
    if treatment.ended_on is not None:
        raise TreatmentEnded
    if held_at > at + CLOCKS_DIFFER:
        raise SessionInFuture
    if held_at.date() < treatment.started_on - A_YEAR:
        raise SessionTooOld
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
    _record("sessions.record_session", session, treatment, by=by, at=at, attendance=attendance)
    if session.took_place and treatment.client.can_be_mailed:
        _request_rating(session, by=by, at=at)
    ratings_changed.send(TherapySession, treatment_id=treatment.pk, at=at)
    return session


def _request_rating(session: TherapySession, *, by: User, at: datetime) -> RatingRequest:
    client = session.treatment.client
    instrument = catalogue.newest(INSTRUMENT)
    request = RatingRequest.objects.create(
        session=session,
        instrument=instrument.key,
        instrument_version=instrument.version,
        language=client.language,
        created_at=at,
        expires_at=at + timedelta(days=client.clinic.link_valid_days),
    )
    _record("sessions.request_rating", request, session.treatment, by=by, at=at)
    outbox.queue(RATING_REQUEST, request.pk, clinic_id=client.clinic_id, by=by, at=at)
    return request


@transaction.atomic
def send_again(request: RatingRequest, *, by: User, at: datetime) -> None:
    """Mail a fresh link with a fresh time limit; the earlier link stops opening the form."""
    request = RatingRequest.objects.select_for_update(of=("self",), no_key=True).get(pk=request.pk)
    treatment = request.session.treatment
    if hasattr(request, "rating") or not can_be_sent(treatment):
        raise NothingToSend
    if outbox.is_under_way(RATING_REQUEST, request.pk, since=at - PAUSE_BEFORE_RESEND):
        raise JustSent
    request.expires_at = at + timedelta(days=treatment.client.clinic.link_valid_days)
    request.language = treatment.client.language
    request.save(update_fields=["expires_at", "language"])
    slot = outbox.next_slot(RATING_REQUEST, request.pk)
    _record("sessions.send_again", request, treatment, by=by, at=at, slot=slot)
    outbox.queue(
        RATING_REQUEST,
        request.pk,
        clinic_id=treatment.client.clinic_id,
        by=by,
        at=at,
        slot=slot,
    )


def can_be_sent(treatment: Treatment) -> bool:
    """Whether forms of this treatment go out: somebody answers by mail, and somebody reads."""
    is_open = treatment.ended_on is None and treatment.therapist.is_active
    return is_open and treatment.client.can_be_mailed


@transaction.atomic(savepoint=False)
def issue_link(request: RatingRequest, *, at: datetime) -> str:
    """Make the link that the mail carries; returns the token, which is kept nowhere."""
    token = links.new_token()
    RequestLink.objects.create(request=request, digest=links.digest(token), issued_at=at)
    _record("sessions.issue_link", request, request.session.treatment, by=None, at=at)
    return token


@transaction.atomic
def submit_rating(
    request: RatingRequest,
    *,
    answers: dict[str, int],
    tension: str,
    comment: str,
    follow_up: str,
    at: datetime,
) -> Rating:
    """Store a client's answers, once.

    The same submission again (a double click, an answer that got lost on the way back) returns
    the stored rating. Raises `AnswersDiffer` for another one, `RequestExpired` when it is late.
    """
    said = Said(answers, tension, comment, follow_up)
    try:
        scores = score(request.form_instrument(), answers)
    except BadAnswers as error:
        raise AnswersMissing from error
    if request.is_too_late(at):
        rating = Rating.objects.filter(request=request).first()
    else:
        rating = _write_rating(request, scores, said, at=at)
    if rating is None:
        raise RequestExpired
    if Said.of(rating) != said:
        raise AnswersDiffer
    return rating


def _write_rating(request: RatingRequest, scores: Scores, said: Said, *, at: datetime) -> Rating:
    """Insert; of submissions that arrive together the database keeps one, and all read it."""
    rating = Rating(
        session_id=request.session_id,
        request=request,
        goal=scores.goal,
        task=scores.task,
        bond=scores.bond,
        answers=said.answers,
        tension=said.tension,
        comment=said.comment,
        follow_up=said.follow_up,
        submitted_at=at,
    )
    Rating.objects.bulk_create([rating], ignore_conflicts=True)
    stored = Rating.objects.get(request=request)
    if stored.pk == rating.pk:
        treatment = request.session.treatment
        _record("sessions.submit_rating", rating, treatment, by=None, at=at)
        ratings_changed.send(Rating, treatment_id=treatment.pk, at=at)
    return stored


def _record(
    action: str,
    about: TherapySession | RatingRequest | Rating,
    treatment: Treatment,
    *,
    by: User | None,
    at: datetime,
    **details: object,
) -> None:
    client = treatment.client
    record(
        action,
        by=by,
        at=at,
        about=about,
        clinic_id=client.clinic_id,
        client_id=client.pk,
        **details,
    )
