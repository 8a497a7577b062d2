"""What clients take along: everything that they said and that is kept of them, as data and as text.

What only they are asked for (PIN, year of birth) is not in it, but that it is kept is: whoever
finds the file must not be able to pass the second check.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from textwrap import indent
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from clients.models import Client, Wording
from sessions.form.said import OnAgreement
from trends.own_answers import own
from trends.own_answers.own import OwnRating, OwnSession, OwnTreatment, Version

FORMAT, VERSION = "alliance-own-answers", 1  # a key that goes or changes its meaning: one more


def as_data(client: Client, at: datetime) -> dict[str, Any]:
    """For programs. Times are in the client's time zone, with their distance to UTC."""
    shows = client.clinic.shows_course
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_at": _iso(at),
        "clinic": {"name": client.clinic.name, "shows_scores": shows},
        "client": _client(client),
        "treatments": [_treatment(treated, shows) for treated in own.treatments(client)],
    }


def _iso(at: datetime | None) -> str | None:
    return timezone.localtime(at).isoformat() if at else None


def _client(client: Client) -> dict[str, Any]:
    return {
        "name": client.name,
        "email": client.email,
        "language": client.language,
        "time_zone": str(client.zone),
        "contact": client.contact,
        "added_at": _iso(client.created_at),
        "mail_stopped_at": _iso(client.stopped_at),
        "erasure_asked_at": _iso(client.erasure_asked_at),
        "pin_is_kept": bool(client.pin),
        "birth_year_is_kept": bool(client.birth_year),
    }


def _treatment(treated: OwnTreatment, shows: bool) -> dict[str, Any]:
    return {
        "therapist": treated.therapist_name,
        "started_on": treated.started_on.isoformat(),
        "ended_on": treated.ended_on.isoformat() if treated.ended_on else None,
        "sessions": [_session(session, shows) for session in treated.sessions],
    }


def _session(session: OwnSession, shows: bool) -> dict[str, Any]:
    return {
        "number": session.number,
        "held_at": _iso(session.held_at),
        "attendance": session.attendance,
        "counts": not session.is_void,
        "rating": _rating(session.own, shows) if session.own else None,
    }


def _rating(answered: OwnRating, shows: bool) -> dict[str, Any]:
    rating = answered.rating
    scores = {"scores": answered.scores} if shows else {}
    return {
        "answered_at": _iso(rating.submitted_at),
        "counts": rating.voided_at is None,
        "changed_at": _iso(rating.changed_at),
        "provenance": rating.provenance,
        "language": answered.language,
        "seconds": rating.seconds,
        "instrument": {"key": answered.instrument.key, "version": answered.instrument.version},
        **scores,
        **_said(answered.now),
        "earlier": [
            {"replaced_at": _iso(version.replaced_at), **_said(version)}
            for version in answered.earlier
        ],
    }


def _said(version: Version) -> dict[str, Any]:
    beside = {line.name: line for line in version.lines if not line.item}
    return {
        "answers": [
            {
                "item": line.item,
                "question": line.question,
                "point": int(line.value),
                "label": line.answer,
            }
            for line in version.lines
            if line.item
        ],
        "agreements": [
            _on_agreement(version.wordings[key], on) for key, on in version.said.agreements.items()
        ],
        "proposal": version.said.proposal,
        "elements": [
            {
                "item": line.element,
                "question": line.question,
                "point": int(line.value),
                "label": line.answer,
            }
            for line in version.lines
            if line.element
        ],
        **{
            name: {
                "question": beside[name].question,
                "value": beside[name].value,
                "label": beside[name].answer,
            }
            if name in beside
            else None
            for name in ("tension", "settled", "follow_up")
        },
        "comment": version.said.comment,
    }


def _on_agreement(wording: Wording, on: OnAgreement) -> dict[str, Any]:
    return {
        "kind": wording.agreement.kind,
        "words": wording.words,
        "answer": on.answer or None,
        "put_differently": on.words,
        "progress": on.progress,
    }


# --- For people


def as_text(client: Client, at: datetime) -> str:
    """To read, in the client's language; the questions as they were answered."""
    parts = [_about(client, at), *(_part(client, row) for row in own.treatments(client))]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _about(client: Client, at: datetime) -> Iterator[str]:
    yield from _heading(_("Your answers"), "=")
    made = {"clinic": client.clinic.name, "time": _moment(at)}
    yield _("A copy of what you told %(clinic)s. Made on %(time)s.") % made
    yield ""
    language = str(get_language_info(client.language)["name_local"])
    for name, value in (
        (_("Name"), client.name),
        (_("E-mail address"), client.email),
        (_("Language"), language),
        (_("Time zone"), str(client.zone)),
        (_("How you get the form"), client.get_contact_display()),
        (_("Kept since"), _moment(client.created_at)),
        (_("You stopped our e-mails on"), _moment(client.stopped_at)),
        (_("You asked us to delete your data on"), _moment(client.erasure_asked_at)),
    ):
        if value:
            yield f"{name}: {value}"
    if client.pin:
        yield _("The clinic also keeps your PIN. It is not in this copy, to keep it safe.")
    if client.birth_year:
        yield _("The clinic also keeps the year you were born. It is not in this copy.")


def _part(client: Client, treated: OwnTreatment) -> Iterator[str]:
    yield from _heading(_("With %(name)s") % {"name": treated.therapist_name}, "-")
    yield period(treated)
    if not client.clinic.shows_course:
        yield hidden()
    for session in treated.sessions:
        yield ""
        yield from _session_lines(session, shows=client.clinic.shows_course)


def period(treated: OwnTreatment) -> str:
    dates = {
        "start": formats.date_format(treated.started_on),
        "end": formats.date_format(treated.ended_on) if treated.ended_on else "",
    }
    return (_("From %(start)s to %(end)s.") if dates["end"] else _("Since %(start)s.")) % dates


def hidden() -> str:
    return _("This clinic does not show scores here. You can ask your therapist about them.")


def _session_lines(session: OwnSession, *, shows: bool) -> Iterator[str]:
    words = {"time": _moment(session.held_at), "attendance": session.attendance_words}
    yield _("Session on %(time)s (%(attendance)s)") % words
    if session.own is None:
        yield _indented(_("no answers"))
        return
    rating = session.own.rating
    came = {"time": _moment(rating.submitted_at), "way": rating.get_provenance_display()}
    yield _indented(_("Answered on %(time)s, %(way)s.") % came)
    if session.counted is None:
        yield _indented(_("These answers do not count any more."))
    if shows:
        yield _indented(_scores(session.own))
    yield from _version_lines(session.own.now)
    for version in session.own.earlier:
        yield ""
        replaced = {"time": _moment(version.replaced_at)}
        yield _indented(_("Until you changed it on %(time)s, you had said:") % replaced)
        yield from _version_lines(version)


def _scores(answered: OwnRating) -> str:
    scores = {
        name: formats.number_format(round(score, 1), 1) for name, score in answered.scores.items()
    }
    return _("Goal %(goal)s, task %(task)s, bond %(bond)s.") % scores


def _version_lines(version: Version) -> Iterator[str]:
    for line in version.lines:
        yield _indented(line.question)
        yield _indented(line.answer, 4)


def _heading(words: str, under: str) -> list[str]:
    return [words, under * len(words)]


def _indented(words: str, by: int = 2) -> str:
    return indent(words, " " * by)


def _moment(at: datetime | None) -> str:
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else ""
