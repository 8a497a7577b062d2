from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import mixins, serializers, viewsets

from accounts.api import MayUseApi
from clients.api import own_treatments
from trends.flags import reasons
from trends.models import Flag, Trajectory


class TrajectorySerializer(serializers.ModelSerializer[Trajectory]):
    points = serializers.ListField(child=serializers.DictField(), read_only=True)

    class Meta:
        model = Trajectory
        fields = (
            "id",
            "treatment",
            "engine",
            "prior",
            "sessions",
            "rated",
            "missing",
            "last_goal",
            "last_task",
            "last_bond",
            "p_rupture",
            "computed_at",
            "points",
        )
        read_only_fields = fields


class FlagSerializer(serializers.ModelSerializer[Flag]):
    sentence = serializers.SerializerMethodField()
    reason = serializers.DictField(read_only=True, allow_null=True)
    note = serializers.CharField(read_only=True)

    class Meta:
        model = Flag
        fields = (
            "id",
            "treatment",
            "session",
            "origin",
            "engine",
            "prior",
            "state",
            "state_at",
            "closed_as",
            "judged",
            "sentence",
            "reason",
            "raised_at",
            "acknowledged_at",
            "note",
        )
        read_only_fields = fields

    def get_sentence(self, flag: Flag) -> str:
        return reasons.one_line(flag.why)


class TrajectoryFilter(filters.FilterSet):
    treatment = filters.ModelChoiceFilter(queryset=own_treatments)  # type: ignore[arg-type]

    class Meta:
        model = Trajectory
        fields = ("treatment",)


class FlagFilter(filters.FilterSet):
    treatment = filters.ModelChoiceFilter(queryset=own_treatments)  # type: ignore[arg-type]

    class Meta:
        model = Flag
        fields = ("treatment", "state")


class TrajectoryViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[Trajectory],
):
    """The computed course of each of your treatments."""

    serializer_class = TrajectorySerializer
    permission_classes = (MayUseApi,)
    filterset_class = TrajectoryFilter
    queryset = Trajectory.objects.none()

    def get_queryset(self) -> QuerySet[Trajectory]:
        return Trajectory.objects.visible_to(self.request.user).order_by("pk")


class FlagViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Flag]):
    """Possible ruptures in your treatments."""

    serializer_class = FlagSerializer
    permission_classes = (MayUseApi,)
    filterset_class = FlagFilter
    queryset = Flag.objects.none()

    def get_queryset(self) -> QuerySet[Flag]:
        return Flag.objects.visible_to(self.request.user).order_by("-raised_at", "pk")
