"""The mail that carries the link, written when it is sent."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from outbox import composers
from sessions import services
from sessions.models import RATING_REQUEST, RatingRequest

ANSWERED = _noop("The form was already answered.")
EXPIRED = _noop("The form ran out before the mail could be sent.")
ENDED = _noop("The treatment has ended.")
NOBODY_READS = _noop("The therapist no longer works here.")
STOPPED = _noop("The client is not to be mailed.")


def register() -> None:
    composers.register(RATING_REQUEST, rating_request)


def rating_request(about: UUID, at: datetime) -> composers.Email:
    """Checks under the lock of the request that the mail is still wanted."""
    request = RatingRequest.objects.select_for_update(of=("self",), no_key=True).get(pk=about)
    _check_wanted(request, at)
    token = services.issue_link(request, at=at)
    client = request.session.treatment.client
    with translation.override(request.language), timezone.override(client.clinic.zone):
        text, html = composers.render("rating_request", _context(request, token))
        subject = _("A short form from %(sender)s") % {"sender": _sender(request)}
    return composers.Email(client.email, subject, text, html, _sender(request))


def _check_wanted(request: RatingRequest, at: datetime) -> None:
    treatment = request.session.treatment
    reasons = {
        ANSWERED: hasattr(request, "rating"),
        EXPIRED: request.is_expired(at),
        ENDED: treatment.ended_on is not None,
        NOBODY_READS: not treatment.therapist.is_active,
        STOPPED: not treatment.client.can_be_mailed,
    }
    for reason, holds in reasons.items():
        if holds:
            raise composers.NotWanted(reason)


def _sender(request: RatingRequest) -> str:
    clinic = request.session.treatment.client.clinic
    return clinic.sender_name or clinic.name


def _context(request: RatingRequest, token: str) -> dict[str, object]:
    """Nothing clinical: who sends it, which day, the link, and until when it opens."""
    treatment = request.session.treatment
    named = treatment.client.clinic.names_therapist
    held_at = timezone.localtime(request.session.held_at)
    expires_at = timezone.localtime(request.expires_at)
    return {
        "clinic_name": _sender(request),
        "url": settings.SITE_URL + reverse("open_link", args=[token]),
        "session_date": formats.date_format(held_at, "DATE_FORMAT"),
        "therapist_name": treatment.therapist.display_name if named else "",
        "expires_words": f"{formats.date_format(expires_at, 'DATETIME_FORMAT')} "
        f"({expires_at.tzname()})",
        "minutes": 1,
        "language": request.language,
    }
