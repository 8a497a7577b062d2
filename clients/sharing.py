"""Part of the services: a therapist opens a treatment to a supervisor, to be read."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import Role
from audit.refusals import Refused
from audit.services import record
from clients.models import Share, Treatment

ONE_READING = timedelta(hours=1)  # pages opened within it count as one


class NotASupervisor(Refused):
    sentence = _("Choose an active colleague of your clinic who is a supervisor.")
    field = "supervisor"
    code = "not_a_supervisor"


class AlreadyShared(Refused):
    sentence = _("This treatment is already shared with them.")
    field = "supervisor"
    code = "already_shared"
    status = 409


@transaction.atomic
def share(treatment: Treatment, *, supervisor: User, by: User, at: datetime) -> Share:
    """Let a supervisor read the course of this treatment, until it is withdrawn."""
    if not _may_be_asked(supervisor, treatment, by):
        raise NotASupervisor
    share = Share(treatment=treatment, supervisor=supervisor, shared_at=at)
    Share.objects.bulk_create([share], ignore_conflicts=True)
    if not Share.objects.filter(pk=share.pk).exists():
        raise AlreadyShared
    _record("clients.share", share, by=by, at=at)
    return share


def _may_be_asked(supervisor: User, treatment: Treatment, by: User) -> bool:
    is_colleague = supervisor.is_active and supervisor.clinic_id == treatment.client.clinic_id
    is_other = supervisor.pk not in (by.pk, treatment.therapist_id)
    return is_colleague and is_other and Role.SUPERVISOR in supervisor.roles


@transaction.atomic
def withdraw(share: Share, *, by: User, at: datetime) -> None:
    """From now on it is closed to the supervisor. A second click changes nothing."""
    share = Share.objects.select_for_update(of=("self",), no_key=True).get(pk=share.pk)
    if share.withdrawn_at is None:
        share.withdrawn_at = at
        share.save(update_fields=["withdrawn_at"])
        _record("clients.withdraw_share", share, by=by, at=at)


@transaction.atomic
def note_reading(share: Share, *, by: User, at: datetime) -> None:
    """The therapist sees when it was read. Within an hour nothing is written again."""
    if share.read_at is not None and at < share.read_at + ONE_READING:
        return
    standing = Share.objects.standing().filter(pk=share.pk, supervisor=by)
    if standing.update(read_at=at):
        _record("clients.read_shared", share, by=by, at=at)


def _record(action: str, share: Share, *, by: User, at: datetime) -> None:
    client = share.treatment.client
    record(
        action,
        by=by,
        at=at,
        about=share,
        clinic_id=client.clinic_id,
        client_id=client.pk,
        supervisor=str(share.supervisor_id),
    )
