"""The front desk's list: who comes, how they are reached, and what became of the last form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from clients import notices
from clients.models import Client, Treatment
from sessions import services
from sessions.models import RatingRequest
from sessions.sending import delivery, to_know

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Row:
    client: Client
    therapist_name: str
    request: RatingRequest | None
    form: delivery.Delivery | None
    notes: list[to_know.ToKnow]
    fill_in: UUID | None  # the session whose form can be filled in on a device here


@dataclass(frozen=True, slots=True)
class ToForget:
    """A client who asks for all data to be deleted; perhaps nobody treats them any more."""

    client: Client
    notice: notices.Notice


@dataclass(frozen=True, slots=True)
class Rows:
    to_forget: list[ToForget]
    coming: list[Row]


def rows(user: User, at: datetime) -> Rows:
    """What the desk has to see to: a fixed number of queries."""
    return Rows(to_forget=_to_forget(user), coming=_coming(user, at))


def _to_forget(user: User) -> list[ToForget]:
    """Of the whole roster, whether a treatment is open or not: who has waited longest first."""
    asked = Client.objects.visible_to(user).filter(erasure_asked_at__isnull=False)
    return [
        ToForget(client, notice)
        for client in asked.order_by("erasure_asked_at", "pk")
        for notice in notices.of_client(client)
        if notice.kind == notices.Kind.ERASURE
    ]


def _coming(user: User, at: datetime) -> list[Row]:
    """One for each open treatment of the clinic, by name."""
    requests = RatingRequest.objects.visible_to(user).filter(
        session__treatment__ended_on__isnull=True
    )
    newest = {row.session.treatment_id: row for row in requests.newest_of_each_treatment()}
    asked = to_know.treatments_asked_for(user)
    treatments = Treatment.objects.on_roster_of(user).open()
    made = [
        _row(each, newest.get(each.pk), is_asked=each.pk in asked, at=at)
        for each in treatments.select_related("client__clinic", "therapist")
    ]
    return sorted(made, key=lambda row: row.client.name.lower())


def _row(
    treatment: Treatment, request: RatingRequest | None, *, is_asked: bool, at: datetime
) -> Row:
    form = delivery.of_request(request, at) if request else None
    form = form and delivery.as_possible(form, treatment)
    tells_itself = bool(form and form.is_asked_for)
    asked = [to_know.link_asked()] if is_asked and not tells_itself else []
    return Row(
        client=treatment.client,
        therapist_name=treatment.therapist.display_name,
        request=request,
        form=form,
        notes=to_know.about(treatment.client, asked=asked),
        fill_in=_fill_in(treatment, request),
    )


def _fill_in(treatment: Treatment, request: RatingRequest | None) -> UUID | None:
    """Of the newest form, while nobody has answered it."""
    if request is None or request.is_settled or not services.can_be_asked(treatment):
        return None
    return request.session_id
