"""The rules of the literature on ruptures, as families: for benchmarks and for research.

    RULES["own-mean"].severity(scores, scale=(1, 5))

In go the scores of many treatments, (treatments, sessions, 3); out comes a severity for each of
their sessions. `families()` lists every setting of every rule. None of these is the product's own
rule: that is `trends.engine.detect`.
"""

from .inputs import BETWEEN_SD, RELIABILITY, TOTAL_SD, WITHIN_SD
from .registry import RULES, Rule, families, flag
from .sudden import SuddenChanges, retrospective_sudden_gains, retrospective_sudden_losses

__all__ = [
    "BETWEEN_SD",
    "RELIABILITY",
    "RULES",
    "TOTAL_SD",
    "WITHIN_SD",
    "Rule",
    "SuddenChanges",
    "families",
    "flag",
    "retrospective_sudden_gains",
    "retrospective_sudden_losses",
]
