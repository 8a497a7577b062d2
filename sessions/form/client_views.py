"""The client's form and its drafts. A mailed link may submit one form, and tells no answers.

How a link is opened, checked and ended stands in `link_views`.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language_info
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST

from audit.refusals import Refused
from sessions.form import answering, asked, held
from sessions.form.link_views import ask_who, is_let_in, page, see_other, why_closed, with_link
from sessions.forms import RatingForm
from sessions.models import RatingRequest, RequestLink
from sessions.sending.mail import minutes_for

LANGUAGE, OPENED = RatingForm.LANGUAGE, RatingForm.OPENED
OFFERED = [(code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES]


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
    if not is_let_in(request, rating_request):
        return ask_who(request, rating_request)
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
        return page(request, rating_request, closed, 410, _typed(request))
    if not is_let_in(request, rating_request):
        _keep_draft(request, rating_request)
        return ask_who(request, rating_request)
    if not form.is_valid():
        _keep_draft(request, rating_request)
        return form_page(request, rating_request, form, 422)
    return _store(request, rating_request, form)


def _sent_again(request: HttpRequest, link: RequestLink, form: RatingForm) -> HttpResponse:
    """The browser that sent the answers may send them again; any other learns nothing."""
    if link.replaced_at is None and is_let_in(request, link.request) and form.is_valid():
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
    except answering.NoLongerNeeded:
        return page(request, rating_request, "link_withdrawn", 410, _typed(request))
    response = see_other("rate_thanks", rating_request.pk)
    held.keep_receipt(request, response, rating)
    return response


@require_POST
@with_link
def keep_draft(request: HttpRequest, link: RequestLink) -> HttpResponse:
    """While somebody types. The page goes on whatever comes back."""
    if not is_let_in(request, link.request) or why_closed(link):
        return HttpResponse(status=410)
    return HttpResponse(status=204 if _keep_draft(request, link.request) else 410)


@require_POST
@with_link
def go_on_later(request: HttpRequest, link: RequestLink) -> HttpResponse:
    """Without scripts nothing is kept by itself, so there is a button for it."""
    kept = is_let_in(request, link.request) and not why_closed(link)
    if kept and _keep_draft(request, link.request):
        return page(request, link.request, "draft_kept", 200)
    return see_other("rate", link.request_id)


@require_POST
@with_link
def change_language(request: HttpRequest, link: RequestLink) -> HttpResponse:
    """What was typed so far goes along."""
    if is_let_in(request, link.request) and not why_closed(link):
        _keep_draft(request, link.request, **{LANGUAGE: request.POST.get("to", "")})
    return see_other("rate", link.request_id)


def _keep_draft(request: HttpRequest, rating_request: RatingRequest, **more: str) -> bool:
    browser = held.browser(request, rating_request.pk)
    if not browser:  # cookies are off, so nothing could bring it back
        return False
    sent = request.POST.dict() | more
    about = asked.of_request(rating_request, sent)
    typed = RatingForm.typed(rating_request.form_instrument(), sent, about)
    if not more and not set(typed) - set(answering.BESIDE):
        return True  # nothing was typed, so there is nothing to keep
    try:
        answering.keep_draft(rating_request, browser=browser, typed=typed, at=timezone.now())
    except Refused:
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@with_link
def change(request: HttpRequest, link: RequestLink) -> HttpResponse:
    """Only in the browser that has sent the answers, and not for long."""
    rating_request, rating = link.request, getattr(link.request, "rating", None)
    is_ours = rating is not None and held.has_receipt(request, rating)
    if rating is None or not is_ours or not is_let_in(request, rating_request):
        return see_other("rate", rating_request.pk)
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
    return see_other("rate_thanks", rating_request.pk)


def _change_over(request: HttpRequest, rating_request: RatingRequest) -> HttpResponse:
    return page(request, rating_request, "change_over", 410, _typed(request))


def _typed(request: HttpRequest) -> dict[str, object]:
    """Their words are shown once more, to be taken along."""
    return {"typed": request.POST.get("comment", "")}


def _form(
    rating_request: RatingRequest,
    language: str | None,
    request: HttpRequest | None = None,
    typed: dict[str, str] | None = None,
) -> RatingForm:
    first = {OPENED: held.opened(rating_request, timezone.now())}
    sent = request.POST if request else None
    return RatingForm(
        sent,
        instrument=rating_request.form_instrument(),
        language=language or rating_request.language,
        asked=asked.of_request(rating_request, sent or typed or ()),
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
