from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.door import get_readable_or_404, requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from clients.models import Treatment
from sessions import planning
from trends import method as methods
from trends import services
from trends.client_page import agreed_card, course, early
from trends.client_page import side_by_side as sides
from trends.client_page.picture import picture
from trends.clinic import dashboards, previews, tally
from trends.flags import flag_cards
from trends.forms import AcknowledgeForm, AlertForm
from trends.models import Calibration, Trajectory
from trends.supervising import readers


@require_safe
@requires(Permission.READ_COURSES)
def client(request: UserRequest, client_id: UUID) -> HttpResponse:
    """For the therapist all of it; for whom it was opened to, the course without any action."""
    treatment = _newest_treatment(request, client_id)
    if request.method == "GET":
        readers.note_reading(treatment, request.user, timezone.now())
    return client_page(request, treatment)


def _newest_treatment(request: UserRequest, client_id: UUID) -> Treatment:
    """The own open one, else the own newest, else what may be read; others by ?treatment=."""
    rows = Treatment.objects.filter(client_id=client_id).order_by("-started_on", "-pk")
    chosen = request.GET.get("treatment", "")
    readable = sorted(
        rows.read_by(request.user),
        key=lambda row: (row.therapist_id != request.user.pk, row.ended_on is not None),
    )
    ids = [str(row.pk) for row in readable]
    pk = chosen if chosen in ids else next(iter(ids), UUID(int=0))
    visible = rows.select_related("client__clinic", "therapist", "follows__therapist")
    treatment: Treatment = get_readable_or_404(visible, request.user, pk=pk)
    return treatment


def client_page(
    request: UserRequest, treatment: Treatment, status: int = 200, **typed: object
) -> HttpResponse:
    """typed: forms that are shown again with what was typed."""
    readable = Trajectory.objects.read_by(request.user)
    trajectory = readable.filter(treatment=treatment).first()
    now = timezone.now()
    rows = course.session_rows(treatment, trajectory, request.user, now)
    is_own = treatment.is_own_of(request.user)
    name = treatment.client.name
    reader = None if is_own else readers.why(treatment, request.user)
    if reader and reader.is_supervisor:
        request.place = "supervision"
    context = {
        "client": treatment.client,
        "treatment": treatment,
        "treatments": Treatment.objects.read_by(request.user).filter(client=treatment.client),
        "missed_next": planning.is_missed(treatment.next_at, now),
        "is_own": is_own,  # without it: nothing to do, no contact data, no private notes
        "reader": reader,
        "trajectory": trajectory,
        **picture(trajectory, rows, is_own=is_own),
        "pointed": sides.pointed(rows, is_own=is_own, name=name),
        "rows": rows,
        "notes": course.notes(treatment, rows, now) if is_own else [],
        "flags": flag_cards.flag_cards(rows, treatment.client.name),
        "agreed": agreed_card.of(treatment),
        "shared": readers.shares(treatment, request.user) if is_own else None,
        "ack_form": AcknowledgeForm(),
        "undoable": course.undoable(rows, now) if is_own else [],
        "words": course.too_little(trajectory),
        "early": early.of_course(treatment, rows),
    }
    return render(request, "trends/client.html", context | typed, status=status)


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
        "tally": tally.tally(request.user.own_clinic, timezone.now()),
    }
    return render(request, "trends/clinic.html", context)


@require_safe
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def seen_by_admins(request: UserRequest) -> HttpResponse:
    """What the clinic's page says about oneself, from the same rows and the same template."""
    context = {
        "rows": [dashboards.row_of(request.user, timezone.now())],
        "days": dashboards.PERIOD.days,
        "fewest": dashboards.FEWEST_CLIENTS,
    }
    return render(request, "trends/seen_by_admins.html", context)


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
