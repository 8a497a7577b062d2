"""From the engine's reason (data) to a plain sentence."""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trends.engine import Reason

SMALL_CHANGE = 0.25  # scale points: half of what one step on one of two items makes


def one_line(reason: Reason, name: str = "") -> str:
    """What happened, with its numbers: "Bond fell to 2.0; for Ana it is usually 3.6 to 4.8."

    name: of the client, where the page has it.
    """
    fell: dict[str, Callable[[], str]] = {
        "goal": lambda: _("Agreement on goals fell to %(score)s"),
        "task": lambda: _("Agreement on tasks fell to %(score)s"),
        "bond": lambda: _("Bond fell to %(score)s"),
    }
    usual = _("for %(name)s it is usually %(low)s to %(high)s.")
    usual = usual if name else _("it is usually %(low)s to %(high)s.")
    return (f"{fell[reason.dimension]()}; {usual}") % {
        "score": f"{reason.score:.1f}",
        "name": name,
        "low": f"{reason.usual_low:.1f}",
        "high": f"{reason.usual_high:.1f}",
    }


def in_full(reason: Reason, name: str = "") -> list[str]:
    """Paragraphs: the line and how unusual it is; the chances and what they rest on."""
    what = [one_line(reason, name), _how_unusual(reason), _others(reason)]
    sure = [_chances(reason), *_also(reason), _basis(reason), _missing(reason)]
    return [" ".join(filter(None, sentences)) for sentences in (what, sure)]


def _how_unusual(reason: Reason) -> str:
    if reason.one_in is None:
        return ""
    sentence = _(
        "A fall like this without a change in the relationship is seen in %(share)s sessions."
    )
    return sentence % {"share": share(reason.one_in)}


def share(one_in: float) -> str:
    """ "about 1 of 60": as exact as such a number is."""
    for limit, words in ((1000, "1,000"), (100, "100")):
        if one_in > limit:
            return _("fewer than 1 of %(many)s") % {"many": words}
    rounded = round(one_in) if one_in < 10 else 5 * round(one_in / 5)
    return _("about 1 of %(many)d") % {"many": rounded}


def _chances(reason: Reason) -> str:
    if reason.p_onset is None or reason.p_rupture is None:
        return ""
    sentence = _(
        "The chance that a rupture began in this session is put at %(onset)s; that there was one, "
        "begun here or before, at %(rupture)s."
    )
    return sentence % {"onset": percent(reason.p_onset), "rupture": percent(reason.p_rupture)}


def percent(chance: float) -> str:
    """In steps of five: more exact it is not."""
    rounded = 5 * round(20 * chance)
    if rounded < 5:
        return _("less than 5\u00a0%%") % ()
    if rounded > 95:
        return _("more than 95\u00a0%%") % ()
    return _("about %(percent)d\u00a0%%") % {"percent": rounded}


def _also(reason: Reason) -> list[str]:
    """What else pointed to it; nothing of it would do so alone."""
    sentences: dict[str, Callable[[], str]] = {
        "tension": lambda: _("What the client said about tension points the same way."),
        "silence": lambda: _(
            "A form just before was not answered; that counts a little, for it often means nothing."
        ),
        "no_show": lambda: _(
            "The client did not come to a session just before; that counts a little."
        ),
        "therapist": lambda: _("The rating by the therapist was low too; that counts a little."),
    }
    return [sentences[source]() for source in reason.also if source in sentences]


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
