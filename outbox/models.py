from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

CLAIM = timedelta(minutes=2)  # longer than any worker may send: see CELERY_TASK_TIME_LIMIT


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, at: datetime) -> MessageQuerySet:
        return self.filter(state=Message.State.QUEUED, due_at__lte=at).order_by("due_at")

    def abandoned(self, at: datetime) -> MessageQuerySet:
        """Claimed by a worker that never told the end."""
        return self.filter(state=Message.State.SENDING, claimed_at__lt=at - CLAIM)

    def about(self, *rows: UUID) -> MessageQuerySet:
        """The history of these rows: every mail about them in the order in which it was owed."""
        return self.filter(about__in=rows).order_by("created_at", "slot")

    def of_kind(self, *kinds: str) -> MessageQuerySet:
        return self.filter(kind__in=kinds)

    def taken_as(self, provider_id: str) -> MessageQuerySet:
        """The mail that the provider calls so."""
        return self.filter(provider_id=provider_id[:255]).exclude(provider_id="")

    def in_clinic(self, clinic_id: UUID, *states: Message.State) -> MessageQuerySet:
        """A clinic's mails, the newest first; with states, those that are in one of them."""
        mails = self.filter(clinic_id=clinic_id).order_by("-created_at", "pk")
        return mails.filter(state__in=states) if states else mails


class Message(models.Model):
    """One mail that is owed to somebody. It holds no address and no text: see `composers`."""

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting to be sent")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("not sent")
        BOUNCED = "bounced", _("came back")
        UNCERTAIN = "uncertain", _("perhaps not sent")
        CANCELLED = "cancelled", _("no longer needed")

    # Those need a person: it is known, or nobody knows, that the mail did not arrive.
    TROUBLED = (State.FAILED, State.BOUNCED, State.UNCERTAIN)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    about = models.UUIDField()
    slot = models.PositiveSmallIntegerField(default=0)  # 0 the first mail, 1 the first resend ...
    clinic_id = models.UUIDField(null=True)  # no foreign key: this layer lies below the clinics
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    state_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    provider_id = models.CharField(max_length=255, blank=True)  # its reports name the mail so

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "about", "slot"], name="outbox_message_one_mail_per_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="outbox_due", condition=Q(state="queued")),
            models.Index(fields=["claimed_at"], name="outbox_open", condition=Q(state="sending")),
            models.Index(fields=["about"], name="outbox_about"),
            models.Index(fields=["clinic_id", "-created_at"], name="outbox_clinic"),
            models.Index(
                fields=["provider_id"], name="outbox_provider", condition=~Q(provider_id="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about} ({self.state})"

    @property
    def message_id(self) -> str:
        """The same for every attempt, so that a receiver can tell a repeated mail."""
        return f"<{self.id}@{settings.MAIL_DOMAIN}>"
