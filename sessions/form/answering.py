"""What clients send: drafts, answers, and answers that they change."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as _noop

from accounts.models import User
from audit.refusals import Refused
from clients import services as clients
from clients.models import Wording
from measures.scoring import BadAnswers, Scores, check, score
from outbox import links
from outbox import services as outbox
from sessions.audited import record_about
from sessions.form import asked
from sessions.form.said import Said as Said  # noqa: PLC0414  whoever answers says something
from sessions.models import (
    REMINDER,
    AgreementAnswer,
    Correction,
    Draft,
    EarlierAnswers,
    Rating,
    RatingRequest,
)
from sessions.signals import ratings_changed

BESIDE = ("language", "opened")  # a page sends these by itself: nobody has typed yet
ANSWERED = _noop("The form was already answered.")
FORGOTTEN_AFTER = timedelta(days=30)  # a draft of a form without end
MOST_DRAFTS = 10  # of one form, in as many browsers


class AnswersMissing(Refused):
    sentence = _("Please answer every question.")
    code = "answers_missing"


class RequestExpired(Refused):
    sentence = _("This form is no longer open.")
    code = "request_expired"
    status = 410


class NoLongerNeeded(Refused):
    sentence = _("This form is no longer needed.")
    code = "no_longer_needed"
    status = 410


class AnswersUnfit(Refused):
    sentence = _("These answers do not belong to this form.")
    code = "answers_unfit"


class AnswersDiffer(Refused):
    sentence = _("This form was already answered. The first answers are kept.")
    code = "answers_differ"
    status = 409


class AlreadyAnswered(Refused):
    sentence = _("This form was already answered.")
    code = "already_answered"
    status = 410


class ChangeTooLate(Refused):
    sentence = _("Your answers can no longer be changed here. Please tell the clinic.")
    code = "change_too_late"
    status = 410


@dataclass(frozen=True, slots=True)
class Came:
    """How an answer came in. provenance "": by the link, in time or late."""

    provenance: str = ""
    language: str = ""
    seconds: float | None = None
    browser: str = ""  # by the link: who sends it
    entered_by: User | None = None
    answered_at: datetime | None = None  # on paper, earlier than it is typed in


@transaction.atomic
def keep_draft(
    request: RatingRequest, *, browser: str, typed: dict[str, str], at: datetime
) -> None:
    """Keep what was typed, for this browser alone; while somebody types, the form stays open."""
    request = RatingRequest.objects.select_for_update(of=("self",), no_key=True).get(pk=request.pk)
    if request.is_settled or request.is_too_late(at):
        raise RequestExpired
    if set(typed) - set(BESIDE):
        RatingRequest.objects.filter(pk=request.pk).update(active_at=at)
    digest = links.digest(browser)
    drafts = Draft.objects.filter(request=request)
    draft = drafts.filter(browser=digest).first() or Draft(request=request, browser=digest)
    draft.typed, draft.saved_at = json.dumps(typed), at
    draft.save()
    kept = drafts.order_by("-saved_at").values("pk")[:MOST_DRAFTS]
    drafts.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()


def draft_of(request: RatingRequest, browser: str) -> dict[str, str]:
    """What this browser typed and did not send."""
    draft = Draft.objects.filter(request=request, browser=links.digest(browser)).first()
    typed: dict[str, str] = json.loads(draft.typed) if draft else {}
    return typed


@transaction.atomic
def purge_drafts(*, at: datetime) -> int:
    """Delete what was typed into forms that were answered or have ended; returns how many."""
    answered = Q(request__rating__isnull=False)
    is_limited = Q(request__expires_at__isnull=False)
    ends = Least(
        Greatest(F("request__expires_at"), F("request__active_at")) + RatingRequest.TIME_TO_FINISH,
        F("request__expires_at") + RatingRequest.LONGEST_GRACE,
    )
    ended = is_limited & Q(ends__lte=at)
    forgotten = Q(saved_at__lte=at - FORGOTTEN_AFTER)
    withdrawn = Q(request__withdrawn_at__lte=at - Correction.UNDO_WITHIN)
    over = Draft.objects.annotate(ends=ends).filter(answered | ended | forgotten | withdrawn)
    deleted, _models = over.delete()
    return deleted


@transaction.atomic
def submit_rating(
    request: RatingRequest, *, said: Said, at: datetime, came: Came | None = None
) -> Rating:
    """Store a client's answers, once.

    The same submission again (a double click, an answer that got lost on the way back) returns
    the stored rating. Raises `AnswersDiffer` for another one, `RequestExpired` when it is late,
    and `AlreadyAnswered` for any other browser: it must not find out by trying what was said.
    """
    came = came or Came()
    scores = _scores(request, said)
    _check_wordings(request, said)
    if request.is_too_late(at) and not came.provenance:
        rating = Rating.objects.filter(request=request).first()
    else:
        rating = _write_rating(request, scores, said, came, at=at)
    if rating is None:
        raise RequestExpired
    if not _is_from(rating, came.browser):
        raise AlreadyAnswered
    if said not in _ever_said(rating):
        raise AnswersDiffer
    return rating


def _is_from(rating: Rating, browser: str) -> bool:
    """Whether this browser sent the answers by its link; answers on paper are from none."""
    kept = bytes(rating.browser) if rating.browser else None
    return kept == (links.digest(browser) if browser else None)


def _scores(request: RatingRequest, said: Said) -> Scores:
    """Of answers that fit what this form asks."""
    try:
        if said.elements:
            check(asked.elements(), said.elements)
        return score(request.form_instrument(), said.answers)
    except BadAnswers as error:
        raise AnswersMissing from error


def _check_wordings(request: RatingRequest, said: Said) -> None:
    """Any wording of this treatment may be answered, for it was read before it ended."""
    if not said.agreements:
        return
    known = Wording.objects.filter(agreement__treatment=request.session.treatment_id)
    if not set(said.agreements) <= {pk.hex for pk in known.values_list("pk", flat=True)}:
        raise AnswersUnfit


def _ever_said(rating: Rating) -> list[Said]:
    """Now, and before it was changed: an answer that got lost may come again after that."""
    if rating.changed_at is None:
        return [Said.of(rating)]
    return [Said.of(rating), *(Said.read(row.said) for row in rating.earlier.all())]


def _write_rating(
    request: RatingRequest, scores: Scores, said: Said, came: Came, *, at: datetime
) -> Rating:
    """Insert; of submissions that arrive together the database keeps one, and all read it.

    The form is locked, so that one that is withdrawn or moved in this moment is seen as it is then.
    Its session is read after that: a lock that joins it finds no row if the form moves meanwhile.
    """
    locked = RatingRequest.objects.select_for_update(no_key=True).filter(pk=request.pk)
    rows = RatingRequest.objects.select_related("session__treatment__client__clinic")
    request = rows.get(pk=locked.values_list("pk", flat=True).get())
    if request.withdrawn_at is not None:
        raise NoLongerNeeded
    rating = Rating(
        session_id=request.session_id,
        request=request,
        provenance=came.provenance or _by_link(request, at),
        language=came.language or request.language,
        seconds=came.seconds,
        browser=links.digest(came.browser) if came.browser else None,
        entered_by=came.entered_by,
        submitted_at=came.answered_at or at,
    )
    _put(rating, said, scores)
    Rating.objects.bulk_create([rating], ignore_conflicts=True)
    stored = Rating.objects.get(request=request)
    if stored.pk == rating.pk:
        _put_on_agreements(rating, said)
        _settle(request, rating, came, at=at)
    return stored


def _by_link(request: RatingRequest, at: datetime) -> str:
    is_late = at - request.session.held_at > Rating.LATE_AFTER
    return Rating.Provenance.LATE if is_late else Rating.Provenance.LINK


def _put(rating: Rating, said: Said, scores: Scores) -> None:
    rating.goal, rating.task, rating.bond = scores.goal, scores.task, scores.bond
    rating.answers, rating.tension, rating.settled = said.answers, said.tension, said.settled
    rating.comment, rating.follow_up = said.comment, said.follow_up
    rating.proposal, rating.elements = said.proposal or None, said.elements or None


def _put_on_agreements(rating: Rating, said: Said) -> None:
    """Instead of those before, which `EarlierAnswers` keeps."""
    rating.on_agreements.all().delete()
    AgreementAnswer.objects.bulk_create(
        AgreementAnswer(
            rating=rating,
            wording_id=UUID(key),
            answer=on.answer,
            words=on.words,
            progress=on.progress,
        )
        for key, on in said.agreements.items()
    )


def _settle(request: RatingRequest, rating: Rating, came: Came, *, at: datetime) -> None:
    """What follows from the first answer to a form."""
    treatment = request.session.treatment
    request.drafts.all().delete()
    RatingRequest.objects.filter(pk=request.pk).exclude(link_asked_at=None).update(
        link_asked_at=None
    )
    record_about("sessions.submit_rating", rating, treatment, by=came.entered_by, at=at)
    outbox.withdraw(kind=REMINDER, about=request.pk, reason=ANSWERED, by=None, at=at)
    client = treatment.client
    if not came.provenance and came.language and came.language != client.language:
        clients.change_language(client, language=came.language, by=None, at=at)
    ratings_changed.send(Rating, treatment_id=treatment.pk, at=at)


def can_be_changed(rating: Rating, *, at: datetime) -> bool:
    """Whether the client may still change it. What came from paper the client did not type."""
    minutes = rating.session.treatment.client.clinic.change_minutes
    by_client = rating.provenance in (Rating.Provenance.LINK, Rating.Provenance.LATE)
    return by_client and at < rating.submitted_at + timedelta(minutes=minutes)


@transaction.atomic
def change_rating(rating: Rating, *, said: Said, at: datetime) -> Rating:
    """The client thinks better of it. What was said before is kept, encrypted."""
    rating = Rating.objects.select_for_update(of=("self",), no_key=True).get(pk=rating.pk)
    before = Said.of(rating)
    if said == before:
        return rating
    if not can_be_changed(rating, at=at):
        raise ChangeTooLate
    EarlierAnswers.objects.create(rating=rating, said=before.written(), replaced_at=at)
    _put(rating, said, _scores(rating.request, said))
    _check_wordings(rating.request, said)
    rating.changed_at = at
    rating.save()
    _put_on_agreements(rating, said)
    treatment = rating.session.treatment
    record_about("sessions.change_rating", rating, treatment, by=None, at=at)
    ratings_changed.send(Rating, treatment_id=treatment.pk, at=at)
    return rating
