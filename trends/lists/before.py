"""What to have in mind before a client comes in: one card for each, composed of all layers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.urls import reverse
from django.utils.safestring import SafeString

from clients.models import Client, Treatment, TreatmentQuerySet
from sessions.models import Rating
from sessions.sending import to_know
from trends.client_page import agreed
from trends.flags import prompts
from trends.lists import next_steps, row_words
from trends.lists.caseload import flag_words, sparkline
from trends.lists.known import Known, gather
from trends.models import Flag, RepairEntry

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class OpenRepair:
    """What was tried last after a possible rupture, and when it was to be raised."""

    entry: RepairEntry
    url: str
    tried: list[str]

    @property
    def is_next(self) -> bool:
        """Whether it was put off to this session."""
        return self.entry.raise_when == RepairEntry.When.NEXT


@dataclass(frozen=True, slots=True)
class Card:
    client: Client
    treatment: Treatment
    url: str
    record_url: str
    sparkline: SafeString | str
    scores: list[row_words.Score]
    rated_at: datetime | None
    states: list[str]  # quiet words, most useful first
    said: Rating | None  # the newest rating, if it says more than scores
    asked: Rating | None  # an earlier one that asks to raise something, and nobody has read it
    flag: Flag | None  # that nobody has seen yet
    flag_url: str
    reason: str
    repairs: list[OpenRepair]
    doubted: list[agreed.Status]
    notes: list[to_know.ToKnow]

    @property
    def is_unread(self) -> bool:
        return self.said is not None and self.said.read_at is None


def cards(rows: TreatmentQuerySet, user: User, at: datetime) -> list[Card]:
    """Of a person's own treatments. A fixed number of queries for any number of them."""
    found = gather(rows, user, at, with_words=True)
    repairs = _repairs(rows, user)
    statuses = agreed.of_treatments([known.treatment for known in found])
    return [
        _card(
            known,
            at,
            repairs=repairs.get(known.treatment.pk, []),
            doubted=[each for each in statuses.get(known.treatment.pk, []) if each.doubted],
        )
        for known in found
    ]


def _card(
    known: Known, at: datetime, *, repairs: list[OpenRepair], doubted: list[agreed.Status]
) -> Card:
    treatment, newest, flag = known.treatment, known.newest, known.open_flag
    return Card(
        client=treatment.client,
        treatment=treatment,
        url=reverse("client", args=[treatment.client_id]),
        record_url=next_steps.record_page(treatment),
        sparkline=sparkline(known),
        scores=row_words.scores(known),
        rated_at=newest.session.held_at if newest else None,
        states=row_words.now(known, at),
        said=newest if newest and says_something(newest) else None,
        asked=known.wish if known.is_wish_earlier else None,
        flag=flag,
        flag_url=next_steps.flag_page(flag) if flag else "",
        reason=flag_words(flag, treatment.client.name) if flag else "",
        repairs=repairs,
        doubted=doubted,
        notes=known.notes(),
    )


def says_something(rating: Rating) -> bool:
    """More than the scores do."""
    was_tense = rating.tension != Rating.Tension.NONE
    return was_tense or bool(rating.follow_up or rating.comment or rating.proposal)


def _repairs(rows: TreatmentQuerySet, user: User) -> dict[UUID, list[OpenRepair]]:
    """The newest entry of each flag under repair, by treatment."""
    flags = Flag.objects.counting().filter(treatment__in=rows, state__in=row_words.UNDER_REPAIR)
    entries = RepairEntry.objects.visible_to(user).filter(flag__in=flags)
    newest = entries.select_related("flag").order_by("flag_id", "-logged_at").distinct("flag_id")
    found: dict[UUID, list[OpenRepair]] = defaultdict(list)
    for entry in newest:
        found[entry.flag.treatment_id].append(
            OpenRepair(
                entry=entry,
                url=next_steps.flag_page(entry.flag),
                tried=prompts.told(entry.tried),
            )
        )
    return found
