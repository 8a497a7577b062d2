"""The report as a PDF: which words stand where. How it looks is in `report.typ`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.utils.translation import gettext as _

from trends.charts import ChartWords, course_svg
from trends.charts.paper import paper_css, paper_svg
from trends.report import pdf_parts, pdf_tables
from trends.report.typesetting import typeset
from trends.report.whole import Report
from trends.report.written import moment

TEMPLATE = Path(__file__).with_name("report.typ")
FONT = "Noto Sans"
WIDTH = 680  # of the chart, in pixels: as wide as the text, at 96 to an inch


def pdf(report: Report) -> bytes:
    """PDF/UA-1: tagged, with title, language, heads of tables, and a text beside the chart."""
    return typeset(TEMPLATE.read_bytes(), as_data(report), at=report.made_at)


def as_data(report: Report) -> dict[str, Any]:
    """What `report.typ` asks for. Every word is to be shown just as it is."""
    return {
        "title": _("Course of the alliance: %(name)s") % {"name": report.client},
        "subtitle": pdf_parts.period(report),
        "therapist": report.therapist,
        "clinic": report.clinic,
        "confidential": _("Confidential"),
        "page": _("Page {page} of {pages}"),
        "made": _made(report),
        "facts": list(pdf_parts.facts(report)),
        "remarks": list(pdf_parts.remarks(report)),
        "course": _course(report),
        "sessions": pdf_tables.sessions(report),
        "own": pdf_tables.own_ratings(report),
        "elements": pdf_tables.elements(report),
        "flags": pdf_parts.flags(report),
        "agreements": pdf_parts.agreements(report),
        "words": pdf_parts.words(report),
    }


def _made(report: Report) -> str:
    made = {"time": moment(report.made_at), "engine": report.engine, "prior": report.prior}
    if not report.engine:
        return _("Made with Alliance on %(time)s") % made
    return _("Made with Alliance on %(time)s, engine %(engine)s, prior %(prior)s") % made


def _course(report: Report) -> dict[str, Any]:
    words = ChartWords("", "", _("no rating"), _("possible rupture"))
    drawn = course_svg(report.marks, words=words) if report.rated else ""
    return {
        "title": _("Course"),
        "chart": paper_svg(drawn, _css(), width=WIDTH),
        "alt": _beside_the_chart(report),
        "legend": _legend(report),
        "nothing": _("There is nothing to draw: no rating came in."),
    }


@cache
def _css() -> str:
    chart, tokens = (
        Path(str(finders.find(f"css/{name}.css"))).read_text(encoding="utf-8")
        for name in ("chart", "tokens")
    )
    return paper_css(chart, tokens, FONT)


def _beside_the_chart(report: Report) -> str:
    flagged = [str(mark.number) for mark in report.marks if mark.flagged]
    told = _("Line chart: %(rated)d of %(sessions)d sessions are rated, from 1 to 5.") % {
        "rated": report.rated,
        "sessions": len(report.marks),
    }
    if flagged:
        told += " " + _("Possible rupture in session %(numbers)s.") % {
            "numbers": ", ".join(flagged)
        }
    return told + " " + _("The table of sessions has every number.")


def _legend(report: Report) -> str:
    told = [
        _("Dots: mean of goal, task and bond in each session, from 1 to 5."),
        _("Pale band: where ratings usually fall."),
        _("Dashed line: the level of this client."),
        _("Dotted line and ring on the axis: no rating."),
        _("Large dot: possible rupture."),
    ]
    if any(mark.therapist is not None for mark in report.marks):
        told.append(_("Thin crosses: ratings by the therapist."))
    if report.ways:
        ways = ", ".join(f"{_shape(shape)} {words}" for shape, words in report.ways)
        told.append(_("Other shapes tell how a rating came in: %(ways)s.") % {"ways": ways})
    return " ".join(told)


def _shape(name: str) -> str:
    names = {
        "ring": _("ring:"),
        "square": _("square:"),
        "diamond": _("diamond:"),
        "triangle": _("triangle:"),
        "plus": _("plus sign:"),
    }
    return names[name]
