"""Every rule of the literature by name, and the settings to tune it over.

A comparison is fair if every family takes its best setting, found on other data than it is judged
on, at the same rate of false alarms for all. The thresholds here are for use as they are; they play
no part in such a comparison.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from trends.engine.history import Floats

from .inputs import RELIABILITY, TOTAL_SD, Bools, Scale
from .severities import (
    OwnSpread,
    Reference,
    Sigma,
    UsualSpread,
    cusum_chart,
    drop,
    drop_in_larger_sd,
    drop_in_sd,
    ewma_chart,
    individuals_chart,
    level,
    reliable_change,
    smallest_reliable_change,
    sudden_losses_retrospective,
    worst_drop,
)

ONE_OF_SEVEN = 1 / 6  # one point of a scale from 1 to 7
RELIABLE = smallest_reliable_change(TOTAL_SD, RELIABILITY)
RETEST = 0.73  # correlation of first with later client totals, instead of the consistency


@dataclass(frozen=True)
class Rule:
    """A rule with one setting.

    name: of its family. function: one of severities.py. parameters: what it takes besides.
    minimum: earlier ratings without which it says nothing.
    threshold: a severity of this much or more is flagged.
    """

    name: str
    function: Callable[..., Floats]
    threshold: float
    minimum: int
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def retrospective(self) -> bool:
        """Whether it uses later sessions than the one it judges, and so cannot be used live."""
        words = [self.function.__name__, *map(str, self.parameters.values())]
        return any(word.endswith("retrospective") for word in words)

    @property
    def setting(self) -> str:
        """For people: "minimum 3, reference previous"."""
        return ", ".join(
            f"{name} {value}"
            for name, value in {"minimum": self.minimum, **self.parameters}.items()
        )

    def severity(self, scores: npt.ArrayLike, scale: Scale = (1.0, 5.0)) -> Floats:
        """(treatments, sessions, 3) to (treatments, sessions); see severities.py."""
        return self.function(scores, scale=scale, minimum=self.minimum, **self.parameters)

    def flags(self, scores: npt.ArrayLike, scale: Scale = (1.0, 5.0)) -> Bools:
        return flag(self.severity(scores, scale), self.threshold)


def flag(severity: Floats, threshold: float) -> Bools:
    """Where the severity reaches the threshold; never where it is NaN."""
    return np.asarray(severity >= threshold)


# Strauss-type and Stiles-type differ in their thresholds alone. No study gives a threshold for
# drops below the own mean or the highest rating: these flag 3 to 5 of 100 rated sessions without a
# rupture in the usual world of our simulation.
RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("previous", drop, ONE_OF_SEVEN, 1, {"reference": "previous"}),
        Rule("own-mean", drop, 0.08, 2, {"reference": "own-mean"}),
        Rule("own-mean-worst", worst_drop, 0.18, 2, {"reference": "own-mean"}),
        Rule("pre-drop-maximum", drop, 0.19, 1, {"reference": "pre-drop-maximum"}),
        Rule("level", level, 0.10, 0),
        Rule("reliable-change", reliable_change, 1.0, 1, {"reference": "previous"}),
        Rule("own-sd", drop_in_sd, 1.0, 3, {"reference": "own-mean", "spread": "own-to-date"}),
        Rule(
            "strauss-type", drop_in_sd, 1.0, 3, {"reference": "previous", "spread": "own-to-date"}
        ),
        Rule("stiles-type", drop_in_sd, 2.0, 3, {"reference": "previous", "spread": "own-to-date"}),
        Rule(
            "gumz-type",
            drop_in_larger_sd,
            1.0,
            3,
            {"reference": "previous", "own": "own-to-date", "usual": "between"},
        ),
        Rule("individuals-chart", individuals_chart, 3.0, 3, {"sigma": "moving-range"}),
        Rule("ewma", ewma_chart, 3.0, 3, {"sigma": "moving-range", "weight": 0.2}),
        Rule("cusum", cusum_chart, 5.0, 3, {"sigma": "moving-range", "slack": 0.5}),
        Rule("sudden-losses", sudden_losses_retrospective, 1.0, 2, {"cut": RELIABLE}),
    )
}

# Rules with an SD need two ratings; the others may speak after the first.
FROM_FIRST = (1, 2, 3, 4)
FROM_SECOND = (2, 3, 4)
REFERENCES = get_args(Reference)

MINIMUMS: dict[str, tuple[int, ...]] = {
    "previous": FROM_FIRST,
    "own-mean": FROM_FIRST,
    "own-mean-worst": FROM_FIRST,
    "pre-drop-maximum": FROM_FIRST,
    "level": (0, *FROM_FIRST),
    "reliable-change": FROM_FIRST,
}
SPREADS = (*get_args(OwnSpread), *get_args(UsualSpread))
SIGMAS = get_args(Sigma)
CHOICES: dict[str, dict[str, Iterable[Any]]] = {
    "reliable-change": {"reference": REFERENCES},
    "own-sd": {"reference": ["own-mean"], "spread": get_args(OwnSpread)},
    "strauss-type": {"reference": REFERENCES, "spread": SPREADS},
    "stiles-type": {"reference": REFERENCES, "spread": SPREADS},
    "gumz-type": {
        "reference": REFERENCES,
        "own": get_args(OwnSpread),
        "usual": get_args(UsualSpread),
    },
    "individuals-chart": {"sigma": SIGMAS},
    "ewma": {"sigma": SIGMAS, "weight": [0.1, 0.2, 0.4, 0.6]},
    "cusum": {"sigma": SIGMAS, "slack": [0.25, 0.5, 1.0]},
    "sudden-losses": {"cut": [7 / 63, RELIABLE, smallest_reliable_change(TOTAL_SD, RETEST)]},
}


def families() -> dict[str, list[Rule]]:
    """Every setting of every rule, the rule's own one first. Some are `retrospective`."""
    return {name: settings(rule) for name, rule in RULES.items()}


def settings(rule: Rule) -> list[Rule]:
    choices = CHOICES.get(rule.name, {})
    grid = [
        replace(
            rule,
            minimum=minimum,
            parameters={**rule.parameters, **dict(zip(choices, chosen, strict=True))},
        )
        for minimum in MINIMUMS.get(rule.name, FROM_SECOND)
        for chosen in product(*choices.values())
    ]
    return [rule, *(setting for setting in grid if setting != rule)]
