from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers, viewsets

from accounts.api import MayUseApi
from clients.api import own_treatments
from clients.models import Treatment
from sessions import services
from sessions.models import Rating, RatingRequest, TherapistRating, TherapySession
from sessions.own_rating import revealed
from sessions.sending import delivery


class RatingSerializer(serializers.ModelSerializer[Rating]):
    comment = serializers.CharField(read_only=True)

    class Meta:
        model = Rating
        fields = (
            "goal",
            "task",
            "bond",
            "tension",
            "settled",
            "comment",
            "follow_up",
            "provenance",
            "language",
            "submitted_at",
            "changed_at",
            "disputed_at",
        )
        read_only_fields = fields


class TherapistRatingSerializer(serializers.ModelSerializer[TherapistRating]):
    class Meta:
        model = TherapistRating
        fields = ("goal", "task", "bond", "is_blind", "rated_at")
        read_only_fields = fields


class SessionSerializer(serializers.ModelSerializer[TherapySession]):
    note = serializers.CharField(max_length=10_000, default="", allow_blank=True)
    form = serializers.SerializerMethodField(help_text="What became of the client's form.")
    rating = serializers.SerializerMethodField(
        help_text="None yet, or none that counts: see the session's voided_at."
    )
    therapist_rating = serializers.SerializerMethodField(
        help_text="Your own, once the client's answers are in or none are expected any more."
    )

    class Meta:
        model = TherapySession
        fields = (
            "id",
            "treatment",
            "held_at",
            "attendance",
            "format",
            "minutes",
            "note",
            "voided_at",
            "form",
            "rating",
            "therapist_rating",
        )
        read_only_fields = ("voided_at",)
        extra_kwargs: ClassVar = {  # as the page begins with
            "attendance": {"default": TherapySession.Attendance.ATTENDED},
            "format": {"default": TherapySession.Format.IN_PERSON},
            "minutes": {"default": 50},
        }
        validators = ()  # the service says it in one sentence, here and on the page

    def get_fields(self) -> dict[str, Any]:
        """Only one's own treatments can be named; any other is unknown."""
        fields: dict[str, Any] = super().get_fields()
        user = self.context["request"].user
        fields["treatment"] = serializers.PrimaryKeyRelatedField(
            queryset=Treatment.objects.visible_to(user)
        )
        if user.is_authenticated:  # a time without an offset is one on the clinic's wall
            fields["held_at"] = serializers.DateTimeField(default_timezone=user.own_clinic.zone)
        return fields

    def get_form(self, session: TherapySession) -> str:
        request = getattr(session, "request", None)
        return delivery.of_session(session, request, timezone.now()).words

    @extend_schema_field(RatingSerializer(allow_null=True))
    def get_rating(self, session: TherapySession) -> dict[str, Any] | None:
        rating = next((row for row in session.ratings.all() if row.voided_at is None), None)
        if session.voided_at is not None:
            return None
        return dict(RatingSerializer(rating).data) if rating else None

    @extend_schema_field(TherapistRatingSerializer(allow_null=True))
    def get_therapist_rating(self, session: TherapySession) -> dict[str, Any] | None:
        own = revealed.shown(session, timezone.now())
        return dict(TherapistRatingSerializer(own).data) if own else None

    def create(self, validated_data: dict[str, Any]) -> TherapySession:
        user, at = self.context["request"].user, timezone.now()
        session = services.record_session(**validated_data, by=user, at=at)
        return with_forms(TherapySession.objects.visible_to(user)).get(pk=session.pk)


def with_forms(rows: QuerySet[TherapySession]) -> QuerySet[TherapySession]:
    told = RatingRequest.objects.with_delivery()
    requests = told.select_related("rating")
    own = rows.select_related("therapist_rating")
    return own.prefetch_related("ratings", Prefetch("request", queryset=requests))


class SessionFilter(filters.FilterSet):
    treatment = filters.ModelChoiceFilter(queryset=own_treatments)  # type: ignore[arg-type]

    class Meta:
        model = TherapySession
        fields = ("treatment", "attendance")


class SessionViewSet(
    mixins.CreateModelMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[TherapySession],
):
    """Sessions of your treatments. Recording one that took place sends the client's form."""

    serializer_class = SessionSerializer
    permission_classes = (MayUseApi,)
    filterset_class = SessionFilter
    queryset = TherapySession.objects.none()

    def get_queryset(self) -> QuerySet[TherapySession]:
        rows = TherapySession.objects.visible_to(self.request.user)
        return with_forms(rows).order_by("held_at", "pk")
