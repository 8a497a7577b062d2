from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request

from accounts.api import MayUseApi
from clients.models import Client, Treatment


def own_treatments(request: Request | None) -> QuerySet[Treatment]:
    """What can be named in a filter: a treatment of somebody else's is as unknown as none."""
    if request is None:  # the API is being described
        return Treatment.objects.none()
    return Treatment.objects.visible_to(request.user)


class TreatmentSerializer(serializers.ModelSerializer[Treatment]):
    class Meta:
        model = Treatment
        fields = ("id", "started_on", "ended_on")
        read_only_fields = fields


class ClientSerializer(serializers.ModelSerializer[Client]):
    name = serializers.CharField(read_only=True)
    email = serializers.CharField(read_only=True)
    treatments = TreatmentSerializer(many=True, read_only=True)

    class Meta:
        model = Client
        fields = ("id", "name", "email", "language", "contact", "treatments")
        read_only_fields = fields


class ClientViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Client]
):
    """Your clients, each with your treatments of them."""

    serializer_class = ClientSerializer
    permission_classes = (MayUseApi,)
    queryset = Client.objects.none()

    def get_queryset(self) -> QuerySet[Client]:
        mine: Any = Treatment.objects.visible_to(self.request.user).order_by("started_on")
        rows = Client.objects.visible_to(self.request.user).order_by("created_at", "pk")
        return rows.prefetch_related(Prefetch("treatments", queryset=mine))
