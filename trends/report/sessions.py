"""Session by session: what was rated, how it came in, and what the program makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from trends.client_page.beside import Beside
from trends.client_page.course import SessionRow
from trends.client_page.drawings import ByTherapist

Scores = dict[str, float]
Part = dict[str, Any]  # some of the fields of a `SessionLine`


@dataclass(frozen=True, slots=True)
class Period:
    """Days, the first and the last included; None: without that limit."""

    since: date | None
    until: date | None

    def holds(self, at: datetime) -> bool:
        day = timezone.localdate(at)
        begun = self.since is None or day >= self.since
        return begun and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One session. Codes are for programs, their words for people.

    key: the id, as courses are stored with it. number: None where it did not take place or does
    not count. own: the therapist's scores, once they may be known. elements: the seven, by item.
    """

    key: str
    number: int | None
    held_at: datetime
    attendance: str
    attended: str
    minutes: int
    is_void: bool
    flag: str
    flagged: str
    instrument: str
    corrected: tuple[str, ...]
    is_rating_void: bool = False
    scores: Scores | None = None
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float | None = None
    provenance: str = ""
    came: str = ""
    answered_at: datetime | None = None
    tension: str = ""
    felt: str = ""
    settled: str = ""
    says_little: bool = False
    is_changed: bool = False
    is_disputed: bool = False
    own: Scores | None = None
    own_is_blind: bool | None = None
    elements: dict[str, int] | None = None
    follow_up: str = ""
    wanted: str = ""
    comment: str = ""


def lines(rows: Sequence[SessionRow], *, with_words: bool) -> list[SessionLine]:
    """rows: newest first, as of `course.session_rows`; the lines are oldest first."""
    return [
        SessionLine(
            **_about(row),
            **_computed(row),
            **_answered(row),
            **(_said(row) if with_words else {}),
            **_own(row.beside),
        )
        for row in reversed(rows)
    ]


def _about(row: SessionRow) -> Part:
    return {
        "key": str(row.session.pk),
        "number": row.number,
        "held_at": row.session.held_at,
        "attendance": row.session.attendance,
        "attended": str(row.session.get_attendance_display()),
        "minutes": row.session.minutes,
        "is_void": row.session.voided_at is not None,
        "instrument": f"{row.request.instrument} {row.request.instrument_version}"
        if row.request
        else "",
        "corrected": _corrected(row),
        "flag": row.flag.state if row.flag else "",
        "flagged": str(row.flag.get_state_display()) if row.flag else "",
    }


def _corrected(row: SessionRow) -> tuple[str, ...]:
    """What was put right, oldest first; why is the therapist's own business."""
    return tuple(each.kind for each in reversed(row.corrections) if each.undone_at is None)


def _computed(row: SessionRow) -> Part:
    if row.point is None:
        return {}
    return {
        "mean": row.point["score"],
        "low": row.point["low"],
        "high": row.point["high"],
        "chance": row.p_rupture,
    }


def _answered(row: SessionRow) -> Part:
    """Of answers that count no more, only that there were some."""
    rating = row.rating
    if rating is None:
        return {"is_rating_void": row.struck_out is not None}
    return {
        "scores": row.scores,
        "provenance": rating.provenance,
        "came": str(rating.get_provenance_display()),
        "answered_at": rating.submitted_at,
        "tension": rating.tension,
        "felt": str(rating.get_tension_display()),
        "settled": rating.settled,
        "says_little": row.says_little,
        "is_changed": rating.changed_at is not None,
        "is_disputed": rating.disputed_at is not None,
        "elements": rating.elements,
    }


def _said(row: SessionRow) -> Part:
    rating = row.rating
    if rating is None:
        return {}
    wanted = str(rating.get_follow_up_display()) if rating.follow_up else ""
    return {"follow_up": rating.follow_up, "wanted": wanted, "comment": rating.comment}


def _own(beside: Beside) -> Part:
    """The therapist's rating stays blind on paper too."""
    if beside.rating is None:
        return {}
    return {"own": beside.scores, "own_is_blind": beside.rating.is_blind}


def by_therapist(lines: Sequence[SessionLine]) -> dict[str, ByTherapist]:
    """For the chart."""
    return {
        line.key: ByTherapist(sum(line.own.values()) / len(line.own), bool(line.own_is_blind))
        for line in lines
        if line.own
    }
