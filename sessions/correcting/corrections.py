"""Putting right what was recorded by mistake. Nothing vanishes: what counts no more stays, marked.

Every correction has a reason and can be undone for ten minutes (`undoing`). Locks are taken in one
order: treatments, sessions, the form. A client who submits locks the form too, so that of the two
one is first and the other sees it.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.refusals import Refused
from clients.models import Treatment
from sessions import services
from sessions.audited import record_about
from sessions.correcting import standing
from sessions.models import Correction, Rating, RatingRequest, TherapySession
from sessions.signals import ratings_changed

Kind = Correction.Kind


class DoesNotCount(Refused):
    sentence = _("This does not count any more, so there is nothing to correct about it.")
    code = "does_not_count"
    status = 409


class NothingChanged(Refused):
    sentence = _("It is like that already, so there is nothing to correct.")
    code = "nothing_changed"
    status = 409


class AnsweredBefore(Refused):
    sentence = _("The client had answered before that. Please check the date and time.")
    field = "held_on"
    code = "answered_before"


class OtherTherapist(Refused):
    sentence = _("A session can only go to another client of the same therapist.")
    field = "treatment"
    code = "other_therapist"


class HasAnswered(Refused):
    sentence = _(
        "The client has answered the form about this session, and answers never move to somebody "
        "else. Say instead that it was recorded by mistake, and record it anew."
    )
    field = "treatment"
    code = "has_answered"
    status = 409


class OtherTreatment(Refused):
    sentence = _("Answers can only move to another session of the same treatment.")
    field = "session"
    code = "other_treatment"


class IsRated(Refused):
    sentence = _("That session has answers of its own already.")
    field = "session"
    code = "is_rated"
    status = 409


class DidNotTakePlace(Refused):
    sentence = _("That session did not take place, so no answers can be about it.")
    field = "session"
    code = "did_not_take_place"
    status = 409


@transaction.atomic
def redate(
    session: TherapySession, *, held_at: datetime, reason: str, by: User, at: datetime
) -> Correction:
    """It was held at another time. Its number and the course follow from that."""
    session = _lock(session)
    if held_at == session.held_at:
        raise NothingChanged
    _check_time(session, held_at, at)
    before = {"held_at": session.held_at.isoformat()}
    session.held_at = held_at
    session.save(update_fields=["held_at"])
    record_about("sessions.correct_redate", session, session.treatment, by=by, at=at, **before)
    return _note(Kind.REDATE, session, reason, before=before, by=by, at=at)


def _check_time(session: TherapySession, held_at: datetime, at: datetime) -> None:
    services.check_time(session.treatment, held_at=held_at, at=at)
    first = Rating.objects.filter(session=session).order_by("submitted_at").first()
    if first is not None and held_at > first.submitted_at + services.CLOCKS_DIFFER:
        raise AnsweredBefore
    standing.check_free(session, held_at)


@transaction.atomic
def void_session(session: TherapySession, *, reason: str, by: User, at: datetime) -> Correction:
    """It never was, or was recorded by mistake. Its answers, if there are any, count no more."""
    session = _lock(session)
    standing.void(session, by=by, at=at)
    record_about("sessions.correct_void_session", session, session.treatment, by=by, at=at)
    return _note(Kind.VOID_SESSION, session, reason, by=by, at=at)


@transaction.atomic
def reassign(
    session: TherapySession, *, treatment: Treatment, reason: str, by: User, at: datetime
) -> Correction:
    """It was another client's: it counts no more here, and is recorded anew there.

    Refused once the client has answered: what one person said never becomes another's.
    """
    session = _lock(session, treatment)
    if treatment.pk == session.treatment_id:
        raise NothingChanged
    if treatment.therapist_id != session.treatment.therapist_id:
        raise OtherTherapist
    request = standing.lock_request(session)
    if Rating.objects.filter(session=session).exists():
        raise HasAnswered
    standing.void(session, by=by, at=at)
    new = _record_anew(session, request, treatment, by=by, at=at)
    record_about("sessions.correct_reassign", session, session.treatment, by=by, at=at)
    return _note(Kind.REASSIGN, session, reason, before={"new": str(new.pk)}, by=by, at=at)


def _record_anew(
    session: TherapySession,
    request: RatingRequest | None,
    treatment: Treatment,
    *,
    by: User,
    at: datetime,
) -> TherapySession:
    return services.record_session(
        treatment=treatment,
        held_at=session.held_at,
        attendance=session.attendance,
        format=session.format,
        minutes=session.minutes,
        note=session.note,
        asks_elements=bool(request and request.asks_elements),
        by=by,
        at=at,
    )


@transaction.atomic
def void_rating(rating: Rating, *, reason: str, by: User, at: datetime) -> Correction:
    """The answers are not the client's, or were a mistake. The session stands, without a rating."""
    rating = _lock_rating(rating)
    rating.voided_at = at
    rating.save(update_fields=["voided_at"])
    record_about("sessions.correct_void_rating", rating, rating.session.treatment, by=by, at=at)
    return _note(Kind.VOID_RATING, rating.session, reason, rating=rating, by=by, at=at)


