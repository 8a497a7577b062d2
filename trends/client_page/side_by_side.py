"""The client's rating of a session and the therapist's own, side by side, and their usual gap.

How far the two lie apart gets no verdict: it says nothing (see `trends.engine.gap`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from measures import catalogue
from measures.catalogue import DEFAULT_LANGUAGE
from sessions.models import TherapistRating
from trends.client_page import drawings
from trends.computing import histories
from trends.engine.gap import GapChange, gap_change, gap_error

if TYPE_CHECKING:
    from trends.client_page.course import SessionRow

LEAST = 0.05  # of a mean; what is nearer is the same to one decimal


@dataclass(frozen=True, slots=True)
class Line:
    """One dimension or item. client: "" where only the therapist rated."""

    name: str
    client: str
    therapist: str
    difference: str


@dataclass(frozen=True, slots=True)
class SideBySide:
    """is_blind: the therapist rated before anybody could know the client's answers."""

    dimensions: list[Line]
    items: list[Line]
    is_blind: bool


@dataclass(frozen=True, slots=True)
class Pointed:
    """A change of the usual gap, in words."""

    session_id: UUID
    number: int | None
    words: str


def marks(rows: Sequence[SessionRow]) -> dict[str, drawings.ByTherapist]:
    """For the chart, by the session's id."""
    return {
        str(row.session.pk): drawings.ByTherapist(row.beside.mean, row.beside.rating.is_blind)
        for row in rows
        if row.beside.rating and row.beside.mean is not None
    }


def of_row(row: SessionRow) -> SideBySide | None:
    """None unless the therapist's rating is revealed."""
    given = row.beside.rating
    if given is None:
        return None
    return SideBySide(
        dimensions=list(_dimensions(row.scores if counts(row) else None, row.beside.scores or {})),
        items=list(_items(row, given)),
        is_blind=given.is_blind,
    )


def counts(row: SessionRow) -> bool:
    """Whether the client's rating is there and stands."""
    is_voided = row.rating is None or row.rating.voided_at is not None
    return not is_voided and row.session.voided_at is None


def _dimensions(
    client: Mapping[str, float] | None, therapist: Mapping[str, float]
) -> Iterator[Line]:
    """A row each, and one for the mean of them."""
    for name, word in {"goal": _("Goal"), "task": _("Task"), "bond": _("Bond")}.items():
        yield _line(word, client[name] if client else None, therapist[name])
    means = [sum(each.values()) / len(each) if each else None for each in (client, therapist)]
    yield _line(_("Mean"), means[0], means[1] or 0.0)


def _line(name: str, client: float | None, therapist: float) -> Line:
    if client is None:
        return Line(name, "", _number(therapist), "")
    return Line(name, _number(client), _number(therapist), _apart(therapist - client))


def _apart(difference: float) -> str:
    """difference: therapist minus client, in points of the scale."""
    if abs(difference) < LEAST:
        return _("the same")
    told = _("%(points)s lower") if difference < 0 else _("%(points)s higher")
    return told % {"points": _number(abs(difference))}


def _number(value: float) -> str:
    return formats.number_format(round(value, 1), 1)  # by itself it cuts digits off


def _items(row: SessionRow, given: TherapistRating) -> Iterator[Line]:
    """The items that both were asked, in the therapist's words."""
    instrument = catalogue.get(given.instrument, given.instrument_version)
    labels = dict(instrument.choices(DEFAULT_LANGUAGE))
    answered = row.rating.answers if row.rating and counts(row) else {}
    for item in instrument.items:
        theirs, own = answered.get(item.key), given.answers.get(item.key)
        if own is not None:
            yield Line(
                item.wording(DEFAULT_LANGUAGE),
                _point(labels, theirs),
                _point(labels, own),
                "" if theirs is None else _points_apart(own - theirs),
            )


def _point(labels: Mapping[int, str], point: int | None) -> str:
    return "" if point is None else f"{point} · {labels.get(point, '')}"


