from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.door import get_visible_or_404, requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from audit.refusals import Refused
from clients import services
from clients.forms import ClientForm
from clients.models import Client, Treatment


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def add_client(request: UserRequest) -> HttpResponse:
    form = ClientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            treatment = services.add_client(**form.cleaned_data, by=request.user, at=timezone.now())
        except Refused as refusal:
            form.add_error(refusal.field, str(refusal.sentence))
        else:
            name = treatment.client.name
            messages.success(request, _("%(name)s is on your caseload.") % {"name": name})
            return redirect("client", treatment.client_id)
    status = 422 if form.errors else 200
    return render(request, "clients/add.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_client(request: UserRequest, client_id: UUID) -> HttpResponse:
    client: Client = get_visible_or_404(Client.objects, request.user, pk=client_id)
    kept = {name: getattr(client, name) for name in ClientForm.base_fields}
    form = ClientForm(request.POST or None, initial=kept)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_client(client, **form.cleaned_data, by=request.user, at=timezone.now())
        except Refused as refusal:
            form.add_error(refusal.field, str(refusal.sentence))
        else:
            messages.success(request, _("Saved."))
            return redirect(_place_before(request, client))
    context = {"form": form, "client": client, "back_url": _place_before(request, client)}
    return render(request, "clients/edit.html", context, status=422 if form.errors else 200)


def _place_before(request: UserRequest, client: Client) -> str:
    """One's own clients have a page; the front desk works from its list."""
    if Treatment.objects.visible_to(request.user).filter(client=client).exists():
        return reverse("client", args=[client.pk])
    return reverse("front_desk")


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def end_treatment(request: UserRequest, treatment_id: UUID) -> HttpResponse:
    treatment: Treatment = get_visible_or_404(Treatment.objects, request.user, pk=treatment_id)
    try:
        services.end_treatment(treatment, by=request.user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, _("The treatment has ended. You can still look back at it."))
    return redirect("client", treatment.client_id)


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def start_treatment(request: UserRequest, client_id: UUID) -> HttpResponse:
    treated = Client.objects.filter(
        pk__in=Treatment.objects.visible_to(request.user).values("client_id")
    )
    client: Client = get_visible_or_404(treated, request.user, pk=client_id)
    try:
        services.start_treatment(client, by=request.user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, _("A new treatment has started."))
    return redirect("client", client.pk)
