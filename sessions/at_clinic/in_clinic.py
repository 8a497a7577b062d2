"""Forms that are answered at the clinic: on a device that is handed over, or on paper."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.refusals import Refused
from sessions import services
from sessions.audited import record_about
from sessions.correcting import standing
from sessions.form import answering
from sessions.models import Rating, RatingRequest, TherapySession


class AlreadyAnswered(Refused):
    sentence = _("The form about this session is already answered.")
    code = "already_answered"
    status = 409


class DidNotTakePlace(Refused):
    sentence = _("This session did not take place, so there is no form about it.")
    code = "did_not_take_place"
    status = 409


class TreatmentOver(Refused):
    sentence = _("This treatment has ended, so no form is shown to the client any more.")
    code = "treatment_over"
    status = 409


class NobodyReads(Refused):
    sentence = _("The therapist is no longer active here, so nobody would read the answers.")
    code = "nobody_reads"
    status = 409


class NoWordsForNeed(Refused):
    sentence = _(
        "The clinic has no words yet for clients who need help now. Without them no form is shown."
        " A clinic admin can write them in the settings."
    )
    code = "no_words_for_need"
    status = 409


class NoLongerNeeded(Refused):
    sentence = _("This session or its form does not count any more, so nobody is to answer it.")
    code = "no_longer_needed"
    status = 409


def check_open(session: TherapySession) -> None:
    """There is something to answer about this session, and nobody has answered it yet."""
    _check_needed(session)
    if Rating.objects.filter(session=session).exists():
        raise AlreadyAnswered


def _check_needed(session: TherapySession) -> None:
    if not session.took_place:
        raise DidNotTakePlace
    withdrawn = RatingRequest.objects.filter(session=session, withdrawn_at__isnull=False)
    if session.voided_at is not None or withdrawn.exists():
        raise NoLongerNeeded


@transaction.atomic
def hand_over(session: TherapySession, *, provenance: str, by: User, at: datetime) -> RatingRequest:
    """A client gets a device of the clinic, to answer the form about this session on it."""
    session = standing.lock(session)  # nobody voids it meanwhile
    check_open(session)
    if not services.can_be_asked(session.treatment):
        raise _why_not_asked(session)
    request = services.open_request(session, by=by, at=at)
    record_about(
        "sessions.hand_over", request, session.treatment, by=by, at=at, provenance=provenance
    )
    return request


def _why_not_asked(session: TherapySession) -> Refused:
    treatment = session.treatment
    if treatment.ended_on is not None:
        return TreatmentOver()
    return NoWordsForNeed() if treatment.therapist.is_active else NobodyReads()


@transaction.atomic
def take_back(request_id: UUID, *, by: User, at: datetime) -> TherapySession:
    """Whoever handed the device over has it again."""
    rows = RatingRequest.objects.select_related("session__treatment__client", "rating")
    request = rows.get(pk=request_id)
    is_answered = hasattr(request, "rating")
    treatment = request.session.treatment
    record_about("sessions.take_back", request, treatment, by=by, at=at, answered=is_answered)
    return request.session


@transaction.atomic
def type_in(
    session: TherapySession,
    *,
    said: answering.Said,
    language: str,
    answered_at: datetime,
    by: User,
    at: datetime,
) -> Rating:
    """What a client wrote on paper. The same words again, from a double click, are no error."""
    session = standing.lock(session)
    _check_needed(session)
    request = services.open_request(session, by=by, at=at)
    came = answering.Came(
        provenance=Rating.Provenance.PAPER,
        language=language,
        entered_by=by,
        answered_at=answered_at,
    )
    return answering.submit_rating(request, said=said, came=came, at=at)
