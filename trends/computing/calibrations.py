"""What counts for a clinic now: its newest calibration, or what the program comes with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.core.cache import cache
from django.db.models import F, OuterRef, Subquery

from accounts.models import Clinic
from clients.models import Treatment
from trends.engine import DEFAULT, DEFAULT_THRESHOLD, VERSION, Prior
from trends.models import Calibration

A_NIGHT = range(1, 5)  # hours on the clinic's clock
A_DAY = timedelta(hours=20)  # a little less, so that one night follows another
AT_ANY_TIME = timedelta(days=2)
PAUSE_AFTER_FAILURE = timedelta(hours=1)


class InUse(NamedTuple):
    prior: Prior
    threshold: float


def of_clinic(clinic_id: UUID | None) -> InUse:
    newest = Calibration.objects.newest(clinic_id) if clinic_id else None
    if newest is None or newest.engine != VERSION:
        return InUse(DEFAULT, DEFAULT_THRESHOLD)
    return InUse(newest.learned, newest.threshold)


def of_treatment(treatment_id: UUID) -> InUse:
    clinic_ids = Treatment.objects.filter(pk=treatment_id).values_list("client__clinic", flat=True)
    return of_clinic(clinic_ids.first())


def due(at: datetime) -> list[UUID]:
    """Clinics whose last night is too long ago, the longest first; those that failed wait.

    A calibration of another engine counts as none: its night is owed at once.
    """
    of_this_engine = Calibration.objects.filter(clinic=OuterRef("pk"), engine=VERSION)
    newest = of_this_engine.latest_first()
    clinics = Clinic.objects.annotate(last_night=Subquery(newest.values("fitted_at")[:1]))
    found = [
        clinic.pk
        for clinic in clinics.order_by(F("last_night").asc(nulls_first=True), "pk")
        if is_due(clinic, clinic.last_night, at)
    ]
    failed = cache.get_many([failed_key(pk) for pk in found])
    return [pk for pk in found if failed_key(pk) not in failed]


def is_due(clinic: Clinic, last_night: datetime | None, at: datetime) -> bool:
    if last_night is None or at - last_night >= AT_ANY_TIME:
        return True
    return at - last_night >= A_DAY and at.astimezone(clinic.zone).hour in A_NIGHT


def failed_key(clinic_id: UUID) -> str:
    return f"night-failed-{clinic_id}"
