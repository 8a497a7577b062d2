"""The clinic's honest tally: what became of its flags, right and wrong, and of its repairs.

It counts over the clinic as a whole: nobody's judgement is held against anybody. It leaves out
whom the clinic's table leaves out, and says nothing while few clients stand behind it; so neither
by itself nor beside the table does it point at one of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Clinic
from trends.clinic.dashboards import FEWEST_CLIENTS, PERIOD, shown_therapists
from trends.models import Flag, RepairEntry

SOON = timedelta(hours=48)  # a flag should not stay unseen for longer


@dataclass(frozen=True, slots=True)
class Tally:
    """Of flags raised within the period; `late` alone is of today."""

    flags: int  # of the program, without those it took back
    confirmed: int
    wrong: int
    by_hand: int  # ruptures that therapists marked, and the ratings had not shown
    seen: int
    hours: float | None  # half of the seen ones were seen within so many
    late: int  # still not seen after 48 hours
    repairs: int  # flags with something in their repair log
    came_back: int

    @property
    def not_judged(self) -> int:
        return self.flags - self.confirmed - self.wrong

    @property
    def days(self) -> int | None:
        """Instead of the hours, if they are many."""
        return None if self.hours is None or self.hours < 48 else round(self.hours / 24)


def tally(clinic: Clinic, at: datetime) -> Tally | None:
    """None while too few clients stand behind it."""
    found = list(_flags(clinic, at))
    if len({flag.treatment.client_id for flag in found}) < FEWEST_CLIENTS:
        return None
    return _count(found, at)


def _flags(clinic: Clinic, at: datetime) -> QuerySet[Flag]:
    logged = RepairEntry.objects.filter(flag=OuterRef("pk"))
    return (
        Flag.objects.counting()
        .filter(
            treatment__client__clinic=clinic,
            treatment__therapist__in=shown_therapists(clinic),
            raised_at__gte=at - PERIOD,
        )
        .annotate(has_repair=Exists(logged))
        .select_related("treatment")
        .defer("note", "reason")
    )


def _count(found: list[Flag], at: datetime) -> Tally:
    programs = [flag for flag in found if flag.origin == Flag.Origin.ENGINE]
    marked = [flag for flag in found if flag.origin == Flag.Origin.HAND]
    repaired = [flag for flag in found if flag.has_repair]  # type: ignore[attr-defined]
    waits = [_hours(flag) for flag in programs if flag.acknowledged_at is not None]
    return Tally(
        flags=len(programs),
        confirmed=_judged(programs, Flag.Judged.CONFIRMED),
        wrong=_judged(programs, Flag.Judged.WRONG),
        by_hand=len(marked) - _judged(marked, Flag.Judged.WRONG),
        seen=len(waits),
        hours=median(waits) if waits else None,
        late=sum(_is_late(flag, at) for flag in found),
        repairs=len(repaired),
        came_back=_in_state(repaired, Flag.State.CAME_BACK),
    )


def _hours(flag: Flag) -> float:
    """From raised to seen; more than none where a clock was put right meanwhile."""
    seen_at = flag.acknowledged_at or flag.raised_at
    return max((seen_at - flag.raised_at) / timedelta(hours=1), 0.0)


def _is_late(flag: Flag, at: datetime) -> bool:
    is_open = flag.state == Flag.State.OPEN and flag.treatment.ended_on is None
    return is_open and flag.state_at <= at - SOON


def _judged(flags: Iterable[Flag], judged: str) -> int:
    return sum(flag.judged == judged for flag in flags)


def _in_state(flags: Iterable[Flag], state: str) -> int:
    return sum(flag.state == state for flag in flags)
