"""Compute trajectories and what follows from them.

The flags that follow from points are in `flags.flagging`, what people do with them in
`flags.moves`, what is done to a whole clinic in `computing.batches`.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import connection, transaction

from accounts import services as accounts
from accounts.models import Clinic, User
from audit.services import record
from clients.models import Treatment
from outbox.doorbell import ring_on_commit
from trends.computing import batches, calibrations, histories, storing
from trends.computing.lookback import Past
from trends.engine import VERSION
from trends.engine.learning import Fitted
from trends.flags import flagging
from trends.flags.judged import Judged
from trends.mails import telling
from trends.models import Calibration, Flag, Trajectory

logger = logging.getLogger(__name__)

PAUSE_AFTER_FAILURE = timedelta(minutes=10)


def on_ratings_changed(sender: object, treatment_id: UUID, at: datetime, **signal: object) -> None:
    """Owe a new trajectory, in the transaction of the change; a worker is told after it."""
    if not Trajectory.objects.filter(treatment_id=treatment_id).update(due_at=at):
        Trajectory.objects.update_or_create(treatment_id=treatment_id, defaults={"due_at": at})
    telling.owe_wish(treatment_id, at=at)
    ring_on_commit("trends.recompute_treatment", treatment_id)


@transaction.atomic
def recompute(treatment_id: UUID, *, at: datetime, since: datetime | None = None) -> Trajectory:
    """Compute one treatment anew: the same ratings give the same points and flags.

    since: flags are raised for sessions held since then; None: in the last 30 days.
    The row's lock makes a rating that arrives meanwhile wait until this is committed; it then
    marks the trajectory as due again, so that no change is missed.
    """
    Trajectory.objects.get_or_create(treatment_id=treatment_id)
    trajectory = Trajectory.objects.select_for_update(no_key=True).get(treatment_id=treatment_id)
    in_use = calibrations.of_treatment(treatment_id)
    course = histories.of_treatment(treatment_id, at)
    values = storing.computed(course, in_use)
    judged = Judged(treatment_id, values["points"], in_use.threshold, in_use.prior.version)
    flags = list(Flag.objects.filter(treatment_id=treatment_id).select_for_update(no_key=True))
    flagging.follow_ratings(judged, flags, trajectory, prior=in_use.prior.version, at=at)
    flagging.raise_new(judged, flags, at=at, since=since)
    flagging.follow_up(judged, course, flags, flagging.arrivals(flags), at=at)
    for name, value in values.items():
        setattr(trajectory, name, value)
    trajectory.due_at, trajectory.computed_at = None, at
    trajectory.save()
    return trajectory


def recompute_clinic(
    clinic_id: UUID, *, at: datetime, tell: batches.Progress = lambda *_: None
) -> int:
    """Compute all treatments of a clinic anew, with what was learned last; returns how many.

    Those that are due are left to the worker.
    """
    new = Treatment.objects.filter(client__clinic_id=clinic_id, trajectory__isnull=True)
    Trajectory.objects.bulk_create(
        [Trajectory(treatment=each) for each in new], ignore_conflicts=True
    )
    found = batches.read(clinic_id, at)
    return batches.write(found, calibrations.of_clinic(clinic_id), at=at, tell=tell)


def nightly(
    clinic_id: UUID,
    *,
    at: datetime,
    only_if_due: bool = False,
    tell: batches.Progress = lambda *_: None,
) -> Calibration | None:
    """Learn from a clinic's ratings, choose its threshold, and compute all of its courses anew.

    None if another worker is at it, or was just before (only_if_due). The calibration is written
    last: a night that was cut off is done again.
    """
    with _one_night_at_a_time(clinic_id) as is_free:
        if not is_free or (only_if_due and clinic_id not in calibrations.due(at)):
            return None
        found = batches.read(clinic_id, at)
        fitted = batches.learn(found.courses)
        past = batches.look_back(found, fitted.prior, at)
        budget = Clinic.objects.values_list("alert_budget", flat=True).get(pk=clinic_id)
        choice = past.choose(budget)
        batches.write(found, calibrations.InUse(fitted.prior, choice.threshold), at=at, tell=tell)
        return _calibrate(clinic_id, fitted, past, at=at)


@contextmanager
def _one_night_at_a_time(clinic_id: UUID) -> Iterator[bool]:
    """Whether this is the only one; the lock goes with the connection, if that breaks."""
    key = f"trends.nightly {clinic_id}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        [is_free] = cursor.fetchone()
        try:
            yield is_free
        finally:
            if is_free:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])


@transaction.atomic
def _calibrate(clinic_id: UUID, fitted: Fitted, past: Past, *, at: datetime) -> Calibration:
    """With the budget as it is now: it may have been changed during the night."""
    calibration = Calibration(
        clinic=Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id),
        engine=VERSION,
        prior=fitted.prior.as_dict(),
        version=fitted.prior.version,
        treatments=fitted.treatments,
        sessions=fitted.sessions,
        past=past.as_dict(),
        fitted_at=at,
    )
    _choose_threshold(calibration, at=at)
    _record_calibration("trends.calibrate", calibration, by=None, at=at)
    return calibration


@transaction.atomic
def set_alert_budget(clinic: Clinic, *, budget: int, by: User, at: datetime) -> Clinic:
    """Decide how often the clinic wants to be told. The threshold follows at once from its past.

    The clinic's row is locked: a night that ends now takes this budget, or this takes that night.
    """
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    clinic = accounts.change_clinic(clinic, alert_budget=budget, by=by, at=at)
    newest = Calibration.objects.newest(clinic.pk)
    if newest is not None:
        kept = ("engine", "prior", "version", "treatments", "sessions", "past", "fitted_at")
        calibration = Calibration(clinic=clinic, **{name: getattr(newest, name) for name in kept})
        _choose_threshold(calibration, at=at)
        _record_calibration("trends.set_alert_budget", calibration, by=by, at=at)
    return clinic


def _choose_threshold(calibration: Calibration, *, at: datetime) -> None:
    """For the clinic's budget; then the row is added."""
    choice = calibration.seen.choose(calibration.clinic.alert_budget)
    calibration.budget = calibration.clinic.alert_budget
    calibration.threshold, calibration.rated = choice.threshold, choice.rated
    calibration.created_at = at
    calibration.save()