@transaction.atomic
def move_rating(
    rating: Rating, *, session: TherapySession, reason: str, by: User, at: datetime
) -> Correction:
    """The answers are about another session: they go there with their form.

    A form of that session that nobody has answered is no longer needed; it comes here in exchange.
    """
    rating = _lock_rating(rating)
    source, target = rating.session, _lock(session)
    _check_target(rating, target)
    other = standing.lock_request(target)
    standing.put(rating, target, by=by, at=at)
    if other is not None:
        standing.withdraw_request(source, by=by, at=at)
    before = {"from": str(source.pk), "to": str(target.pk), "other": str(other.pk) if other else ""}
    record_about("sessions.correct_move_rating", rating, source.treatment, by=by, at=at, **before)
    return _note(Kind.MOVE_RATING, source, reason, rating=rating, before=before, by=by, at=at)


def _check_target(rating: Rating, target: TherapySession) -> None:
    if target.pk == rating.session_id:
        raise NothingChanged
    if target.treatment_id != rating.session.treatment_id:
        raise OtherTreatment
    if not target.took_place:
        raise DidNotTakePlace
    if Rating.objects.filter(session=target).exists():
        raise IsRated
    if target.held_at > rating.submitted_at + services.CLOCKS_DIFFER:
        raise AnsweredBefore


@transaction.atomic
def dispute(rating: Rating, *, reason: str, by: User, at: datetime) -> Correction:
    """Somebody doubts the answers. They count, and the doubt stands beside them."""
    rating = _lock_rating(rating)
    if rating.disputed_at is not None:
        raise NothingChanged
    rating.disputed_at = at
    rating.save(update_fields=["disputed_at"])
    record_about("sessions.correct_dispute", rating, rating.session.treatment, by=by, at=at)
    return _note(Kind.DISPUTE, rating.session, reason, rating=rating, by=by, at=at)


@transaction.atomic
def settle_dispute(rating: Rating, *, by: User, at: datetime) -> None:
    """Nobody doubts the answers any more."""
    rating = _lock_rating(rating)
    if rating.disputed_at is None:
        raise NothingChanged
    rating.disputed_at = None
    rating.save(update_fields=["disputed_at"])
    doubts = rating.corrections.filter(kind=Kind.DISPUTE, undone_at__isnull=True)
    doubts.update(undone_at=at)
    treatment = rating.session.treatment
    record_about("sessions.correct_settle", rating, treatment, by=by, at=at)
    ratings_changed.send(Rating, treatment_id=treatment.pk, at=at)


def _lock(session: TherapySession, *more: Treatment) -> TherapySession:
    session = standing.lock(session, *more)
    if session.voided_at is not None:
        raise DoesNotCount
    return session


def _lock_rating(rating: Rating) -> Rating:
    session = _lock(rating.session)
    rows = Rating.objects.select_related("request").select_for_update(of=("self",), no_key=True)
    rating = rows.get(pk=rating.pk)
    if rating.voided_at is not None or rating.session_id != session.pk:
        raise DoesNotCount
    rating.session = session
    return rating


def _note(
    kind: Kind,
    session: TherapySession,
    reason: str,
    *,
    rating: Rating | None = None,
    before: dict[str, str] | None = None,
    by: User,
    at: datetime,
) -> Correction:
    """The row that says why and how it was before; then the course is computed anew."""
    correction = Correction.objects.create(
        session=session,
        rating=rating,
        kind=kind,
        reason=reason.strip(),
        before=before or {},
        made_at=at,
        made_by=by,
    )
    ratings_changed.send(TherapySession, treatment_id=session.treatment_id, at=at)
    return correction
