from datetime import datetime, time, timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from knox.models import AuthToken

from accounts.models import Clinic, Invitation, MailWishes, Profile, User
from accounts.permissions import Role
from audit.refusals import Refused
from audit.services import record
from outbox import links
from outbox import services as outbox

INVITATION = "accounts.invitation"
PASSWORD_RESET = "accounts.password_reset"  # noqa: S105  kinds of mail
PASSWORD_CHANGED = "accounts.password_changed"  # noqa: S105


class AlreadyHere(Refused):
    sentence = _("Somebody with this e-mail address already has an account.")
    field = "email"
    code = "already_here"
    status = 409


class InvitationOver(Refused):
    sentence = _("This invitation is no longer valid. Please ask your clinic for a new one.")
    code = "invitation_over"
    status = 410


class CannotDeactivateYourself(Refused):
    sentence = _("You cannot deactivate your own account. Ask another clinic admin.")
    code = "own_account"
    status = 409


@transaction.atomic
def open_clinic(*, name: str, at: datetime, by: User | None = None, **decided: object) -> Clinic:
    """Make a clinic; `decided` are its settings, as in `change_clinic`."""
    clinic = Clinic.objects.create(name=name, created_at=at, **decided)
    record("accounts.open_clinic", by=by, at=at, about=clinic, clinic_id=clinic.pk)
    return clinic


@transaction.atomic
def change_clinic(clinic: Clinic, *, by: User, at: datetime, **decided: object) -> Clinic:
    """Change settings. They count for forms sent from now on."""
    for name, value in decided.items():
        setattr(clinic, name, value)
    clinic.save(update_fields=list(decided))
    record(
        "accounts.change_clinic",
        by=by,
        at=at,
        about=clinic,
        clinic_id=clinic.pk,
        fields=sorted(decided),
    )
    return clinic


@transaction.atomic
def publish_profile(
    *, title: str, qualifications: str, way_of_working: str, by: User, at: datetime
) -> Profile:
    """Show these words to clients. Nobody but the therapist writes about themselves."""
    profile, _is_new = Profile.objects.update_or_create(
        user=by,
        defaults={
            "title": title,
            "qualifications": qualifications,
            "way_of_working": way_of_working,
            "published_at": at,
        },
    )
    record("accounts.publish_profile", by=by, at=at, about=by, clinic_id=by.clinic_id)
    return profile


@transaction.atomic
def take_profile_down(*, by: User, at: datetime) -> None:
    """Clients no longer see the page. The words are kept for another time."""
    shown = Profile.objects.filter(user=by, published_at__isnull=False)
    if shown.update(published_at=None):
        record("accounts.take_profile_down", by=by, at=at, about=by, clinic_id=by.clinic_id)


@transaction.atomic
def set_mail_wishes(
    *,
    tells: bool,
    reminds: bool,
    digest: bool,
    quiet_from: time,
    quiet_until: time,
    by: User,
    at: datetime,
) -> MailWishes:
    """Decide which mails the program may send to oneself, and when."""
    wishes, _is_new = MailWishes.objects.update_or_create(
        user=by,
        defaults={
            "tells": tells,
            "reminds": reminds,
            "digest": digest,
            "quiet_from": quiet_from,
            "quiet_until": quiet_until,
        },
    )
    record("accounts.set_mail_wishes", by=by, at=at, about=by, clinic_id=by.clinic_id)
    return wishes


@transaction.atomic
def stop_mails(person: User, *, at: datetime) -> None:
    """The person told a mail provider that they want no more of these: it counts as their wish."""
    off = {"tells": False, "reminds": False, "digest": False}
    MailWishes.objects.update_or_create(user=person, defaults=off)
    record("accounts.stop_mails", by=person, at=at, about=person, clinic_id=person.clinic_id)


@transaction.atomic
def invite(
    *, clinic: Clinic, email: str, roles: list[Role], by: User | None, at: datetime
) -> Invitation:
    """Mail a colleague a link to join; an earlier open invitation to the address ends."""
    email = email.strip().lower()
    if User.objects.filter(email__iexact=email).exists():
        raise AlreadyHere
    Invitation.objects.open(at).filter(clinic=clinic, email=email).update(expires_at=at)
    invitation = Invitation.objects.create(
        clinic=clinic,
        email=email,
        roles=[str(role) for role in roles],
        invited_by=by,
        created_at=at,
        expires_at=at + Invitation.VALID,
    )
    record(
        "accounts.invite",
        by=by,
        at=at,
        about=invitation,
        clinic_id=clinic.pk,
        roles=invitation.roles,
    )
    outbox.queue(INVITATION, invitation.pk, clinic_id=clinic.pk, by=by, at=at)
    return invitation


