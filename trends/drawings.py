"""From stored points to the marks that `charts` draws, with a sentence for each."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from trends.charts import ChartWords, Mark, course_svg, sparkline_svg
from trends.models import Flag, Trajectory

Flags = Mapping[str, bool]  # by the session's id: whether somebody has looked at the flag


def standing(flags: Iterable[Flag]) -> Flags:
    """Those that are shown: not what was withdrawn, nor an onset that was never flagged."""
    return {
        str(flag.session_id): flag.state != Flag.State.OPEN
        for flag in flags
        if flag.state != Flag.State.WITHDRAWN
    }


def marks(points: Sequence[dict[str, Any]], flags: Flags) -> list[Mark]:
    return [_mark(number, stored, flags) for number, stored in enumerate(points, start=1)]


def _mark(number: int, stored: dict[str, Any], flags: Flags) -> Mark:
    point = stored["point"]
    held_at = timezone.localtime(datetime.fromisoformat(stored["held_at"]))
    score = _("no rating") if point["score"] is None else f"{point['score']:.1f}"
    return Mark(
        number=number,
        score=point["score"],
        low=point["low"],
        high=point["high"],
        flagged=stored["session"] in flags,
        seen=flags.get(stored["session"], False),
        level=stored.get("looking_back"),  # not in courses of an earlier engine
        title=_("Session %(number)d, %(day)s: %(score)s")
        % {
            "number": number,
            "day": formats.date_format(held_at, "SHORT_DATE_FORMAT"),
            "score": score,
        },
    )


def course(trajectory: Trajectory, flags: Flags) -> SafeString:
    """The chart of the client page. (`charts` escapes every text, so its drawing is safe HTML.)"""
    words = ChartWords(
        title=_("Course of the alliance"),
        description=_("%(rated)d of %(sessions)d sessions are rated. The table has every number.")
        % {"rated": trajectory.rated, "sessions": trajectory.sessions},
        no_rating=_("no rating"),
        possible_rupture=_("possible rupture"),
    )
    return mark_safe(course_svg(marks(trajectory.points, flags), words=words))  # noqa: S308


def sparkline(trajectory: Trajectory, flags: Flags) -> SafeString:
    title = _("Course over %(count)d sessions") % {"count": trajectory.sessions}
    return mark_safe(sparkline_svg(marks(trajectory.points[-20:], flags), title=title))  # noqa: S308
