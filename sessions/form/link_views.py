"""A link that a client holds: opened, checked, ended, asked for anew, and thanked at the end.

The token leaves the address bar at once: the first page puts it into a cookie and redirects.
GET and HEAD change nothing, so a mail scanner cannot spend a link.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_POST, require_safe

from accounts import misses
from clients import checked
from clients import services as clients
from clients.forms import SecretForm
from outbox import links
from sessions import services
from sessions.form import answering, held
from sessions.forms import RatingForm
from sessions.models import RatingRequest, RequestLink

CHECKED_MINUTES = 12 * 60
View = Callable[..., HttpResponse]


@login_not_required
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    rows = RequestLink.objects.select_related("request")
    link = rows.filter(digest=links.digest(token)).first()
    if link is None:
        return misses.unknown_link(request)
    response = see_other("rate", link.request_id)
    held.keep_link(request, response, link.request, token)
    return response


def see_other(name: str, request_id: UUID) -> HttpResponse:
    response = redirect(name, request_id)
    response.status_code = 303
    return response


def with_link(view: View) -> View:
    """Let only the browser in that holds a link of the form; speaks the client's language."""

    @login_not_required
    @wraps(view)
    def guarded(request: HttpRequest, request_id: UUID) -> HttpResponse:
        link = held.link(request, request_id)
        if link is None:
            return misses.unknown_link(request)
        client = link.request.session.treatment.client
        language = _sent_language(request) or _language(link.request)
        with translation.override(language), timezone.override(client.zone):
            return view(request, link)

    return guarded


def _sent_language(request: HttpRequest) -> str:
    """Of the page that a form was sent from."""
    language = request.POST.get(RatingForm.LANGUAGE, "")
    return language if language in dict(settings.LANGUAGES) else ""


def _language(rating_request: RatingRequest) -> str:
    rating = getattr(rating_request, "rating", None)
    return (rating and rating.language) or rating_request.language


def why_closed(link: RequestLink) -> str:
    """The page that says why nobody may answer by this link any more; "" while one may."""
    rating_request = link.request
    if rating_request.withdrawn_at is not None:
        return "link_withdrawn"
    if link.replaced_at is not None:
        return "link_replaced"
    if not rating_request.session.treatment.therapist.is_active:
        return "link_expired"
    if rating_request.is_too_late(timezone.now()):
        return "link_expired"
    return ""


@require_POST
@with_link
def ask_for_link(request: HttpRequest, link: RequestLink) -> HttpResponse:
    """An ended link has a next step: the therapist is told that the client wants to answer."""
    closed = why_closed(link)
    if link.request.is_expired(timezone.now()):
        closed = closed or "link_expired"
    if not closed or link.request.is_settled:
        return see_other("rate", link.request_id)
    if request.POST.get("wants") != "yes":  # programs press every button
        return page(request, link.request, closed, 422, {"wants_missing": True})
    try:
        services.ask_for_new_link(link.request, at=timezone.now())
    except services.NothingToSend:
        return page(request, link.request, closed, 410)
    return page(request, link.request, "link_asked", 200)


@require_POST
@with_link
def check(request: HttpRequest, link: RequestLink) -> HttpResponse:
    """The second check: something that only the client knows, five times at most."""
    rating_request, client = link.request, link.request.session.treatment.client
    if not rating_request.is_checked:
        return see_other("rate", rating_request.pk)
    form = SecretForm(request.POST, client=client)
    if client.is_locked or not form.is_valid():
        return ask_who(request, rating_request, form)
    try:
        is_right = clients.check_secret(
            client, answer=form.cleaned_data["answer"], at=timezone.now()
        )
    except clients.TooManyTries:
        return page(request, rating_request, "link_locked", 410)
    if not is_right:
        form.add_error("answer", form.WRONG)
        return ask_who(request, rating_request, form)
    response = see_other("rate", rating_request.pk)
    scope = _scope(rating_request)
    checked.remember(response, client, scope=scope, minutes=CHECKED_MINUTES)
    return response


def _scope(rating_request: RatingRequest) -> str:
    return f"form-{rating_request.pk.hex}"


def is_let_in(request: HttpRequest, rating_request: RatingRequest) -> bool:
    client = rating_request.session.treatment.client
    if not rating_request.is_checked:
        return True
    return checked.is_checked(request, client, scope=_scope(rating_request))


def ask_who(
    request: HttpRequest, rating_request: RatingRequest, form: SecretForm | None = None
) -> HttpResponse:
    client = rating_request.session.treatment.client
    if client.is_locked:
        return page(request, rating_request, "link_locked", 410)
    context: dict[str, object] = {"form": form or SecretForm(client=client)}
    return page(request, rating_request, "check", 422 if form else 200, context)


@require_safe
@with_link
def thanks(request: HttpRequest, link: RequestLink) -> HttpResponse:
    rating = getattr(link.request, "rating", None)
    if rating is None:
        return redirect("rate", link.request_id)
    client = link.request.session.treatment.client
    can_change = answering.can_be_changed(rating, at=timezone.now())
    context: dict[str, object] = {
        "can_change": can_change and held.has_receipt(request, rating),
        "minutes": client.clinic.change_minutes,
        "can_mail": client.may_get_own_link,
        "why_not": client.why_no_own_link,
    }
    return page(request, link.request, "thanks", 200, context)


@require_POST
@with_link
def mail_own(request: HttpRequest, link: RequestLink) -> HttpResponse:
    """A link to all of one's own answers goes to the client's address, and nowhere else."""
    client = link.request.session.treatment.client
    if not hasattr(link.request, "rating") or not is_let_in(request, link.request):
        return see_other("rate", link.request_id)
    try:
        services.mail_own_link(client, at=timezone.now())
    except services.OwnLinkJustSent:
        pass  # it is on its way: the page says the same
    except services.NoOwnLink:
        return see_other("rate_thanks", link.request_id)
    return page(request, link.request, "own_mailed", 200)


def page(
    request: HttpRequest,
    rating_request: RatingRequest,
    name: str,
    status: int,
    context: dict[str, object] | None = None,
) -> HttpResponse:
    therapist = rating_request.session.treatment.therapist
    clinic = rating_request.session.treatment.client.clinic
    profile = getattr(therapist, "profile", None)
    about = {
        "can_ask": services.can_be_sent(rating_request.session.treatment),
        "clinic": clinic,
        "crisis_text": clinic.crisis_text,
        "request_id": rating_request.pk,
        "therapist_name": therapist.display_name,
        "about_id": therapist.pk if profile and profile.published_at else None,
    }
    return render(request, f"sessions/{name}.html", about | (context or {}), status=status)
