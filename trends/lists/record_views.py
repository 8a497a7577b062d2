"""Recording a session, with what to have in mind of the client: it knows of all layers."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.door import has_permission, requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from audit.refusals import Refused
from clients.models import Treatment
from outbox import quiet
from sessions import services
from sessions.forms import SessionForm
from sessions.models import TherapySession
from trends.lists import before


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def record_session(request: UserRequest) -> HttpResponse:
    treatments = Treatment.objects.visible_to(request.user).select_related("client__clinic")
    chosen = _open(request, _named(treatments, request.GET.get("treatment", "")))
    first = _begin(chosen, timezone.now())
    form = SessionForm(request.POST or None, treatments=treatments, initial=first)
    if request.method == "POST" and form.is_valid() and (session := _recorded(request, form)):
        messages.success(request, _told(session))
        return _after(session)
    treatment = _named(treatments, str(form["treatment"].value() or ""))
    context = {
        "form": form,
        "treatment": treatment,
        "planned_at": _still_to_come(treatment, timezone.now()),
        "card": _card(request, treatment),
        "forms_go_out": bool(request.user.own_clinic.crisis_text.strip()),
        "manages_clinic": has_permission(request.user, Permission.MANAGE_CLINIC),
    }
    return render(request, "sessions/record.html", context, status=422 if form.errors else 200)


def _still_to_come(treatment: Treatment | None, at: datetime) -> datetime | None:
    """When the two meet next; None: nothing is planned, or this is the session to be recorded."""
    planned = treatment.next_at if treatment else None
    return planned if planned and planned > at else None


def _after(session: TherapySession) -> HttpResponse:
    """Where the therapist goes on once a session is saved: to the own rating, while it is blind.

    One click leads on from there, as it does for sessions that did not take place.
    """
    if session.took_place:
        return redirect("therapist_rating", session.pk)
    return redirect("client", session.treatment.client_id)


def _named(treatments: Any, name: str) -> Treatment | None:
    return next((row for row in treatments if str(row.pk) == name), None)


def _open(request: UserRequest, chosen: Treatment | None) -> Treatment | None:
    """The treatment of the address, if sessions can still be recorded for it; else a word why."""
    if chosen is None or chosen.ended_on is None:
        return chosen
    if request.method == "GET":
        day = formats.date_format(chosen.ended_on, "j F")
        told = _("The treatment of %(name)s ended on %(day)s, so nobody is chosen below.")
        messages.info(request, told % {"name": chosen.client.name, "day": day})
    return None


def _begin(treatment: Treatment | None, at: datetime) -> dict[str, Any]:
    """Now; or the hour that was planned, if that is over and nobody has recorded it."""
    planned = treatment.next_at if treatment else None
    held_at = timezone.localtime(planned if planned is not None and planned <= at else at)
    return {
        "treatment": treatment.pk if treatment else None,
        "held_on": held_at.date(),
        "held_time": held_at.time(),
    }


def _card(request: UserRequest, treatment: Treatment | None) -> before.Card | None:
    """What to have in mind, once it is known of whom."""
    if treatment is None or treatment.ended_on is not None:
        return None
    own = Treatment.objects.visible_to(request.user).filter(pk=treatment.pk)
    return next(iter(before.cards(own, request.user, timezone.now())), None)


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
            next_at=form.next_at,
            asks_elements=said["asks_elements"],
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
