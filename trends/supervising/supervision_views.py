"""Supervision: a therapist opens a treatment to a supervisor, who reads it and no more."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.door import get_visible_or_404, requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from audit.refusals import Refused
from clients import sharing
from clients.models import Share, Treatment
from trends.forms import ShareForm
from trends.supervising import readers, supervision
from trends.views import client_page


@require_safe
@requires(Permission.SUPERVISE)
def supervise(request: UserRequest) -> HttpResponse:
    """What others have shared with this person. Opening the list is no reading yet."""
    rows = supervision.rows(request.user)
    return render(request, "trends/supervision.html", {"rows": rows})


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def share(request: UserRequest, treatment_id: UUID) -> HttpResponse:
    visible = Treatment.objects.select_related("client__clinic", "therapist")
    treatment: Treatment = get_visible_or_404(visible, request.user, pk=treatment_id)
    form = ShareForm(request.POST, supervisors=readers.to_ask(treatment, request.user))
    status = 422
    if form.is_valid():
        asked = form.cleaned_data["supervisor"]
        try:
            sharing.share(treatment, supervisor=asked, by=request.user, at=timezone.now())
        except Refused as refusal:
            form.add_error(refusal.field, str(refusal.sentence))
            status = refusal.status
        else:
            told = _("%(name)s can read this treatment now.") % {"name": asked.display_name}
            messages.success(request, told)
            return redirect("client", treatment.client_id)
    shared = readers.shares(treatment, request.user, form)
    return client_page(request, treatment, status, shared=shared)


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def withdraw_share(request: UserRequest, share_id: UUID) -> HttpResponse:
    rows = Share.objects.select_related("treatment", "supervisor")
    share: Share = get_visible_or_404(rows, request.user, pk=share_id)
    sharing.withdraw(share, by=request.user, at=timezone.now())
    told = _("%(name)s can no longer read this treatment.")
    messages.success(request, told % {"name": share.supervisor.display_name})
    return redirect("client", share.treatment.client_id)
