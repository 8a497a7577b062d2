from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.door import get_visible_or_404, has_permission, requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from audit.refusals import Refused
from clients.models import Treatment
from trends import caseload as caseloads
from trends import course, dashboards, drawings, previews, services
from trends import method as methods
from trends.forms import AcknowledgeForm, AlertForm
from trends.models import Calibration, Flag, Trajectory


@require_safe
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def caseload(request: UserRequest) -> HttpResponse:
    rows = caseloads.rows(request.user, timezone.now())
    needs = [row for row in rows if row.flag]
    context = {
        "needs": needs,
        "others": [row for row in rows if not row.flag],
        "ended": caseloads.ended(request.user),
        "forms_go_out": bool(request.user.own_clinic.crisis_text.strip()),
        "manages_clinic": has_permission(request.user, Permission.MANAGE_CLINIC),
        "counts": {
            "treatments": len(rows),
            "needs": len(needs),
            "waiting": sum(row.is_waiting for row in rows),
        },
    }
    return render(request, "trends/caseload.html", context)


@require_safe
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def client(request: UserRequest, client_id: UUID) -> HttpResponse:
    treatment = _newest_treatment(request, client_id)
    return _client_page(request, treatment, AcknowledgeForm())


def _newest_treatment(request: UserRequest, client_id: UUID) -> Treatment:
    """The open one, else the one that ended last; earlier ones by ?treatment=."""
    rows = Treatment.objects.filter(client_id=client_id).order_by("-started_on", "-pk")
    chosen = request.GET.get("treatment", "")
    by_id = {str(row.pk): row for row in rows.visible_to(request.user)}
    newest = next((pk for pk, row in by_id.items() if row.ended_on is None), next(iter(by_id), ""))
    pk = chosen if chosen in by_id else newest
    visible = rows.select_related("client__clinic", "therapist")
    treatment: Treatment = get_visible_or_404(visible, request.user, pk=pk or UUID(int=0))
    return treatment


def _client_page(
    request: UserRequest,
    treatment: Treatment,
    form: AcknowledgeForm,
    typed_at: Flag | None = None,
    status: int = 200,
) -> HttpResponse:
    visible = Trajectory.objects.visible_to(request.user)
    trajectory = visible.filter(treatment=treatment).first()
    now = timezone.now()
    rows = course.session_rows(treatment, trajectory, request.user, now)
    came = course.came(rows)
    context = {
        "client": treatment.client,
        "treatment": treatment,
        "treatments": Treatment.objects.visible_to(request.user).filter(client=treatment.client),
        "trajectory": trajectory,
        "chart": _chart(trajectory, rows, came),
        "came": drawings.legend(came),
        "rows": rows,
        "notes": course.notes(treatment, rows, now),
        "flags": course.flag_cards(rows, treatment.client.name),
        "ack_form": form,
        "typed_at": typed_at,
        "words": course.too_little(trajectory),
    }
    return render(request, "trends/client.html", context, status=status)


def _chart(
    trajectory: Trajectory | None, rows: list[course.SessionRow], came: drawings.AllCame
) -> str:
    if trajectory is None or not trajectory.rated:
        return ""
    flags = drawings.standing(row.flag for row in rows if row.flag)
    return drawings.course(trajectory, flags, came)


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def acknowledge_flag(request: UserRequest, flag_id: UUID) -> HttpResponse:
    flag: Flag = get_visible_or_404(
        Flag.objects.select_related("treatment__client__clinic", "treatment__therapist"),
        request.user,
        pk=flag_id,
    )
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        return _client_page(request, flag.treatment, form, flag, status=422)
    note = form.cleaned_data["note"]
    try:
        services.acknowledge_flag(flag, note=note, by=request.user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, _("Noted: you have seen this."))
    return redirect("client", flag.treatment.client_id)


@require_safe
@requires(Permission.SEE_CLINIC_FIGURES)
def clinic(request: UserRequest) -> HttpResponse:
    rows, total = dashboards.figures(request.user.own_clinic, timezone.now())
    context = {
        "rows": rows,
        "total": total,
        "hidden": sum(row.suppressed for row in rows),
        "days": dashboards.PERIOD.days,
        "fewest": dashboards.FEWEST_CLIENTS,
    }
    return render(request, "trends/clinic.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_CLINIC)
def alerts(request: UserRequest) -> HttpResponse:
    """How often the clinic wants to be told, and what that would have meant lately."""
    clinic = request.user.own_clinic
    form = AlertForm(request.POST or None, initial={"alert_budget": clinic.alert_budget})
    if request.method == "POST" and form.is_valid():
        budget = form.cleaned_data["alert_budget"]
        services.set_alert_budget(clinic, budget=budget, by=request.user, at=timezone.now())
        messages.success(
            request,
            _("Saved. It counts for new ratings, and from tonight for those of the last 30 days."),
        )
        return redirect("alerts")
    newest = Calibration.objects.visible_to(request.user).newest(clinic.pk)
    context = {"form": form, "preview": previews.preview(clinic, newest)}
    status = 422 if form.errors else 200
    return render(request, "trends/alerts.html", context, status=status)


@require_safe
def method(request: UserRequest) -> HttpResponse:
    return render(request, "trends/method.html", {"method": methods.page()})
