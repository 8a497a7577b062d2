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
from clients import notices, services
from clients.forms import ClientForm
from clients.models import Client


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def add_client(request: UserRequest) -> HttpResponse:
    form = ClientForm(request.POST if request.method == "POST" else None)
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
    is_treated = client.is_treated_by(request.user)
    form = _form_about(client, request, shows_secrets=is_treated)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_client(client, **form.cleaned_data, by=request.user, at=timezone.now())
        except Refused as refusal:
            form.add_error(refusal.field, str(refusal.sentence))
        else:
            messages.success(request, _("Saved."))
            return redirect(_place_before(client, is_treated=is_treated))
    context = {
        "form": form,
        "client": client,
        "notices": notices.of_client(client),
        "is_treated": is_treated,
        "back_url": _place_before(client, is_treated=is_treated),
    }
    return render(request, "clients/edit.html", context, status=422 if form.errors else 200)


def _form_about(client: Client, request: UserRequest, *, shows_secrets: bool) -> ClientForm:
    """PIN and year of birth open the client's answers: others may set them, and see neither."""
    secrets = () if shows_secrets else ClientForm.SECRETS
    return ClientForm(
        request.POST if request.method == "POST" else None,
        initial={n: getattr(client, n) for n in ClientForm.base_fields if n not in secrets},
        hidden=[name for name in secrets if getattr(client, name)],
    )


def _place_before(client: Client, *, is_treated: bool) -> str:
    """One's own clients have a page; the front desk works from its list."""
    return reverse("client", args=[client.pk]) if is_treated else reverse("front_desk")


@require_POST
def resume_mail(request: UserRequest, client_id: UUID) -> HttpResponse:
    client: Client = get_visible_or_404(Client.objects, request.user, pk=client_id)
    services.resume_mail(client, by=request.user, at=timezone.now())
    messages.success(request, _("E-mails go out again, from the next form on."))
    return redirect("edit_client", client.pk)


@require_POST
def unlock(request: UserRequest, client_id: UUID) -> HttpResponse:
    client: Client = get_visible_or_404(Client.objects, request.user, pk=client_id)
    services.unlock(client, by=request.user, at=timezone.now())
    messages.success(request, _("Unlocked. The links work again, with five more tries."))
    return redirect("edit_client", client.pk)


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def confirm_contact(request: UserRequest, client_id: UUID) -> HttpResponse:
    treated = Client.objects.treated_by(request.user)
    client: Client = get_visible_or_404(treated, request.user, pk=client_id)
    services.confirm_contact(client, by=request.user, at=timezone.now())
    messages.success(request, _("Confirmed. The client can get a link to their answers again."))
    return redirect("edit_client", client.pk)


@require_POST
def settle_erasure(request: UserRequest, client_id: UUID) -> HttpResponse:
    client: Client = get_visible_or_404(Client.objects, request.user, pk=client_id)
    services.settle_erasure(client, by=request.user, at=timezone.now())
    messages.success(request, _("Noted as dealt with."))
    return redirect("edit_client", client.pk)


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def start_treatment(request: UserRequest, client_id: UUID) -> HttpResponse:
    treated = Client.objects.treated_by(request.user)
    client: Client = get_visible_or_404(treated, request.user, pk=client_id)
    try:
        services.start_treatment(client, by=request.user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, _("A new treatment has started."))
    return redirect("client", client.pk)
