"""What a client's browser holds: the link of a form, its draft, and the receipt of an answer.

Each form has cookies of its own, so that two of them may be open side by side. None is readable
for scripts, and none is sent from another site's form.
"""

import secrets
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from outbox import links
from sessions.models import Rating, RatingRequest, RequestLink

DAY = 24 * 3600
WITHOUT_END = 60 * DAY  # how long a link without end is held; opening it again holds it anew
AFTER_SENDING = 2 * DAY  # for the thanks, and for answers that got lost on the way
MOST_FORMS = 20  # browsers send all cookies with each page, and servers refuse too many
OPENED = "sessions.opened"
RECEIPT = "sessions.receipt"


def _name(kind: str, request_id: UUID) -> str:
    return f"{'__Host-' if settings.HTTPS else ''}{kind}-{request_id.hex}"


def _keep(response: HttpResponse, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name, value, max_age=seconds, secure=settings.HTTPS, httponly=True, samesite="Lax"
    )


def keep_link(
    request: HttpRequest, response: HttpResponse, rating_request: RatingRequest, token: str
) -> None:
    """Hold the link, and a name for this browser, as long as the form can be answered."""
    seconds = _seconds_left(rating_request)
    _keep(response, _name("form", rating_request.pk), token, seconds)
    named = browser(request, rating_request.pk) or secrets.token_urlsafe(32)
    _keep(response, _name("draft", rating_request.pk), named, seconds)
    _forget_others(request, response, rating_request.pk)


def _seconds_left(rating_request: RatingRequest) -> int:
    """A day more, so that the page that a link has ended can be read as well."""
    if rating_request.expires_at is None:
        return WITHOUT_END
    left = (rating_request.expires_at - timezone.now()).total_seconds()
    return max(int(left), 0) + DAY


def _forget_others(request: HttpRequest, response: HttpResponse, request_id: UUID) -> None:
    """With very many forms in one browser, the others are opened by their links again."""
    prefix = _name("form", request_id).removesuffix(request_id.hex)
    others = [name for name in request.COOKIES if name.startswith(prefix)]
    if len(others) < MOST_FORMS:
        return
    for hexadecimal in {name.removeprefix(prefix) for name in others} - {request_id.hex}:
        for kind in ("form", "draft", "sent"):
            name = _name(kind, request_id).replace(request_id.hex, hexadecimal)
            response.delete_cookie(name, samesite="Lax")


def link(request: HttpRequest, request_id: UUID) -> RequestLink | None:
    """The link that this browser holds, with everything that the pages need, in one query."""
    rows = RequestLink.objects.select_related(
        "request__session__treatment__client__clinic",
        "request__session__treatment__therapist__profile",
        "request__rating",
    )
    digest = links.digest(request.COOKIES.get(_name("form", request_id), ""))
    return rows.filter(request_id=request_id, digest=digest).first()


def browser(request: HttpRequest, request_id: UUID) -> str:
    """What tells this browser from others that hold the same link; "" without cookies."""
    return request.COOKIES.get(_name("draft", request_id), "")


def keep_receipt(request: HttpRequest, response: HttpResponse, rating: Rating) -> None:
    """This browser has sent the answers, so for a while it may see and change them.

    The cookie outlives that while: the server tells when it is over, and says so on a page.
    """
    value = signing.dumps(rating.pk.hex, salt=RECEIPT)
    _keep(response, _name("sent", rating.request_id), value, AFTER_SENDING)
    for kind in ("form", "draft"):
        name = _name(kind, rating.request_id)
        _keep(response, name, request.COOKIES.get(name, ""), AFTER_SENDING)


def has_receipt(request: HttpRequest, rating: Rating) -> bool:
    try:
        kept = request.COOKIES.get(_name("sent", rating.request_id), "")
        return bool(signing.loads(kept, salt=RECEIPT) == rating.pk.hex)
    except signing.BadSignature:
        return False


def opened(request: RatingRequest, at: datetime) -> str:
    """When the form was first shown, as a value that travels with it."""
    return signing.dumps([request.pk.hex, at.timestamp()], salt=OPENED)


def seconds_open(request: RatingRequest, value: str, at: datetime) -> float | None:
    """How long the form was open. None if the value is not one of ours, for this form."""
    try:
        form, since = signing.loads(value, salt=OPENED)
    except signing.BadSignature:
        return None
    return max(at.timestamp() - since, 0.0) if form == request.pk.hex else None
