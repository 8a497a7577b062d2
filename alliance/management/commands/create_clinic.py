from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from accounts import services
from accounts.models import Clinic, Invitation, time_zones
from accounts.permissions import Role
from audit.refusals import Refused

NEXT = """\
{clinic} is open, in the time zone {zone}.

The invitation for {email} ({roles}) waits in the outbox.
A running worker sends it within half a minute; without one: python manage.py sweep
The link in it works once, until {until}. If it gets lost, run this command again.

With the link the admin chooses a password. Then they invite the others (page "People").
{forms}
"""
FORMS_WAIT = """\
Forms go out once the admin has said whom clients call when they need help at once (page
"Settings", or --crisis-text when a clinic is opened).\
"""
FORMS_GO_OUT = 'Forms go out; the words for clients who need help at once stand in "Settings".'


class Command(BaseCommand):
    help = "Open a clinic and invite its first admin by e-mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help='as clients read it, for example "Northside Clinic"')
        parser.add_argument("--admin", required=True, metavar="EMAIL", help="whom to invite")
        parser.add_argument(
            "--time-zone", required=True, metavar="ZONE", help="for example Europe/Berlin"
        )
        parser.add_argument(
            "--crisis-text",
            default="",
            metavar="WORDS",
            help="whom clients call when they need help at once; forms go out once it is set",
        )
        parser.add_argument(
            "--also-therapist", action="store_true", help="the admin has clients of their own"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name, zone = _name(options["name"]), _zone(options["time_zone"])
        email = _email(options["admin"])
        roles = [Role.ADMIN, Role.THERAPIST] if options["also_therapist"] else [Role.ADMIN]
        crisis_text = _crisis_text(options["crisis_text"])
        invitation = _open(name, zone, crisis_text, email, roles)
        self.stdout.write(_what_is_next(invitation))


def _name(text: str) -> str:
    name = text.strip()
    longest = Clinic._meta.get_field("name").max_length or 0
    if not 1 <= len(name) <= longest:
        raise CommandError(f"The clinic needs a name of 1 to {longest} characters.")
    return name


def _zone(text: str) -> str:
    if text not in dict(time_zones()):
        raise CommandError(
            f"{text!r} is not a time zone. It is a continent and a city, for example "
            "Europe/Berlin or America/Mexico_City."
        )
    return text


def _crisis_text(text: str) -> str:
    words = text.strip()
    longest = Clinic._meta.get_field("crisis_text").max_length or 0
    if len(words) > longest:
        raise CommandError(f"The words for clients in need may have {longest} characters.")
    return words


def _email(text: str) -> str:
    try:
        validate_email(text.strip())
    except ValidationError as error:
        raise CommandError(f"{text!r} is not an e-mail address.") from error
    return text.strip()


def _open(name: str, zone: str, crisis_text: str, email: str, roles: list[Role]) -> Invitation:
    """Both or neither: a clinic that nobody can enter would be of no use.

    One of this name that nobody has entered yet is used again, as it was opened: its first
    invitation got lost.
    """
    at = timezone.now()
    try:
        with transaction.atomic():
            clinic = Clinic.objects.filter(name=name, people__isnull=True).first()
            clinic = clinic or services.open_clinic(
                name=name, time_zone=zone, crisis_text=crisis_text, at=at
            )
            return services.invite(clinic=clinic, email=email, roles=roles, by=None, at=at)
    except Refused as refusal:
        raise CommandError(str(refusal.sentence)) from refusal


def _what_is_next(invitation: Invitation) -> str:
    clinic = invitation.clinic
    until = timezone.localtime(invitation.expires_at, clinic.zone)
    return NEXT.format(
        clinic=clinic.name,
        zone=clinic.time_zone,
        forms=FORMS_GO_OUT if clinic.crisis_text else FORMS_WAIT,
        email=invitation.email,
        roles=", ".join(invitation.role_labels),
        until=f"{until:%Y-%m-%d %H:%M %Z}",
    )