def _record_calibration(
    action: str, calibration: Calibration, *, by: User | None, at: datetime
) -> None:
    record(
        action,
        by=by,
        at=at,
        about=calibration,
        clinic_id=calibration.clinic_id,
        prior=calibration.version,
        threshold=calibration.threshold,
        budget=calibration.budget,
    )


def nights_due(*, at: datetime) -> int:
    """Do the nights that are owed, clinic by clinic. One that fails is set aside for an hour."""
    return sum(do_night(clinic_id, at=at) for clinic_id in calibrations.due(at))


def do_night(clinic_id: UUID, *, at: datetime) -> bool:
    """One clinic's night, if it is still owed."""
    if clinic_id not in calibrations.due(at):
        return False
    try:
        return nightly(clinic_id, at=at, only_if_due=True) is not None
    except Exception:
        logger.exception("The night of clinic %s failed.", clinic_id)
        seconds = calibrations.PAUSE_AFTER_FAILURE.total_seconds()
        cache.set(calibrations.failed_key(clinic_id), True, timeout=seconds)
        return False


def ring_for_nights(*, at: datetime) -> int:
    """Tell a worker of the nights that are owed."""
    due = calibrations.due(at)
    for clinic_id in due:
        ring_on_commit("trends.nightly", clinic_id)
    return len(due)


def recompute_due(*, at: datetime, limit: int = 500) -> int:
    """Compute whatever is owed. One treatment that fails is set aside for a while, not the rest."""
    due = list(Trajectory.objects.due(at).values_list("treatment_id", flat=True)[:limit])
    for treatment_id in due:
        try:
            recompute(treatment_id, at=at)
        except Exception:
            logger.exception("Treatment %s could not be computed.", treatment_id)
            later = at + PAUSE_AFTER_FAILURE
            Trajectory.objects.filter(treatment_id=treatment_id).update(due_at=later)
    return len(due)
