"""What a rule of the literature says of every row of a file."""

from collections.abc import Iterator, Sequence
from math import floor, inf

import numpy as np

from trends.engine.history import Floats
from trends.engine.rules import Rule, flag

from .ordering import Block, courses
from .progress import Progress
from .reading import Ratings
from .verdict import COLUMNS

EMPTY = ("",) * COLUMNS.index("flag")


class RuleVerdict:
    def __init__(self, rule: Rule, severity: Floats, threshold: float) -> None:
        self.flags, self.threshold = flag(severity, threshold), threshold
        self.by = f"rule {rule.name} ({rule.setting})"
        self._rule, self._severity = rule, severity

    def cells(self, rows: slice) -> Iterator[tuple[str, ...]]:
        flags, severities = self.flags[rows].tolist(), self._severity[rows].tolist()
        for flagged, severity in zip(flags, severities, strict=True):
            yield (*EMPTY, "1", self.reason(severity)) if flagged else (*EMPTY, "0", "")

    def reason(self, severity: float) -> str:
        return f"{self._rule.name}: severity {severity:.3f}, threshold {self.threshold:.3f}"


def judge(
    ratings: Ratings,
    blocks: Sequence[Block],
    rule: Rule,
    *,
    threshold: float | None,
    budget: float | None,
    progress: Progress,
) -> RuleVerdict:
    """threshold: the rule's own if None. budget: if given, the threshold follows from it."""
    severity = severities(ratings, blocks, rule, progress)
    if budget is not None:
        threshold = threshold_for(budget, severity, int(ratings.rated.sum()))
    return RuleVerdict(rule, severity, rule.threshold if threshold is None else threshold)


def severities(ratings: Ratings, blocks: Sequence[Block], rule: Rule, progress: Progress) -> Floats:
    severity, done = np.full(len(ratings), np.nan), 0
    for block in blocks:
        scores = courses(ratings, block).scores
        found = rule.severity(scores, ratings.form.scale)
        severity[block.rows[block.held]] = found[block.held]
        done += int(block.held.sum())
        progress.show("computing", done, len(ratings))
    return severity


def threshold_for(budget: float, severity: Floats, rated: int) -> float:
    """The lowest severity that flags at most `budget` in 100 rated sessions; endless if none does.

    Equal severities are flagged together, and what is no fall at all is not flagged.
    """
    falls, counts = np.unique(severity[severity > 0], return_counts=True)
    flagged = counts[::-1].cumsum()[::-1]
    few_enough = flagged <= floor(budget / 100 * rated)
    return float(falls[few_enough][0]) if few_enough.any() else inf
