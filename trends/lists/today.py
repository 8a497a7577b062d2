"""Who comes today, by the plans that were written down; on the clinic's own clock."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from clients.models import Treatment, TreatmentQuerySet
from trends.lists import before

if TYPE_CHECKING:
    from accounts.models import User

AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Plan:
    today: list[before.Card]
    missed: list[Treatment]  # planned for an earlier day, and not recorded
    ahead: list[tuple[date, list[Treatment]]]
    days_ahead: int = AHEAD.days

    @property
    def is_empty(self) -> bool:
        return not (self.today or self.missed or self.ahead)


def plan(user: User, at: datetime) -> Plan:
    began = _midnight(timezone.localdate(at))
    ends = _midnight(timezone.localdate(at) + timedelta(days=1))
    planned = Treatment.objects.visible_to(user).open().filter(next_at__isnull=False)
    others = _others(planned, began, ends)
    cards = before.cards(planned.filter(next_at__gte=began, next_at__lt=ends), user, at)
    return Plan(
        today=sorted(cards, key=lambda card: card.treatment.next_at or at),
        missed=[row for row in others if row.next_at and row.next_at < began],
        ahead=_by_day([row for row in others if row.next_at and row.next_at >= ends]),
    )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _others(planned: TreatmentQuerySet, began: datetime, ends: datetime) -> list[Treatment]:
    """Earlier days, and the next ones: in the order of their hours."""
    near = planned.filter(next_at__lt=ends + AHEAD).exclude(next_at__gte=began, next_at__lt=ends)
    return list(near.select_related("client").order_by("next_at"))


def _by_day(treatments: list[Treatment]) -> list[tuple[date, list[Treatment]]]:
    days: dict[date, list[Treatment]] = defaultdict(list)
    for treatment in treatments:
        days[timezone.localdate(treatment.next_at)].append(treatment)
    return list(days.items())
