"""What came after a possible rupture: did the ratings come back? In plain sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trends.engine import Reason
from trends.engine.repair import Repair, repair, standard_error
from trends.histories import Form
from trends.reasons import percent


def what_came_after(
    reason: Reason, scores: Sequence[float], form: Form, now: float | None = None
) -> str:
    """scores: of the dimension that fell, from the flagged session on, NaN where not rated.

    now: chance of a rupture at the newest rating, None where it is not known.
    """
    if not scores or isnan(scores[0]):
        return _("This session has no rating any more.")
    later = [score for score in scores[1:] if not isnan(score)]
    if not later:
        return _("No rating has come in since, so nothing can be said yet.")
    before = reason.score - reason.changes[reason.dimension]
    error = standard_error(form.items, form.scale[1] - form.scale[0])
    found = repair(scores, before=before, error=error)
    parts = [_told(reason, found, later, before)]
    if _is_lost_again(found, later[-1], before, error):
        parts.append(_("The newest rating is lower again: %(score)s.") % _one(later[-1]))
    if now is not None:
        sentence = _("The chance that there is a rupture now is put at %(chance)s.")
        parts.append(sentence % {"chance": percent(now)})
    return " ".join(parts)


def _is_lost_again(found: Repair, newest: float, before: float, error: float) -> bool:
    """Whether the newest rating no longer meets what was met once."""
    if found.back is not None:
        return newest < before - error
    return found.half_regained is not None and newest < (before + found.lowest) / 2


def _told(reason: Reason, found: Repair, later: Sequence[float], before: float) -> str:
    if found.repaired is not None:
        return f"{_is_back(reason)}: {_half(found)}, {_and_back(found)}."
    if found.back is not None and found.half_regained is None:
        return _(
            "Close to its earlier level of %(before)s again, give or take the measurement error, "
            "but less than half of the fall is regained."
        ) % {"before": f"{before:.1f}"}
    if found.half_regained is not None:
        return _(
            "Half way back: %(half)s, but not yet to its earlier level of %(before)s, give or take "
            "the measurement error."
        ) % {"half": _half(found), "before": f"{before:.1f}"}
    return ngettext(
        "Not back yet: %(count)d rating since; the highest was %(highest)s, the earlier level "
        "%(before)s.",
        "Not back yet: %(count)d ratings since; the highest was %(highest)s, the earlier level "
        "%(before)s.",
        len(later),
    ) % {"count": len(later), "highest": f"{max(later):.1f}", "before": f"{before:.1f}"}


def _is_back(reason: Reason) -> str:
    back: dict[str, Callable[[], str]] = {
        "goal": lambda: _("Agreement on goals is back"),
        "task": lambda: _("Agreement on tasks is back"),
        "bond": lambda: _("Bond is back"),
    }
    return back[reason.dimension]()


def _half(found: Repair) -> str:
    return ngettext(
        "half of the fall was regained %(count)d session later",
        "half of the fall was regained %(count)d sessions later",
        found.half_regained or 0,
    ) % {"count": found.half_regained or 0}


def _and_back(found: Repair) -> str:
    if found.back == found.half_regained:
        return _("and with it the earlier level, give or take the measurement error")
    return ngettext(
        "and its earlier level, give or take the measurement error, %(count)d session later",
        "and its earlier level, give or take the measurement error, %(count)d sessions later",
        found.back or 0,
    ) % {"count": found.back or 0}


def _one(score: float) -> dict[str, str]:
    return {"score": f"{score:.1f}"}
