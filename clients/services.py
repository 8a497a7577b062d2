from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.refusals import Refused
from audit.services import record
from clients.models import Client, Treatment


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


@transaction.atomic
def add_client(
    *, name: str, email: str, language: str, contact: str, by: User, at: datetime
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
    )
    _record("clients.add_client", client, by=by, at=at)
    return start_treatment(client, by=by, at=at)


@transaction.atomic
def change_client(
    client: Client, *, name: str, email: str, language: str, contact: str, by: User, at: datetime
) -> Client:
    """Change how a client is called and reached. Forms sent from now on follow it."""
    _check_address(email, contact)
    client.name, client.email = name.strip(), email.strip()
    client.language, client.contact = language, contact
    client.save()
    _record("clients.change_client", client, by=by, at=at)
    return client


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
    record(
        "clients.start_treatment",
        by=by,
        at=at,
        about=treatment,
        clinic_id=client.clinic_id,
        client_id=client.pk,
    )
    return treatment


@transaction.atomic
def end_treatment(treatment: Treatment, *, by: User, at: datetime) -> Treatment:
    """No more sessions are recorded for it, and forms that are still out are not mailed again."""
    treatment = Treatment.objects.select_for_update(of=("self",), no_key=True).get(pk=treatment.pk)
    if treatment.ended_on is not None:
        raise AlreadyEnded
    treatment.ended_on = max(_today(by, at), treatment.started_on)
    treatment.save(update_fields=["ended_on"])
    record(
        "clients.end_treatment",
        by=by,
        at=at,
        about=treatment,
        clinic_id=treatment.client.clinic_id,
        client_id=treatment.client_id,
    )
    return treatment


def _today(user: User, at: datetime) -> date:
    return at.astimezone(user.own_clinic.zone).date()


def _record(action: str, client: Client, *, by: User, at: datetime) -> None:
    record(action, by=by, at=at, about=client, clinic_id=client.clinic_id, client_id=client.pk)
