"""From stored points to the marks that `charts` draws, with a sentence for each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from sessions.models import Rating
from trends.charts import ChartWords, Mark, course_svg, shape_svg, sparkline_svg
from trends.models import Flag, Trajectory

Flags = Mapping[str, bool]  # by the session's id: whether somebody has looked at the flag

AS_USUAL = Rating.Provenance.LINK


@dataclass(frozen=True, slots=True)
class Came:
    """How a rating came in, and how much it says."""

    provenance: str
    is_changed: bool = False
    says_little: bool = False


AllCame = Mapping[str, Came]  # by the session's id


def standing(flags: Iterable[Flag]) -> Flags:
    """Those that are shown: not what was withdrawn, nor an onset that was never flagged."""
    return {
        str(flag.session_id): flag.state != Flag.State.OPEN
        for flag in flags
        if flag.state != Flag.State.WITHDRAWN
    }


def marks(
    points: Sequence[dict[str, Any]], flags: Flags, came: AllCame | None = None
) -> list[Mark]:
    known = came or {}
    return [
        _mark(number, stored, flags, known.get(stored["session"]))
        for number, stored in enumerate(points, start=1)
    ]


def _mark(number: int, stored: dict[str, Any], flags: Flags, came: Came | None) -> Mark:
    point = stored["point"]
    held_at = timezone.localtime(datetime.fromisoformat(stored["held_at"]))
    score = _("no rating") if point["score"] is None else formats.number_format(point["score"], 1)
    day = formats.date_format(held_at, "SHORT_DATE_FORMAT")
    told = _("Session %(number)d, %(day)s: %(score)s")
    told %= {"number": number, "day": day, "score": score}
    return Mark(
        number=number,
        score=point["score"],
        low=point["low"],
        high=point["high"],
        flagged=stored["session"] in flags,
        seen=flags.get(stored["session"], False),
        level=stored.get("looking_back"),  # not in courses of an earlier engine
        shape=SHAPE_OF.get(came.provenance, "") if came and point["score"] is not None else "",
        title="; ".join([told, *(_about(came) if came else [])]),
    )


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


def course(trajectory: Trajectory, flags: Flags, came: AllCame | None = None) -> SafeString:
    """The chart of the client page. (`charts` escapes every text, so its drawing is safe HTML.)"""
    words = ChartWords(
        title=_("Course of the alliance"),
        description=_("%(rated)d of %(sessions)d sessions are rated. The table has every number.")
        % {"rated": trajectory.rated, "sessions": trajectory.sessions},
        no_rating=_("no rating"),
        possible_rupture=_("possible rupture"),
    )
    drawn = course_svg(marks(trajectory.points, flags, came), words=words)
    return mark_safe(drawn)  # noqa: S308


def sparkline(trajectory: Trajectory, flags: Flags) -> SafeString:
    title = _("Course over %(count)d sessions") % {"count": trajectory.sessions}
    return mark_safe(sparkline_svg(marks(trajectory.points[-20:], flags), title=title))  # noqa: S308
