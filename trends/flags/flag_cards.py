"""What a page tells about each possible rupture of a treatment: why, and what came after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from statistics import fmean

import numpy as np

from sessions.models import Rating
from trends.client_page.course import SessionRow
from trends.computing import histories
from trends.engine import DIMENSIONS
from trends.flags import aftermath, coming_back, reasons
from trends.flags.coming_back import Fall
from trends.models import Flag

SAME_SCALE = 0.01  # points: stored numbers are rounded


@dataclass(frozen=True, slots=True)
class FlagCard:
    flag: Flag
    number: int | None  # of its session; None if that is not counted any more
    reason: list[str]  # paragraphs; the first says what happened
    came_after: str
    rating: Rating | None
    fall: Fall | None  # as the ratings show it now

    @property
    def can_acknowledge(self) -> bool:
        return self.flag.state == Flag.State.OPEN

    @property
    def is_voided(self) -> bool:
        return self.flag.session.voided_at is not None

    @property
    def is_by_hand(self) -> bool:
        return self.flag.origin == Flag.Origin.HAND


def flag_cards(rows: Sequence[SessionRow], name: str) -> list[FlagCard]:
    """Those that wait for the therapist first, then the newest. rows: newest first.

    name: of the client.
    """
    cards = [
        _card(row.flag, place, rows, name) for place, row in enumerate(rows) if row.flag is not None
    ]
    return sorted(cards, key=lambda card: card.flag.state != Flag.State.OPEN)


def _card(flag: Flag, place: int, rows: Sequence[SessionRow], name: str) -> FlagCard:
    row = rows[place]
    fall = _fall(flag, place, rows)
    return FlagCard(
        flag=flag,
        number=row.number,
        reason=reasons.in_full(
            flag.why,
            name,
            low=_low(row),
            says_little=row.says_little,
            now=_now(flag, rows),
        ),
        came_after=_came_after(flag, row, fall, rows),
        rating=row.rating,
        fall=fall,
    )


def _low(row: SessionRow) -> frozenset[str] | None:
    """The parts rated below their own usual range, if that is known."""
    usual = row.point.get("usual") if row.point else None
    if row.point is None or not usual or row.scores is None or row.point["score"] is None:
        return None
    if abs(fmean(row.scores.values()) - row.point["score"]) > SAME_SCALE:
        return None  # its form has another scale than the course
    ranges = zip(DIMENSIONS, usual, strict=True)
    return frozenset(name for name, (low, _high) in ranges if row.scores[name] < low)


def _now(flag: Flag, rows: Sequence[SessionRow]) -> float | None:
    """The chance at the newest rating: it belongs to the newest flag, and to none before it."""
    standing = (row.flag for row in rows if row.flag and row.flag.state != Flag.State.WITHDRAWN)
    if next(standing, None) is not flag:
        return None
    return next((row.p_rupture for row in rows if row.rating), None)


def _fall(flag: Flag, place: int, rows: Sequence[SessionRow]) -> Fall | None:
    row = rows[place]
    if row.number is None or row.request is None:
        return None
    form = histories.form(row.request.instrument, row.request.instrument_version)
    held = [each for each in reversed(rows) if each.number]
    scores = np.array([_scores(each, form) for each in held])
    return coming_back.fall(flag.why, scores, held.index(row), form)


def _scores(row: SessionRow, form: histories.Form) -> tuple[float, float, float]:
    """On the scale of the flagged session's form."""
    if row.scores is None or row.request is None:
        return nan, nan, nan
    given = histories.form(row.request.instrument, row.request.instrument_version)
    goal, task, bond = (
        float(histories.rescaled(row.scores[name], given.scale, form.scale))
        for name in ("goal", "task", "bond")
    )
    return goal, task, bond


def _came_after(flag: Flag, row: SessionRow, fall: Fall | None, rows: Sequence[SessionRow]) -> str:
    if row.session.voided_at is not None:
        return aftermath.voided()
    if row.request is None and flag.why is not None:
        return ""
    if fall is None or row.number is None:
        return aftermath.unrated() if flag.why else aftermath.not_shown()
    is_told = flag.why is not None and flag.why.p_rupture is not None  # beside the one of then
    return aftermath.what_came_after(fall, row.number, None if is_told else _now(flag, rows))
