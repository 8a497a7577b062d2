"""How goals progress, and the seven elements over time: pictures, with the numbers behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from clients.models import Treatment
from measures.scoring import BadAnswers, profile
from sessions.form import asked
from sessions.models import Rating, TherapySession
from trends.charts.progress import progress_svg
from trends.client_page.agreed import Status

MOST_DRAWN = 40  # sessions; the newest


@dataclass(frozen=True, slots=True)
class Reading:
    held_at: datetime
    value: int


@dataclass(frozen=True, slots=True)
class Progress:
    picture: SafeString
    readings: list[Reading]  # newest first


@dataclass(frozen=True, slots=True)
class Element:
    name: str
    question: str
    picture: SafeString
    readings: list[Reading]  # newest first

    @property
    def last(self) -> int:
        return self.readings[0].value


@dataclass(frozen=True, slots=True)
class Elements:
    """The seven, each by itself: single answers are for talking about."""

    rows: list[Element]
    lowest: int
    highest: int

    @property
    def asked_at(self) -> list[datetime]:
        """Newest first."""
        return [reading.held_at for reading in self.rows[0].readings]


def held(treatment: Treatment) -> list[UUID]:
    """The sessions that a picture has room for, oldest first."""
    rows = TherapySession.objects.standing().filter(
        treatment=treatment, attendance__in=TherapySession.TOOK_PLACE
    )
    return list(rows.order_by("held_at").values_list("pk", flat=True))[-MOST_DRAWN:]


def of_goal(status: Status, sessions: Sequence[UUID]) -> Progress | None:
    """Drawn along the same sessions as the course; None before the first answer."""
    given = {row.rating.session_id: row.progress for row in reversed(status.progress)}
    readings = sorted(
        (Reading(row.rating.session.held_at, row.progress or 0) for row in status.progress),
        key=lambda reading: reading.held_at,
        reverse=True,
    )
    if not readings:
        return None
    count = len(readings)
    told = ngettext("%(count)d answer from 0 to 10.", "%(count)d answers from 0 to 10.", count)
    picture = progress_svg(
        [given.get(session) for session in sessions],
        title=_("Progress over time: %(words)s") % {"words": status.words},
        description=f"{told % {'count': count}} {_in_words(readings)}",
        chart_id=f"goal-{status.agreement.pk.hex}",
    )
    return Progress(mark_safe(picture), readings)  # noqa: S308  `charts` escapes every text


def _in_words(readings: Sequence[Reading]) -> str:
    """readings: newest first."""
    ends = {"first": readings[-1].value, "last": readings[0].value}
    return _("The first is %(first)d, the newest %(last)d. The table has all of them.") % ends


NAMES = {  # what staff pages call them
    "identification": _lazy("In common"),
    "trust": _lazy("Trust"),
    "collaboration": _lazy("Team"),
    "empathy": _lazy("Being understood"),
    "shared_goals": _lazy("Shared goals"),
    "communication": _lazy("Open talk"),
    "consistency": _lazy("Knowing what to expect"),
}


def elements(treatment: Treatment) -> Elements | None:
    """None before the seven were answered for the first time."""
    rows = Rating.objects.standing().filter(session__treatment=treatment, elements__isnull=False)
    answered = [
        (row.session.held_at, points)
        for row in rows.select_related("session").order_by("session__held_at")
        if (points := _profile(row.elements))
    ]
    if not answered:
        return None
    form = asked.elements()
    return Elements(
        [_element(item.dimension, item.wording("en"), answered) for item in form.items],
        form.lowest,
        form.highest,
    )


def _profile(points: dict[str, int] | None) -> dict[str, float]:
    try:
        return profile(asked.elements(), points or {})
    except BadAnswers:  # of another version, or brought in by an import
        return {}


def _element(
    dimension: str, question: str, answered: Sequence[tuple[datetime, dict[str, float]]]
) -> Element:
    readings = [Reading(held_at, round(points[dimension])) for held_at, points in answered]
    newest_first, form = readings[::-1], asked.elements()
    name = str(NAMES[dimension])
    picture = progress_svg(
        [reading.value for reading in readings],
        title=_("%(name)s over time") % {"name": name},
        description=_in_words(newest_first),
        chart_id=f"element-{dimension}",
        scale=(form.lowest, form.highest),
    )
    return Element(name, question, mark_safe(picture), newest_first)  # noqa: S308
