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

# Kinds of the mails that carry a link.
RATING_REQUEST = "sessions.rating_request"
REMINDER = "sessions.reminder"
OWN_LINK = "sessions.own_link"


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
        """Adds `mail_state`, `.._reason`, `.._at` and `.._due_at` of each request's newest mail."""
        mails = Message.objects.filter(kind=RATING_REQUEST, about=OuterRef("pk")).order_by("-slot")
        return self.annotate(
            mail_state=Subquery(mails.values("state")[:1]),
            mail_reason=Subquery(mails.values("reason")[:1]),
            mail_at=Subquery(mails.values("state_at")[:1]),
            mail_due_at=Subquery(mails.values("due_at")[:1]),
        )


class RatingRequest(models.Model):
    """A form that a client is asked to fill in about one session."""

    TIME_TO_FINISH = timedelta(hours=2)
    LONGEST_GRACE = timedelta(hours=24)
    SILENT_AFTER = timedelta(days=14)  # without a limit

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.OneToOneField(TherapySession, on_delete=models.PROTECT, related_name="request")
    instrument = models.CharField(max_length=40)
    instrument_version = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=10)
    created_at = models.DateTimeField()
    is_mailed = models.BooleanField(default=True)  # or it waits at the clinic, and nobody was asked
    expires_at = models.DateTimeField(null=True)  # null: without limit
    active_at = models.DateTimeField(null=True)  # when answers were last typed and kept
    link_asked_at = models.DateTimeField(null=True)  # the client asks for a new link

    objects = RatingRequestQuerySet.as_manager()

    def __str__(self) -> str:
        return f"request {self.pk}"

    def form_instrument(self) -> catalogue.Instrument:
        return catalogue.get(self.instrument, self.instrument_version)

    def is_expired(self, at: datetime) -> bool:
        """Whether the form opens no more. While somebody types, the time runs from then on."""
        if self.expires_at is None or at < self.expires_at:
            return False
        return self.active_at is None or self.is_too_late(at)

    def is_too_late(self, at: datetime) -> bool:
        """Whether answers are refused: whoever opened the form in time may finish it."""
        if self.expires_at is None:
            return False
        last = max(self.expires_at, self.active_at or self.expires_at)
        return at >= min(last + self.TIME_TO_FINISH, self.expires_at + self.LONGEST_GRACE)

    def is_silent(self, at: datetime) -> bool:
        """Whether the client was asked, and the time to expect an answer is over."""
        if self.expires_at is None:
            return self.is_mailed and at >= self.created_at + self.SILENT_AFTER
        return self.is_mailed and self.is_too_late(at)


class RequestLink(models.Model):
    """One mailed address of a request. One that was replaced by a newer opens nothing."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(RatingRequest, on_delete=models.CASCADE, related_name="links")
    digest = models.BinaryField(max_length=32, unique=True)
    issued_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link {self.pk}"


class Draft(models.Model):
    """What was typed into a form and not sent yet. Only the browser that typed it sees it again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(RatingRequest, on_delete=models.CASCADE, related_name="drafts")
    browser = models.BinaryField(max_length=32)  # digest of a random value in its cookie
    typed = SealedTextField()  # JSON: {name of the field: value}
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "browser"], name="draft_one_for_a_browser")
        ]

    def __str__(self) -> str:
        return f"draft {self.pk}"


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

    class Settled(models.TextChoices):
        YES = "yes", _("Yes")
        PARTLY = "partly", _("In part")
        NO = "no", _("Not yet")

    class Provenance(models.TextChoices):
        """How the answers came in."""

        LINK = "link", _("by the link")
        LATE = "late", _("by the link, late")
        ROOM = "room", _("together in the room")
        WAITING_ROOM = "waiting", _("in the waiting room")
        PAPER = "paper", _("on paper")
        IMPORTED = "imported", _("imported")

    COMMENT_MAX = 2000
    LATE_AFTER = timedelta(days=7)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(TherapySession, on_delete=models.PROTECT, related_name="ratings")
    request = models.OneToOneField(RatingRequest, on_delete=models.PROTECT, related_name="rating")
    answers = models.JSONField()  # {item key: point}
    goal = models.FloatField()
    task = models.FloatField()
    bond = models.FloatField()
    tension = models.CharField(max_length=10, choices=Tension)
    settled = models.CharField(max_length=10, choices=Settled, blank=True)
    comment = SealedTextField(blank=True)
    follow_up = models.CharField(max_length=10, choices=FollowUp, blank=True)
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.LINK)
    language = models.CharField(max_length=10, blank=True)  # of the words that were answered
    seconds = models.FloatField(null=True)  # from opening the form to sending it
    browser = models.BinaryField(
        max_length=32, null=True
    )  # digest, as `Draft.browser`: who sent it
    submitted_at = models.DateTimeField()
    entered_by = models.ForeignKey(  # who typed it in from paper
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(null=True)

    objects = RatingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"rating {self.pk}"


class EarlierAnswers(models.Model):
    """What a rating said before the client changed it. Kept for ever, shown to nobody by itself."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rating = models.ForeignKey(Rating, on_delete=models.PROTECT, related_name="earlier")
    said = SealedTextField()  # JSON, as `sessions.answering.Said`
    replaced_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"earlier answers {self.pk}"
