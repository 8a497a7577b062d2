from __future__ import annotations

import uuid
import zoneinfo
from datetime import datetime, time, timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.permissions import ROLE_CHOICES, ROLE_LABELS, Role


def time_zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]


class Clinic(models.Model):
    """The house that people work in, with what it decided about its forms."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("Name of the clinic"), max_length=100)
    time_zone = models.CharField(_("Time zone"), max_length=50, default="UTC", choices=time_zones)
    sender_name = models.CharField(_("Sender's name in e-mails"), max_length=60, blank=True)
    names_therapist = models.BooleanField(_("Name the therapist in e-mails"), default=False)
    mail_subject = models.CharField(_("Subject of the e-mail"), max_length=78, blank=True)
    link_valid_days = models.PositiveSmallIntegerField(  # null: without limit
        _("Days a link stays valid"),
        default=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
    )
    reminder_days = models.PositiveSmallIntegerField(  # null: nobody is reminded
        _("Days until the reminder"),
        default=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
    )
    quiet_from = models.TimeField(_("No e-mails from"), default=time(21))
    quiet_until = models.TimeField(_("No e-mails until"), default=time(8))
    long_form_every = models.PositiveSmallIntegerField(  # null: always the short form
        _("The long form, every so many sessions"),
        null=True,
        blank=True,
        validators=[MinValueValidator(2), MaxValueValidator(50)],
    )
    agreements_every = models.PositiveSmallIntegerField(  # null: clients are never asked
        _("Ask about agreed goals and tasks, every so many sessions"),
        default=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
    )
    checks_links = models.BooleanField(_("Ask who is there before the form"), default=False)
    change_minutes = models.PositiveSmallIntegerField(
        _("Minutes in which clients can change their answers"),
        default=15,
        validators=[MaxValueValidator(1440)],
    )
    shows_course = models.BooleanField(_("Clients may see their own course"), default=True)
    crisis_text = models.TextField(_("If you need help now"), max_length=1000, blank=True)
    about_sessions = models.TextField(
        _("How sessions and this feedback go"), max_length=3000, blank=True
    )
    about_confidentiality = models.TextField(
        _("What stays between us, and its limits"), max_length=3000, blank=True
    )
    about_complaints = models.TextField(
        _("How to complain, or to change therapist"), max_length=3000, blank=True
    )
    alert_budget = models.PositiveSmallIntegerField(
        _("Alert budget: possible ruptures for each 100 rated sessions"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(link_valid_days__range=(1, 30)), name="clinic_link_valid_days_1_to_30"
            ),
            models.CheckConstraint(
                condition=Q(reminder_days__isnull=True)
                | Q(reminder_days__range=(1, 9), link_valid_days__isnull=True)
                | Q(reminder_days__range=(1, 9), reminder_days__lt=F("link_valid_days")),
                name="clinic_reminder_before_the_link_ends",
            ),
            models.CheckConstraint(
                condition=Q(long_form_every__isnull=True) | Q(long_form_every__range=(2, 50)),
                name="clinic_long_form_every_2_to_50",
            ),
            models.CheckConstraint(
                condition=Q(agreements_every__isnull=True) | Q(agreements_every__range=(1, 50)),
                name="clinic_agreements_every_1_to_50",
            ),
            models.CheckConstraint(
                condition=Q(change_minutes__lte=1440), name="clinic_change_minutes_max_a_day"
            ),
            models.CheckConstraint(
                condition=Q(alert_budget__range=(1, 20)), name="clinic_alert_budget_1_to_20"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: User) -> UserQuerySet:
        """The people of one's own clinic."""
        return self.filter(clinic=user.clinic) if user.clinic else self.none()

    def therapists(self) -> UserQuerySet:
        return self.filter(roles__contains=[Role.THERAPIST])

    def supervisors(self) -> UserQuerySet:
        return self.filter(roles__contains=[Role.SUPERVISOR])


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def visible_to(self, user: User) -> UserQuerySet:
        return self.get_queryset().visible_to(user)

    def therapists(self) -> UserQuerySet:
        return self.get_queryset().therapists()

    def supervisors(self) -> UserQuerySet:
        return self.get_queryset().supervisors()

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who logs in, with one role or several."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, null=True, related_name="people")
    email = models.EmailField(_("E-mail address"), max_length=254, unique=True)
    display_name = models.CharField(_("Name that clients see"), max_length=80)
    roles = ArrayField(models.CharField(max_length=12, choices=ROLE_CHOICES), default=list)
    is_active = models.BooleanField(default=True)
    is_superuser = models.BooleanField(default=False)  # runs the machine; sees no clinical row
    created_at = models.DateTimeField()
    deactivated_at = models.DateTimeField(null=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.CheckConstraint(
                condition=Q(is_active=True) | Q(deactivated_at__isnull=False),
                name="user_inactive_has_deactivated_at",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.email

    @property
    def role_labels(self) -> list[str]:
        return [str(ROLE_LABELS[Role(role)]) for role in self.roles]

    @property
    def own_clinic(self) -> Clinic:
        """The clinic of somebody who has a permission; without a clinic nobody has one."""
        if self.clinic is None:
            raise Clinic.DoesNotExist
        return self.clinic


class Profile(models.Model):
    """What a therapist tells clients about themselves, once they have looked at the page."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="profile")
    title = models.CharField(_("Title"), max_length=80, blank=True)
    qualifications = models.TextField(
        _("Qualifications and experience"), max_length=2000, blank=True
    )
    way_of_working = models.TextField(_("Way of working"), max_length=2000, blank=True)
    published_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"profile {self.pk}"


class MailWishes(models.Model):
    """Which mails a therapist wants from the program, and at which hours. No row: as the defaults.

    Every mail says the same, that there is something to review; there is one a day at most.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="mail_wishes")
    tells = models.BooleanField(_("When there is something new to review"), default=True)
    reminds = models.BooleanField(_("A reminder while it waits"), default=True)
    digest = models.BooleanField(_("A summary on Mondays"), default=True)
    quiet_from = models.TimeField(_("No e-mails from"), default=time(19))
    quiet_until = models.TimeField(_("No e-mails until"), default=time(7))

    def __str__(self) -> str:
        return f"mail wishes {self.pk}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def visible_to(self, user: User) -> InvitationQuerySet:
        return self.filter(clinic=user.clinic) if user.clinic else self.none()

    def open(self, at: datetime) -> InvitationQuerySet:
        return self.filter(accepted_at__isnull=True, expires_at__gt=at)


class Invitation(models.Model):
    """A colleague's way in: a mailed link, once, for a week."""

    VALID = timedelta(days=7)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(_("E-mail address"), max_length=254)
    roles = ArrayField(models.CharField(max_length=12, choices=ROLE_CHOICES))
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    digest = models.BinaryField(max_length=32, unique=True, null=True)  # null until mailed
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.email} ({self.clinic_id})"

    @property
    def role_labels(self) -> list[str]:
        return [str(ROLE_LABELS[Role(role)]) for role in self.roles]
