from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic
from clients.visibility import reach, reading
from outbox import links
from vault.fields import SealedTextField

if TYPE_CHECKING:
    from accounts.models import User


class ClientQuerySet(models.QuerySet["Client"]):
    def visible_to(self, user: User | AnonymousUser) -> ClientQuerySet:
        """Clients with a treatment that is on this person's roster."""
        return self.filter(pk__in=Treatment.objects.on_roster_of(user).values("client_id"))

    def treated_by(self, user: User | AnonymousUser) -> ClientQuerySet:
        """Clients with a treatment of which this person may see what is clinical."""
        return self.filter(pk__in=Treatment.objects.visible_to(user).values("client_id"))


class Client(models.Model):
    """Somebody who comes to therapy. Has no account, ever."""

    class Contact(models.TextChoices):
        EMAIL = "email", _("By e-mail")
        IN_ROOM = "in_room", _("At the clinic, on our device or on paper")
        NONE = "none", _("Send nothing")

    class Check(models.TextChoices):
        AS_CLINIC = "clinic", _("As the clinic does")
        ALWAYS = "always", _("Always ask")
        NEVER = "never", _("Never ask")

    MOST_TRIES = 5

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="clients")
    name = SealedTextField()
    email = SealedTextField(blank=True)
    language = models.CharField(max_length=10, default="en")
    contact = models.CharField(max_length=10, choices=Contact, default=Contact.EMAIL)
    time_zone = models.CharField(max_length=50, blank=True)  # blank: the clinic's
    birth_year = SealedTextField(null=True, blank=True)
    pin = SealedTextField(null=True, blank=True)
    checks_link = models.CharField(max_length=10, choices=Check, default=Check.AS_CLINIC)
    failed_checks = models.PositiveSmallIntegerField(default=0)
    stopped_at = models.DateTimeField(null=True)  # the client wants no more e-mails
    bounced_at = models.DateTimeField(null=True)  # the address does not work
    own_link_blocked_at = models.DateTimeField(null=True)  # until the therapist confirms contact
    erasure_asked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    objects = ClientQuerySet.as_manager()

    def __str__(self) -> str:
        return f"client {self.pk}"

    @property
    def can_be_mailed(self) -> bool:
        wants = self.contact == self.Contact.EMAIL and self.stopped_at is None
        return wants and bool(self.email) and self.bounced_at is None

    @property
    def why_no_own_link(self) -> str:
        """One word for why no link to the own answers is mailed; "" if it can be.

        It does not matter how forms are sent, or whether e-mails were stopped: who asks to see
        their own answers wants this one mail.
        """
        if not self.email or self.bounced_at is not None:
            return "address"
        if not self.secret:
            return "secret"
        return "confirm" if self.own_link_blocked_at is not None else ""

    @property
    def may_get_own_link(self) -> bool:
        return not self.why_no_own_link

    def is_treated_by(self, user: User | AnonymousUser) -> bool:
        """Whether this person may see what is clinical about the client."""
        return Treatment.objects.visible_to(user).filter(client=self).exists()

    @property
    def answers_here(self) -> bool:
        """At the clinic, on its device or on paper."""
        return self.contact == self.Contact.IN_ROOM

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone or self.clinic.time_zone)

    @property
    def secret(self) -> str:
        """What only the client is asked for: the PIN, else the year of birth, else nothing."""
        return self.pin or self.birth_year or ""

    @property
    def is_locked(self) -> bool:
        """Too many wrong answers: nothing opens until the staff sends a new link."""
        return self.failed_checks >= self.MOST_TRIES

    @property
    def is_checked(self) -> bool:
        """Whether a form asks who is there before it opens."""
        wanted = self.checks_link == self.Check.ALWAYS or (
            self.checks_link == self.Check.AS_CLINIC and self.clinic.checks_links
        )
        return wanted and bool(self.secret)


class ClientLinkQuerySet(models.QuerySet["ClientLink"]):
    def in_time(self, at: datetime) -> ClientLinkQuerySet:
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at))

    def opened_by(self, token: str, *, purpose: str, at: datetime) -> ClientLinkQuerySet:
        """The link with this token (or none), with its client, if it is for this purpose."""
        found = self.in_time(at).filter(purpose=purpose, digest=links.digest(token))
        return found.select_related("client__clinic")


class ClientLink(models.Model):
    """One mailed address that is about the client, not about a form."""

    class Purpose(models.TextChoices):
        MAIL = "mail", _("Stop or change e-mails")
        OWN = "own", _("See and take along one's own answers")

    id = models.BigAutoField(primary_key=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="links")
    purpose = models.CharField(max_length=10, choices=Purpose)
    digest = models.BinaryField(max_length=32, unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)  # null: as long as there are mails to stop

    objects = ClientLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"link {self.pk}"


