"""Each possible rupture with its reason, its life, what was tried, and what came after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from trends.client_page.course import SessionRow
from trends.flags import flag_story
from trends.flags.flag_cards import FlagCard, flag_cards
from trends.flags.flag_story import Logged, Step
from trends.report.sessions import Period


@dataclass(frozen=True, slots=True)
class FlagPart:
    """steps, repairs: oldest first. The notes of the steps are left out, those of repairs are not:
    what was tried is what one takes along.
    """

    number: int | None
    held_at: datetime
    origin: str
    engine: str
    state: str
    closed_as: str
    judged: str
    reason: list[str]
    steps: list[Step]
    repairs: list[Logged]
    came_after: str


def parts(rows: Sequence[SessionRow], period: Period, *, name: str) -> list[FlagPart]:
    """Those of sessions within the period, oldest first.

    rows: of the whole course. name: how sentences name the client; blank: "the client".
    """
    held_at = {row.flag.pk: row.session.held_at for row in rows if row.flag}
    cards = [card for card in flag_cards(rows, name) if period.holds(held_at[card.flag.pk])]
    flags = [card.flag for card in cards]
    steps = flag_story.steps(flags, is_own=False)
    repairs = flag_story.repairs(flags, is_own=True)
    found = [
        _part(card, held_at[card.flag.pk], steps[card.flag.pk], repairs[card.flag.pk][::-1])
        for card in cards
    ]
    return sorted(found, key=lambda part: part.held_at)


def _part(card: FlagCard, held_at: datetime, steps: list[Step], repairs: list[Logged]) -> FlagPart:
    flag = card.flag
    return FlagPart(
        number=card.number,
        held_at=held_at,
        origin=str(flag.get_origin_display()),
        engine=flag.engine,
        state=str(flag.get_state_display()),
        closed_as=str(flag.get_closed_as_display()) if flag.closed_as else "",
        judged=str(flag.get_judged_display()) if flag.judged else "",
        reason=list(card.reason),
        steps=steps,
        repairs=repairs,
        came_after=card.came_after,
    )
