"""What can be tried when a part of the alliance fell: short lists, in our own words.

They are a consensus of experts and theory, not proof: no trial says which of them helps when which
part fell, so nothing is recommended, and the page says so.

- What goals, tasks and bond each ask for follows from the model of Bordin (1979), 10.1037/h0085885.
- EXPERTS: 134 experts asked what fits in the session of a rupture: to validate and to explore;
  work that aims at change fits better later (PMC5966286).
- RUPTURES: Safran & Muran (2000), *Negotiating the Therapeutic Alliance*: talk about what happens
  between the two, own one's part, clear up goals and tasks, offer another way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class Source(StrEnum):
    EXPERTS = "experts"
    RUPTURES = "ruptures"


@dataclass(frozen=True, slots=True)
class Prompt:
    """key: what is stored of it, and never changed again."""

    key: str
    words: str | Promise
    source: Source


ANY = "any"

PROMPTS: dict[str, tuple[Prompt, ...]] = {
    "goal": (
        Prompt(
            "goal_wanted",
            gettext_lazy("Asked what they most want from the work now"),
            Source.RUPTURES,
        ),
        Prompt("goal_restated", gettext_lazy("Put the goal into words together"), Source.RUPTURES),
        Prompt(
            "goal_first",
            gettext_lazy("Let the client say what should come first"),
            Source.EXPERTS,
        ),
    ),
    "task": (
        Prompt("task_why", gettext_lazy("Said what this way of working is for"), Source.RUPTURES),
        Prompt("task_doubts", gettext_lazy("Invited doubts about how we work"), Source.EXPERTS),
        Prompt(
            "task_other", gettext_lazy("Offered another way, or a smaller step"), Source.RUPTURES
        ),
    ),
    "bond": (
        Prompt("bond_named", gettext_lazy("Named the strain between us, gently"), Source.RUPTURES),
        Prompt("bond_own_part", gettext_lazy("Owned my part in it"), Source.RUPTURES),
        Prompt(
            "bond_heard",
            gettext_lazy("Heard how it was for them before explaining"),
            Source.EXPERTS,
        ),
    ),
    ANY: (
        Prompt("any_slower", gettext_lazy("Slowed down and stayed with it"), Source.EXPERTS),
        Prompt("any_validated", gettext_lazy("Took the feeling seriously first"), Source.EXPERTS),
        Prompt(
            "any_technique_later",
            gettext_lazy("Left techniques for a later session"),
            Source.EXPERTS,
        ),
        Prompt("any_supervision", gettext_lazy("Took it to supervision"), Source.EXPERTS),
    ),
}

_BY_KEY = {prompt.key: prompt for prompts in PROMPTS.values() for prompt in prompts}


def groups(first: str | None) -> list[tuple[str, list[tuple[str, str]]]]:
    """Headings with their prompts (key and words), the part that fell first at the top.

    first: "goal", "task" or "bond"; None if it is not known.
    """
    headings = {
        "goal": _("When the goals are in question"),
        "task": _("When it is about how you work"),
        "bond": _("When it is about the bond"),
        ANY: _("Whatever it is about"),
    }
    order = sorted(headings, key=lambda part: part != first)
    return [(headings[part], [(p.key, str(p.words)) for p in PROMPTS[part]]) for part in order]


def told(keys: Sequence[str]) -> list[str]:
    """The words of what was tried; of a prompt that is gone, its key."""
    return [str(_BY_KEY[key].words) if key in _BY_KEY else key for key in keys]
