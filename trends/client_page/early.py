"""The first ratings on the client page, beside where first ratings usually lie. No forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from trends.charts import Mark, sparkline_svg
from trends.client_page.beginning import usual
from trends.computing import calibrations, histories
from trends.computing.histories import Form
from trends.engine import DEFAULT, Prior

if TYPE_CHECKING:
    from clients.models import Treatment
    from sessions.models import RatingRequest
    from trends.client_page.course import SessionRow

MOST = 3  # sessions, and ratings; from then on the client's own say more


@dataclass(frozen=True, slots=True)
class First:
    """One of the first sessions. In points of the form's scale; score: NaN without a rating."""

    number: int
    score: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Early:
    words: str
    source: str  # of the range
    picture: SafeString


def of_course(treatment: Treatment, rows: Sequence[SessionRow]) -> Early | None:
    """None once there are more than MOST ratings, or as long as no first session is rated.

    rows: newest first.
    """
    by_number = {row.number: row for row in rows if row.number}
    rated = [number for number, row in by_number.items() if row.scores and row.request]
    of_first = [number for number in rated if number <= MOST]
    if not of_first or len(rated) > MOST:
        return None
    prior = calibrations.of_clinic(treatment.client.clinic_id).prior
    is_learned = prior.version != DEFAULT.version
    form = _form(by_number[max(of_first)].request)
    firsts = [_first(number, by_number.get(number), form, prior) for number in range(1, MOST + 1)]
    newest = firsts[max(of_first) - 1]
    return Early(
        words=told(newest, is_learned=is_learned),
        source=_source(is_learned=is_learned),
        picture=_picture(firsts, form),
    )


def _form(request: RatingRequest | None) -> Form:
    if request is None:
        return histories.FALLBACK
    return histories.form(request.instrument, request.instrument_version)


def _first(number: int, row: SessionRow | None, newest: Form, prior: Prior) -> First:
    """On the scale of the newest form, with the band for as many items as this one had."""
    form = _form(row.request) if row and row.scores else newest
    lowest, highest = newest.scale
    low, high = (
        lowest + (highest - lowest) * end for end in usual(prior, number, form.items).band()
    )
    if row is None or not row.scores:
        return First(number, nan, low, high)
    mean = sum(row.scores.values()) / len(row.scores)
    return First(number, float(histories.rescaled(mean, form.scale, newest.scale)), low, high)


def told(first: First, *, is_learned: bool) -> str:
    """Where a rating lies, in plain words, by the numbers as they are shown.

    is_learned: the range is the clinic's own.
    """
    score, low, high = (round(value, 1) for value in (first.score, first.low, first.high))
    words = _inside(is_learned=is_learned)
    if score < low:
        words = _lower(is_learned=is_learned)
    elif score > high:
        words = _higher(is_learned=is_learned)
    return words % {
        "score": f"{score:.1f}",
        "number": first.number,
        "low": f"{low:.1f}",
        "high": f"{high:.1f}",
    }


def _inside(*, is_learned: bool) -> str:
    if is_learned:
        return _(
            "The rating of session %(number)d (%(score)s) lies where most ratings of that "
            "session lie at this clinic: %(low)s to %(high)s."
        )
    return _(
        "The rating of session %(number)d (%(score)s) lies where most ratings of that "
        "session lie: %(low)s to %(high)s."
    )


def _lower(*, is_learned: bool) -> str:
    if is_learned:
        return _(
            "The rating of session %(number)d (%(score)s) is lower than 9 of 10 ratings of "
            "that session at this clinic; %(low)s to %(high)s is usual. It can be worth asking "
            "early what would help."
        )
    return _(
        "The rating of session %(number)d (%(score)s) is lower than 9 of 10 ratings of that "
        "session; %(low)s to %(high)s is usual. It can be worth asking early what would help."
    )


def _higher(*, is_learned: bool) -> str:
    if is_learned:
        return _(
            "The rating of session %(number)d (%(score)s) is higher than 9 of 10 ratings of "
            "that session at this clinic; %(low)s to %(high)s is usual."
        )
    return _(
        "The rating of session %(number)d (%(score)s) is higher than 9 of 10 ratings of "
        "that session; %(low)s to %(high)s is usual."
    )


def _source(*, is_learned: bool) -> str:
    if is_learned:
        return _("The range is what the program learned from the ratings of your clinic.")
    return _(
        "The range comes from published data of other clinics: yours has too few ratings to learn "
        "from so far."
    )


def _picture(firsts: Sequence[First], form: Form) -> SafeString:
    marks = [
        Mark(first.number, first.score, first.low, first.high, flagged=False, title="")
        for first in firsts
    ]
    title = _("The first ratings, and where 8 of 10 ratings of these sessions lie")
    # `charts` escapes every text, so its drawing is safe HTML.
    return mark_safe(sparkline_svg(marks, title=title, scale=form.scale))  # noqa: S308
