from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic
from clients.models import Treatment
from sessions.models import TherapySession
from trends.computing.lookback import Past
from trends.engine import Prior, Reason
from vault.fields import SealedTextField

if TYPE_CHECKING:
    from accounts.models import User


class TrajectoryQuerySet(models.QuerySet["Trajectory"]):
    def visible_to(self, user: User | AnonymousUser) -> TrajectoryQuerySet:
        return self.filter(treatment__in=Treatment.objects.visible_to(user))

    def read_by(self, user: User | AnonymousUser) -> TrajectoryQuerySet:
        return self.filter(treatment__in=Treatment.objects.read_by(user))

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

    def read_by(self, user: User | AnonymousUser) -> FlagQuerySet:
        return self.filter(treatment__in=Treatment.objects.read_by(user))

    def open(self) -> FlagQuerySet:
        return self.filter(state=Flag.State.OPEN)

    def standing(self) -> FlagQuerySet:
        return self.exclude(state=Flag.State.WITHDRAWN)

    def counting(self) -> FlagQuerySet:
        """Those that stand, of sessions that count: one of a voided session needs nobody."""
        return self.standing().filter(session__voided_at__isnull=True)


class Flag(models.Model):
    """A possible rupture: the session in which it began, why, and what became of it.

    Which state follows from what, and who may do it, is one table: `trends.flags.life`.
    """

    class State(models.TextChoices):
        OPEN = "open", _("not yet seen")
        ACKNOWLEDGED = "acknowledged", _("seen")
        IN_REPAIR = "in_repair", _("in repair")
        CAME_BACK = "came_back", _("came back")
        NOT_YET = "not_yet", _("not back yet")
        DISMISSED = "dismissed", _("closed")
        WITHDRAWN = "withdrawn", _("withdrawn: a later answer changed the picture")

    class Origin(models.TextChoices):
        ENGINE = "engine", _("by the program")
        HAND = "hand", _("by the therapist")

    class Closed(models.TextChoices):
        """Why a therapist closes it; what each says about it: `flags.life.judged_by_closing`."""

        NO_RUPTURE = "no_rupture", _("There was no rupture")
        MISREAD = "misread", _("The form was misread or filled in by mistake")
        ELSEWHERE = "elsewhere", _("Something outside of our work explains it")
        SETTLED = "settled", _("There was one, and we have settled it")
        OTHER = "other", _("Another reason")

    class Judged(models.TextChoices):
        """What the therapist says about it: a label for how often the program is right."""

        CONFIRMED = "confirmed", _("there was a rupture")
        WRONG = "wrong", _("there was none")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    treatment = models.ForeignKey(Treatment, on_delete=models.PROTECT, related_name="flags")
    session = models.OneToOneField(TherapySession, on_delete=models.PROTECT, related_name="flag")
    origin = models.CharField(max_length=6, choices=Origin, default=Origin.ENGINE)
    engine = models.CharField(max_length=40, blank=True)  # blank: marked by hand
    prior = models.CharField(max_length=40, blank=True)
    reason = models.JSONField(null=True)  # null: marked by hand, the ratings did not show it
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    state_at = models.DateTimeField()  # since when it is in this state
    raised_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    closed_as = models.CharField(max_length=12, choices=Closed, blank=True)
    judged = models.CharField(max_length=10, choices=Judged, blank=True)
    note = SealedTextField(blank=True)

    objects = FlagQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="flag_acknowledged_at_and_by",
            ),
            models.CheckConstraint(
                condition=Q(closed_as="") | Q(state="dismissed"),
                name="flag_closed_as_of_a_closed_one",
            ),
            models.CheckConstraint(
                condition=Q(origin="engine", reason__isnull=False) | Q(origin="hand"),
                name="flag_of_the_engine_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"flag {self.pk} ({self.state})"

    @property
    def why(self) -> Reason | None:
        """None of one that was marked by hand."""
        return Reason.from_dict(self.reason) if self.reason else None


class FlagMoveQuerySet(models.QuerySet["FlagMove"]):
    def visible_to(self, user: User | AnonymousUser) -> FlagMoveQuerySet:
        return self.filter(flag__in=Flag.objects.visible_to(user))

    def read_by(self, user: User | AnonymousUser) -> FlagMoveQuerySet:
        return self.filter(flag__in=Flag.objects.read_by(user))


class FlagMove(models.Model):
    """One step in the life of a flag: what was done, by whom, and where it stood then."""

    class Action(models.TextChoices):
        RAISE = "raise", _("flagged")
        MARK = "mark", _("marked by hand")
        ACKNOWLEDGE = "acknowledge", _("seen")
        LOG_REPAIR = "log_repair", _("repair logged")
        COME_BACK = "come_back", _("found to have come back")
        NOT_YET = "not_yet", _("found to be not back yet")
        CLOSE = "close", _("closed")
        REOPEN = "reopen", _("opened again")
        WITHDRAW = "withdraw", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    flag = models.ForeignKey(Flag, on_delete=models.PROTECT, related_name="moves")
    action = models.CharField(max_length=12, choices=Action)
    state = models.CharField(max_length=12, choices=Flag.State)  # that it led to
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(  # null: the program
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    words = SealedTextField(blank=True)

    objects = FlagMoveQuerySet.as_manager()

    def __str__(self) -> str:
        return f"move {self.pk}"


class RepairEntryQuerySet(models.QuerySet["RepairEntry"]):
    def visible_to(self, user: User | AnonymousUser) -> RepairEntryQuerySet:
        return self.filter(flag__in=Flag.objects.visible_to(user))

    def read_by(self, user: User | AnonymousUser) -> RepairEntryQuerySet:
        return self.filter(flag__in=Flag.objects.read_by(user))


class RepairEntry(models.Model):
    """An entry of the repair log: what the therapist saw, tried, and when it is to be raised."""

    class Kind(models.TextChoices):
        WITHDRAWAL = "withdrawal", _("Withdrawal: drawing back, or agreeing too easily")
        CONFRONTATION = (
            "confrontation",
            _("Confrontation: dissatisfaction or disagreement was voiced"),
        )
        UNCLEAR = "unclear", _("Both, or unclear")

    class When(models.TextChoices):
        RAISED = "raised", _("I have raised it already")
        NEXT = "next", _("Next session")
        LATER = "later", _("Later, when the time is right")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    flag = models.ForeignKey(Flag, on_delete=models.PROTECT, related_name="repairs")
    kind = models.CharField(max_length=13, choices=Kind)
    tried = ArrayField(models.CharField(max_length=20), default=list)  # keys of `prompts`
    words = SealedTextField(blank=True)
    raise_when = models.CharField(max_length=6, choices=When)
    logged_at = models.DateTimeField()
    logged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    objects = RepairEntryQuerySet.as_manager()

    def __str__(self) -> str:
        return f"repair {self.pk}"


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