@transaction.atomic
def issue_invitation_link(invitation: Invitation, *, at: datetime) -> str:
    """Make the link that the mail carries; returns the token, which is kept nowhere."""
    token = links.new_token()
    invitation.digest = links.digest(token)
    invitation.save(update_fields=["digest"])
    record(
        "accounts.issue_invitation_link",
        by=None,
        at=at,
        about=invitation,
        clinic_id=invitation.clinic_id,
    )
    return token


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, by: User, at: datetime) -> None:
    """The link in the mail opens nothing any more, and a mail that still waits is not sent."""
    invitation.expires_at = at
    invitation.save(update_fields=["expires_at"])
    record(
        "accounts.withdraw_invitation",
        by=by,
        at=at,
        about=invitation,
        clinic_id=invitation.clinic_id,
    )


@transaction.atomic
def accept_invitation(token: str, *, display_name: str, password: str, at: datetime) -> User:
    """Turn an invitation into an account, once."""
    invitation = (
        Invitation.objects.open(at).select_for_update().filter(digest=links.digest(token)).first()
    )
    if invitation is None:
        raise InvitationOver
    if User.objects.filter(email__iexact=invitation.email).exists():
        raise AlreadyHere
    invitation.accepted_at = at
    invitation.save(update_fields=["accepted_at"])
    return create_person(
        clinic=invitation.clinic,
        email=invitation.email,
        display_name=display_name,
        roles=[Role(role) for role in invitation.roles],
        password=password,
        at=at,
    )


@transaction.atomic
def create_person(
    *,
    clinic: Clinic,
    email: str,
    display_name: str,
    roles: list[Role],
    password: str,
    at: datetime,
) -> User:
    user = User.objects.create_user(
        email,
        password,
        clinic=clinic,
        display_name=display_name.strip(),
        roles=[str(role) for role in roles],
        created_at=at,
    )
    record(
        "accounts.create_person",
        by=user,
        at=at,
        about=user,
        clinic_id=clinic.pk,
        roles=user.roles,
    )
    return user


@transaction.atomic
def deactivate(person: User, *, by: User, at: datetime) -> None:
    """Shut a person out: the next request of any browser or program of theirs is refused."""
    if person.pk == by.pk:
        raise CannotDeactivateYourself
    person.is_active = False
    person.deactivated_at = at
    person.save(update_fields=["is_active", "deactivated_at"])
    AuthToken.objects.filter(user=person).delete()
    end_logins(person)
    record("accounts.deactivate", by=by, at=at, about=person, clinic_id=person.clinic_id)


@transaction.atomic
def reactivate(person: User, *, by: User, at: datetime) -> None:
    person.is_active = True
    person.deactivated_at = None
    person.save(update_fields=["is_active", "deactivated_at"])
    record("accounts.reactivate", by=by, at=at, about=person, clinic_id=person.clinic_id)


def end_logins(person: User) -> None:
    """Delete the person's browser sessions (Django keeps them without naming the person)."""
    theirs = [
        session.pk
        for session in Session.objects.all()
        if session.get_decoded().get("_auth_user_id") == str(person.pk)
    ]
    Session.objects.filter(pk__in=theirs).delete()


@transaction.atomic
def create_token(*, by: User, days: int, at: datetime) -> tuple[AuthToken, str]:
    """Make an API token; the second value is shown once and stored nowhere."""
    token, secret = AuthToken.objects.create(by, expiry=timedelta(days=days))
    record(
        "accounts.create_token",
        by=by,
        at=at,
        about=by,
        clinic_id=by.clinic_id,
        token_key=token.token_key,
        days=days,
    )
    return token, secret


@transaction.atomic
def revoke_token(*, token_key: str, by: User, at: datetime) -> bool:
    """End one of the person's own tokens; false if there is none with this key."""
    deleted, _models = AuthToken.objects.filter(user=by, token_key=token_key).delete()
    if deleted:
        record(
            "accounts.revoke_token",
            by=by,
            at=at,
            about=by,
            clinic_id=by.clinic_id,
            token_key=token_key,
        )
    return bool(deleted)


@transaction.atomic
def ask_password_reset(person: User, *, at: datetime) -> None:
    """Owe the mail with the reset link. (How often may be asked: allauth's rate limits.)"""
    outbox.queue(
        PASSWORD_RESET,
        person.pk,
        clinic_id=person.clinic_id,
        by=person,
        at=at,
        slot=outbox.next_slot(PASSWORD_RESET, person.pk),
    )


@transaction.atomic
def password_changed(person: User, *, at: datetime) -> None:
    """A new password ends every token, and is told: whoever did not change it must know."""
    AuthToken.objects.filter(user=person).delete()
    record("accounts.password_changed", by=person, at=at, about=person, clinic_id=person.clinic_id)
    outbox.queue(
        PASSWORD_CHANGED,
        person.pk,
        clinic_id=person.clinic_id,
        by=person,
        at=at,
        slot=outbox.next_slot(PASSWORD_CHANGED, person.pk),
    )
