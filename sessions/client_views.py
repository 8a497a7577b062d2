"""The client's pages. A mailed link may submit one form, and shows nothing that was said before.

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
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language_info
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import misses
from audit.refusals import Refused
from clients import checked
from clients import services as clients
from clients.forms import SecretForm
from outbox import links
from sessions import answering, held, services
from sessions.forms import RatingForm
from sessions.mail import minutes_for
from sessions.models import RatingRequest, RequestLink

CHECKED_MINUTES = 12 * 60
LANGUAGE, OPENED = RatingForm.LANGUAGE, RatingForm.OPENED
OFFERED = [(code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES]
View = Callable[..., HttpResponse]


@login_not_required
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    rows = RequestLink.objects.select_related("request")
    link = rows.filter(digest=links.digest(token)).first()
    if link is None:
        return misses.unknown_link(request)
    response = _see_other("rate", link.request_id)
    held.keep_link(request, response, link.request, token)
    return response


def _see_other(name: str, request_id: UUID) -> HttpResponse:
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
    language = request.POST.get(LANGUAGE, "")
    return language if language in dict(settings.LANGUAGES) else ""


def _language(rating_request: RatingRequest) -> str:
    rating = getattr(rating_request, "rating", None)
    return (rating and rating.language) or rating_request.language


def why_closed(link: RequestLink) -> str:
    """The page that says why nobody may answer by this link any more; "" while one may."""
    rating_request = link.request
    if link.replaced_at is not None:
        return "link_replaced"
    if not rating_request.session.treatment.therapist.is_active:
        return "link_expired"
    if rating_request.is_too_late(timezone.now()):
        return "link_expired"
    return ""


@gzip_page  # a slow phone has to load it; it repeats nothing that a stranger could have put in
@require_http_methods(["GET", "HEAD", "POST"])
@with_link
def rate(request: HttpRequest, link: RequestLink) -> HttpResponse:
    rating_request = link.request
    if request.method == "POST":
        return _submit(request, link)
    closed = why_closed(link)
    if hasattr(rating_request, "rating"):
        closed = "link_answered"
    elif rating_request.is_expired(timezone.now()):
        closed = closed or "link_expired"
    if closed:
        return page(request, rating_request, closed, 410)
    if not _is_let_in(request, rating_request):
        return _ask_who(request, rating_request)
    typed = answering.draft_of(rating_request, held.browser(request, rating_request.pk))
    language = typed.get(LANGUAGE, rating_request.language)
    with translation.override(language):
        form = _form(rating_request, language, typed=typed)
        return form_page(request, rating_request, form, 200)


def _submit(request: HttpRequest, link: RequestLink) -> HttpResponse:
    """Whatever the answer is, what was typed is kept for this browser until it is sent."""
    rating_request = link.request
    form = _form(rating_request, translation.get_language(), request)
    if hasattr(rating_request, "rating"):
        return _sent_again(request, link, form)
    if closed := why_closed(link):
        _keep_draft(request, rating_request)
        return page(request, rating_request, closed, 410)
    if not _is_let_in(request, rating_request):
        _keep_draft(request, rating_request)
        return _ask_who(request, rating_request)
    if not form.is_valid():
        _keep_draft(request, rating_request)
        return form_page(request, rating_request, form, 422)
    return _store(request, rating_request, form)


def _sent_again(request: HttpRequest, link: RequestLink, form: RatingForm) -> HttpResponse:
    """The browser that sent the answers may send them again; any other learns nothing."""
    if link.replaced_at is None and _is_let_in(request, link.request) and form.is_valid():
        return _store(request, link.request, form)
    return page(request, link.request, "link_answered", 410)


def _store(request: HttpRequest, rating_request: RatingRequest, form: RatingForm) -> HttpResponse:
    at = timezone.now()
    came = answering.Came(
        language=form.cleaned_data[LANGUAGE],
        seconds=held.seconds_open(rating_request, form.cleaned_data[OPENED], at),
        browser=held.browser(request, rating_request.pk),
    )
    try:
        rating = answering.submit_rating(rating_request, said=form.said(), came=came, at=at)
    except answering.AnswersDiffer:
        return page(request, rating_request, "answers_differ", 409)
    except answering.AlreadyAnswered:
        return page(request, rating_request, "link_answered", 410)
    except answering.RequestExpired:
        return page(request, rating_request, "link_expired", 410)
    response = _see_other("rate_thanks", rating_request.pk)
    held.keep_receipt(request, response, rating)
    return response


@require_POST
@with_link
def keep_draft(request: HttpRequest, link: RequestLink) -> HttpResponse:
    """While somebody types. The page goes on whatever comes back."""
    if not _is_let_in(request, link.request) or why_closed(link):
        return HttpResponse(status=410)
    return HttpResponse(status=204 if _keep_draft(request, link.request) else 410)


@require_POST
@with_link
def go_on_later(request: HttpRequest, link: RequestLink) -> HttpResponse:
    """Without scripts nothing is kept by itself, so there is a button for it."""
    kept = _is_let_in(request, link.request) and not why_closed(link)
    if kept and _keep_draft(request, link.request):
        return page(request, link.request, "draft_kept", 200)
    return _see_other("rate", link.request_id)


@require_POST
@with_link
def change_language(request: HttpRequest, link: RequestLink) -> HttpResponse:
    """What was typed so far goes along."""
    if _is_let_in(request, link.request) and not why_closed(link):
        _keep_draft(request, link.request, **{LANGUAGE: request.POST.get("to", "")})
    return _see_other("rate", link.request_id)


def _keep_draft(request: HttpRequest, rating_request: RatingRequest, **more: str) -> bool:
    browser = held.browser(request, rating_request.pk)
    if not browser:  # cookies are off, so nothing could bring it back
        return False
    typed = RatingForm.typed(rating_request.form_instrument(), request.POST.dict() | more)
    if not more and not set(typed) - set(answering.BESIDE):
        return True  # nothing was typed, so there is nothing to keep
    try:
        answering.keep_draft(rating_request, browser=browser, typed=typed, at=timezone.now())
    except Refused:
        return False
    return True


@require_POST
@with_link
def ask_for_link(request: HttpRequest, link: RequestLink) -> HttpResponse:
    """An ended link has a next step: the therapist is told that the client wants to answer."""
    closed = why_closed(link)
    if link.request.is_expired(timezone.now()):
        closed = closed or "link_expired"
    if not closed or hasattr(link.request, "rating"):
        return _see_other("rate", link.request_id)
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
    if not client.is_checked:
        return _see_other("rate", rating_request.pk)
    form = SecretForm(request.POST, client=client)
    if client.is_locked or not form.is_valid():
        return _ask_who(request, rating_request, form)
    try:
        is_right = clients.check_secret(
            client, answer=form.cleaned_data["answer"], at=timezone.now()
        )
    except clients.TooManyTries:
        return page(request, rating_request, "link_locked", 410)
    if not is_right:
        form.add_error("answer", form.WRONG)
        return _ask_who(request, rating_request, form)
    response = _see_other("rate", rating_request.pk)
    scope = _scope(rating_request)
    checked.remember(response, client, scope=scope, minutes=CHECKED_MINUTES)
    return response


def _scope(rating_request: RatingRequest) -> str:
    return f"form-{rating_request.pk.hex}"


def _is_let_in(request: HttpRequest, rating_request: RatingRequest) -> bool:
    client = rating_request.session.treatment.client
    if not client.is_checked:
        return True
    return checked.is_checked(request, client, scope=_scope(rating_request))


def _ask_who(
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


@require_http_methods(["GET", "HEAD", "POST"])
@with_link
def change(request: HttpRequest, link: RequestLink) -> HttpResponse:
    """Only in the browser that has sent the answers, and not for long."""
    rating_request, rating = link.request, getattr(link.request, "rating", None)
    is_ours = rating is not None and held.has_receipt(request, rating)
    if rating is None or not is_ours or not _is_let_in(request, rating_request):
        return _see_other("rate", rating_request.pk)
    if not answering.can_be_changed(rating, at=timezone.now()):
        return _change_over(request, rating_request)
    if request.method != "POST":
        typed = RatingForm.of(answering.Said.of(rating))
        form = _form(rating_request, rating.language, typed=typed)
        return form_page(request, rating_request, form, 200, changes=True)
    form = _form(rating_request, translation.get_language(), request)
    if not form.is_valid():
        return form_page(request, rating_request, form, 422, changes=True)
    try:
        answering.change_rating(rating, said=form.said(), at=timezone.now())
    except answering.ChangeTooLate:
        return _change_over(request, rating_request)
    return _see_other("rate_thanks", rating_request.pk)


def _change_over(request: HttpRequest, rating_request: RatingRequest) -> HttpResponse:
    """Their new words are shown once more, to be taken along."""
    typed: dict[str, object] = {"typed": request.POST.get("comment", "")}
    return page(request, rating_request, "change_over", 410, typed)


@require_POST
@with_link
def mail_own(request: HttpRequest, link: RequestLink) -> HttpResponse:
    """A link to all of one's own answers goes to the client's address, and nowhere else."""
    client = link.request.session.treatment.client
    if not hasattr(link.request, "rating") or not _is_let_in(request, link.request):
        return _see_other("rate", link.request_id)
    try:
        services.mail_own_link(client, at=timezone.now())
    except services.OwnLinkJustSent:
        pass  # it is on its way: the page says the same
    except services.NoOwnLink:
        return _see_other("rate_thanks", link.request_id)
    return page(request, link.request, "own_mailed", 200)


def _form(
    rating_request: RatingRequest,
    language: str | None,
    request: HttpRequest | None = None,
    typed: dict[str, str] | None = None,
) -> RatingForm:
    first = {OPENED: held.opened(rating_request, timezone.now())}
    return RatingForm(
        request.POST if request else None,
        instrument=rating_request.form_instrument(),
        language=language or rating_request.language,
        initial=first | (typed or {}),
    )


def form_page(
    request: HttpRequest,
    rating_request: RatingRequest,
    form: RatingForm,
    status: int,
    *,
    changes: bool = False,
) -> HttpResponse:
    context: dict[str, object] = {
        "form": form,
        "held_at": rating_request.session.held_at,
        "expires_at": rating_request.expires_at,
        "minutes": minutes_for(rating_request),
        "changes": changes,
    }
    if not changes:
        for name in ("draft", "later", "language"):
            context[f"{name}_url"] = reverse(f"rate_{name}", args=[rating_request.pk])
        context["offered"] = OFFERED
    return page(request, rating_request, "rate", status, context)


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
