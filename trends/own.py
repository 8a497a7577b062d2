"""What clients may see of themselves: what they said, in their words, and the marks that they gave.

Notes, flags and computed courses are never read here, so no page or file made from this can tell
them. Every row is found by its client; nothing here is asked on behalf of anybody else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from clients.models import Client, Treatment
from measures.catalogue import DIMENSIONS, Instrument
from sessions.answering import Said
from sessions.forms import ITEM, RatingForm
from sessions.models import Rating, TherapySession
from trends import drawings, histories
from trends.charts import ChartWords, course_svg, sparkline_svg

Scale = tuple[float, float]  # lowest and highest mark


@dataclass(frozen=True, slots=True)
class Line:
    """One question and what was answered, both in the words that the client saw."""

    name: str  # of the field of the form
    question: str
    value: str  # as it is stored
    answer: str

    @property
    def item(self) -> str:
        """Key of the item of the instrument; "" for the questions that every form has."""
        return self.name.removeprefix(ITEM) if self.name.startswith(ITEM) else ""


@dataclass(frozen=True, slots=True)
class Version:
    """All that one submission said. replaced_at: None while it counts."""

    said: Said
    lines: list[Line]
    replaced_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnRating:
    rating: Rating
    instrument: Instrument
    language: str  # of the words that were answered
    now: Version
    earlier: list[Version]  # oldest first

    @property
    def scores(self) -> dict[str, float]:
        return {name: getattr(self.rating, name) for name in DIMENSIONS}


@dataclass(frozen=True, slots=True)
class OwnSession:
    number: int | None  # None: it did not take place
    held_at: datetime
    attendance: str
    attendance_words: str
    own: OwnRating | None


@dataclass(frozen=True, slots=True)
class OwnTreatment:
    therapist_name: str
    started_on: date
    ended_on: date | None
    sessions: list[OwnSession]  # oldest first

    @property
    def answered(self) -> list[OwnSession]:
        """Newest first."""
        return [session for session in reversed(self.sessions) if session.own]

    @property
    def held(self) -> list[OwnSession]:
        return [session for session in self.sessions if session.number]


def treatments(client: Client) -> list[OwnTreatment]:
    """Everything about this client and nobody else; the treatment that began last comes first."""
    rows = Treatment.objects.filter(client=client).select_related("therapist")
    sessions = _sessions(client)
    return [
        OwnTreatment(
            therapist_name=row.therapist.display_name,
            started_on=row.started_on,
            ended_on=row.ended_on,
            sessions=sessions[row.pk],
        )
        for row in rows.order_by("-started_on", "pk")
    ]


def _sessions(client: Client) -> defaultdict[UUID, list[OwnSession]]:
    """By treatment. The therapist's note of a session is not even read."""
    rows = TherapySession.objects.filter(treatment__client=client).in_order()
    ratings = _ratings(client)
    found: defaultdict[UUID, list[OwnSession]] = defaultdict(list)
    held: defaultdict[UUID, int] = defaultdict(int)
    for row in rows.only("treatment_id", "held_at", "attendance"):
        held[row.treatment_id] += row.took_place
        session = OwnSession(
            number=held[row.treatment_id] if row.took_place else None,
            held_at=row.held_at,
            attendance=row.attendance,
            attendance_words=row.get_attendance_display(),
            own=ratings.get(row.pk),
        )
        found[row.treatment_id].append(session)
    return found


def _ratings(client: Client) -> dict[UUID, OwnRating]:
    """By session."""
    rows = Rating.objects.filter(session__treatment__client=client)
    full = rows.select_related("request").prefetch_related("earlier")
    return {row.session_id: _own(row) for row in full}


def _own(rating: Rating) -> OwnRating:
    instrument = rating.request.form_instrument()
    language = rating.language or rating.request.language
    before = sorted(rating.earlier.all(), key=lambda row: row.replaced_at)
    return OwnRating(
        rating=rating,
        instrument=instrument,
        language=language,
        now=_version(instrument, language, Said.of(rating)),
        earlier=[
            _version(instrument, language, Said.read(row.said), row.replaced_at) for row in before
        ],
    )


def _version(
    instrument: Instrument, language: str, said: Said, replaced_at: datetime | None = None
) -> Version:
    return Version(said, lines(instrument, language, said), replaced_at)


def lines(instrument: Instrument, language: str, said: Said) -> list[Line]:
    """In the order and the words of the form; what was left empty is left out."""
    values = RatingForm.of(said)
    with translation.override(language):
        form = RatingForm(instrument=instrument, language=language)
        return [
            _line(name, field, values[name])
            for name, field in form.fields.items()
            if values.get(name)
        ]


def _line(name: str, field: Any, value: str) -> Line:
    """field: one with choices, or one for free words."""
    labels = {str(key): str(label) for key, label in getattr(field, "choices", ())}
    return Line(name, str(field.label), value, labels.get(value, value))


# --- The marks as a picture


@dataclass(frozen=True, slots=True)
class Dimension:
    key: str
    name: str
    about: str  # in plain words
    picture: SafeString


@dataclass(frozen=True, slots=True)
class Course:
    """The marks of one treatment. Nothing in it is computed from anybody's but the client's own."""

    chart: SafeString
    dimensions: list[Dimension]
    lowest: float
    highest: float


def course(treatment: OwnTreatment, chart_id: str) -> Course | None:
    """None without marks. chart_id: unique on the page."""
    held = treatment.held
    rated = [session.own for session in held if session.own]
    if not rated:
        return None
    scale = _scale(rated[-1])
    words = ChartWords(
        title=_("Your marks over time"),
        description=_(
            "You answered after %(rated)d of %(held)d sessions. The table has every mark."
        )
        % {"rated": len(rated), "held": len(held)},
        no_rating=_("no answers"),
        possible_rupture="",
    )
    marks = drawings.marks(_points(held, DIMENSIONS, scale), {})
    chart = course_svg(marks, words=words, scale=scale, chart_id=chart_id)
    # `charts` escapes every text, so its drawing is safe HTML.
    return Course(mark_safe(chart), _dimensions(held, scale), *scale)  # noqa: S308


def _dimensions(held: Sequence[OwnSession], scale: Scale) -> list[Dimension]:
    said = {
        "goal": (_("Goal"), _("You work on what matters to you.")),
        "task": (_("Task"), _("What you do in the sessions suits you.")),
        "bond": (_("Bond"), _("You get on well with each other.")),
    }
    return [Dimension(key, *said[key], _spark(held, key, scale)) for key in DIMENSIONS]


def _spark(held: Sequence[OwnSession], key: str, scale: Scale) -> SafeString:
    marks = drawings.marks(_points(held, [key], scale)[-20:], {})
    title = _("The last %(count)d sessions") % {"count": len(marks)}
    return mark_safe(sparkline_svg(marks, title=title, scale=scale))  # noqa: S308


def _points(
    held: Iterable[OwnSession], wanted: Sequence[str], scale: Scale
) -> list[dict[str, Any]]:
    """As `drawings` takes them: only a mark for each session, with nothing around it."""
    return [
        {
            "session": "",
            "held_at": session.held_at.isoformat(),
            "point": {"score": _score(session.own, wanted, scale), "low": None, "high": None},
        }
        for session in held
    ]


def _score(own: OwnRating | None, wanted: Sequence[str], scale: Scale) -> float | None:
    if own is None:
        return None
    mean = sum(own.scores[name] for name in wanted) / len(wanted)
    return float(histories.rescaled(mean, _scale(own), scale))


def _scale(own: OwnRating) -> Scale:
    return float(own.instrument.lowest), float(own.instrument.highest)
