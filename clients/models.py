from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic
from clients.visibility import reach
from vault.fields import SealedTextField

if TYPE_CHECKING:
    from accounts.models import User


class ClientQuerySet(models.QuerySet["Client"]):
    def visible_to(self, user: User | AnonymousUser) -> ClientQuerySet:
        """Clients with a treatment that is on this person's roster."""
        return self.filter(pk__in=Treatment.objects.on_roster_of(user).values("client_id"))


class Client(models.Model):
    """Somebody who comes to therapy. Has no account, ever."""

    class Contact(models.TextChoices):
        EMAIL = "email", _("By e-mail")
        NONE = "none", _("Send nothing")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="clients")
    name = SealedTextField()
    email = SealedTextField(blank=True)
    language = models.CharField(max_length=10, default="en")
    contact = models.CharField(max_length=10, choices=Contact, default=Contact.EMAIL)
    created_at = models.DateTimeField()

    objects = ClientQuerySet.as_manager()

    def __str__(self) -> str:
        return f"client {self.pk}"

    @property
    def can_be_mailed(self) -> bool:
        return self.contact == self.Contact.EMAIL and bool(self.email)


class TreatmentQuerySet(models.QuerySet["Treatment"]):
    def visible_to(self, user: User | AnonymousUser) -> TreatmentQuerySet:
        """Treatments whose clinical rows this person may see."""
        return self.filter(reach(user, clinical=True))

    def on_roster_of(self, user: User | AnonymousUser) -> TreatmentQuerySet:
        """Treatments that this person may know of, without anything clinical."""
        return self.filter(reach(user, clinical=False))

    def open(self) -> TreatmentQuerySet:
        return self.filter(ended_on__isnull=True)


class Treatment(models.Model):
    """One client with one therapist, from the first session to the last."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="treatments")
    therapist = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="treatments"
    )
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    objects = TreatmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "therapist"],
                condition=Q(ended_on__isnull=True),
                name="treatment_one_open_for_each_pair",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="treatment_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"treatment {self.pk}"
