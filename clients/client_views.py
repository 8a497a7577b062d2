"""The client's own say over our e-mails, without an account.

As with the forms: the token leaves the address bar at once, and GET and HEAD change nothing. Only
the mail program's own button (RFC 8058) writes straight from the address in the mail.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts import misses
from clients import services
from clients.forms import MailForm
from clients.models import Client, ClientLink

COOKIE_SECONDS = 24 * 3600
SEE_OTHER = 303


def _cookie() -> str:
    return "__Host-mail" if settings.HTTPS else "mail"


def _client_of(token: str) -> Client | None:
    at = timezone.now()
    link = ClientLink.objects.opened_by(token, purpose=ClientLink.Purpose.MAIL, at=at).first()
    return link.client if link else None


@csrf_exempt  # RFC 8058: a mail program has neither our cookie nor a token of a form
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def open_mail(request: HttpRequest, token: str) -> HttpResponse:
    client = _client_of(token)
    if client is None:
        return misses.unknown_link(request)
    if request.method == "POST":
        return _one_click(request, client)
    response = redirect("mail_choice")
    response.status_code = SEE_OTHER
    response.set_cookie(
        _cookie(),
        token,
        max_age=COOKIE_SECONDS,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


def _one_click(request: HttpRequest, client: Client) -> HttpResponse:
    """What a mail program sends when somebody presses its "Unsubscribe"; nothing else counts."""
    if request.POST.get("List-Unsubscribe") != "One-Click":
        with translation.override(client.language):
            return render(request, "400.html", status=400)
    services.stop_mail(client, at=timezone.now())
    with translation.override(client.language):
        return render(request, "clients/mail_stopped.html", {"clinic": client.clinic})


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def mail_choice(request: HttpRequest) -> HttpResponse:
    client = _client_of(request.COOKIES.get(_cookie(), ""))
    if client is None:
        return misses.unknown_link(request)
    form = MailForm(
        request.POST if request.method == "POST" else None,
        initial={"language": client.language},
        is_stopped=client.stopped_at is not None,
    )
    if request.method == "POST" and form.is_valid():
        _choose(client, form)
        response = redirect(f"{reverse('mail_choice')}?saved")
        response.status_code = SEE_OTHER
        return response
    with translation.override(client.language):
        context = {
            "form": form,
            "client": client,
            "clinic": client.clinic,
            "is_saved": "saved" in request.GET and not form.is_bound,
        }
        status = 422 if form.is_bound else 200
        return render(request, "clients/mail.html", context, status=status)


def _choose(client: Client, form: MailForm) -> None:
    said, at = form.cleaned_data, timezone.now()
    if said["mails"] == MailForm.STOP:
        services.stop_mail(client, at=at)
    else:
        services.resume_mail(client, by=None, at=at)
    services.change_language(client, language=said["language"], by=None, at=at)
