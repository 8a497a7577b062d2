"""What came after a possible rupture: did the ratings come back? In plain sentences."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trends.flags.coming_back import Fall
from trends.flags.reasons import percent


def what_came_after(fall: Fall, number: int, now: float | None = None) -> str:
    """number: of the flagged session, where sessions count from 1.

    now: chance of a rupture at the newest rating, None where it is not known.
    """
    if not fall.later:
        return _("No rating by the client has come in since, so nothing can be said yet.")
    parts = [_told(fall, number)]
    if fall.is_lost_again:
        sentence = _("The newest rating is lower again: %(score)s.")
        parts.append(sentence % {"score": f"{fall.newest:.1f}"})
    if now is not None:
        sentence = _("The chance that there is a rupture now is put at %(chance)s.")
        parts.append(sentence % {"chance": percent(now)})
    return " ".join(parts)


def unrated() -> str:
    """Of a flag whose session lost its rating."""
    return _("This session has no rating any more.")


def voided() -> str:
    return _("The session it belongs to does not count any more.")


def not_shown() -> str:
    """Of one that was marked by hand, where no fall can be seen to come back from."""
    return _("The ratings did not show it, so they cannot say whether it came back.")


def _told(fall: Fall, number: int) -> str:
    found, before = fall.found, f"{fall.before:.1f}"
    if found.repaired is not None:
        return _both(fall, number)
    if found.back is not None and found.half_regained is None:
        return _(
            "Close to its earlier level of %(before)s again, give or take the measurement error, "
            "but less than half of the fall is regained."
        ) % {"before": before}
    if found.half_regained is not None:
        return _(
            "Half way back: %(half)s, but not yet back at its earlier level of %(before)s, give or "
            "take the measurement error."
        ) % {"half": _half(fall, number), "before": before}
    return ngettext(
        "Not yet after %(count)d rating: the highest was %(highest)s, the earlier level "
        "%(before)s.",
        "Not yet after %(count)d ratings: the highest was %(highest)s, the earlier level "
        "%(before)s.",
        len(fall.later),
    ) % {
        "count": len(fall.later),
        "highest": f"{max(fall.scores[place] for place in fall.later):.1f}",
        "before": before,
    }


def _both(fall: Fall, number: int) -> str:
    """What met both criteria, by one rating or by two."""
    found = fall.found
    told = {"what": _came_back(fall), "half": _half(fall, number), "at": number + (found.back or 0)}
    if found.back == found.half_regained:
        sentence = _(
            "%(what)s at session %(at)d: at its earlier level again, give or take the "
            "measurement error."
        )
        return sentence % told
    sentence = _(
        "%(what)s: %(half)s, back at its earlier level, give or take the measurement error, at "
        "session %(at)d."
    )
    return sentence % told


def _came_back(fall: Fall) -> str:
    back: dict[str, Callable[[], str]] = {
        "goal": lambda: _("Agreement on goals came back"),
        "task": lambda: _("Agreement on tasks came back"),
        "bond": lambda: _("Bond came back"),
    }
    return back[fall.dimension]()


def _half(fall: Fall, number: int) -> str:
    at = number + (fall.found.half_regained or 0)
    return _("half regained at session %(number)d") % {"number": at}
