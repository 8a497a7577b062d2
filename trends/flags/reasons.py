"""From the engine's reason (data) to a plain sentence."""

from collections.abc import Callable, Collection
from math import ceil

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trends.engine import DIMENSIONS, MOST_SAID, Reason

FEW = 4  # with fewer earlier ratings "usually" would claim too much

SMALL_CHANGE = 0.25  # scale points: half of what one step on one of two items makes


def one_line(reason: Reason | None, name: str = "") -> str:
    """What happened, with its numbers: "Bond fell to 2.0; for Ana it is usually 3.6 to 4.8."

    reason: None of a rupture that was marked by hand. name: of the client, where the page has it.
    """
    if reason is None:
        return _("Marked by the therapist. The ratings did not show it.")
    fell: dict[str, Callable[[], str]] = {
        "goal": lambda: _("Agreement on goals fell to %(score)s"),
        "task": lambda: _("Agreement on tasks fell to %(score)s"),
        "bond": lambda: _("Bond fell to %(score)s"),
    }
    return f"{fell[reason.dimension]()}; {_usual(reason, name)}" % {
        "score": f"{reason.score:.1f}",
        "name": name,
        "low": f"{_low(reason):.1f}",
        "high": f"{reason.usual_high:.1f}",
    }


def _usual(reason: Reason, name: str) -> str:
    """After few ratings the range is mostly that of anybody: no habit of one's own."""
    if reason.earlier < FEW:
        if name:
            return _("for %(name)s %(low)s to %(high)s was to be expected.")
        return _("%(low)s to %(high)s was to be expected.")
    if name:
        return _("for %(name)s it is usually %(low)s to %(high)s.")
    return _("it is usually %(low)s to %(high)s.")


def _low(reason: Reason) -> float:
    """To one decimal; up if a score below the range would look as if it lay in it."""
    nearest = round(reason.usual_low, 1)
    return nearest if nearest > round(reason.score, 1) else ceil(10 * reason.usual_low) / 10


def in_full(
    reason: Reason | None,
    name: str = "",
    *,
    low: Collection[str] | None = None,
    says_little: bool = False,
    now: float | None = None,
) -> list[str]:
    """Paragraphs: the line and how unusual it is; the chances and what they rest on.

    low: the parts whose scores lie below their own usual range, None where that is not known.
    says_little: of the rating. now: chance of a rupture at the newest rating, None if that is not
    about this flag.
    """
    if reason is None:
        return [one_line(reason)]
    little = [_says_little()] if says_little else []
    what = [one_line(reason, name), _how_unusual(reason), _others(reason, low), *little]
    sure = [_chances(reason, now), *_also(reason), _basis(reason), _missing(reason)]
    return [" ".join(filter(None, sentences)) for sentences in (what, sure)]


def _says_little() -> str:
    return _(
        "All questions got the same answer, or they came very quickly, so this may be nothing."
    )


def _how_unusual(reason: Reason) -> str:
    if reason.one_in is None:
        return ""
    sentence = _(
        "A fall like this without a change in the relationship is seen in %(share)s sessions."
    )
    return sentence % {"share": share(reason.one_in)}


def share(one_in: float) -> str:
    """ "about 1 of 60": as exact as such a number is."""
    if one_in > MOST_SAID:
        return _("fewer than 1 of %(many)d") % {"many": MOST_SAID}
    rounded = round(one_in) if one_in < 10 else 5 * round(one_in / 5)
    return _("about 1 of %(many)d") % {"many": rounded}


def _chances(reason: Reason, now: float | None) -> str:
    """Each with its time: lists show the chance of now, this is mostly about the one of then."""
    if reason.p_rupture is None:
        return ""
    chances = {"then": percent(reason.p_rupture), "now": "" if now is None else percent(now)}
    if chances["now"] in ("", chances["then"]):
        return _("When it was flagged, the chance of a rupture was put at %(then)s.") % chances
    sentence = _(
        "When it was flagged, the chance of a rupture was put at %(then)s; now it is put at "
        "%(now)s."
    )
    return sentence % chances


def percent(chance: float) -> str:
    """In steps of five: more exact it is not."""
    rounded = 5 * round(20 * chance)
    if rounded < 5:
        return _("less than 5\u00a0%%") % ()
    if rounded > 95:
        return _("more than 95\u00a0%%") % ()
    return _("about %(percent)d\u00a0%%") % {"percent": rounded}


def in_words(chance: float) -> str:
    """How likely, in words: the scale of the IPCC (Mastrandrea and others 2010)."""
    if chance > 0.9:
        return _("very likely")
    if chance > 0.66:
        return _("likely")
    return _("about as likely as not") if chance >= 0.33 else _("unlikely")


def _also(reason: Reason) -> list[str]:
    """What else pointed to it; nothing of it would do so alone."""
    sentences: dict[str, Callable[[], str]] = {
        "tension": lambda: _("What the client said about tension counts a little too."),
        "silence": lambda: _(
            "A form just before was not answered; that counts a little, for it often means nothing."
        ),
        "no_show": lambda: _(
            "The client did not come to a session just before; that counts a little."
        ),
        "therapist": lambda: _("The rating by the therapist was low too; that counts a little."),
    }
    return [sentences[source]() for source in reason.also if source in sentences]


def _others(reason: Reason, low: Collection[str] | None) -> str:
    """Compared with what was to be expected, which a score can miss without having changed."""
    lower = tuple(
        dimension
        for dimension in DIMENSIONS
        if dimension != reason.dimension
        and reason.changes.get(dimension, 0.0) < -SMALL_CHANGE
        and (low is None or dimension in low)
    )
    others = len(reason.changes) - 1
    if lower:
        return _lower(lower)
    if others == 2:
        return _("The other two parts are about as usual.")
    return _("The other part that was rated is about as usual.") if others else ""


def _lower(parts: tuple[str, ...]) -> str:
    sentences: dict[tuple[str, ...], Callable[[], str]] = {
        ("goal",): lambda: _("Goals are lower than expected too."),
        ("task",): lambda: _("Tasks are lower than expected too."),
        ("bond",): lambda: _("Bond is lower than expected too."),
        ("goal", "task"): lambda: _("Goals and tasks are lower than expected too."),
        ("goal", "bond"): lambda: _("Goals and bond are lower than expected too."),
        ("task", "bond"): lambda: _("Tasks and bond are lower than expected too."),
    }
    return sentences[parts]()


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
