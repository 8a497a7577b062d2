"""The life of a flag: which step leads where, and who may take it. One table, and nothing else.

The program raises a flag, takes it back, and says what later ratings show. A therapist says what
was seen, tried and decided. Nothing here asks the database or the clock.
"""

from collections.abc import Mapping
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from audit.refusals import Refused
from trends.models import Flag, FlagMove

State = Flag.State
Action = FlagMove.Action


class Actor(StrEnum):
    THERAPIST = "therapist"
    PROGRAM = "program"


NEW = ""  # where a flag stands that does not exist yet

# What was seen once is never withdrawn, and an open flag never goes because ratings came back.
MOVES: Mapping[tuple[Actor, Action], Mapping[str, State]] = {
    (Actor.PROGRAM, Action.RAISE): {NEW: State.OPEN, State.WITHDRAWN: State.OPEN},
    (Actor.PROGRAM, Action.WITHDRAW): {State.OPEN: State.WITHDRAWN},
    (Actor.PROGRAM, Action.COME_BACK): {
        State.ACKNOWLEDGED: State.CAME_BACK,
        State.IN_REPAIR: State.CAME_BACK,
        State.NOT_YET: State.CAME_BACK,
    },
    (Actor.PROGRAM, Action.NOT_YET): {State.IN_REPAIR: State.NOT_YET},
    (Actor.PROGRAM, Action.REOPEN): {
        State.CAME_BACK: State.OPEN,
        State.DISMISSED: State.OPEN,
    },
    (Actor.THERAPIST, Action.MARK): {
        NEW: State.ACKNOWLEDGED,
        State.WITHDRAWN: State.ACKNOWLEDGED,
    },
    (Actor.THERAPIST, Action.ACKNOWLEDGE): {
        State.OPEN: State.ACKNOWLEDGED,
        State.ACKNOWLEDGED: State.ACKNOWLEDGED,  # with another note
    },
    (Actor.THERAPIST, Action.LOG_REPAIR): {
        State.OPEN: State.IN_REPAIR,
        State.ACKNOWLEDGED: State.IN_REPAIR,
        State.IN_REPAIR: State.IN_REPAIR,  # one entry more
        State.NOT_YET: State.IN_REPAIR,
        State.CAME_BACK: State.IN_REPAIR,
    },
    (Actor.THERAPIST, Action.CLOSE): {
        State.OPEN: State.DISMISSED,
        State.ACKNOWLEDGED: State.DISMISSED,
        State.IN_REPAIR: State.DISMISSED,
        State.NOT_YET: State.DISMISSED,
        State.CAME_BACK: State.DISMISSED,
    },
    (Actor.THERAPIST, Action.REOPEN): {State.DISMISSED: State.ACKNOWLEDGED},
}


class NotFromHere(Refused):
    """A step that does not begin where the flag stands now. Each says where that is."""

    code = "flag_stands_otherwise"
    status = 409


class FlagOpen(NotFromHere):
    sentence = _("This possible rupture is open: nobody has said yet that it was seen.")


class FlagAcknowledged(NotFromHere):
    sentence = _("This possible rupture is marked as seen already.")


class FlagInRepair(NotFromHere):
    sentence = _("This possible rupture is in repair already.")


class FlagCameBack(NotFromHere):
    sentence = _("The ratings came back after this possible rupture.")


class FlagNotYet(NotFromHere):
    sentence = _("This possible rupture is in repair, and the ratings have not come back yet.")


class FlagClosed(NotFromHere):
    sentence = _("This possible rupture is closed. Open it again first.")


class FlagWithdrawn(NotFromHere):
    sentence = _("This flag was withdrawn meanwhile: a later answer changed the picture.")
    code = "flag_withdrawn"


class NotFlagged(NotFromHere):
    sentence = _("There is no possible rupture here.")


REFUSALS: Mapping[str, type[NotFromHere]] = {
    NEW: NotFlagged,
    State.OPEN: FlagOpen,
    State.ACKNOWLEDGED: FlagAcknowledged,
    State.IN_REPAIR: FlagInRepair,
    State.CAME_BACK: FlagCameBack,
    State.NOT_YET: FlagNotYet,
    State.DISMISSED: FlagClosed,
    State.WITHDRAWN: FlagWithdrawn,
}


def after(state: str, action: Action, actor: Actor) -> State:
    """Where the step leads. Raises the refusal that says where the flag stands."""
    led_to = MOVES.get((actor, action), {}).get(state)
    if led_to is None:
        raise REFUSALS[state]
    return led_to


def possible(state: str, actor: Actor) -> frozenset[Action]:
    """The steps that this actor may take from here."""
    own = {action: begins for (who, action), begins in MOVES.items() if who == actor}
    return frozenset(action for action, begins in own.items() if state in begins)


def is_followed(state: str) -> bool:
    """Whether later ratings may still say something about it."""
    return bool(possible(state, Actor.PROGRAM) - {Action.WITHDRAW, Action.RAISE})


def judged_by_closing(reason: str, before: str) -> str:
    """What closing says about whether there was a rupture; "" says nothing about it.

    The label is for how often a flag is a rupture between the two. That something outside of their
    work explains a fall does not say whether there was one as well.
    """
    says: dict[str, str] = {
        Flag.Closed.NO_RUPTURE: Flag.Judged.WRONG,
        Flag.Closed.MISREAD: Flag.Judged.WRONG,
        Flag.Closed.SETTLED: Flag.Judged.CONFIRMED,
    }
    return str(says.get(reason, before))


def judged_by_reopening(before: str) -> str:
    """That there was none is in question again; that there was one is not."""
    return "" if before == Flag.Judged.WRONG else before
