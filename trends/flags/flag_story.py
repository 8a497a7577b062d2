"""What became of possible ruptures: the steps, and what was logged as repair. For many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from trends.flags import prompts
from trends.models import Flag, FlagMove, RepairEntry


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    who: str  # a person's name; "" is the program
    words: str  # what was done
    note: str = ""  # the therapist's own; blank for whoever only reads


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry of the repair log, in words."""

    at: datetime
    who: str
    kind: str
    tried: list[str]
    when: str
    note: str


def steps(flags: Sequence[Flag], *, is_own: bool) -> dict[UUID, list[Step]]:
    """By flag, the oldest first. is_own: with what the therapist wrote down for nobody else.

    Why one was closed is among that. flags: with `acknowledged_by`. One that is older than the list
    of steps gets those that its row knows of.
    """
    found: dict[UUID, list[Step]] = defaultdict(list)
    closing = {flag.pk: flag.get_closed_as_display() for flag in flags if is_own and flag.closed_as}
    rows = FlagMove.objects.filter(flag__in=[flag.pk for flag in flags])
    for move in rows.select_related("made_by").order_by("made_at", "pk"):
        own = found[move.flag_id]
        if move.action == FlagMove.Action.REOPEN:
            _say_why(own, _reason(move) if is_own else "")
        note = move.words if is_own and move.action != FlagMove.Action.REOPEN else ""
        own.append(Step(move.made_at, _name(move.made_by), move.get_action_display(), note))
    for flag in flags:
        found[flag.pk] = found[flag.pk] or _of_row(flag)
        _say_why(found[flag.pk], closing.get(flag.pk, ""))
    return found


def _reason(reopened: FlagMove) -> str:
    """Why it had been closed: what the words of a step are that opens one again."""
    kept: str = reopened.words
    return str(Flag.Closed(kept).label) if kept else ""


def _say_why(own: list[Step], reason: str) -> None:
    """Of the last step, a closing."""
    if own and reason:
        own[-1] = _with(own[-1], reason)


def _of_row(flag: Flag) -> list[Step]:
    own = [Step(flag.raised_at, "", str(FlagMove.Action.RAISE.label))]
    if flag.acknowledged_at is not None:
        who = _name(flag.acknowledged_by)
        own.append(Step(flag.acknowledged_at, who, str(FlagMove.Action.ACKNOWLEDGE.label)))
    return own


def _with(step: Step, reason: str) -> Step:
    words = _("%(step)s: %(reason)s") % {"step": step.words, "reason": reason}
    return Step(step.at, step.who, words, step.note)


def _name(person: User | None) -> str:
    return person.display_name if person else ""


def repairs(flags: Sequence[Flag], *, is_own: bool) -> dict[UUID, list[Logged]]:
    """By flag, the newest first. is_own: as for `steps`."""
    found: dict[UUID, list[Logged]] = defaultdict(list)
    rows = RepairEntry.objects.filter(flag__in=[flag.pk for flag in flags])
    for entry in rows.select_related("logged_by").order_by("-logged_at", "pk"):
        found[entry.flag_id].append(
            Logged(
                at=entry.logged_at,
                who=_name(entry.logged_by),
                kind=entry.get_kind_display(),
                tried=prompts.told(entry.tried),
                when=entry.get_raise_when_display(),
                note=entry.words if is_own else "",
            )
        )
    return found
