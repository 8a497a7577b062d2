"""What a row of a list says in few words: the quiet states, and the newest scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.models import Client
from trends.flags.reasons import SMALL_CHANGE
from trends.lists.known import Known
from trends.models import Flag, Trajectory

UNDER_REPAIR = (Flag.State.IN_REPAIR, Flag.State.NOT_YET)
NEWS_FOR = timedelta(days=30)  # that it came back; after that it is history
LETTERS = {"goal": "G", "task": "T", "bond": "B"}


@dataclass(frozen=True, slots=True)
class Score:
    name: str
    letter: str
    score: str
    change: str  # since the rating before, where there is one worth telling


def scores(known: Known) -> list[Score]:
    """Goal, task and bond of the newest rating; empty before the first."""
    changes = known.changes
    return [
        Score(name, LETTERS[name], f"{score:.1f}", _change(changes.get(name, 0.0)))
        for name, score in (known.last or {}).items()
    ]


def _change(change: float) -> str:
    if abs(change) < SMALL_CHANGE:
        return ""
    words = _("up %(points)s") if change > 0 else _("down %(points)s")
    return words % {"points": f"{abs(change):.1f}"}


def now(known: Known, at: datetime) -> list[str]:
    """The quiet states of a row, most useful first."""
    is_quiet = known.missing > 0 or known.standing_flag is not None
    course = _course(known.trajectory, is_quiet=is_quiet)
    states = [*_states(known, at), *([course] if course else [])]
    return states if states or known.newest else [_("no rating yet")]


def _states(known: Known, at: datetime) -> Iterator[str]:
    if known.flags:
        yield from _of_flag(known.standing_flag or known.flags[0], at)
    if known.form and known.form.is_waiting:
        yield known.form.words
    if words := _contact(known.treatment.client):
        yield words
    if known.missing and not known.is_tired:  # which says the same
        yield no_rating_for(known.missing)


def no_rating_for(count: int) -> str:
    return ngettext(
        "no rating for %(count)d session", "no rating for %(count)d sessions", count
    ) % {"count": count}


OF_FLAG: dict[str, Callable[[], str]] = {
    Flag.State.ACKNOWLEDGED: lambda: _("possible rupture, seen"),
    Flag.State.IN_REPAIR: lambda: _("in repair"),
    Flag.State.NOT_YET: lambda: _("not back yet"),
}


def _of_flag(flag: Flag, at: datetime) -> Iterator[str]:
    """Where a flag stands, if it is not waiting for anybody."""
    if flag.state == Flag.State.ACKNOWLEDGED and flag.origin == Flag.Origin.HAND:
        yield _("rupture you marked")
    elif words := OF_FLAG.get(flag.state):
        yield words()
    elif flag.state == Flag.State.CAME_BACK and at - flag.state_at < NEWS_FOR:
        day = formats.date_format(timezone.localtime(flag.state_at), "j M")
        yield _("ratings came back, %(day)s") % {"day": day}


def _contact(client: Client) -> str:
    """Why no mail goes out, unless a notice says so already."""
    if client.can_be_mailed or client.stopped_at or client.bounced_at:
        return ""
    in_room = client.contact == Client.Contact.IN_ROOM
    return _("fills in at the clinic") if in_room else _("gets no forms")


def _course(trajectory: Trajectory | None, *, is_quiet: bool) -> str:
    """How the newest rating lies in the person's own course.

    is_quiet: nothing is called usual, for there is silence since, or a flag that still stands.
    """
    points = trajectory.points if trajectory else []
    rated = (each["point"] for each in reversed(points) if each["point"]["score"] is not None)
    newest = next(rated, None)
    if newest is None:
        return ""
    if newest["low"] is None:
        return "" if is_quiet else _("too few ratings to compare yet")
    if newest["flag"] or newest["score"] < newest["low"]:
        return _("lower than usual")
    return "" if is_quiet else _("in the usual range")
