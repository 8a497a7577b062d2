"""A treatment ends, or goes on with a colleague; with what is still open in it, at the top."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.door import get_visible_or_404, requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from audit.refusals import Refused
from clients import services, transferring
from clients.ended import to_ended
from clients.forms import EndForm, TransferForm
from clients.models import Treatment
from trends.client_page import still_open

BAD_REQUEST = 400


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def end_treatment(request: UserRequest, treatment_id: UUID) -> HttpResponse:
    rows = Treatment.objects.select_related("client__clinic")
    treatment: Treatment = get_visible_or_404(rows, request.user, pk=treatment_id)
    if treatment.ended_on is not None and request.method != "POST":
        return to_ended(request, treatment)
    form = EndForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = _end(request, treatment, form)
        if status < BAD_REQUEST:
            messages.success(request, _("The treatment has ended. You can still look back at it."))
            return redirect("client", treatment.client_id)
    context = {
        "form": form,
        "treatment": treatment,
        "client": treatment.client,
        "still_open": still_open.words(treatment, request.user),
    }
    return render(request, "clients/end.html", context, status=status)


def _end(request: UserRequest, treatment: Treatment, form: EndForm) -> int:
    """The status of the page that answers; what was refused stands in the form."""
    if not form.is_valid():
        return 422
    reason = form.cleaned_data["reason"]
    try:
        services.end_treatment(treatment, reason=reason, by=request.user, at=timezone.now())
    except Refused as refusal:
        form.add_error(refusal.field, str(refusal.sentence))
        return refusal.status
    return 302


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def transfer(request: UserRequest, treatment_id: UUID) -> HttpResponse:
    """A client goes on with a colleague. The therapist who gives keeps what was."""
    rows = Treatment.objects.select_related("client__clinic")
    treatment: Treatment = get_visible_or_404(rows, request.user, pk=treatment_id)
    if treatment.ended_on is not None and request.method != "POST":
        return to_ended(request, treatment)
    colleagues = transferring.colleagues(treatment)
    sent = request.POST if request.method == "POST" else None
    form = TransferForm(sent, colleagues=colleagues)
    status = _transfer(request, treatment, form) if request.method == "POST" else 200
    if request.method == "POST" and status < BAD_REQUEST:
        return redirect("client", treatment.client_id)
    context = {
        "form": form,
        "still_open": still_open.words(treatment, request.user),
        "treatment": treatment,
        "client": treatment.client,
        "has_colleagues": colleagues.exists(),
    }
    return render(request, "clients/transfer.html", context, status=status)


def _transfer(request: UserRequest, treatment: Treatment, form: TransferForm) -> int:
    """The status of the page that answers; what was refused stands in the form."""
    if not form.is_valid():
        return 422
    to, agreed = form.cleaned_data["colleague"], form.cleaned_data["history_agreed"]
    try:
        transferring.transfer(
            treatment, to=to, history_agreed=agreed, by=request.user, at=timezone.now()
        )
    except Refused as refusal:
        form.add_error(refusal.field, str(refusal.sentence))
        return refusal.status
    told = _("%(name)s goes on with %(colleague)s. You can still look back at your treatment.")
    names = {"name": treatment.client.name, "colleague": to.display_name}
    messages.success(request, told % names)
    return 302
