"""From the engine's reason (data) to a plain sentence."""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trends.engine import Reason

SMALL_CHANGE = 0.25  # scale points: half of what one step on one of two items makes


def one_line(reason: Reason) -> str:
    """What happened, with its numbers: "Bond fell to 2.0; it is usually 3.6 to 4.8." """
    sentences: dict[str, Callable[[], str]] = {
        "goal": lambda: _(
            "Agreement on goals fell to %(score)s; it is usually %(low)s to %(high)s."
        ),
        "task": lambda: _(
            "Agreement on tasks fell to %(score)s; it is usually %(low)s to %(high)s."
        ),
        "bond": lambda: _("Bond fell to %(score)s; it is usually %(low)s to %(high)s."),
    }
    return sentences[reason.dimension]() % {
        "score": f"{reason.score:.1f}",
        "low": f"{reason.usual_low:.1f}",
        "high": f"{reason.usual_high:.1f}",
    }


def in_full(reason: Reason) -> str:
    """The line, what the other dimensions did, and how much it rests on."""
    parts = [one_line(reason), _others(reason), _basis(reason), _missing(reason)]
    return " ".join(filter(None, parts))


def _others(reason: Reason) -> str:
    names = {"goal": _("goals"), "task": _("tasks"), "bond": _("bond")}
    fell = [
        names[dimension]
        for dimension, change in reason.changes.items()
        if dimension != reason.dimension and change < -SMALL_CHANGE
    ]
    if not fell:
        return _("The other two parts did not fall.")
    if len(fell) == 1:
        return _("The part for %(name)s fell too.") % {"name": fell[0]}
    return _("The parts for %(first)s and %(second)s fell too.") % {
        "first": fell[0],
        "second": fell[1],
    }


def _basis(reason: Reason) -> str:
    return ngettext(
        "This compares with %(count)d earlier rating.",
        "This compares with %(count)d earlier ratings.",
        reason.earlier,
    ) % {"count": reason.earlier}


def _missing(reason: Reason) -> str:
    if not reason.missing:
        return ""
    return ngettext(
        "The session before has no rating.",
        "The %(count)d sessions before have no rating.",
        reason.missing,
    ) % {"count": reason.missing}
