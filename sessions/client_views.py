"""The client's pages. A mailed link may submit one form, and shows nothing that was said before.

The token leaves the address bar at once: the first page puts it into a cookie and redirects.
GET and HEAD change nothing, so a mail scanner cannot spend a link.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods, require_safe

from outbox import links
from sessions import services
from sessions.forms import RatingForm
from sessions.models import RatingRequest, RequestLink

COOKIE_SECONDS = 31 * 24 * 3600  # as long as any link may be valid


def _cookie(request_id: UUID) -> str:
    """Each form has a cookie of its own: two of them may be open side by side."""
    return f"{'__Host-' if settings.HTTPS else ''}form-{request_id.hex}"


def _unknown(request: HttpRequest) -> HttpResponse:
    """Nothing is known of whoever asks, but the language of their browser."""
    with translation.override(translation.get_language_from_request(request)):
        return render(request, "sessions/link_unknown.html", {"clinic": None}, status=404)


@login_not_required
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    link = RequestLink.objects.filter(digest=links.digest(token)).first()
    if link is None:
        return _unknown(request)
    response = redirect("rate", link.request_id)
    response.status_code = 303
    response.set_cookie(
        _cookie(link.request_id),
        token,
        max_age=COOKIE_SECONDS,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


def _held_request(request: HttpRequest, request_id: UUID) -> tuple[RatingRequest, bool] | None:
    """The request whose link this browser holds, and whether that link is the newest."""
    held = links.digest(request.COOKIES.get(_cookie(request_id), ""))
    rating_request = (
        RatingRequest.objects.select_related(
            "session__treatment__client__clinic", "session__treatment__therapist", "rating"
        )
        .filter(pk=request_id, links__digest=held)
        .first()
    )
    if rating_request is None:
        return None
    newest = rating_request.links.latest("pk")
    return rating_request, bytes(newest.digest) == held


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, request_id: UUID) -> HttpResponse:
    found = _held_request(request, request_id)
    if found is None:
        return _unknown(request)
    rating_request, is_newest = found
    clinic = rating_request.session.treatment.client.clinic
    with translation.override(rating_request.language), timezone.override(clinic.zone):
        if request.method == "POST":
            return _submit(request, rating_request, is_newest)
        why_closed = _why_closed(rating_request, is_newest)
        if hasattr(rating_request, "rating"):
            why_closed = "link_answered"
        elif rating_request.is_expired(timezone.now()):
            why_closed = why_closed or "link_expired"
        if why_closed:
            return _page(request, rating_request, why_closed, 410)
        return _form_page(request, rating_request, _form(rating_request), 200)


def _why_closed(rating_request: RatingRequest, is_newest: bool) -> str:
    """The page that says why nobody may answer by this link any more; "" while one may."""
    if not is_newest:
        return "link_replaced"
    somebody_reads = rating_request.session.treatment.therapist.is_active
    if rating_request.is_too_late(timezone.now()) or not somebody_reads:
        return "link_expired"
    return ""


def _submit(request: HttpRequest, rating_request: RatingRequest, is_newest: bool) -> HttpResponse:
    form = _form(rating_request, request)
    is_answered = hasattr(rating_request, "rating")
    why_closed = "" if is_answered else _why_closed(rating_request, is_newest)
    if why_closed or (is_answered and not form.is_valid()):
        return _page(request, rating_request, why_closed or "link_answered", 410)
    if not form.is_valid():
        return _form_page(request, rating_request, form, 422)
    try:
        services.submit_rating(rating_request, **form.said(), at=timezone.now())
    except services.AnswersDiffer:
        return _page(request, rating_request, "answers_differ", 409)
    except services.RequestExpired:
        return _page(request, rating_request, "link_expired", 410)
    response = redirect("rate_thanks", rating_request.pk)
    response.status_code = 303
    return response


@login_not_required
@require_safe
def thanks(request: HttpRequest, request_id: UUID) -> HttpResponse:
    found = _held_request(request, request_id)
    if found is None:
        return _unknown(request)
    rating_request, _is_newest = found
    if not hasattr(rating_request, "rating"):
        return redirect("rate", request_id)
    with translation.override(rating_request.language):
        return _page(request, rating_request, "thanks", 200)


def _form(rating_request: RatingRequest, request: HttpRequest | None = None) -> RatingForm:
    return RatingForm(
        request.POST if request else None,
        instrument=rating_request.form_instrument(),
        language=rating_request.language,
    )


def _form_page(
    request: HttpRequest, rating_request: RatingRequest, form: RatingForm, status: int
) -> HttpResponse:
    treatment = rating_request.session.treatment
    context = {
        "form": form,
        "therapist_name": treatment.therapist.display_name,
        "held_at": rating_request.session.held_at,
        "expires_at": rating_request.expires_at,
        "question_count": len(rating_request.form_instrument().items) + 1,
    }
    return _page(request, rating_request, "rate", status, context)


def _page(
    request: HttpRequest,
    rating_request: RatingRequest,
    name: str,
    status: int,
    context: dict[str, object] | None = None,
) -> HttpResponse:
    clinic = rating_request.session.treatment.client.clinic
    about = {"clinic": clinic, "crisis_text": clinic.crisis_text}
    return render(request, f"sessions/{name}.html", about | (context or {}), status=status)