class TreatmentQuerySet(models.QuerySet["Treatment"]):
    def visible_to(self, user: User | AnonymousUser) -> TreatmentQuerySet:
        """Treatments whose clinical rows this person may see."""
        return self.filter(reach(user, clinical=True))

    def on_roster_of(self, user: User | AnonymousUser) -> TreatmentQuerySet:
        """Treatments that this person may know of, without anything clinical."""
        return self.filter(reach(user, clinical=False))

    def read_by(self, user: User | AnonymousUser) -> TreatmentQuerySet:
        """Those that this person may read: one's own, and those that others have opened."""
        opened = Treatment.objects.filter(reading(user)).values("pk")
        return self.filter(reach(user, clinical=True) | Q(pk__in=opened))

    def open(self) -> TreatmentQuerySet:
        return self.filter(ended_on__isnull=True)


class Treatment(models.Model):
    """One client with one therapist, from the first session to the last."""

    class EndReason(models.TextChoices):
        AGREED = "agreed", _("We agreed to end: the work is done")
        CLIENT = "client", _("The client decided to stop")
        THERAPIST = "therapist", _("The clinic or the therapist had to end it")
        NO_CONTACT = "no_contact", _("The client no longer came")
        MOVED = "moved", _("Moved away, or went on elsewhere")
        TRANSFERRED = "transferred", _("Goes on with a colleague")
        OTHER = "other", _("Another reason")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="treatments")
    therapist = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="treatments"
    )
    started_on = models.DateField()
    ended_on = models.DateField(null=True)
    end_reason = models.CharField(max_length=12, choices=EndReason, blank=True)
    next_at = models.DateTimeField(null=True)  # the next appointment, if somebody wrote it down
    follows = models.OneToOneField(  # the treatment with a colleague that this one goes on from
        "self", on_delete=models.PROTECT, null=True, related_name="followed_by"
    )
    history_agreed = models.BooleanField(default=False)  # the client lets that one be read

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

    def is_own_of(self, user: User | AnonymousUser) -> bool:
        """Whether this person works with it; somebody else may at most read it."""
        return Treatment.objects.visible_to(user).filter(pk=self.pk).exists()


class ShareQuerySet(models.QuerySet["Share"]):
    def visible_to(self, user: User | AnonymousUser) -> ShareQuerySet:
        """Those of one's own treatments; whoever reads one by it sees no more of it."""
        return self.filter(treatment__in=Treatment.objects.visible_to(user))

    def opened_to(self, user: User | AnonymousUser) -> ShareQuerySet:
        """Those by which this person reads. It asks the one rule, so it fails closed with it."""
        standing = self.standing().filter(supervisor_id=user.pk)
        return standing.filter(treatment__in=Treatment.objects.read_by(user))

    def standing(self) -> ShareQuerySet:
        return self.filter(withdrawn_at__isnull=True)


class Share(models.Model):
    """A treatment that its therapist has opened to a supervisor, to be read."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    treatment = models.ForeignKey(Treatment, on_delete=models.PROTECT, related_name="shares")
    supervisor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="shared_with"
    )
    shared_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)  # when it was last read

    objects = ShareQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["treatment", "supervisor"],
                condition=Q(withdrawn_at__isnull=True),
                name="share_once_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"share {self.pk}"


class Side(models.TextChoices):
    """Who of the two said it."""

    THERAPIST = "therapist", _("therapist")
    CLIENT = "client", _("client")


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def visible_to(self, user: User | AnonymousUser) -> AgreementQuerySet:
        return self.filter(treatment__in=Treatment.objects.visible_to(user))

    def read_by(self, user: User | AnonymousUser) -> AgreementQuerySet:
        return self.filter(treatment__in=Treatment.objects.read_by(user))

    def standing(self) -> AgreementQuerySet:
        return self.filter(ended_at__isnull=True)


class Agreement(models.Model):
    """A goal, or a task (who does what), that the two of a treatment share."""

    class Kind(models.TextChoices):
        GOAL = "goal", _("goal")
        TASK = "task", _("task")

    class End(models.TextChoices):
        REACHED = "reached", _("reached")
        DROPPED = "dropped", _("no longer followed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    treatment = models.ForeignKey(Treatment, on_delete=models.PROTECT, related_name="agreements")
    kind = models.CharField(max_length=4, choices=Kind)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_as = models.CharField(max_length=8, choices=End, blank=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_as="")
                | (Q(ended_at__isnull=False) & ~Q(ended_as="")),
                name="agreement_ended_at_and_as",
            )
        ]

    def __str__(self) -> str:
        return f"agreement {self.pk}"


class WordingQuerySet(models.QuerySet["Wording"]):
    def visible_to(self, user: User | AnonymousUser) -> WordingQuerySet:
        return self.filter(agreement__treatment__in=Treatment.objects.visible_to(user))

    def read_by(self, user: User | AnonymousUser) -> WordingQuerySet:
        return self.filter(agreement__treatment__in=Treatment.objects.read_by(user))


class Wording(models.Model):
    """How an agreement is put, from then on; earlier ones are its history."""

    LONGEST = 200

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="wordings")
    words = SealedTextField()
    side = models.CharField(max_length=10, choices=Side)  # whose words
    said_at = models.DateTimeField()
    written_by = models.ForeignKey(  # the therapist; also where the words are the client's
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    objects = WordingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"wording {self.pk}"
