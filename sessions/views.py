"""Pages of the staff about sessions and forms. The client's own pages stand in `client_views`."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.door import get_visible_or_404, requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from audit.refusals import Refused
from clients.models import Treatment
from sessions import delivery, services
from sessions.forms import SessionForm
from sessions.models import RatingRequest, TherapySession


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def record_session(request: UserRequest) -> HttpResponse:
    treatments = Treatment.objects.visible_to(request.user).select_related("client__clinic")
    now = timezone.localtime()
    form = SessionForm(
        request.POST or None,
        treatments=treatments,
        initial={
            "treatment": request.GET.get("treatment"),
            "held_on": now.date(),
            "held_time": now.time(),
        },
    )
    if request.method == "POST" and form.is_valid() and (session := _recorded(request, form)):
        messages.success(request, _told(session))
        return redirect("client", session.treatment.client_id)
    named = str(form["treatment"].value() or "")
    context = {"form": form, "treatment": next((t for t in treatments if str(t.pk) == named), None)}
    return render(request, "sessions/record.html", context, status=422 if form.errors else 200)


def _recorded(request: UserRequest, form: SessionForm) -> TherapySession | None:
    said = form.cleaned_data
    try:
        return services.record_session(
            treatment=said["treatment"],
            held_at=form.held_at,
            attendance=said["attendance"],
            format=said["format"],
            minutes=said["minutes"],
            note=said["note"],
            by=request.user,
            at=timezone.now(),
        )
    except Refused as refusal:
        form.add_error(refusal.field, str(refusal.sentence))
        return None


def _told(session: TherapySession) -> str:
    """What happens next, so that nobody wonders whether a form went out."""
    name = session.treatment.client.name
    if not session.took_place:
        return _("Session saved. It did not take place, so no form is sent.")
    if hasattr(session, "request"):
        return _("Session saved. The form for %(name)s is on its way.") % {"name": name}
    return _("Session saved. %(name)s gets no forms by e-mail, so none is sent.") % {"name": name}


@require_POST
@requires(Permission.SEND_FORMS_AGAIN)
def send_again(request: UserRequest, request_id: UUID) -> HttpResponse:
    rating_request = get_visible_or_404(RatingRequest.objects, request.user, pk=request_id)
    try:
        services.send_again(rating_request, by=request.user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, _("A new link is on its way. The earlier one no longer works."))
    treatment = rating_request.session.treatment
    if Treatment.objects.visible_to(request.user).filter(pk=treatment.pk).exists():
        return redirect("client", treatment.client_id)
    return redirect("front_desk")


@require_safe
@requires(Permission.SEE_ROSTER)
def front_desk(request: UserRequest) -> HttpResponse:
    treatments = (
        Treatment.objects.on_roster_of(request.user).open().select_related("client", "therapist")
    )
    requests = RatingRequest.objects.visible_to(request.user).filter(
        session__treatment__ended_on__isnull=True
    )
    newest = {row.session.treatment_id: row for row in requests.newest_of_each_treatment()}
    rows = [_roster_row(treatment, newest.get(treatment.pk)) for treatment in treatments]
    rows.sort(key=lambda row: row["client"].name.lower())
    return render(request, "sessions/front_desk.html", {"rows": rows})


def _roster_row(treatment: Treatment, newest: RatingRequest | None) -> dict[str, Any]:
    return {
        "client": treatment.client,
        "therapist_name": treatment.therapist.display_name,
        "contact": treatment.client.get_contact_display(),
        "email": treatment.client.email,
        "request": newest,
        "form": delivery.of_request(newest, timezone.now()) if newest else None,
    }
