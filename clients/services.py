import secrets
import unicodedata
from datetime import date, datetime, timedelta
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.refusals import Refused
from audit.services import record
from clients.audited import record_about
from clients.models import Client, ClientLink, Treatment
from outbox import links


class NeedsAddress(Refused):
    sentence = _("Enter an e-mail address, or choose to send nothing.")
    field = "email"
    code = "needs_address"


class AlreadyOpen(Refused):
    sentence = _("A treatment of this client with you is already open.")
    code = "already_open"
    status = 409


class AlreadyEnded(Refused):
    sentence = _("This treatment has already ended.")
    code = "already_ended"
    status = 409


class TooManyTries(Refused):
    sentence = _("Too many wrong answers. Please ask the clinic to help you.")
    code = "too_many_tries"
    status = 429


class OnlyTherapistConfirms(Refused):
    sentence = _("Only a therapist of this client can confirm the contact data.")
    code = "only_therapist_confirms"
    status = 403


SECRETS = ("pin", "birth_year")
EVER_STRICTER = (Client.Check.NEVER, Client.Check.AS_CLINIC, Client.Check.ALWAYS)


class RarelySaid(TypedDict, total=False):
    """What a client is seldom asked for; whatever is not given stays as it is."""

    time_zone: str
    birth_year: str
    pin: str
    checks_link: str


@transaction.atomic
def add_client(
    *,
    name: str,
    email: str,
    language: str,
    contact: str,
    by: User,
    at: datetime,
    **more: Unpack[RarelySaid],
) -> Treatment:
    """Add a client and start the treatment with the therapist who adds them."""
    _check_address(email, contact)
    client = Client.objects.create(
        clinic=by.own_clinic,
        name=name.strip(),
        email=email.strip(),
        language=language,
        contact=contact,
        created_at=at,
        **more,
    )
    _record("clients.add_client", client, by=by, at=at)
    return start_treatment(client, by=by, at=at)


@transaction.atomic
def change_client(
    client: Client,
    *,
    name: str,
    email: str,
    language: str,
    contact: str,
    by: User,
    at: datetime,
    **more: Unpack[RarelySaid],
) -> Client:
    """Change how a client is called and reached. Forms sent from now on follow it.

    Whoever may not see the answers could open them with an address and a PIN of their own choice,
    or by a form that asks nobody. So after such a change no link to the answers is mailed before
    the therapist has confirmed it.
    """
    _check_address(email, contact)
    is_trusted = client.is_treated_by(by)
    said: dict[str, str] = {
        "name": name.strip(),
        "email": email.strip(),
        "language": language,
        "contact": contact,
        **_allowed(more, is_trusted=is_trusted),
    }
    _lock(client, *said, "bounced_at")
    if said["email"] != client.email:
        client.bounced_at = None  # that was the old address
    is_laxer = _is_laxer(client, said)
    changed = [field for field, value in said.items() if (getattr(client, field) or "") != value]
    for field in changed:
        setattr(client, field, said[field])
    client.save(update_fields=[*changed, "bounced_at"])
    _record("clients.change_client", client, by=by, at=at, fields=sorted(changed))
    # A PIN that was typed counts even if it is the stored one: nobody shall find out that it is.
    is_way_in = is_laxer or "email" in changed or any(name in said for name in SECRETS)
    if is_way_in and not is_trusted:
        _block_own_link(client, by=by, at=at)
    return client


def _allowed(more: RarelySaid, *, is_trusted: bool) -> dict[str, str]:
    """Who is not shown a PIN or year cannot mean to remove it by leaving the field empty."""
    given = {name: str(value) for name, value in more.items()}
    if is_trusted:
        return given
    return {name: value for name, value in given.items() if value or name not in SECRETS}


def _is_laxer(client: Client, said: dict[str, str]) -> bool:
    """Whether forms would less often ask who is there than they do now."""
    wanted = Client.Check(said.get("checks_link", client.checks_link))
    return EVER_STRICTER.index(wanted) < EVER_STRICTER.index(Client.Check(client.checks_link))


def _block_own_link(client: Client, *, by: User, at: datetime) -> None:
    """No new links to the own answers, and those that are out open nothing any more."""
    _set(client, own_link_blocked_at=at)
    out = client.links.in_time(at).filter(purpose=ClientLink.Purpose.OWN)
    ended = out.update(expires_at=at)
    _record("clients.block_own_link", client, by=by, at=at, ended=ended)


@transaction.atomic
def confirm_contact(client: Client, *, by: User, at: datetime) -> None:
    """The therapist knows that address and PIN are the client's: links may be mailed again."""
    if not client.is_treated_by(by):
        raise OnlyTherapistConfirms
    _lock(client, "own_link_blocked_at")
    if client.own_link_blocked_at is not None:
        _set(client, own_link_blocked_at=None)
        _record("clients.confirm_contact", client, by=by, at=at)


def _check_address(email: str, contact: str) -> None:
    if contact == Client.Contact.EMAIL and not email.strip():
        raise NeedsAddress


@transaction.atomic
def start_treatment(client: Client, *, by: User, at: datetime) -> Treatment:
    """Begin with this client, today by the clinic's calendar."""
    treatment = Treatment(client=client, therapist=by, started_on=_today(by, at))
    Treatment.objects.bulk_create([treatment], ignore_conflicts=True)
    if not Treatment.objects.filter(pk=treatment.pk).exists():
        raise AlreadyOpen
    record_about("clients.start_treatment", treatment, by=by, at=at)
    return treatment


