"""Pages of the staff about sessions and forms. The client's own pages stand in `client_views`."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.door import get_visible_or_404, has_permission, requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from audit.refusals import Refused
from clients.models import Treatment
from outbox import quiet
from sessions import front_desks, services
from sessions import sent_forms as deliveries
from sessions.forms import SessionForm
from sessions.models import RatingRequest, TherapySession
from sessions.sent_forms import Show


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
    context = {
        "form": form,
        "treatment": next((t for t in treatments if str(t.pk) == named), None),
        "forms_go_out": _forms_go_out(request),
        "manages_clinic": has_permission(request.user, Permission.MANAGE_CLINIC),
    }
    return render(request, "sessions/record.html", context, status=422 if form.errors else 200)


def _forms_go_out(request: UserRequest) -> bool:
    """None do before the clinic has words for need: see `services.can_be_asked`."""
    return bool(request.user.own_clinic.crisis_text.strip())


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
    if not services.can_be_asked(session.treatment):
        return _("Session saved. No form is sent: the clinic has no text for need yet.")
    if session.treatment.client.answers_here:
        return _("Session saved. %(name)s can fill in the form here.") % {"name": name}
    if hasattr(session, "request"):
        return _told_when(session) or (
            _("Session saved. The form for %(name)s is on its way.") % {"name": name}
        )
    return _("Session saved. %(name)s gets no forms by e-mail, so none is sent.") % {"name": name}


def _told_when(session: TherapySession) -> str:
    """Of a mail that waits for the client's quiet hours to end."""
    client = session.treatment.client
    clinic = client.clinic
    until = quiet.quiet_until(
        session.recorded_at, client.zone, clinic.quiet_from, clinic.quiet_until
    )
    if until is None:
        return ""
    told = _("Session saved. The form for %(name)s goes out at %(time)s, because of quiet hours.")
    if client.zone != clinic.zone:
        told = _(
            "Session saved. The form for %(name)s goes out at %(time)s on the client's clock, "
            "because of quiet hours."
        )
    clock = formats.time_format(until.astimezone(client.zone), "TIME_FORMAT")
    return told % {"name": client.name, "time": clock}


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
    if (back := request.POST.get("back")) in Show.values:
        return redirect(f"{reverse('delivery')}?show={back}")
    treatment = rating_request.session.treatment
    if Treatment.objects.visible_to(request.user).filter(pk=treatment.pk).exists():
        return redirect("client", treatment.client_id)
    return redirect("front_desk")


@require_safe
@requires(Permission.SEE_ROSTER)
def front_desk(request: UserRequest) -> HttpResponse:
    context = {
        "rows": front_desks.rows(request.user, timezone.now()),
        "forms_go_out": _forms_go_out(request),
        "manages_clinic": has_permission(request.user, Permission.MANAGE_CLINIC),
    }
    return render(request, "sessions/front_desk.html", context)


@require_safe
@requires(Permission.SEND_FORMS_AGAIN)
def sent_forms(request: UserRequest) -> HttpResponse:
    """What became of every form: of the whole clinic, or of one's own treatments."""
    now, user = timezone.now(), request.user
    chosen = request.GET.get("show", "")
    show = Show(chosen) if chosen in Show.values else Show.NEEDS
    page = deliveries.page(user, show, request.GET.get("page", ""), now)
    asked = deliveries.asked_for(user)
    told = deliveries.told([*asked, *page], user, now)
    context = {
        "asked": told[: len(asked)],
        "rows": told[len(asked) :],
        "page": page,
        "show": show,
        "shows": list(Show),
        "days": deliveries.PERIOD.days,
        "sees_clinic": has_permission(user, Permission.SEE_ROSTER),
    }
    return render(request, "sessions/delivery.html", context)
