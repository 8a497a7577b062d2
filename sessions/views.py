"""Pages of the staff about sessions and forms. The client's own pages stand in `client_views`."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.door import get_visible_or_404, has_permission, requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from audit.refusals import Refused
from clients.models import Treatment
from sessions import services
from sessions.models import RatingRequest
from sessions.sending import front_desks
from sessions.sending import sent_forms as deliveries
from sessions.sending.sent_forms import Show


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
        "forms_go_out": bool(request.user.own_clinic.crisis_text.strip()),
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
        "bounced": deliveries.bounced(user) if show == Show.NEEDS else [],
        "days": deliveries.PERIOD.days,
        "sees_clinic": has_permission(user, Permission.SEE_ROSTER),
    }
    return render(request, "sessions/delivery.html", context)
