"""The whole of what is taken along."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from clients.models import Treatment
from measures import catalogue
from trends.charts import Mark
from trends.client_page import course, drawings
from trends.models import Trajectory
from trends.report import agreements, flags, sessions
from trends.report.agreements import AgreementPart
from trends.report.flags import FlagPart
from trends.report.sessions import Period, SessionLine

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a therapist wants to take along.

    with_words: also what the client wrote on the forms. with_name: sentences name the client.
    """

    since: date | None = None
    until: date | None = None
    with_words: bool = False
    with_name: bool = True

    @property
    def period(self) -> Period:
        return Period(self.since, self.until)


@dataclass(frozen=True, slots=True)
class Report:
    """sessions: oldest first. marks, shapes: of the chart and of its legend."""

    treatment_id: UUID
    client: str
    therapist: str
    clinic: str
    started_on: date
    ended_on: date | None
    ended_as: str
    wishes: Wishes
    made_at: datetime
    engine: str
    prior: str
    sessions: list[SessionLine]
    marks: list[Mark]
    ways: list[tuple[str, str]]  # how ratings came in: name of the shape, words
    flags: list[FlagPart]
    agreements: list[AgreementPart]
    is_validated: bool

    @property
    def rated(self) -> int:
        return sum(line.scores is not None for line in self.sessions)


def compose(treatment: Treatment, wishes: Wishes, *, user: User, at: datetime) -> Report:
    """Read with the rights of this person, as everything was at that time."""
    trajectory = Trajectory.objects.visible_to(user).filter(treatment=treatment).first()
    rows = course.session_rows(treatment, trajectory, user, at)
    period = wishes.period
    taken = [row for row in rows if period.holds(row.session.held_at)]
    lines = sessions.lines(taken, with_words=wishes.with_words)
    return Report(
        treatment_id=treatment.pk,
        client=treatment.client.name,
        therapist=treatment.therapist.display_name,
        clinic=treatment.client.clinic.name,
        started_on=treatment.started_on,
        ended_on=treatment.ended_on,
        ended_as=str(treatment.get_end_reason_display()) if treatment.end_reason else "",
        wishes=wishes,
        made_at=at,
        engine=trajectory.engine if trajectory else "",
        prior=trajectory.prior if trajectory else "",
        sessions=lines,
        marks=_marks(trajectory, rows, period, sessions.by_therapist(lines)),
        ways=_ways(lines),
        flags=flags.parts(rows, period, name=treatment.client.name if wishes.with_name else ""),
        agreements=agreements.parts(treatment, with_words=wishes.with_words),
        is_validated=_is_validated(taken),
    )


def _marks(
    trajectory: Trajectory | None,
    rows: list[course.SessionRow],
    period: Period,
    theirs: drawings.AllByTherapist,
) -> list[Mark]:
    """Sessions keep the numbers that they have in the whole course."""
    if trajectory is None:
        return []
    standing = drawings.standing(row.flag for row in rows if row.flag)
    drawn = drawings.marks(trajectory.points, standing, course.came(rows), theirs)
    when = [datetime.fromisoformat(stored["held_at"]) for stored in trajectory.points]
    return [mark for mark, held_at in zip(drawn, when, strict=True) if period.holds(held_at)]


def _ways(lines: list[SessionLine]) -> list[tuple[str, str]]:
    present = {line.provenance: line.came for line in lines if line.provenance}
    return [
        (drawings.SHAPE_OF[way], words)
        for way, words in present.items()
        if way in drawings.SHAPE_OF
    ]


def _is_validated(rows: list[course.SessionRow]) -> bool:
    asked = {
        (row.request.instrument, row.request.instrument_version) for row in rows if row.request
    }
    return bool(asked) and all(catalogue.get(*form).validated for form in asked)
