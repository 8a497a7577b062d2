"""Goals and tasks that the two of a treatment share: proposed, put into other words, ended.

Nothing is overwritten: a new wording stands beside the earlier ones, and what has ended stays.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.refusals import Refused
from audit.services import record
from clients.models import Agreement, Side, Treatment, Wording

MOST = 6  # that stand at the same time: a client is asked about each


class TreatmentClosed(Refused):
    sentence = _("This treatment has ended, so nothing new is agreed on in it.")
    code = "treatment_closed"
    status = 409


class NotTheirTherapist(Refused):
    sentence = _("Only the therapist of this treatment can write down what was agreed on.")
    code = "not_their_therapist"
    status = 403


class NoWords(Refused):
    sentence = _("Please write it down in a few words.")
    field = "words"
    code = "no_words"


class TooLong(Refused):
    sentence = _("Please say it in at most 200 characters.")
    field = "words"
    code = "too_long"


class TooMany(Refused):
    sentence = _(
        "Six goals and tasks stand already, and the client is asked about each. Please end one "
        "first."
    )
    code = "too_many_agreements"
    status = 409


class AlreadyThere(Refused):
    sentence = _("This is already among the goals and tasks.")
    field = "words"
    code = "already_there"
    status = 409


class AgreementEnded(Refused):
    sentence = _("This goal or task has ended. Add it anew if you want to go on with it.")
    code = "agreement_ended"
    status = 409


@transaction.atomic
def propose(
    treatment: Treatment,
    *,
    kind: str,
    words: str,
    side: str = Side.THERAPIST,
    by: User,
    at: datetime,
) -> Agreement:
    """Write a goal or a task down, so that the client is asked about it.

    side: whose words these are; the client's own need nobody's consent any more.
    """
    treatment = _locked(treatment, by)
    words = _checked(words)
    _check_room(treatment, kind, words)
    agreement = Agreement.objects.create(treatment=treatment, kind=kind, created_at=at)
    _word(agreement, words, side, by=by, at=at)
    _record("clients.propose_agreement", agreement, treatment, by=by, at=at, kind=kind, side=side)
    return agreement


@transaction.atomic
def reword(agreement: Agreement, *, words: str, by: User, at: datetime) -> Wording:
    """Put it differently; the client is asked about it then. The same words change nothing."""
    return _put(agreement, words, Side.THERAPIST, action="clients.reword_agreement", by=by, at=at)


@transaction.atomic
def take_over(agreement: Agreement, *, words: str, by: User, at: datetime) -> Wording:
    """From now on it stands in the words in which the client would put it."""
    return _put(agreement, words, Side.CLIENT, action="clients.take_over_words", by=by, at=at)


@transaction.atomic
def end(agreement: Agreement, *, ended_as: str, by: User, at: datetime) -> Agreement:
    """Reached, or no longer followed: nobody is asked about it any more."""
    agreement, treatment = _standing(agreement, by)
    agreement.ended_at, agreement.ended_as = at, ended_as
    agreement.save(update_fields=["ended_at", "ended_as"])
    _record("clients.end_agreement", agreement, treatment, by=by, at=at, ended_as=ended_as)
    return agreement


@transaction.atomic
def resume(agreement: Agreement, *, by: User, at: datetime) -> Agreement:
    """Put one that has ended back. One that stands stays as it is."""
    treatment = _locked(agreement.treatment, by)
    agreement = Agreement.objects.get(pk=agreement.pk)
    if agreement.ended_at is None:
        return agreement
    _check_room(treatment, agreement.kind, _newest(agreement).words)
    agreement.ended_at, agreement.ended_as = None, ""
    agreement.save(update_fields=["ended_at", "ended_as"])
    _record("clients.resume_agreement", agreement, treatment, by=by, at=at)
    return agreement


def _put(
    agreement: Agreement, words: str, side: str, *, action: str, by: User, at: datetime
) -> Wording:
    agreement, treatment = _standing(agreement, by)
    words, now = _checked(words), _newest(agreement)
    if (now.words, now.side) == (words, side):
        return now
    wording = _word(agreement, words, side, by=by, at=at)
    _record(action, agreement, treatment, by=by, at=at)
    return wording


def _locked(treatment: Treatment, by: User) -> Treatment:
    """Two who write at the same moment come one after the other."""
    rows = Treatment.objects.select_related("client")
    treatment = rows.select_for_update(of=("self",), no_key=True).get(pk=treatment.pk)
    if treatment.therapist_id != by.pk:
        raise NotTheirTherapist
    if treatment.ended_on is not None:
        raise TreatmentClosed
    return treatment


def _standing(agreement: Agreement, by: User) -> tuple[Agreement, Treatment]:
    treatment = _locked(agreement.treatment, by)
    agreement = Agreement.objects.get(pk=agreement.pk)
    if agreement.ended_at is not None:
        raise AgreementEnded
    return agreement, treatment


def _check_room(treatment: Treatment, kind: str, words: str) -> None:
    standing = treatment.agreements.standing()
    if any(_newest(each).words == words for each in standing.filter(kind=kind)):
        raise AlreadyThere
    if standing.count() >= MOST:
        raise TooMany


def _checked(words: str) -> str:
    """In one line, for it stands as one on the client's form."""
    words = " ".join(words.split())
    if not words:
        raise NoWords
    if len(words) > Wording.LONGEST:
        raise TooLong
    return words


def _newest(agreement: Agreement) -> Wording:
    return agreement.wordings.latest("said_at")


def _word(agreement: Agreement, words: str, side: str, *, by: User, at: datetime) -> Wording:
    return Wording.objects.create(
        agreement=agreement, words=words, side=side, said_at=at, written_by=by
    )


def _record(
    action: str,
    agreement: Agreement,
    treatment: Treatment,
    *,
    by: User,
    at: datetime,
    **details: object,
) -> None:
    client = treatment.client
    record(
        action,
        by=by,
        at=at,
        about=agreement,
        clinic_id=client.clinic_id,
        client_id=client.pk,
        **details,
    )
