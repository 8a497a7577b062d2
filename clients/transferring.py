"""A client goes on with a colleague, in one step: the one treatment ends, the other starts."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User, UserQuerySet
from audit.refusals import Refused
from clients import services
from clients.audited import record_about
from clients.models import Treatment


class NoColleague(Refused):
    sentence = _("Choose an active therapist of your clinic.")
    field = "colleague"
    code = "no_colleague"


class AlreadyWithThem(Refused):
    sentence = _("This client is in treatment with that colleague already.")
    field = "colleague"
    code = "already_with_them"
    status = 409


def colleagues(treatment: Treatment) -> UserQuerySet:
    """Who can go on with this client: the other active therapists of the clinic."""
    others = User.objects.therapists().exclude(pk=treatment.therapist_id)
    return others.filter(clinic_id=treatment.client.clinic_id, is_active=True)


@transaction.atomic
def transfer(
    treatment: Treatment, *, to: User, history_agreed: bool, by: User, at: datetime
) -> Treatment:
    """End this treatment and start theirs, or neither. Returns theirs.

    history_agreed: the client lets the colleague read what was answered so far.
    """
    if not colleagues(treatment).filter(pk=to.pk).exists():
        raise NoColleague
    reason = Treatment.EndReason.TRANSFERRED
    ended = services.end_treatment(treatment, reason=reason, by=by, at=at)
    following = Treatment(
        client=ended.client,
        therapist=to,
        started_on=ended.ended_on or ended.started_on,
        follows=ended,
        history_agreed=history_agreed,
    )
    Treatment.objects.bulk_create([following], ignore_conflicts=True)
    if not Treatment.objects.filter(pk=following.pk).exists():
        raise AlreadyWithThem
    details = {"to": str(following.pk), "history_agreed": history_agreed}
    record_about("clients.transfer", ended, by=by, at=at, **details)
    return following
