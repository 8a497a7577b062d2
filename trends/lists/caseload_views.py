"""A therapist's own lists: the caseload, today, and what waits to be read."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.door import get_visible_or_404, has_permission, requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from sessions import reading
from sessions.models import Rating
from trends.lists import caseload as caseloads
from trends.lists import finding
from trends.lists import inbox as inboxes
from trends.lists import today as days
from trends.lists.finding import Show, Sort, Wanted


@require_safe
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def caseload(request: UserRequest) -> HttpResponse:
    rows = caseloads.rows(request.user, timezone.now())
    wanted = Wanted.of(request.GET)
    found = finding.found(rows, wanted)
    sections = [
        (section, [row for row in found if row.section == section]) for section in caseloads.Section
    ]
    context = {
        "sections": sections,
        "found": found,
        "wanted": wanted,
        "shows": list(Show),
        "sorts": list(Sort),
        "ended": caseloads.ended(request.user),
        "forms_go_out": bool(request.user.own_clinic.crisis_text.strip()),
        "manages_clinic": has_permission(request.user, Permission.MANAGE_CLINIC),
        "counts": {
            "treatments": len(rows),
            "needs": sum(row.section == caseloads.Section.NEEDS for row in rows),
            "waiting": sum(row.is_waiting for row in rows),
        },
    }
    return render(request, "trends/caseload.html", context)


@require_safe
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def today(request: UserRequest) -> HttpResponse:
    context = {"plan": days.plan(request.user, timezone.now())}
    return render(request, "trends/today.html", context)


@require_safe
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def inbox(request: UserRequest) -> HttpResponse:
    context = {"inbox": inboxes.inbox(request.user, timezone.now())}
    return render(request, "trends/inbox.html", context)


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def mark_read(request: UserRequest, rating_id: UUID) -> HttpResponse:
    rating = get_visible_or_404(Rating.objects, request.user, pk=rating_id)
    reading.mark_read(rating, by=request.user, at=timezone.now())
    messages.success(request, _("Noted: you have read this."))
    return redirect("today" if request.POST.get("back") == "today" else "inbox")
