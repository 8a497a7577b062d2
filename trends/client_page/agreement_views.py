"""What the two of a treatment have agreed on: read, written down, put differently, ended."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.door import get_readable_or_404, get_visible_or_404, requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from audit.refusals import Refused
from clients import agreements as services
from clients.models import Agreement, Side, Treatment
from sessions.models import AgreementAnswer, Rating
from trends.client_page import agreed_card
from trends.client_page.agreement_forms import AgreementForm, EndForm, RewordForm
from trends.supervising import readers

TREATMENTS = Treatment.objects.select_related("client__clinic", "therapist")


@require_safe
@requires(Permission.READ_COURSES)
def agreements(request: UserRequest, treatment_id: UUID) -> HttpResponse:
    """For the therapist with forms; for whom it was opened to, to read."""
    treatment: Treatment = get_readable_or_404(TREATMENTS, request.user, pk=treatment_id)
    if request.method == "GET":
        readers.note_reading(treatment, request.user, timezone.now())
    return _page(request, treatment)


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def add_agreement(request: UserRequest, treatment_id: UUID) -> HttpResponse:
    treatment: Treatment = get_visible_or_404(TREATMENTS, request.user, pk=treatment_id)
    form = AgreementForm(request.POST)
    if not form.is_valid():
        return _page(request, treatment, 422, add_form=form)
    try:
        services.propose(treatment, **form.cleaned_data, by=request.user, at=timezone.now())
    except Refused as refusal:
        form.add_error(refusal.field, str(refusal.sentence))
        return _page(request, treatment, refusal.status, add_form=form)
    messages.success(request, _("Written down. The client is asked about it on a form to come."))
    return redirect("agreements", treatment.pk)


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def reword_agreement(request: UserRequest, agreement_id: UUID) -> HttpResponse:
    agreement = _visible(request, agreement_id)
    form = RewordForm(request.POST)
    if not form.is_valid():
        return _again(request, agreement, form, 422)
    words = form.cleaned_data["words"]
    try:
        services.reword(agreement, words=words, by=request.user, at=timezone.now())
    except Refused as refusal:
        form.add_error(refusal.field, str(refusal.sentence))
        return _again(request, agreement, form, refusal.status)
    messages.success(request, _("Put differently. The client is asked about the new words."))
    return redirect("agreements", agreement.treatment_id)


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def end_agreement(request: UserRequest, agreement_id: UUID) -> HttpResponse:
    agreement = _visible(request, agreement_id)
    form = EndForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please say whether it was reached, or is no longer followed."))
        return redirect("agreements", agreement.treatment_id)
    ended_as = form.cleaned_data["ended_as"]
    return _done(
        request,
        agreement.treatment_id,
        lambda: services.end(agreement, ended_as=ended_as, by=request.user, at=timezone.now()),
        _("Ended. It stays in the history."),
    )


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def resume_agreement(request: UserRequest, agreement_id: UUID) -> HttpResponse:
    """Put back what has ended, in the words that it had."""
    agreement = _visible(request, agreement_id)
    return _done(
        request,
        agreement.treatment_id,
        lambda: services.resume(agreement, by=request.user, at=timezone.now()),
        _("Put back. It stands again."),
    )


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def take_over_words(request: UserRequest, answer_id: UUID) -> HttpResponse:
    """From now on it stands in the client's words."""
    rows = AgreementAnswer.objects.select_related("wording__agreement__treatment")
    answer: AgreementAnswer = get_visible_or_404(rows, request.user, pk=answer_id)
    agreement, now = answer.wording.agreement, timezone.now()
    return _done(
        request,
        agreement.treatment_id,
        lambda: services.take_over(agreement, words=answer.words, by=request.user, at=now),
        _("Taken over. It stands in the words of the client now."),
    )


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def add_proposed_goal(request: UserRequest, rating_id: UUID) -> HttpResponse:
    """What the client would like to work on, too."""
    rows = Rating.objects.select_related("session__treatment")
    rating: Rating = get_visible_or_404(rows, request.user, pk=rating_id)
    treatment, now = rating.session.treatment, timezone.now()
    words, kind = rating.proposal or "", Agreement.Kind.GOAL
    return _done(
        request,
        treatment.pk,
        lambda: services.propose(
            treatment, kind=kind, words=words, side=Side.CLIENT, by=request.user, at=now
        ),
        _("Added as a shared goal, in the words of the client."),
    )


def _visible(request: UserRequest, agreement_id: UUID) -> Agreement:
    rows = Agreement.objects.select_related("treatment__client__clinic", "treatment__therapist")
    agreement: Agreement = get_visible_or_404(rows, request.user, pk=agreement_id)
    return agreement


def _done(
    request: UserRequest, treatment_id: UUID, do: Callable[[], object], told: str
) -> HttpResponse:
    try:
        do()
    except Refused as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, told)
    return redirect("agreements", treatment_id)


def _again(request: UserRequest, agreement: Agreement, form: Form, status: int) -> HttpResponse:
    return _page(request, agreement.treatment, status, reword_form=form, reword_id=agreement.pk)


def _page(
    request: UserRequest, treatment: Treatment, status: int = 200, **typed: object
) -> HttpResponse:
    """typed: a form that is shown again with what was typed."""
    is_own = treatment.is_own_of(request.user)
    context = {
        "treatment": treatment,
        "client": treatment.client,
        "is_own": is_own,
        "can_write": is_own and treatment.ended_on is None,
        "agreed": agreed_card.of(treatment),
        "every": treatment.client.clinic.agreements_every,
        "most": services.MOST,
        "add_form": AgreementForm(),
        "reword_form": RewordForm(),
        "reword_id": None,
        "ends": Agreement.End.choices,
    }
    return render(request, "trends/agreements.html", context | typed, status=status)
