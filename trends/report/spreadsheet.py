"""The sessions of the report as CSV: one row each, for programs and spreadsheets.

UTF-8 with a byte order mark (Excel reads accents and Arabic rightly only with it), commas, CRLF and
quotes as RFC 4180 has them. Days and times are ISO 8601, numbers have a point, yes is 1 and no is
0; empty means not known. `manage.py detect` reads it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from measures import catalogue
from sessions.form import asked
from trends.report.sessions import Scores, SessionLine
from trends.report.whole import Report

# What a spreadsheet may take for a formula, also where it takes a semicolon or line break in a
# text for the end of a cell: the signs of a formula (wide ones too), with or without blanks before.
BLANK = r'[\s"\u200b\u2060\ufeff]*'
SIGN = r"[=+@\-\uff1d\uff0b\uff0d\uff20]"
FORMULA = re.compile(rf"(^|[;\t\r\n])({BLANK})(?={SIGN})|^()()(?=[\t\r])")
DIGITS = 4

Cell = str | int | float | None


def spreadsheet(report: Report) -> bytes:
    rows = [_row(report, place, line) for place, line in enumerate(report.sessions, start=1)]
    return written(rows, head=list(rows[0]) if rows else ["treatment", "session"])


def written(rows: Sequence[dict[str, Cell]], *, head: Sequence[str]) -> bytes:
    lines = io.StringIO()
    out = csv.writer(lines)
    out.writerow(head)
    out.writerows([_cell(value) for value in row.values()] for row in rows)
    return lines.getvalue().encode("utf-8-sig")


def _row(report: Report, place: int, line: SessionLine) -> dict[str, Cell]:
    """session: its place in time. number: as on the pages, where only those held count."""
    words: dict[str, Cell] = {"follow_up": line.follow_up, "comment": line.comment}
    return {
        "treatment": str(report.treatment_id),
        "session": place,
        "number": line.number,
        **_held(line),
        **_rated(line),
        **_computed(line),
        **_by_therapist(line),
        **_elements(line),
        **(words if report.wishes.with_words else {}),
    }


def _held(line: SessionLine) -> dict[str, Cell]:
    return {
        "held_on": timezone.localdate(line.held_at).isoformat(),
        "held_at": iso(line.held_at),
        "attendance": line.attendance,
        "minutes": line.minutes,
        "counts": int(not line.is_void),
        "corrected": " ".join(line.corrected),
    }


def _rated(line: SessionLine) -> dict[str, Cell]:
    return {
        "instrument": line.instrument,
        **_scores("", line.scores),
        "tension": line.tension,
        "answered_at": iso(line.answered_at),
        "provenance": line.provenance,
        "says_little": _yes(line, line.says_little),
        "changed": _yes(line, line.is_changed),
        "disputed": _yes(line, line.is_disputed),
        "rating_voided": int(line.is_rating_void),
    }


def _computed(line: SessionLine) -> dict[str, Cell]:
    return {
        "mean": line.mean,
        "usual_low": line.low,
        "usual_high": line.high,
        "p_rupture": line.chance,
        "flag": line.flag,
    }


def _by_therapist(line: SessionLine) -> dict[str, Cell]:
    blind = None if line.own_is_blind is None else int(line.own_is_blind)
    return {**_scores("therapist_", line.own), "therapist_blind": blind}


def _scores(before: str, scores: Scores | None) -> dict[str, Cell]:
    known = scores or {}
    return {f"{before}{name}": known.get(name) for name in catalogue.DIMENSIONS}


def _elements(line: SessionLine) -> dict[str, Cell]:
    known = line.elements or {}
    items = asked.elements().items
    return {f"element_{item.dimension}": known.get(item.key) for item in items}


def _yes(line: SessionLine, value: bool) -> int | None:
    return int(value) if line.scores else None


def iso(at: datetime | None) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds") if at else ""


def _cell(value: Cell) -> str:
    """A text that looks like a formula gets a quote before it; a number stays one, also below 0."""
    if value is None:
        return ""
    if isinstance(value, float):
        return str(round(value, DIGITS))
    if isinstance(value, str):
        return FORMULA.sub(r"\1'\2", value)
    return str(value)
