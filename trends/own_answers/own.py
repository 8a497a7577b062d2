"""What clients may see of themselves: what they said, in their words, and the marks that they gave.

Notes, flags and computed courses are never read here, so no page or file made from this can tell
them. Every row is found by its client; nothing here is asked on behalf of anybody else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from clients.models import Client, Treatment, Wording
from measures.catalogue import DIMENSIONS, Instrument
from sessions.form import asked
from sessions.form.asked_fields import ELEMENT
from sessions.form.said import Said
from sessions.forms import ITEM, RatingForm
from sessions.models import Rating, TherapySession
from trends.charts import ChartWords, course_svg, sparkline_svg
from trends.client_page import drawings
from trends.computing import histories

Scale = tuple[float, float]  # lowest and highest mark
Wordings = Mapping[str, Wording]  # by their ids, of everything that was ever agreed on


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

    @property
    def element(self) -> str:
        """Likewise of the seven elements."""
        return self.name.removeprefix(ELEMENT) if self.name.startswith(ELEMENT) else ""


@dataclass(frozen=True, slots=True)
class Version:
    """All that one submission said. replaced_at: None while it counts."""

    said: Said
    lines: list[Line]
    wordings: Wordings
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
    is_void: bool = False  # recorded by mistake

    @property
    def counted(self) -> OwnRating | None:
        """The answers, unless they count no more; they are shown all the same."""
        is_void = self.is_void or (self.own is not None and self.own.rating.voided_at is not None)
        return None if is_void else self.own


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
    for row in rows.only("treatment_id", "held_at", "attendance", "voided_at"):
        is_void = row.voided_at is not None
        if is_void and row.pk not in ratings:
            continue  # nothing was said about it
        is_held = row.took_place and not is_void
        held[row.treatment_id] += is_held
        session = OwnSession(
            number=held[row.treatment_id] if is_held else None,
            held_at=row.held_at,
            attendance=row.attendance,
            attendance_words=row.get_attendance_display(),
            own=ratings.get(row.pk),
            is_void=is_void,
        )
        found[row.treatment_id].append(session)
    return found


def _ratings(client: Client) -> dict[UUID, OwnRating]:
    """By session."""
    rows = Rating.objects.filter(session__treatment__client=client)
    full = rows.select_related("request").prefetch_related("earlier", "on_agreements")
    wordings = _wordings(client)
    return {row.session_id: _own(row, wordings) for row in full}


def _wordings(client: Client) -> Wordings:
    rows = Wording.objects.filter(agreement__treatment__client=client).select_related("agreement")
    order = ("agreement__kind", "agreement__created_at", "said_at")
    return {row.pk.hex: row for row in rows.order_by(*order)}


def _own(rating: Rating, wordings: Wordings) -> OwnRating:
    instrument = rating.request.form_instrument()
    language = rating.language or rating.request.language
    before = sorted(rating.earlier.all(), key=lambda row: row.replaced_at)
    return OwnRating(
        rating=rating,
        instrument=instrument,
        language=language,
        now=_version(instrument, language, Said.of(rating), wordings),
        earlier=[
            _version(instrument, language, Said.read(row.said), wordings, row.replaced_at)
            for row in before
        ],
    )


def _version(
    instrument: Instrument,
    language: str,
    said: Said,
    wordings: Wordings,
    replaced_at: datetime | None = None,
) -> Version:
    return Version(said, lines(instrument, language, said, wordings), wordings, replaced_at)


def lines(
    instrument: Instrument, language: str, said: Said, wordings: Wordings | None = None
) -> list[Line]:
    """In the order and the words of the form; what was left empty is left out."""
    given = RatingForm.of(said)
    about = _asked(said, wordings or {})
    named = {asked.AGREE + key for key in said.agreements}  # the goal itself, above its progress
    with translation.override(language):
        form = RatingForm(instrument=instrument, language=language, asked=about)
        return [
            _line(name, field, given[name])
            for name, field in form.fields.items()
            if given.get(name) or name in named
        ]


def _asked(said: Said, wordings: Wordings) -> asked.Asked:
    return asked.Asked(
        tuple(row for key, row in wordings.items() if key in said.agreements),
        proposal=bool(said.proposal),
        elements=asked.elements() if said.elements else None,
    )


def _line(name: str, field: Any, value: str) -> Line:
    """field: one with choices, or one for free words."""
    labels = {str(key): str(label) for key, label in getattr(field, "choices", ())}
    return Line(name, str(field.label), value, labels.get(value, value) or _("no answer"))


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
    rated = [session.counted for session in held if session.counted]
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
            "point": {"score": _score(session.counted, wanted, scale), "low": None, "high": None},
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
