"""The page of one possible rupture: why, what the client said, what became of it, what to do."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from trends.client_page import course
from trends.client_page.picture import picture
from trends.flags import flag_story, life, reasons
from trends.flags.flag_cards import FlagCard, flag_cards
from trends.flags.life import Action, Actor, State
from trends.models import Flag, Trajectory
from trends.supervising import readers

if TYPE_CHECKING:
    from accounts.models import User

# From these one more step of the therapist is most useful; it gets the filled button.
TO_REPAIR = (State.ACKNOWLEDGED, State.NOT_YET)


def context(flag: Flag, user: User, at: datetime) -> dict[str, Any]:
    """flag: with its treatment, client and clinic."""
    treatment = flag.treatment
    trajectory = Trajectory.objects.read_by(user).filter(treatment=treatment).first()
    rows = course.session_rows(treatment, trajectory, user, at)
    cards = flag_cards(rows, treatment.client.name)
    card = next(card for card in cards if card.flag.pk == flag.pk)
    is_own = treatment.is_own_of(user)
    return {
        "client": treatment.client,
        "treatment": treatment,
        "trajectory": trajectory,
        "card": card,
        "facts": facts(card.flag),
        "hint": hint(card),
        "is_own": is_own,
        "reader": None if is_own else readers.why(treatment, user),
        "steps": flag_story.steps([card.flag], is_own=is_own)[flag.pk],
        "repairs": flag_story.repairs([card.flag], is_own=is_own)[flag.pk],
        **picture(trajectory, rows, is_own=is_own),
        **(may(card.flag, is_voided=card.is_voided) if is_own else may(None)),
    }


def may(flag: Flag | None, *, is_voided: bool = False) -> dict[str, bool]:
    """Which buttons there are. None: of somebody who only reads.

    is_voided: its session counts no more; it can be seen and closed, not repaired.
    """
    steps = life.possible(flag.state, Actor.THERAPIST) if flag else frozenset()
    steps -= {Action.LOG_REPAIR} if is_voided else set()
    return {
        "can_see": flag is not None and flag.state == State.OPEN,
        "can_repair": Action.LOG_REPAIR in steps,
        "can_close": Action.CLOSE in steps,
        "can_reopen": Action.REOPEN in steps,
        "repair_first": flag is not None and flag.state in TO_REPAIR and not is_voided,
    }


def facts(flag: Flag) -> list[tuple[str, str]]:
    """The numbers behind it, with their names."""
    why = flag.why
    if why is None:
        return []
    parts = {"goal": _("Goals"), "task": _("Tasks"), "bond": _("Bond")}
    told = [(_("The part that fell most"), parts[why.dimension])]
    if why.p_rupture is not None and why.p_onset is not None:
        told += [
            (_("When it was flagged: that there was a rupture"), _likely(why.p_rupture)),
            (_("When it was flagged: that it began in this session"), _likely(why.p_onset)),
        ]
    told.append((_("Engine"), flag.engine))
    return [*told, (_("Prior"), flag.prior)] if flag.prior else told


def _likely(chance: float) -> str:
    words = {"words": reasons.in_words(chance), "percent": reasons.percent(chance)}
    return _("%(words)s, %(percent)s") % words


def hint(card: FlagCard) -> str:
    """What follows from where it stands, if that is not plain."""
    state, is_back = card.flag.state, card.fall is not None and card.fall.is_back
    if card.is_voided:
        can_close = Action.CLOSE in life.possible(state, Actor.THERAPIST)
        return _("So it can be closed.") if can_close else ""
    if state == State.OPEN and is_back:
        return _("The ratings came back meanwhile. It stays open until you say you have seen it.")
    if state == State.NOT_YET:
        return _(
            "Three ratings came in since the repair was logged, and it is not back yet. That "
            "happens; it may help to take it to supervision."
        )
    if card.fall is None and card.is_by_hand and state in (*TO_REPAIR, State.IN_REPAIR):
        return _("You can close it as settled when it is.")
    return ""
