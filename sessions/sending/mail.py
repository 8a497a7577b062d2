"""The mails that carry a link to a client, written when they are sent."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from accounts.models import Clinic
from clients import services as clients
from clients.models import Client, ClientLink, Treatment
from outbox import composers, quiet
from sessions import services
from sessions.correcting.standing import NO_LONGER_NEEDED
from sessions.form import asked
from sessions.form.answering import ANSWERED
from sessions.models import OWN_LINK, RATING_REQUEST, REMINDER, RatingRequest
from sessions.sending import unanswered

EXPIRED = _noop("The form ran out before the mail could be sent.")
ENDED = _noop("The treatment has ended.")
NOBODY_READS = _noop("The therapist no longer works here.")
NO_CRISIS_TEXT = _noop("The clinic has not said yet whom to call in need.")
STOPPED = _noop("The client wants no more e-mails.")
BOUNCED = _noop("Mail to this address came back.")
NOT_BY_MAIL = _noop("The client is not to be mailed.")
SHORT = 8  # items that take about a minute
NO_OWN_LINK = _noop("The therapist has to confirm the contact data first.")
TIRED = _noop("The last forms were not answered, so nobody is reminded.")


def register() -> None:
    composers.register(RATING_REQUEST, rating_request, bounced=bounced, refused=refused)
    composers.register(REMINDER, reminder, bounced=bounced, refused=refused)
    composers.register(OWN_LINK, own_link, bounced=own_bounced, refused=own_refused)


def rating_request(about: UUID, at: datetime) -> composers.Email:
    """Checks under the lock of the request that the mail is still wanted, and at this hour."""
    request = _locked(about)
    _check_wanted(request, at)
    token = services.issue_link(request, at=at)
    return written("rating_request", request, token, _preferences(request, at))


def reminder(about: UUID, at: datetime) -> composers.Email:
    """The same, once more. The first link keeps working beside this one."""
    request = _locked(about)
    _check_wanted(request, at)
    if unanswered.is_tired(request.session.treatment, at):
        raise composers.NotWanted(TIRED)
    token = services.issue_link(request, at=at, replaces=False)
    return written("reminder", request, token, _preferences(request, at))


def own_link(about: UUID, at: datetime) -> composers.Email:
    """What the client has just asked for comes at any hour."""
    client = Client.objects.select_for_update(of=("self",), no_key=True).get(pk=about)
    _refuse({NO_OWN_LINK: not client.may_get_own_link})
    token = clients.issue_link(
        client, purpose=ClientLink.Purpose.OWN, at=at, valid=services.OWN_LINK_VALID
    )
    context = {
        "clinic_name": sender(client.clinic),
        "url": _address("open_own", token),
        "hours": int(services.OWN_LINK_VALID.total_seconds() // 3600),
    }
    with translation.override(client.language):
        text, html = composers.render("own_link", context)
        subject = _("Your answers at %(sender)s") % {"sender": sender(client.clinic)}
    return composers.Email(client.email, subject, text, html, sender(client.clinic))


def bounced(about: UUID, at: datetime) -> None:
    """No more mail to this address, and the staff is told."""
    request = RatingRequest.objects.select_related("session__treatment__client").get(pk=about)
    clients.note_bounce(request.session.treatment.client, at=at)


def refused(about: UUID, at: datetime) -> None:
    """Whoever called it spam, or unsubscribed at the provider, is mailed no more."""
    request = RatingRequest.objects.select_related("session__treatment__client").get(pk=about)
    clients.stop_mail(request.session.treatment.client, at=at)


def own_bounced(about: UUID, at: datetime) -> None:
    clients.note_bounce(Client.objects.get(pk=about), at=at)


def own_refused(about: UUID, at: datetime) -> None:
    clients.stop_mail(Client.objects.get(pk=about), at=at)


def _locked(about: UUID) -> RatingRequest:
    return RatingRequest.objects.select_for_update(of=("self",), no_key=True).get(pk=about)


def _check_wanted(request: RatingRequest, at: datetime) -> None:
    treatment = request.session.treatment
    client = treatment.client
    _refuse(
        {
            ANSWERED: hasattr(request, "rating"),
            NO_LONGER_NEEDED: request.withdrawn_at is not None,
            EXPIRED: request.is_expired(at),
            ENDED: treatment.ended_on is not None,
            NOBODY_READS: not treatment.therapist.is_active,
            NO_CRISIS_TEXT: not services.can_be_asked(treatment),
            **_cannot_be_mailed(client),
        }
    )
    clinic = client.clinic
    until = quiet.quiet_until(at, client.zone, clinic.quiet_from, clinic.quiet_until)
    if until is not None:
        raise composers.NotNow(until)


def _cannot_be_mailed(client: Client) -> dict[str, bool]:
    return {
        STOPPED: client.stopped_at is not None,
        BOUNCED: client.bounced_at is not None,
        NOT_BY_MAIL: not client.can_be_mailed,
    }


def _refuse(reasons: dict[str, bool]) -> None:
    for reason, holds in reasons.items():
        if holds:
            raise composers.NotWanted(reason)


def _preferences(request: RatingRequest, at: datetime) -> str:
    client = request.session.treatment.client
    return clients.issue_link(client, purpose=ClientLink.Purpose.MAIL, at=at)


def written(kind: str, request: RatingRequest, token: str, preferences: str) -> composers.Email:
    """Nothing clinical: who sends it, which day, the links, and until when the form opens."""
    treatment = request.session.treatment
    client, clinic = treatment.client, treatment.client.clinic
    stop_url = _address("open_mail", preferences)
    with translation.override(request.language), timezone.override(client.zone):
        context = _context(request) | {"url": _address("open_link", token), "stop_url": stop_url}
        text, html = composers.render(kind, context)
        subject = _subject(clinic, kind)
    return composers.Email(client.email, subject, text, html, sender(clinic), stop_url)


def _subject(clinic: Clinic, kind: str) -> str:
    said = clinic.mail_subject or _("A short form from %(sender)s") % {"sender": sender(clinic)}
    return _("Reminder: %(subject)s") % {"subject": said} if kind == "reminder" else said


def sender(clinic: Clinic) -> str:
    return clinic.sender_name or clinic.name


def _address(name: str, *args: object) -> str:
    return str(settings.SITE_URL) + reverse(name, args=args)


def _context(request: RatingRequest) -> dict[str, object]:
    treatment = request.session.treatment
    clinic = treatment.client.clinic
    held_at = timezone.localtime(request.session.held_at)
    return {
        "clinic_name": sender(clinic),
        "session_date": formats.date_format(held_at, "DATE_FORMAT"),
        "therapist_name": treatment.therapist.display_name if clinic.names_therapist else "",
        "expires_words": _moment(request.expires_at) if request.expires_at else "",
        "about_url": _about(treatment),
        "minutes": minutes_for(request),
        "language": request.language,
    }


def minutes_for(request: RatingRequest) -> int:
    """About how long the form takes, with the seven elements if it asks about them."""
    items = len(request.form_instrument().items)
    if request.asks_elements:
        items += len(asked.elements().items)
    return 1 if items <= SHORT else 2


def _moment(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{formats.date_format(local, 'DATETIME_FORMAT')} ({local.tzname()})"


def _about(treatment: Treatment) -> str:
    """The page about the therapist, if there is one. Its address names nobody."""
    profile = getattr(treatment.therapist, "profile", None)
    shown = profile is not None and profile.published_at is not None
    return _address("about", treatment.therapist_id) if shown else ""
