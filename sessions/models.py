from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from clients.models import Treatment
from measures import catalogue
from outbox.models import Message
from vault.fields import SealedTextField

if TYPE_CHECKING:
    from accounts.models import User

RATING_REQUEST = "sessions.rating_request"  # kind of the mail that carries the link


class TherapySessionQuerySet(models.QuerySet["TherapySession"]):
    def visible_to(self, user: User | AnonymousUser) -> TherapySessionQuerySet:
        return self.filter(treatment__in=Treatment.objects.visible_to(user))

    def in_order(self) -> TherapySessionQuerySet:
        return self.order_by("held_at")


class TherapySession(models.Model):
    """One appointment of a treatment, whether or not the client came."""

    class Attendance(models.TextChoices):
        ATTENDED = "attended", _("Attended")
        LATE = "late", _("Came late")
        CANCELLED = "cancelled", _("Cancelled")
        NO_SHOW = "no_show", _("Did not come")

    class Format(models.TextChoices):
        IN_PERSON = "in_person", _("In person")
        VIDEO = "video", _("Video")
        PHONE = "phone", _("Phone")

    TOOK_PLACE = (Attendance.ATTENDED, Attendance.LATE)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    treatment = models.ForeignKey(Treatment, on_delete=models.PROTECT, related_name="sessions")
    held_at = models.DateTimeField()
    attendance = models.CharField(max_length=10, choices=Attendance, default=Attendance.ATTENDED)
    format = models.CharField(max_length=10, choices=Format, default=Format.IN_PERSON)
    minutes = models.PositiveSmallIntegerField(
        default=50, validators=[MinValueValidator(0), MaxValueValidator(480)]
    )
    note = SealedTextField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    objects = TherapySessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["treatment", "held_at"], name="session_once_at_a_time"),
            models.CheckConstraint(condition=Q(minutes__lte=480), name="session_minutes_max_480"),
        ]

    def __str__(self) -> str:
        return f"session {self.pk}"

    @property
    def took_place(self) -> bool:
        return self.attendance in self.TOOK_PLACE


class RatingRequestQuerySet(models.QuerySet["RatingRequest"]):
    def visible_to(self, user: User | AnonymousUser) -> RatingRequestQuerySet:
        """Delivery of forms is on the roster: it tells who gets one, not what they answered."""
        return self.filter(session__treatment__in=Treatment.objects.on_roster_of(user))

    def newest_of_each_treatment(self) -> RatingRequestQuerySet:
        """The form about the latest session, with its delivery and whether it was answered."""
        return (
            self.with_delivery()
            .select_related("session", "rating")
            .order_by("session__treatment_id", "-session__held_at")
            .distinct("session__treatment_id")
        )

    def with_delivery(self) -> RatingRequestQuerySet:
        """Adds `mail_state` and `mail_reason` of the newest mail for each request."""
        mails = Message.objects.filter(kind=RATING_REQUEST, about=OuterRef("pk")).order_by("-slot")
        return self.annotate(
            mail_state=Subquery(mails.values("state")[:1]),
            mail_reason=Subquery(mails.values("reason")[:1]),
        )


class RatingRequest(models.Model):
    """A form that a client is asked to fill in about one session."""

    TIME_TO_FINISH = timedelta(hours=2)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.OneToOneField(TherapySession, on_delete=models.PROTECT, related_name="request")
    instrument = models.CharField(max_length=40)
    instrument_version = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=10)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = RatingRequestQuerySet.as_manager()

    def __str__(self) -> str:
        return f"request {self.pk}"

    def form_instrument(self) -> catalogue.Instrument:
        return catalogue.get(self.instrument, self.instrument_version)

    def is_expired(self, at: datetime) -> bool:
        """Whether the form opens no more."""
        return at >= self.expires_at

    def is_too_late(self, at: datetime) -> bool:
        """Whether answers are refused: whoever opened the form in time may finish it."""
        return at >= self.expires_at + self.TIME_TO_FINISH


class RequestLink(models.Model):
    """One mailed address of a request. Only the newest opens the form."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(RatingRequest, on_delete=models.CASCADE, related_name="links")
    digest = models.BinaryField(max_length=32, unique=True)
    issued_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"link {self.pk}"


class RatingQuerySet(models.QuerySet["Rating"]):
    def visible_to(self, user: User | AnonymousUser) -> RatingQuerySet:
        return self.filter(session__treatment__in=Treatment.objects.visible_to(user))


class Rating(models.Model):
    """What a client answered about one session."""

    class Tension(models.TextChoices):
        NONE = "none", _("No")
        SOME = "some", _("A little")
        STRONG = "strong", _("Yes")
        UNSURE = "unsure", _("I am not sure")

    class FollowUp(models.TextChoices):
        RAISE = "raise", _("Please raise it with me")
        KNOW = "know", _("Just so you know")

    COMMENT_MAX = 2000

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(TherapySession, on_delete=models.PROTECT, related_name="ratings")
    request = models.OneToOneField(RatingRequest, on_delete=models.PROTECT, related_name="rating")
    answers = models.JSONField()  # {item key: point}
    goal = models.FloatField()
    task = models.FloatField()
    bond = models.FloatField()
    tension = models.CharField(max_length=10, choices=Tension)
    comment = SealedTextField(blank=True)
    follow_up = models.CharField(max_length=10, choices=FollowUp, blank=True)
    submitted_at = models.DateTimeField()

    objects = RatingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"rating {self.pk}"
