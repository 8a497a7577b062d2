from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic
from clients.models import Treatment
from sessions.models import TherapySession
from trends.engine import Prior, Reason
from trends.lookback import Past
from vault.fields import SealedTextField

if TYPE_CHECKING:
    from accounts.models import User


class TrajectoryQuerySet(models.QuerySet["Trajectory"]):
    def visible_to(self, user: User | AnonymousUser) -> TrajectoryQuerySet:
        return self.filter(treatment__in=Treatment.objects.visible_to(user))

    def due(self, at: datetime) -> TrajectoryQuerySet:
        return self.filter(due_at__lte=at).order_by("due_at")


class Trajectory(models.Model):
    """What the engine computed for a treatment. `due_at` set: ratings changed since then."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    treatment = models.OneToOneField(Treatment, on_delete=models.PROTECT, related_name="trajectory")
    points = models.JSONField(default=list)  # one for each session that took place, in order
    engine = models.CharField(max_length=40, blank=True)
    prior = models.CharField(max_length=40, blank=True)
    sessions = models.PositiveSmallIntegerField(default=0)
    rated = models.PositiveSmallIntegerField(default=0)
    missing = models.PositiveSmallIntegerField(default=0)  # sessions since the last rated one
    last_goal = models.FloatField(null=True)
    last_task = models.FloatField(null=True)
    last_bond = models.FloatField(null=True)
    p_rupture = models.FloatField(null=True)  # of the newest session; none before the first rating
    due_at = models.DateTimeField(null=True)
    computed_at = models.DateTimeField(null=True)

    objects = TrajectoryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"], name="trajectory_due", condition=Q(due_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"trajectory {self.pk}"

    @property
    def last(self) -> dict[str, float] | None:
        """The newest rating's scores, or None before the first."""
        if self.last_goal is None or self.last_task is None or self.last_bond is None:
            return None
        return {"goal": self.last_goal, "task": self.last_task, "bond": self.last_bond}


class FlagQuerySet(models.QuerySet["Flag"]):
    def visible_to(self, user: User | AnonymousUser) -> FlagQuerySet:
        return self.filter(treatment__in=Treatment.objects.visible_to(user))

    def open(self) -> FlagQuerySet:
        return self.filter(state=Flag.State.OPEN)


class Flag(models.Model):
    """A possible rupture: the session in which it began, why, and what became of it."""

    class State(models.TextChoices):
        OPEN = "open", _("not yet seen")
        ACKNOWLEDGED = "acknowledged", _("seen")
        WITHDRAWN = "withdrawn", _("withdrawn: a later answer changed the picture")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    treatment = models.ForeignKey(Treatment, on_delete=models.PROTECT, related_name="flags")
    session = models.OneToOneField(TherapySession, on_delete=models.PROTECT, related_name="flag")
    engine = models.CharField(max_length=40)
    reason = models.JSONField()
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    raised_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    note = SealedTextField(blank=True)

    objects = FlagQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="flag_acknowledged_at_and_by",
            )
        ]

    def __str__(self) -> str:
        return f"flag {self.pk} ({self.state})"

    @property
    def why(self) -> Reason:
        return Reason.from_dict(self.reason)


class CalibrationQuerySet(models.QuerySet["Calibration"]):
    def visible_to(self, user: User | AnonymousUser) -> CalibrationQuerySet:
        """Of one's own clinic: figures of the clinic as a whole."""
        clinic = user.clinic if user.is_authenticated else None
        return self.filter(clinic=clinic) if clinic else self.none()

    def newest(self, clinic_id: uuid.UUID) -> Calibration | None:
        return self.filter(clinic_id=clinic_id).latest_first().first()

    def latest_first(self) -> CalibrationQuerySet:
        """What was learned last; of the same night, the budget that was set last."""
        return self.order_by("-fitted_at", "-created_at")


class Calibration(models.Model):
    """What the program learned from a clinic's own past. Rows are only added; the newest counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="calibrations")
    engine = models.CharField(max_length=40)  # another engine starts from its own default
    prior = models.JSONField()
    version = models.CharField(max_length=40)  # of the prior
    treatments = models.PositiveIntegerField()  # the prior was learned from; 0: it is the default
    sessions = models.PositiveIntegerField()
    past = models.JSONField()  # how many flags each threshold would have raised
    budget = models.PositiveSmallIntegerField()  # the clinic's, when the threshold was chosen
    threshold = models.FloatField()
    rated = models.PositiveIntegerField()  # sessions the threshold is from; 0: it is the default
    fitted_at = models.DateTimeField()
    created_at = models.DateTimeField()

    objects = CalibrationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "-fitted_at", "-created_at"], name="calibration_newest")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(threshold__gt=0, threshold__lt=1), name="calibration_threshold_0_to_1"
            )
        ]

    def __str__(self) -> str:
        return f"calibration {self.pk}"

    @property
    def learned(self) -> Prior:
        return Prior.from_dict(self.prior)

    @property
    def seen(self) -> Past:
        return Past.from_dict(self.past)