@transaction.atomic
def end_treatment(treatment: Treatment, *, reason: str = "", by: User, at: datetime) -> Treatment:
    """No more sessions are recorded for it, and forms that are still out are not mailed again."""
    treatment = Treatment.objects.select_for_update(of=("self",), no_key=True).get(pk=treatment.pk)
    if treatment.ended_on is not None:
        raise AlreadyEnded
    treatment.ended_on = max(_today(by, at), treatment.started_on)
    treatment.end_reason, treatment.next_at = reason, None
    treatment.save(update_fields=["ended_on", "end_reason", "next_at"])
    record_about("clients.end_treatment", treatment, by=by, at=at, reason=str(reason))
    return treatment


@transaction.atomic
def issue_link(
    client: Client, *, purpose: str, at: datetime, valid: timedelta | None = None
) -> str:
    """Make a link about the client for a mail; returns the token, which is kept nowhere.

    Earlier links stay: whoever wants no more mails may find any of them first.
    """
    token = links.new_token()
    ClientLink.objects.create(
        client=client,
        purpose=purpose,
        digest=links.digest(token),
        issued_at=at,
        expires_at=at + valid if valid is not None else None,
    )
    _record("clients.issue_link", client, by=None, at=at, purpose=str(purpose))
    return token


@transaction.atomic
def check_secret(client: Client, *, answer: str, at: datetime) -> bool:
    """Whether this is what only the client is asked for. Wrong answers are counted.

    The row is locked, so that tries side by side are counted one by one.
    """
    _lock(client, "pin", "birth_year", "failed_checks")
    if client.is_locked:
        raise TooManyTries
    if not client.secret:
        return False  # there is nothing to be guessed, so nothing is counted
    is_right = secrets.compare_digest(_digits(answer).encode(), _digits(client.secret).encode())
    client.failed_checks = 0 if is_right else client.failed_checks + 1
    client.save(update_fields=["failed_checks"])
    action = "clients.answer_right" if is_right else "clients.answer_wrong"
    _record(action, client, by=None, at=at, failed=client.failed_checks)
    return is_right


def _digits(typed: str) -> str:
    """Without spaces, and the digits of every script as those that are stored."""
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in typed if not sign.isspace())


@transaction.atomic
def unlock(client: Client, *, by: User, at: datetime) -> None:
    """The staff has spoken with the client: five more tries."""
    _lock(client, "failed_checks")
    if client.failed_checks:
        _set(client, failed_checks=0)
        _record("clients.unlock", client, by=by, at=at)


@transaction.atomic
def stop_mail(client: Client, *, at: datetime) -> None:
    """The client wants no more e-mails; also those that still wait are not sent."""
    _lock(client, "stopped_at")
    if client.stopped_at is None:
        _set(client, stopped_at=at)
        _record("clients.stop_mail", client, by=None, at=at)


@transaction.atomic
def resume_mail(client: Client, *, by: User | None, at: datetime) -> None:
    """The client wants e-mails again: by their own link, or the staff was told so."""
    _lock(client, "stopped_at")
    if client.stopped_at is not None:
        _set(client, stopped_at=None)
        _record("clients.resume_mail", client, by=by, at=at)


@transaction.atomic
def change_language(client: Client, *, language: str, by: User | None, at: datetime) -> None:
    """Forms and mails that are made from now on are in this language."""
    _lock(client, "language")
    if client.language != language:
        _set(client, language=language)
        _record("clients.change_language", client, by=by, at=at)


@transaction.atomic
def note_bounce(client: Client, *, at: datetime) -> None:
    """Nobody gets mail at this address; nothing is sent until the staff has corrected it."""
    _lock(client, "bounced_at")
    if client.bounced_at is None:
        _set(client, bounced_at=at)
        _record("clients.note_bounce", client, by=None, at=at)


@transaction.atomic
def ask_erasure(client: Client, *, at: datetime) -> None:
    """The client asks to be forgotten. What may be deleted, and when, is the clinic's to say."""
    _lock(client, "erasure_asked_at")
    if client.erasure_asked_at is None:
        _set(client, erasure_asked_at=at)
        _record("clients.ask_erasure", client, by=None, at=at)


@transaction.atomic
def settle_erasure(client: Client, *, by: User, at: datetime) -> None:
    """The clinic has answered the client; the request is no longer on anybody's list."""
    _lock(client, "erasure_asked_at")
    if client.erasure_asked_at is not None:
        _set(client, erasure_asked_at=None)
        _record("clients.settle_erasure", client, by=by, at=at)


def _lock(client: Client, *fields: str) -> None:
    """Read these fields anew, and let nobody else change the row until the end."""
    rows = Client.objects.select_for_update(no_key=True)
    client.refresh_from_db(fields=fields, from_queryset=rows)


def _set(client: Client, **values: object) -> None:
    for name, value in values.items():
        setattr(client, name, value)
    client.save(update_fields=list(values))


def _today(user: User, at: datetime) -> date:
    return at.astimezone(user.own_clinic.zone).date()


def _record(
    action: str, client: Client, *, by: User | None, at: datetime, **details: object
) -> None:
    record(
        action,
        by=by,
        at=at,
        about=client,
        clinic_id=client.clinic_id,
        client_id=client.pk,
        **details,
    )
