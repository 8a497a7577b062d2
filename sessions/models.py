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

from clients.models import Client, Treatment, Wording
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

    def read_by(self, user: User | AnonymousUser) -> TherapySessionQuerySet:
        return self.filter(treatment__in=Treatment.objects.read_by(user))

    def standing(self) -> TherapySessionQuerySet:
        """Without those that were recorded by mistake."""
        return self.filter(voided_at__isnull=True)

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
    voided_at = models.DateTimeField(null=True)  # recorded by mistake: kept, and counted nowhere

    objects = TherapySessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["treatment", "held_at"],
                condition=Q(voided_at__isnull=True),
                name="session_once_at_a_time",
            ),
            models.CheckConstraint(condition=Q(minutes__lte=480), name="session_minutes_max_480"),
        ]

    def __str__(self) -> str:
        return f"session {self.pk}"

    @property
    def took_place(self) -> bool:
        return self.attendance in self.TOOK_PLACE

    @property
    def is_held(self) -> bool:
        """Whether it has a number: it took place, and counts."""
        return self.took_place and self.voided_at is None


class RatingRequestQuerySet(models.QuerySet["RatingRequest"]):
    def visible_to(self, user: User | AnonymousUser) -> RatingRequestQuerySet:
        """Delivery of forms is on the roster: it tells who gets one, not what they answered."""
        return self.filter(session__treatment__in=Treatment.objects.on_roster_of(user))

    def read_by(self, user: User | AnonymousUser) -> RatingRequestQuerySet:
        return self.filter(session__treatment__in=Treatment.objects.read_by(user))

    def standing(self) -> RatingRequestQuerySet:
        """Without those that nobody is to answer any more, or whose session does not count."""
        return self.filter(withdrawn_at__isnull=True, session__voided_at__isnull=True)

    def newest_of_each_treatment(self) -> RatingRequestQuerySet:
        """The form about the latest session, with its delivery and whether it was answered."""
        return (
            self.standing()
            .with_delivery()
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
    withdrawn_at = models.DateTimeField(null=True)  # nobody is to answer it any more
    asks_agreements = models.BooleanField(default=False)  # also about agreed goals and tasks
    asks_elements = models.BooleanField(default=False)  # also the seven elements

    objects = RatingRequestQuerySet.as_manager()

    def __str__(self) -> str:
        return f"request {self.pk}"

    def form_instrument(self) -> catalogue.Instrument:
        return catalogue.get(self.instrument, self.instrument_version)

    @property
    def is_settled(self) -> bool:
        """Whether nobody has to answer it: somebody has, or it is no longer needed."""
        return self.withdrawn_at is not None or hasattr(self, "rating")

    @property
    def is_checked(self) -> bool:
        """Whether it asks who is there before it opens: also wherever it shows goals and tasks."""
        client = self.session.treatment.client
        may_ask = bool(client.secret) and client.checks_link != Client.Check.NEVER
        return client.is_checked or (self.asks_agreements and may_ask)

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

    def read_by(self, user: User | AnonymousUser) -> RatingQuerySet:
        return self.filter(session__treatment__in=Treatment.objects.read_by(user))

    def standing(self) -> RatingQuerySet:
        """Without those that count nowhere any more."""
        return self.filter(voided_at__isnull=True, session__voided_at__isnull=True)


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
    elements = models.JSONField(null=True)  # {item key: point}, where the seven were asked too
    proposal = SealedTextField(null=True, blank=True)  # a goal that the client would like to add
    read_at = models.DateTimeField(null=True)  # when the therapist took note of words or a wish
    voided_at = models.DateTimeField(null=True)  # not this client's answers: counted nowhere
    disputed_at = models.DateTimeField(null=True)  # counts, but somebody doubts it

    objects = RatingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"rating {self.pk}"


class EarlierAnswers(models.Model):
    """What a rating said before the client changed it. Kept for ever, shown to nobody by itself."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rating = models.ForeignKey(Rating, on_delete=models.PROTECT, related_name="earlier")
    said = SealedTextField()  # JSON, as `sessions.form.answering.Said`
    replaced_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"earlier answers {self.pk}"


class AgreementAnswerQuerySet(models.QuerySet["AgreementAnswer"]):
    def visible_to(self, user: User | AnonymousUser) -> AgreementAnswerQuerySet:
        return self.filter(rating__session__treatment__in=Treatment.objects.visible_to(user))

    def read_by(self, user: User | AnonymousUser) -> AgreementAnswerQuerySet:
        return self.filter(rating__session__treatment__in=Treatment.objects.read_by(user))


class AgreementAnswer(models.Model):
    """What a client answered about one agreed goal or task, as it was worded then."""

    class Answer(models.TextChoices):
        YES = "yes", _("Yes, I agree")
        UNSURE = "unsure", _("I am not sure")
        OTHERWISE = "otherwise", _("I would put it differently")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rating = models.ForeignKey(Rating, on_delete=models.PROTECT, related_name="on_agreements")
    wording = models.ForeignKey(Wording, on_delete=models.PROTECT, related_name="answers")
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    words = SealedTextField(blank=True)  # how the client would put it
    progress = models.PositiveSmallIntegerField(null=True)  # of a goal, 0 to 10

    objects = AgreementAnswerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rating", "wording"], name="agreement_answered_once"),
            models.CheckConstraint(
                condition=Q(progress__isnull=True) | Q(progress__lte=10),
                name="agreement_progress_0_to_10",
            ),
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}"


class TherapistRatingQuerySet(models.QuerySet["TherapistRating"]):
    def visible_to(self, user: User | AnonymousUser) -> TherapistRatingQuerySet:
        return self.filter(session__treatment__in=Treatment.objects.visible_to(user))

    def read_by(self, user: User | AnonymousUser) -> TherapistRatingQuerySet:
        return self.filter(session__treatment__in=Treatment.objects.read_by(user))


class TherapistRating(models.Model):
    """How the therapist thinks that the client experienced a session, given before seeing it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.OneToOneField(
        TherapySession, on_delete=models.PROTECT, related_name="therapist_rating"
    )
    instrument = models.CharField(max_length=40)
    instrument_version = models.PositiveSmallIntegerField()
    answers = models.JSONField()  # {item key: point}
    goal = models.FloatField()
    task = models.FloatField()
    bond = models.FloatField()
    is_blind = models.BooleanField()  # nobody could know the client's answers then
    rated_at = models.DateTimeField()
    rated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    objects = TherapistRatingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"therapist's rating {self.pk}"


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def visible_to(self, user: User | AnonymousUser) -> CorrectionQuerySet:
        return self.filter(session__treatment__in=Treatment.objects.visible_to(user))

    def read_by(self, user: User | AnonymousUser) -> CorrectionQuerySet:
        return self.filter(session__treatment__in=Treatment.objects.read_by(user))

    def of_session(self, session: TherapySession) -> CorrectionQuerySet:
        """Newest first; also of answers that are about it now, or were once."""
        is_about = Q(session=session) | Q(rating__session=session)
        return self.filter(is_about).select_related("made_by").order_by("-made_at")


class Correction(models.Model):
    """Something that was put right about a session or its rating: why, and how it was before."""

    class Kind(models.TextChoices):
        REDATE = "redate", _("date or time changed")
        REASSIGN = "reassign", _("moved to another client")
        MOVE_RATING = "move", _("rating moved to another session")
        VOID_SESSION = "void", _("session does not count")
        VOID_RATING = "void_rating", _("rating does not count")
        DISPUTE = "dispute", _("rating is doubted")

    UNDO_WITHIN = timedelta(minutes=10)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(
        TherapySession, on_delete=models.PROTECT, related_name="corrections"
    )
    rating = models.ForeignKey(
        Rating, on_delete=models.PROTECT, null=True, related_name="corrections"
    )
    kind = models.CharField(max_length=12, choices=Kind)
    reason = SealedTextField()
    before = models.JSONField(default=dict)  # times and keys only, to undo it by
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)

    objects = CorrectionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"correction {self.pk}"

    def can_be_undone(self, at: datetime) -> bool:
        return self.undone_at is None and at < self.made_at + self.UNDO_WITHIN

    @property
    def until(self) -> datetime:
        """When it can no longer be undone."""
        return self.made_at + self.UNDO_WITHIN
