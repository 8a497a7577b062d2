"""The client's own rights, without an account: see, take along, and ask to be forgotten.

As with the forms: the token leaves the address bar at once, GET and HEAD change nothing, and who
is logged in does not matter. The link alone shows nothing: behind it stands the second check.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import misses
from audit.refusals import Refused
from clients import checked, services
from clients.forms import SecretForm
from clients.models import Client, ClientLink
from trends.own_answers import own, own_copy

SCOPE = "own"
CHECKED_MINUTES = 30
SEE_OTHER = 303
View = Callable[..., HttpResponse]


class NothingToAsk(Refused):
    sentence = _("To open this page you need a PIN. Please ask the clinic for one.")
    code = "nothing_to_ask"
    status = 403


# --- Who is there


def _cookie() -> str:
    return "__Host-own" if settings.HTTPS else "own"


def _link(token: str) -> ClientLink | None:
    purpose = ClientLink.Purpose.OWN
    return ClientLink.objects.opened_by(token, purpose=purpose, at=timezone.now()).first()


def _held_link(request: HttpRequest) -> ClientLink | None:
    return _link(request.COOKIES.get(_cookie(), ""))


def with_client(view: View) -> View:
    """Let only the browser in that holds a link of the client; speaks the client's language."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        link = _held_link(request)
        if link is None:
            return misses.unknown_link(request)
        client = link.client
        with translation.override(client.language), timezone.override(client.zone):
            return view(request, client)

    return guarded


def behind_check(view: View) -> View:
    """Let only those in who have answered the question; the others are sent to it."""

    @wraps(view)
    def guarded(request: HttpRequest, client: Client) -> HttpResponse:
        if not checked.is_checked(request, client, scope=SCOPE):
            return _see_other("own")
        return view(request, client)

    return guarded


def _see_other(name: str) -> HttpResponse:
    response = redirect(name)
    response.status_code = SEE_OTHER
    return response


# --- Getting in and out


@login_not_required
@require_safe
def open_own(request: HttpRequest, token: str) -> HttpResponse:
    link = _link(token)
    if link is None:
        return misses.unknown_link(request)
    response = _see_other("own")
    ends = link.expires_at
    response.set_cookie(
        _cookie(),
        token,
        max_age=ends - timezone.now() if ends else None,  # None: until the browser is closed
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


@login_not_required
@require_POST
@with_client
def own_check(request: HttpRequest, client: Client) -> HttpResponse:
    """Something that only the client knows, five times at most."""
    form = SecretForm(request.POST, client=client)
    if _why_not_asked(client) or not form.is_valid():
        return _ask_who(request, client, form)
    try:
        is_right = services.check_secret(
            client, answer=form.cleaned_data["answer"], at=timezone.now()
        )
    except services.TooManyTries:  # tries side by side: the row knows of more of them
        return _ask_who(request, client, form)
    if not is_right:
        form.add_error("answer", form.WRONG)
        return _ask_who(request, client, form)
    response = _see_other("own")
    checked.remember(response, client, scope=SCOPE, minutes=CHECKED_MINUTES)
    return response


def _why_not_asked(client: Client) -> type[Refused] | None:
    if client.is_locked:
        return services.TooManyTries
    return None if client.secret else NothingToAsk


def _ask_who(request: HttpRequest, client: Client, form: SecretForm | None = None) -> HttpResponse:
    refusal = _why_not_asked(client)
    if refusal:
        context: dict[str, object] = {"refused": refusal.sentence}
        return _page(request, client, "own_check", context, refusal.status)
    context = {"form": form or SecretForm(client=client)}
    return _page(request, client, "own_check", context, 422 if form else 200)


@login_not_required
@require_POST
def own_leave(request: HttpRequest) -> HttpResponse:
    """For a phone that others use too. It also works when the link has ended meanwhile."""
    link = _held_link(request)
    browser_language = translation.get_language_from_request(request)
    with translation.override(link.client.language if link else browser_language):
        response = render(request, "trends/own_left.html", {"clinic": None})
    response.delete_cookie(_cookie(), samesite="Lax")
    if link:
        checked.forget(response, link.client, scope=SCOPE)
    return response


# --- Inside


@login_not_required
@require_safe
@with_client
def own_answers(request: HttpRequest, client: Client) -> HttpResponse:
    if not checked.is_checked(request, client, scope=SCOPE):
        return _ask_who(request, client)
    treatments = own.treatments(client)
    shows = client.clinic.shows_course
    context: dict[str, object] = {
        "is_empty": not any(treated.answered for treated in treatments),
        "hidden": "" if shows else own_copy.hidden(),
        "parts": [
            {
                "treatment": treated,
                "period": own_copy.period(treated),
                "course": own.course(treated, f"course-{number}") if shows else None,
            }
            for number, treated in enumerate(treatments, start=1)
        ],
    }
    return _page(request, client, "own", context)


@login_not_required
@require_safe
@with_client
@behind_check
def own_json(request: HttpRequest, client: Client) -> HttpResponse:
    data = own_copy.as_data(client, timezone.now())
    response = JsonResponse(data, json_dumps_params={"ensure_ascii": False, "indent": 2})
    return _attached(response, "answers.json")


@login_not_required
@require_safe
@with_client
@behind_check
def own_text(request: HttpRequest, client: Client) -> HttpResponse:
    text = own_copy.as_text(client, timezone.now())
    return _attached(HttpResponse(text, content_type="text/plain; charset=utf-8"), "answers.txt")


def _attached(response: HttpResponse, name: str) -> HttpResponse:
    """name: lies on a phone that others may look at, so it tells nothing."""
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@with_client
@behind_check
def own_erasure(request: HttpRequest, client: Client) -> HttpResponse:
    if request.method == "POST":
        services.ask_erasure(client, at=timezone.now())
        return _see_other("own_erasure")
    return _page(request, client, "own_erasure", {"asked_at": client.erasure_asked_at})


def _page(
    request: HttpRequest,
    client: Client,
    name: str,
    context: dict[str, object],
    status: int = 200,
) -> HttpResponse:
    """Names the clinic, and never the client: others may look at the screen."""
    return render(
        request, f"trends/{name}.html", {"clinic": client.clinic, **context}, status=status
    )
