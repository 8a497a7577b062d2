"""What the staff should know about a client's forms, beside what each single form tells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from clients import notices
from clients.models import Client, Treatment
from sessions.models import RatingRequest
from sessions.sending import missed, unanswered

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class ToKnow:
    """`words` fit into one line of a list; `more` and the link or the button do not."""

    words: str
    more: str = ""
    url: str = ""  # where it is solved
    needs_person: bool = False
    request_id: UUID | None = None  # of a form that can be sent again


def about(
    client: Client,
    *,
    asked: Iterable[ToKnow] = (),
    is_tired: bool = False,
    is_missed: bool = False,
) -> list[ToKnow]:
    """Everything about one client, what needs a person first."""
    found = [*asked, *_contact(client)]
    if is_missed:
        found.append(_missed())
    if is_tired:
        found.append(_tired())
    return sorted(found, key=lambda each: not each.needs_person)


def link_asked(
    request: RatingRequest | None = None, number: int | None = None, *, can_send: bool = False
) -> ToKnow:
    """The client's link opens nothing any more, and they want to answer."""
    return ToKnow(
        _("asks for a new link"),
        more=_about_session(number) if number else "",
        needs_person=True,
        request_id=request.pk if request and can_send else None,
    )


def _about_session(number: int) -> str:
    return _("It is for the form about session %(number)d.") % {"number": number}


def _contact(client: Client) -> list[ToKnow]:
    return [
        ToKnow(each.words, url=each.url, needs_person=each.needs_person)
        for each in notices.of_client(client)
    ]


def _tired() -> ToKnow:
    count = unanswered.TIRED
    return ToKnow(
        _("%(count)d forms in a row not answered") % {"count": count},
        more=_(
            "Nobody is reminded any more. It may help to fill in the next one together, and to ask "
            "what gets in the way."
        ),
    )


def _missed() -> ToKnow:
    return ToKnow(
        _("%(count)d appointments missed in a row") % {"count": missed.IN_A_ROW},
        more=_(
            "A short call without reproach may help: ask whether the time still suits, and say "
            "that the place is kept. In a study of 5,253 clients missed appointments went along "
            "with less change; cancelled ones did not."
        ),
    )


def is_tired(newest_first: Sequence[RatingRequest], at: datetime) -> bool:
    """As `unanswered.is_tired`, from rows that are there already, with their ratings."""
    newest = newest_first[: unanswered.TIRED + 1]
    over = [request for request in newest if unanswered.is_over(request, at)]
    return unanswered.count(over) >= unanswered.TIRED


def tired_treatments(user: User, at: datetime) -> set[UUID]:
    """Of the person's open treatments, those that are tired: one query for all."""
    place = Window(
        RowNumber(), partition_by=F("session__treatment_id"), order_by=F("session__held_at").desc()
    )
    treatments = Treatment.objects.visible_to(user).open()
    newest = (
        RatingRequest.objects.visible_to(user)
        .standing()
        .filter(session__treatment__in=treatments)
        .annotate(place=place)
        .filter(place__lte=unanswered.TIRED + 1)
        .select_related("session", "rating")
        .only(
            "is_mailed",
            "created_at",
            "expires_at",
            "active_at",
            "session__treatment_id",
            "rating__id",
        )
        .order_by("place")
    )
    own: dict[UUID, list[RatingRequest]] = {}
    for request in newest:
        own.setdefault(request.session.treatment_id, []).append(request)
    return {treatment for treatment, rows in own.items() if is_tired(rows, at)}


def treatments_asked_for(user: User) -> set[UUID]:
    """Treatments whose client asks for a new link."""
    standing = RatingRequest.objects.visible_to(user).standing()
    asked = standing.filter(link_asked_at__isnull=False, rating__isnull=True)
    return set(asked.values_list("session__treatment_id", flat=True))
