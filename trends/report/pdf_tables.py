"""The tables of the PDF: sessions, the therapist's own ratings, the seven elements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from measures import catalogue
from sessions.form import asked
from sessions.models import Correction, Rating
from trends.client_page.progress import NAMES
from trends.flags.reasons import percent
from trends.report.sessions import SessionLine
from trends.report.whole import Report
from trends.report.written import day_of, score

DASH = "\u2013"

Row = dict[str, Any]


def sessions(report: Report) -> dict[str, Any]:
    return {
        "title": _("Sessions"),
        "head": [
            _("No."),
            _("Day"),
            _("Attendance"),
            _("Goal"),
            _("Task"),
            _("Bond"),
            _("Usual range of the mean"),
            _("Chance of a rupture"),
            _("Tension"),
            _("Remarks"),
        ],
        "rows": [_session(line) for line in report.sessions],
        "remark": _(
            "Goal, task and bond are means of what the client answered, from 1 to 5. Usual range "
            "of the mean: where 80 of 100 next ones would fall, going by the earlier ones. A dash "
            "means that there is no rating, or too little to say; it is no sign that all was well."
        ),
        "nothing": _("No session in this time."),
    }


def _session(line: SessionLine) -> Row:
    scores = line.scores or {}
    cells = [
        str(line.number or DASH),
        day_of(line.held_at),
        line.attended,
        *(score(scores.get(name)) or DASH for name in catalogue.DIMENSIONS),
        _range(line),
        percent(line.chance) if line.chance is not None and line.scores else DASH,
        _felt(line),
        "; ".join(_remarks(line)),
    ]
    return _row(cells, is_void=line.is_void)


def _felt(line: SessionLine) -> str:
    if not line.scores:
        return DASH
    settled = {
        Rating.Settled.YES.value: _("settled"),
        Rating.Settled.PARTLY.value: _("settled in part"),
        Rating.Settled.NO.value: _("not settled yet"),
    }
    return f"{line.felt}; {settled[line.settled]}" if line.settled else line.felt


def _row(cells: list[str], *, is_void: bool = False) -> Row:
    return {"cells": cells, "void": is_void}


def _range(line: SessionLine) -> str:
    if line.low is None or line.high is None:
        return DASH
    return _("%(low)s to %(high)s") % {"low": score(line.low), "high": score(line.high)}


def _remarks(line: SessionLine) -> Iterator[str]:
    if line.is_void and not line.corrected:
        yield _("does not count")
    if line.is_rating_void and not line.corrected:
        yield _("rating does not count")
    if line.flagged:
        yield _("possible rupture (%(state)s)") % {"state": line.flagged}
    if line.provenance not in ("", Rating.Provenance.LINK):
        yield line.came
    if line.says_little:
        yield _("says little")
    if line.is_changed:
        yield _("changed by the client")
    if line.is_disputed:
        yield _("doubted")
    for kind in line.corrected:
        yield _("corrected: %(what)s") % {"what": Correction.Kind(kind).label}


def own_ratings(report: Report) -> dict[str, Any]:
    """Only those that may be known already; `sessions` has left out the others."""
    return {
        "title": _("Ratings by the therapist"),
        "head": [_("No."), _("Day"), _("Goal"), _("Task"), _("Bond"), _("Given")],
        "rows": [_own(line) for line in report.sessions if line.own],
        "remark": _(
            "How the therapist thought that the client experienced the session. A difference "
            "between the two is usual, and says nothing by itself."
        ),
    }


def _own(line: SessionLine) -> Row:
    given = _("before the client had answered") if line.own_is_blind else _("not blind")
    scores = [score((line.own or {}).get(name)) for name in catalogue.DIMENSIONS]
    return _row([str(line.number or DASH), day_of(line.held_at), *scores, given])


def elements(report: Report) -> dict[str, Any]:
    items = asked.elements().items
    return {
        "title": _("Seven elements of the relationship"),
        "head": [_("No."), _("Day"), *(str(NAMES[item.dimension]) for item in items)],
        "rows": [
            _row(
                [
                    str(line.number or DASH),
                    day_of(line.held_at),
                    *(str(line.elements.get(item.key, DASH)) for item in items),
                ]
            )
            for line in report.sessions
            if line.elements
        ],
        "remark": _("One answer each, from 1 to 5: to talk about, not to measure by."),
    }
