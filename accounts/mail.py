"""The mails of this app, written when they are sent."""

from datetime import datetime
from uuid import UUID

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from accounts import services
from accounts.models import Invitation, User
from outbox import composers

OVER = _noop("The invitation was accepted or has ended.")
INACTIVE = _noop("The account was deactivated.")


def register() -> None:
    composers.register(services.INVITATION, invitation)
    composers.register(services.PASSWORD_RESET, password_reset)
    composers.register(services.PASSWORD_CHANGED, password_changed)


def invitation(about: UUID, at: datetime) -> composers.Email:
    row = Invitation.objects.open(at).select_for_update().filter(pk=about).first()
    if row is None:
        raise composers.NotWanted(OVER)
    token = services.issue_invitation_link(row, at=at)
    ends = timezone.localtime(row.expires_at, row.clinic.zone)
    text, html = composers.render(
        "invitation",
        {
            "clinic_name": row.clinic.name,
            "inviter_name": row.invited_by.display_name if row.invited_by else "",
            "url": settings.SITE_URL + reverse("join_link", args=[token]),
            "expires_words": formats.date_format(ends, "DATETIME_FORMAT"),
        },
    )
    subject = _("Your account at %(clinic)s") % {"clinic": row.clinic.name}
    return composers.Email(row.email, subject, text, html, row.clinic.name)


def password_reset(about: UUID, at: datetime) -> composers.Email:
    person = _active(about)
    key = f"{user_pk_to_url_str(person)}-{default_token_generator.make_token(person)}"
    uid, _dash, token = key.partition("-")
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})
    text, html = composers.render("password_reset", {"url": settings.SITE_URL + path})
    return composers.Email(person.email, _("Choose a new password"), text, html)


def password_changed(about: UUID, at: datetime) -> composers.Email:
    person = _active(about)
    text, html = composers.render("password_changed", {})
    return composers.Email(person.email, _("Your password was changed"), text, html)


def _active(about: UUID) -> User:
    person = User.objects.filter(pk=about, is_active=True).first()
    if person is None:
        raise composers.NotWanted(INACTIVE)
    return person
