"""The next appointment, without a session: planned, moved or taken away."""

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
from clients.ended import to_ended
from clients.models import Treatment
from sessions import services
from sessions.plan_forms import PlanForm

BAD_REQUEST = 400


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def plan_next(request: UserRequest, treatment_id: UUID) -> HttpResponse:
    rows = Treatment.objects.select_related("client__clinic")
    treatment: Treatment = get_visible_or_404(rows, request.user, pk=treatment_id)
    if treatment.ended_on is not None:
        return to_ended(request, treatment)
    form = _form(request, treatment)
    status = _plan(request, treatment, form) if request.method == "POST" else 200
    if request.method == "POST" and status < BAD_REQUEST:
        messages.success(request, _("Saved."))
        return redirect("client", treatment.client_id)
    context = {"form": form, "treatment": treatment, "client": treatment.client}
    return render(request, "sessions/plan_next.html", context, status=status)


def _form(request: UserRequest, treatment: Treatment) -> PlanForm:
    planned = timezone.localtime(treatment.next_at) if treatment.next_at else None
    first = {"next_on": planned.date(), "next_time": planned.time()} if planned else {}
    return PlanForm(request.POST if request.method == "POST" else None, initial=first)


def _plan(request: UserRequest, treatment: Treatment, form: PlanForm) -> int:
    """The status of the page that answers; what was refused stands in the form."""
    if not form.is_valid():
        return 422
    try:
        services.plan_next(treatment, next_at=form.next_at, by=request.user, at=timezone.now())
    except Refused as refusal:
        form.add_error(refusal.field, str(refusal.sentence))
        return refusal.status
    return 302
