"""From stored points to the marks that `charts` draws, with a sentence for each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from sessions.models import Rating
from trends.charts import THERAPIST, ChartWords, Mark, course_svg, shape_svg, sparkline_svg
from trends.models import Flag, Trajectory


@dataclass(frozen=True, slots=True)
class Flagged:
    """What a picture has to know of a flag. is_seen: somebody has looked at it."""

    is_seen: bool
    is_by_hand: bool = False


Flags = Mapping[str, Flagged]  # by the session's id

AS_USUAL = Rating.Provenance.LINK


@dataclass(frozen=True, slots=True)
class Came:
    """How a rating came in, and how much it says."""

    provenance: str
    is_changed: bool = False
    says_little: bool = False


@dataclass(frozen=True, slots=True)
class ByTherapist:
    """The therapist's own rating of a session, revealed: the mean of its dimensions."""

    score: float
    is_blind: bool = True


AllCame = Mapping[str, Came]  # by the session's id
AllByTherapist = Mapping[str, ByTherapist]  # likewise


def standing(flags: Iterable[Flag]) -> Flags:
    """Those that are shown: not what was withdrawn, nor an onset that was never flagged."""
    return {
        str(flag.session_id): Flagged(
            is_seen=flag.state != Flag.State.OPEN,
            is_by_hand=flag.origin == Flag.Origin.HAND,
        )
        for flag in flags
        if flag.state != Flag.State.WITHDRAWN
    }


def marks(
    points: Sequence[dict[str, Any]],
    flags: Flags,
    came: AllCame | None = None,
    therapist: AllByTherapist | None = None,
    *,
    is_own: bool = False,
) -> list[Mark]:
    """therapist: the therapist's own ratings, those that are revealed and no others.

    is_own: the therapist looks at it.
    """
    known, theirs = came or {}, therapist or {}
    drawn = [
        _mark(number, stored, flags, known.get(stored["session"]), theirs.get(stored["session"]))
        for number, stored in enumerate(points, start=1)
    ]
    by_hand = {key for key, flag in flags.items() if flag.is_by_hand}
    words = _("marked by you") if is_own else _("marked by hand")
    return [
        replace(mark, flag_words=words) if stored["session"] in by_hand else mark
        for mark, stored in zip(drawn, points, strict=True)
    ]


def _mark(
    number: int,
    stored: dict[str, Any],
    flags: Flags,
    came: Came | None,
    therapist: ByTherapist | None,
) -> Mark:
    point = stored["point"]
    held_at = timezone.localtime(datetime.fromisoformat(stored["held_at"]))
    score = _("no rating") if point["score"] is None else _number(point["score"])
    when = {"number": number, "day": formats.date_format(held_at, "SHORT_DATE_FORMAT")}
    told = _("Session %(number)d, %(day)s: %(score)s") % {**when, "score": score}
    return Mark(
        number=number,
        score=point["score"],
        low=point["low"],
        high=point["high"],
        flagged=stored["session"] in flags,
        seen=stored["session"] in flags and flags[stored["session"]].is_seen,
        level=stored.get("looking_back"),  # not in courses of an earlier engine
        shape=SHAPE_OF.get(came.provenance, "") if came and point["score"] is not None else "",
        title="; ".join([told, *(_about(came) if came else [])]),
        therapist=therapist.score if therapist else None,
        therapist_title=_therapist_title(therapist, when) if therapist else "",
    )


def _number(score: float) -> str:
    return formats.number_format(round(score, 1), 1)  # by itself it cuts digits off


def _therapist_title(rating: ByTherapist, when: dict[str, Any]) -> str:
    told = _("Session %(number)d, %(day)s, rating by the therapist: %(score)s")
    told %= {**when, "score": _number(rating.score)}
    return told if rating.is_blind else "; ".join([told, _("not blind")])


# One shape for each way but the usual one, which is a round dot.
SHAPE_OF: dict[str, str] = {
    Rating.Provenance.LATE: "ring",
    Rating.Provenance.ROOM: "square",
    Rating.Provenance.WAITING_ROOM: "diamond",
    Rating.Provenance.PAPER: "triangle",
    Rating.Provenance.IMPORTED: "plus",
}


def _about(came: Came) -> Iterator[str]:
    if came.provenance != AS_USUAL:
        yield str(Rating.Provenance(came.provenance).label)
    if came.is_changed:
        yield _("changed by the client")
    if came.says_little:
        yield _("says little")


def legend(came: AllCame) -> list[tuple[SafeString, str]]:
    """Shape and words of the ways that this course has, the usual one left out."""
    present = {each.provenance for each in came.values()}
    return [
        (mark_safe(shape_svg(SHAPE_OF[way])), str(way.label))  # noqa: S308
        for way in Rating.Provenance
        if way in present and way in SHAPE_OF
    ]


THERAPIST_MARK = mark_safe(shape_svg(THERAPIST))  # noqa: S308  for the legend


def course(
    trajectory: Trajectory,
    flags: Flags,
    came: AllCame | None = None,
    therapist: AllByTherapist | None = None,
    *,
    is_own: bool = False,
) -> SafeString:
    """The chart of the client page. (`charts` escapes every text, so its drawing is safe HTML.)"""
    words = ChartWords(
        title=_("Course of the alliance"),
        description=_("%(rated)d of %(sessions)d sessions are rated. The table has every number.")
        % {"rated": trajectory.rated, "sessions": trajectory.sessions},
        no_rating=_("no rating"),
        possible_rupture=_("possible rupture"),
    )
    drawn = course_svg(marks(trajectory.points, flags, came, therapist, is_own=is_own), words=words)
    return mark_safe(drawn)  # noqa: S308


def sparkline(trajectory: Trajectory, flags: Flags) -> SafeString:
    title = _("Course over %(count)d sessions") % {"count": trajectory.sessions}
    drawn = [_small_mark(stored, flags) for stored in trajectory.points[-20:]]
    return mark_safe(sparkline_svg(drawn, title=title))  # noqa: S308


def _small_mark(stored: dict[str, Any], flags: Flags) -> Mark:
    """Without words: it is too small to be pointed at, and a list has many."""
    point = stored["point"]
    return Mark(
        number=0,
        score=point["score"],
        low=point["low"],
        high=point["high"],
        flagged=stored["session"] in flags,
        title="",
    )
