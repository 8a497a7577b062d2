"""From stored sessions to the engine's histories, as raw rows: a night reads hundreds of thousands.

No-shows are part of a history, for they are weak evidence, but have no point of their own in the
stored course. Cancelled sessions are left out entirely.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db.models import Case, F, Field, Func, Q, TextField, When
from django.db.models.functions import Cast, Coalesce, Greatest, Least

from measures import catalogue
from measures.quality import is_same_answer, least_seconds
from sessions.models import RatingRequest, TherapySession, TherapySessionQuerySet
from trends.engine import BadHistory, History

logger = logging.getLogger(__name__)

Row = tuple[Any, ...]
Scores = tuple[float, float, float]

COUNTED = (*TherapySession.TOOK_PLACE, TherapySession.Attendance.NO_SHOW)
SECONDS_A_DAY = 86_400

COLUMNS = (
    "treatment_id",
    "key",
    "held",
    "attendance",
    "closes",
    "request__instrument",
    "request__instrument_version",
    "goal",
    "task",
    "bond",
    "tension",
    "seconds",
    "alike",
    "therapist",
)


class Seconds(Func):
    """A time as seconds since 1970: a plain number, which nothing has to convert."""

    template = "EXTRACT(EPOCH FROM %(expressions)s)::float8"
    output_field = Field()


# A rating that was voided counts as none.
RATING = "request__rating__"
SAID = ("goal", "task", "bond", "tension", "seconds")
COUNTS = Q(request__rating__voided_at__isnull=True)


def _if_it_counts(column: str) -> Case:
    return Case(When(COUNTS, then=F(RATING + column)), default=None)


# Answers are read only where they may all be one, and as text: it is mostly the same few.
ALIKE = Case(
    When(
        COUNTS,
        request__rating__goal=F("request__rating__task"),
        request__rating__task=F("request__rating__bond"),
        then=Cast("request__rating__answers", TextField()),
    ),
    default=None,
)


# Until when an answer is expected, of clients who were asked: as `RatingRequest.is_silent`. Nobody
# is silent whose answers do not count, or who was not to answer any more.
ENDS = Case(
    When(
        COUNTS,
        request__is_mailed=True,
        request__withdrawn_at__isnull=True,
        then=Coalesce("request__expires_at", F("request__created_at") + RatingRequest.SILENT_AFTER),
    ),
    default=None,
)

# From when on the therapist's rating is used without the client's: as
# `sessions.own_rating.revealed.is_revealed`. Null without a request: at once.
OVER = Case(
    When(request__withdrawn_at__isnull=False, then=F("request__withdrawn_at")),
    When(
        request__expires_at__isnull=False,
        then=Least(
            Greatest("request__expires_at", "request__active_at") + RatingRequest.TIME_TO_FINISH,
            F("request__expires_at") + RatingRequest.LONGEST_GRACE,
        ),
    ),
    default=F("request__created_at") + RatingRequest.SILENT_AFTER,
)

# The therapist's rating, if it was blind, in one column, for most sessions have none: the scores,
# key and version of the form, and OVER.
THERAPIST = Case(
    When(
        therapist_rating__is_blind=True,
        then=Cast(
            Func(
                *(F(f"therapist_rating__{name}") for name in ("goal", "task", "bond")),
                F("therapist_rating__instrument"),
                F("therapist_rating__instrument_version"),
                Seconds(OVER),
                function="jsonb_build_array",
                output_field=Field(),
            ),
            TextField(),
        ),
    ),
    default=None,
)


class Form(NamedTuple):
    """What the engine has to know of an instrument.

    quick: a form sent in fewer seconds cannot have been read.
    """

    scale: tuple[float, float]
    items: int
    quick: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """One treatment: its history, and which of its sessions get a point.

    sessions, seconds: of every session of the history, in order, and when it was held (seconds
    since 1970: times of day are slow to read). took_place: whether the client came; only those are
    stored. last: the newest rating's scores, as they were given. forms: each session's; None where
    nobody was asked.
    """

    treatment_id: UUID
    sessions: tuple[str, ...]
    seconds: tuple[float, ...]
    took_place: tuple[bool, ...]
    history: History
    last: Scores | None
    forms: tuple[Form | None, ...] = ()

    def __len__(self) -> int:
        return len(self.sessions)

    def held_at(self, place: int) -> datetime:
        return datetime.fromtimestamp(self.seconds[place], UTC)


def of_treatment(treatment_id: UUID, at: datetime) -> Course:
    """What is known of a treatment at a time (a form that is still open then is no silence)."""
    sessions = TherapySession.objects.standing().filter(treatment_id=treatment_id)
    return course(treatment_id, list(rows(sessions)), at)


def of_clinic(clinic_id: UUID, at: datetime) -> Iterator[Course]:
    """All treatments of a clinic that have sessions; read as they are asked for.

    One that cannot be read does not keep the others from their night.
    """
    sessions = TherapySession.objects.standing().filter(treatment__client__clinic_id=clinic_id)
    read = rows(sessions).iterator(chunk_size=10_000)
    for treatment_id, own in groupby(read, key=itemgetter(0)):
        try:
            yield course(treatment_id, list(own), at)
        except (BadHistory, catalogue.UnknownInstrument) as error:
            # Only its kind: the words could tell a score.
            logger.error("Treatment %s is left out: %s.", treatment_id, type(error).__name__)


def rows(sessions: TherapySessionQuerySet) -> Any:
    """COLUMNS of the sessions that count, those of a treatment together and in order."""
    counted = sessions.filter(attendance__in=COUNTED)
    light = counted.annotate(
        key=Cast("pk", TextField()),
        held=Seconds("held_at"),
        closes=Seconds(ENDS),
        **{name: _if_it_counts(name) for name in SAID},
        alike=ALIKE,
        therapist=THERAPIST,
    )
    return light.order_by("treatment_id", "held_at").values_list(*COLUMNS)


def course(treatment_id: UUID, own: Sequence[Row], at: datetime) -> Course:
    """From rows of COLUMNS of one treatment, in the order the sessions were held."""
    if not own:
        return Course(treatment_id, (), (), (), History(np.empty((0, 3))), None)
    _, ids, seconds, came, closing, keys, versions, *scores, tension, took, alike, theirs = zip(
        *own, strict=True
    )
    now = at.timestamp()
    # One with a request has an instrument; the others have no rating either.
    forms = [form(*named) if named[0] else None for named in zip(keys, versions, strict=True)]
    rated = [row for row, goal in enumerate(scores[0]) if goal is not None]
    newest = rated[-1] if rated else None
    scale = (forms[newest] or FALLBACK).scale if newest is not None else FALLBACK.scale
    history = History(
        _on_one_scale(np.array(scores, dtype=float).T, forms, scale),
        scale=scale,
        items=[each.items if each else FALLBACK.items for each in forms],
        days=[(each - seconds[0]) / SECONDS_A_DAY for each in seconds],
        attendance=came,
        tension=[answer or "" for answer in tension],
        asked=[
            closes is not None and (goal is not None or closes <= now)
            for closes, goal in zip(closing, scores[0], strict=True)
        ],
        little=list(map(_says_little, forms, took, alike)),
        therapist=_of_therapist(theirs, scores[0], scale, now) if any(theirs) else None,
    )
    return Course(
        treatment_id,
        ids,
        seconds,
        tuple(word in TherapySession.TOOK_PLACE for word in came),
        history,
        None if newest is None else (scores[0][newest], scores[1][newest], scores[2][newest]),
        tuple(forms),
    )


@cache
def form(key: str, version: int) -> Form:
    instrument = catalogue.get(key, version)
    scale = (float(instrument.lowest), float(instrument.highest))
    return Form(scale, instrument.items_per_dimension(), least_seconds(instrument))


FALLBACK = Form((1.0, 5.0), 2, 0.0)  # of sessions without a form; nothing is read from it


def _says_little(form: Form | None, took: float | None, alike: str | None) -> bool:
    """`Quality.says_little`, from what a row has of it; False without a rating."""
    is_quick = form is not None and took is not None and took < form.quick
    return is_quick or (alike is not None and _is_same_answer(alike))


@lru_cache(maxsize=10_000)
def _is_same_answer(answers: str) -> bool:
    return is_same_answer(json.loads(answers))


UNRATED = (np.nan, np.nan, np.nan)


def _of_therapist(
    written: Sequence[str | None],
    answered: Sequence[float | None],
    scale: tuple[float, float],
    now: float,
) -> np.ndarray[Any, Any]:
    """The therapist's scores where they are revealed: the client's are in, or none are expected.

    written: as THERAPIST. answered: one of the client's scores.
    """
    found: list[Sequence[float]] = [UNRATED] * len(written)
    for row, text in enumerate(written):
        if text is None:
            continue
        *scores, key, version, over = json.loads(text)
        if answered[row] is not None or over is None or over <= now:
            given = form(key, version).scale
            found[row] = scores if given == scale else rescaled(np.array(scores), given, scale)
    return np.array(found)


def _on_one_scale(
    scores: np.ndarray[Any, Any], forms: Sequence[Form | None], scale: tuple[float, float]
) -> np.ndarray[Any, Any]:
    """Scores given on another scale, moved to this one: its ends to these ends."""
    for row, given in enumerate(forms):
        if given is not None and given.scale != scale:
            scores[row] = rescaled(scores[row], given.scale, scale)
    return scores


def rescaled(scores: Any, given: tuple[float, float], wanted: tuple[float, float]) -> Any:
    share = (scores - given[0]) / (given[1] - given[0])
    return wanted[0] + share * (wanted[1] - wanted[0])