def _points_apart(difference: int) -> str:
    """difference: therapist minus client."""
    points = abs(difference)
    if not points:
        return _("the same")
    told = ngettext("%(n)d point lower", "%(n)d points lower", points)
    if difference > 0:
        told = ngettext("%(n)d point higher", "%(n)d points higher", points)
    return told % {"n": points}


# --- The usual gap


@dataclass(frozen=True, slots=True)
class Gap:
    """Of one session that both rated, the therapist blind. As shares of the scale."""

    gap: float
    error: float
    span: float


def pointed(rows: Sequence[SessionRow], *, is_own: bool, name: str) -> Pointed | None:
    """What stands above the sessions: only while the newest rating is the one that stands out.

    rows: newest first. name: of the client.
    """
    newest = next((row for row in rows if counts(row)), None)
    if newest is None or _gap(newest) is None:
        return None
    return pointed_at(rows, newest.session.pk, is_own=is_own, name=name)


def pointed_at(
    rows: Sequence[SessionRow], session_id: UUID, *, is_own: bool, name: str
) -> Pointed | None:
    """Whether the gap of this session is another than the usual one of those before it."""
    until = list(reversed(rows))
    places = [place for place, row in enumerate(until) if row.session.pk == session_id]
    known = [(row, _gap(row)) for row in until[: places[0] + 1]] if places else []
    gaps = [gap for _row, gap in known if gap is not None]
    if not known or known[-1][1] is None:
        return None
    span = gaps[-1].span
    change = gap_change([each.gap * span for each in gaps], [each.error * span for each in gaps])
    if change is None or not change.is_unusual:
        return None
    row = known[-1][0]
    return Pointed(row.session.pk, row.number, in_words(change, is_own=is_own, name=name))


def _gap(row: SessionRow) -> Gap | None:
    given = row.beside.rating
    if given is None or not given.is_blind or not counts(row):
        return None
    if row.request is None or row.scores is None or row.beside.mean is None:
        return None
    client = histories.form(row.request.instrument, row.request.instrument_version)
    therapist = histories.form(given.instrument, given.instrument_version)
    mean = sum(row.scores.values()) / len(row.scores)
    span = client.scale[1] - client.scale[0]
    items = 1 if row.says_little else client.items
    moved = float(histories.rescaled(row.beside.mean, therapist.scale, client.scale))
    return Gap((mean - moved) / span, gap_error(items, therapist.items, 1.0), span)


def in_words(change: GapChange, *, is_own: bool, name: str) -> str:
    """No verdict about the gap; and what is less common is said as that. name: of the client."""
    asking = _("That can be worth asking about.")
    return " ".join([_differ(change, is_own, name), *_higher(change, is_own, name), asking])


def _differ(change: GapChange, is_own: bool, name: str) -> str:
    told = _usually(change)[is_own]
    usual, newest = _number(abs(change.usual)), _number(abs(change.newest))
    return told % {"name": name, "usual": usual, "newest": newest}


def _usually(change: GapChange) -> tuple[str, str]:
    """For those who read it, and for the therapist."""
    if abs(change.usual) < LEAST:
        return (
            _("The therapist and %(name)s usually hardly differ; this time by %(newest)s."),
            _("You and %(name)s usually hardly differ; this time by %(newest)s."),
        )
    if change.usual * change.newest < 0:
        return (
            _(
                "The therapist and %(name)s usually differ by about %(usual)s; this time by "
                "%(newest)s the other way round."
            ),
            _(
                "You and %(name)s usually differ by about %(usual)s; this time by %(newest)s the "
                "other way round."
            ),
        )
    return (
        _("The therapist and %(name)s usually differ by about %(usual)s; this time by %(newest)s."),
        _("You and %(name)s usually differ by about %(usual)s; this time by %(newest)s."),
    )


def _higher(change: GapChange, is_own: bool, name: str) -> Iterator[str]:
    """Therapists mostly rate lower than their clients."""
    if change.newest > -LEAST:
        return
    told = _("The therapist rated higher than %(name)s, which is less common.")
    if is_own:
        told = _("You rated higher than %(name)s, which is less common.")
    yield told % {"name": name}
