"""What stands in the PDF beside its tables, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from trends.flags.flag_story import Logged, Step
from trends.report.agreements import AgreementPart, Put, Said
from trends.report.flags import FlagPart
from trends.report.sessions import SessionLine
from trends.report.whole import Report
from trends.report.written import day, day_of, moment

Fact = tuple[str, str]


def period(report: Report) -> str:
    since, until = report.wishes.since, report.wishes.until
    days = {"since": day(since) if since else "", "until": day(until) if until else ""}
    if since and until:
        return _("Sessions from %(since)s to %(until)s") % days
    if since:
        return _("Sessions since %(since)s") % days
    if until:
        return _("Sessions until %(until)s") % days
    return _("All sessions of this treatment")


def facts(report: Report) -> Iterator[Fact]:
    yield _("Client"), report.client
    yield _("Therapist"), report.therapist
    yield _("Clinic"), report.clinic
    yield _("Treatment"), _treatment(report)
    counts = {
        "rated": report.rated,
        "held": sum(line.number is not None for line in report.sessions),
    }
    yield _("Ratings"), _("%(rated)d of %(held)d sessions that took place") % counts


def _treatment(report: Report) -> str:
    if report.ended_on is None:
        return _("since %(start)s") % {"start": day(report.started_on)}
    days = {"start": day(report.started_on), "end": day(report.ended_on)}
    told = _("%(start)s to %(end)s") % days
    return f"{told}. {report.ended_as}" if report.ended_as else told


def remarks(report: Report) -> Iterator[str]:
    """What has to be known to read the rest rightly."""
    yield _(
        "The program points out possible ruptures. It sees only what ratings show, is often wrong, "
        "and decides nothing: no flag does not mean that there was no rupture."
    )
    if not report.is_validated:
        yield _(
            "The questions are not validated. Their scores are not those of any published scale."
        )
    if report.wishes.with_words:
        yield _("What the client wrote on the forms is included.")
    else:
        yield _("What the client wrote on the forms is left out.")
    yield _("Private notes about sessions and flags are never part of this.")


def flags(report: Report) -> dict[str, Any]:
    nothing = _("None was flagged or marked in this time. Ratings see only some ruptures.")
    return {
        "title": _("Possible ruptures"),
        "remark": "" if report.flags else nothing,
        "parts": [_flag(part) for part in report.flags],
    }


def _flag(part: FlagPart) -> dict[str, Any]:
    about = {"number": part.number, "day": day_of(part.held_at)}
    return {
        "title": _("Session %(number)s, %(day)s") % about
        if part.number
        else _("Session of %(day)s") % about,
        "reason": part.reason,
        "state": _state(part),
        "after_title": _("What came after"),
        "after": part.came_after,
        "moves_title": _("What happened with it"),
        "moves": [_step(step) for step in part.steps],
        "repairs": [_repair(entry) for entry in part.repairs],
    }


def _state(part: FlagPart) -> str:
    told = [_("State: %(state)s.") % {"state": part.state}]
    if part.closed_as:
        told.append(f"{part.closed_as}.")
    if part.judged:
        told.append(_("The therapist says: %(judged)s.") % {"judged": part.judged})
    by = {"origin": part.origin, "engine": part.engine}
    told.append(
        _("Found %(origin)s (engine %(engine)s).") % by
        if part.engine
        else _("Found %(origin)s.") % by
    )
    return " ".join(told)


def _step(step: Step) -> str:
    told = f"{moment(step.at)}: {step.words}"
    return f"{told} ({step.who})" if step.who else told


def _repair(entry: Logged) -> dict[str, Any]:
    lines = [entry.kind]
    if entry.tried:
        lines.append(_("Tried: %(what)s") % {"what": "; ".join(entry.tried)})
    lines.append(_("To be raised: %(when)s") % {"when": entry.when})
    title = _("Repair log, %(day)s") % {"day": day_of(entry.at)}
    return {"title": title, "lines": lines, "words": entry.note}


def agreements(report: Report) -> dict[str, Any]:
    return {
        "title": _("Agreed goals and tasks"),
        "parts": [_agreement(part) for part in report.agreements],
    }


def _agreement(part: AgreementPart) -> dict[str, Any]:
    ended = {"how": part.state, "day": day_of(part.ended_at) if part.ended_at else ""}
    return {
        "title": f"{part.kind.capitalize()}: {part.words}",
        "state": _("Since %(day)s: %(how)s") % ended if part.ended_at else part.state,
        "lines": [*map(_put, part.put), *map(_said, part.said)],
    }


def _put(put: Put) -> str:
    said = {"day": day_of(put.said_at), "side": put.side, "words": put.words}
    return _("%(day)s, in the words of the %(side)s: “%(words)s”") % said


def _said(said: Said) -> str:
    about = {"day": day_of(said.held_at), "answer": said.answer, "words": said.words}
    told = [_("Session of %(day)s, the client:") % about]
    if said.answer:
        told.append(f"{said.answer}.")
    if said.words:
        told.append(f"“{said.words}”")
    if said.progress is not None:
        told.append(_("Progress %(progress)d of 10.") % {"progress": said.progress})
    return " ".join(told)


def words(report: Report) -> dict[str, Any]:
    """What the client wrote, where that is wanted."""
    return {
        "title": _("In the words of the client"),
        "parts": [_words(line) for line in report.sessions if line.comment or line.follow_up],
    }


def _words(line: SessionLine) -> dict[str, str]:
    return {
        "title": _("Session of %(day)s") % {"day": day_of(line.held_at)},
        "follow_up": line.wanted,
        "comment": line.comment,
    }
