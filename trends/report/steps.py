"""What happened between the ratings as CSV, beside `spreadsheet` and in its format: one row each.

What was noticed, which steps were taken, what was tried as repair, what was agreed on, and what the
client said to it; ordered by time. Rows tell nobody's name, and sentences only where the report was
composed with it. What a row means is told in words, in the language of whoever takes it along:
other than those of sessions, these rows are for reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from trends.flags.flag_story import Logged
from trends.report.agreements import AgreementPart
from trends.report.flags import FlagPart
from trends.report.spreadsheet import Cell, iso, written
from trends.report.whole import Report

COLUMNS = ("treatment", "at", "about", "what", "words", "progress")
Row = tuple[datetime, str, str, str, int | None]  # the columns after the first


def steps(report: Report) -> bytes:
    return written([_cells(report, row) for row in _rows(report)], head=COLUMNS)


def _cells(report: Report, row: Row) -> dict[str, Cell]:
    at, *rest = row
    return dict(zip(COLUMNS, (str(report.treatment_id), iso(at), *rest), strict=True))


def _rows(report: Report) -> list[Row]:
    """What lies at the same time stays in its order: a reason before the steps that followed."""
    rows = [row for part in report.flags for row in _of_flag(part, report.made_at)]
    rows += [row for part in report.agreements for row in _of_agreement(part)]
    return sorted(rows, key=lambda row: row[0])


def _of_flag(part: FlagPart, now: datetime) -> Iterator[Row]:
    """now: when the file is made; the last row tells how it stands by then."""
    in_session = _("Possible rupture, session %(number)s") % {"number": part.number}
    about = in_session if part.number else _("Possible rupture")
    found = _("Found %(origin)s.") % {"origin": part.origin}
    yield part.held_at, about, found, " ".join(part.reason), None
    for step in part.steps:
        yield step.at, about, step.words, "", None
    for entry in part.repairs:
        yield entry.at, about, _("Repair log"), _tried(entry), None
    known = (part.state, part.closed_as, part.judged, part.came_after)
    yield now, about, _("How it stands"), "; ".join(filter(None, known)), None


def _tried(entry: Logged) -> str:
    raised = _("To be raised: %(when)s") % {"when": entry.when}
    return "; ".join(filter(None, [entry.kind, *entry.tried, raised, entry.note]))


def _of_agreement(part: AgreementPart) -> Iterator[Row]:
    about = f"{part.kind.capitalize()}: {part.words}"
    for put in part.put:
        worded = _("In the words of the %(side)s") % {"side": put.side}
        yield put.said_at, about, worded, put.words, None
    for said in part.said:
        what = _("The client, on the form: %(answer)s") % {"answer": said.answer}
        yield said.held_at, about, what if said.answer else _("Progress"), said.words, said.progress
    if part.ended_at:
        yield part.ended_at, about, part.state, "", None
