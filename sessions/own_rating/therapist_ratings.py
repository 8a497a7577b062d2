"""The therapist's own rating of a session, given before anybody can know the client's answers."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.refusals import Refused
from measures import catalogue
from measures.scoring import BadAnswers, Scores, score
from sessions.at_clinic.in_clinic import DidNotTakePlace
from sessions.audited import record_about
from sessions.form.answering import AnswersMissing
from sessions.models import Correction, Rating, TherapistRating, TherapySession
from sessions.own_rating.revealed import is_revealed, request_of
from sessions.services import SHORT_FORM
from sessions.signals import ratings_changed


class SessionDoesNotCount(Refused):
    sentence = _("This session does not count any more, so there is nothing to rate.")
    code = "session_does_not_count"
    status = 409


class AlreadyRated(Refused):
    sentence = _("You have rated this session already. The first rating is kept.")
    code = "already_rated"
    status = 409


class AnswersAreIn(Refused):
    sentence = _(
        "The client's answers are in already, so a rating of yours could not be blind any more."
    )
    code = "answers_are_in"
    status = 409


class NoMirror(Refused):
    sentence = _("The client's form has no counterpart for therapists, so you cannot rate it.")
    code = "no_mirror"
    status = 409


@transaction.atomic
def rate(
    session: TherapySession,
    *,
    answers: Mapping[str, int],
    opened_at: datetime | None = None,
    by: User,
    at: datetime,
) -> TherapistRating:
    """Keep how the therapist thinks that the client experienced a session, once.

    opened_at: when the page was opened, None if nobody knows. Was that before the client's answers
    came in, nothing typed is lost: the rating is kept, and is not blind. The row's lock makes
    answers that arrive in this moment wait: whoever comes second finds the other.
    """
    locked = TherapySession.objects.select_for_update(of=("self",))
    session = locked.select_related("treatment__client").get(pk=session.pk)
    _check_counts(session)
    instrument = form_for(session)
    scores = _scores(instrument, answers)
    earlier = TherapistRating.objects.filter(session=session).first()
    if earlier is not None:
        return _the_same(earlier, answers, by)
    came_at = _answers_came_at(session)
    if came_at is not None and (opened_at is None or opened_at >= came_at):
        raise AnswersAreIn
    own = TherapistRating.objects.create(
        session=session,
        instrument=instrument.key,
        instrument_version=instrument.version,
        answers=dict(answers),
        goal=scores.goal,
        task=scores.task,
        bond=scores.bond,
        is_blind=came_at is None,
        rated_at=at,
        rated_by=by,
    )
    _tell(own, session, by=by, at=at)
    return own


def _tell(own: TherapistRating, session: TherapySession, *, by: User, at: datetime) -> None:
    """The course changes with it only if it may be used at once."""
    treatment = session.treatment
    details = {"blind": own.is_blind}
    record_about("sessions.rate_as_therapist", own, treatment, by=by, at=at, **details)
    if own.is_blind and is_revealed(request_of(session), None, at):
        ratings_changed.send(TherapistRating, treatment_id=treatment.pk, at=at)


def _the_same(earlier: TherapistRating, answers: Mapping[str, int], by: User) -> TherapistRating:
    """A double click is no second rating."""
    if earlier.answers == answers and earlier.rated_by_id == by.pk:
        return earlier
    raise AlreadyRated


def _scores(instrument: catalogue.Instrument, answers: Mapping[str, int]) -> Scores:
    try:
        return score(instrument, answers)
    except BadAnswers as error:
        raise AnswersMissing from error


def _check_counts(session: TherapySession) -> None:
    """There is something to rate."""
    if session.voided_at is not None:
        raise SessionDoesNotCount
    if not session.took_place:
        raise DidNotTakePlace


def check_blind(session: TherapySession) -> None:
    """It can be rated, nobody has done so, and nobody knows the client's answers yet.

    Answers that were voided or moved since were read before: they do not make anybody blind again.
    """
    _check_counts(session)
    if hasattr(session, "therapist_rating"):
        raise AlreadyRated
    if _answers_came_at(session) is not None:
        raise AnswersAreIn


def _answers_came_at(session: TherapySession) -> datetime | None:
    """The first answers about it; also those that were voided, or moved elsewhere, since then."""
    moved = {"corrections__kind": Correction.Kind.MOVE_RATING, "corrections__undone_at": None}
    is_about = Q(session=session) | Q(corrections__session=session, **moved)
    rows = Rating.objects.filter(is_about).order_by("submitted_at")
    return rows.values_list("submitted_at", flat=True).first()


def form_for(session: TherapySession) -> catalogue.Instrument:
    """What the client is asked, from the other side."""
    request = request_of(session)
    asked = request.form_instrument() if request else catalogue.newest(SHORT_FORM)
    try:
        return catalogue.mirror_of(asked)
    except catalogue.UnknownInstrument as error:
        raise NoMirror from error
