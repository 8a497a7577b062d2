"""Did the usual gap between client and therapist change?

Clients rate higher than their therapists, d .63 in 53 studies (Tryon 2007), and how far two people
lie apart did not predict the outcome of 700 treatments (Sinclair): the gap itself says nothing.
What is looked at is the newest gap against the mean of this pair's own earlier ones. If nothing
changed, the difference of the two is measurement error alone, of standard deviation

    sqrt(e[new]^2 + sum(e[i]^2) / n^2),  which is  e * sqrt(1 + 1 / n)  for n equal errors e,

where e^2 is the sum of the squared standard errors of the two means. Whatever else moves a gap from
session to session is not in it: docs/method.md says how often more than five in 100 are named then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, hypot, isfinite, sqrt

from .history import DIMENSIONS
from .prior import DEFAULT, Prior
from .repair import standard_error

EARLIER_NEEDED = 3
LIMIT = 1.96  # standard deviations: 5 of 100 beyond it, if nothing changed


@dataclass(frozen=True)
class GapChange:
    """usual, newest: gaps, client minus therapist, in points of the scale; usual is the mean of the
    earlier ones. earlier: how many those are. limit: a change beyond it is pointed out.
    """

    usual: float
    newest: float
    earlier: int
    limit: float

    @property
    def change(self) -> float:
        return self.newest - self.usual

    @property
    def is_unusual(self) -> bool:
        return abs(self.change) > self.limit


def gap_error(client: float, therapist: float, span: float, prior: Prior = DEFAULT) -> float:
    """Standard error of one gap between means of all items, in points of the scale.

    client, therapist: items of each dimension, as `History.items`. span: length of the scale.
    """
    items = (client * len(DIMENSIONS), therapist * len(DIMENSIONS))
    return hypot(*(standard_error(each, span, prior) for each in items))


def gap_change(gaps: Sequence[float], errors: Sequence[float]) -> GapChange | None:
    """The newest gap against the earlier ones; None before there are EARLIER_NEEDED of those.

    gaps: client's mean minus therapist's, of the sessions that both rated, the therapist blind;
    oldest first. errors: standard error of each, `gap_error`; both in points of one scale.

    Raises ValueError unless there is a finite gap and a finite error above 0 for each session.
    """
    if len(gaps) != len(errors):
        raise ValueError(f"There are {len(gaps)} gaps and {len(errors)} errors.")
    if not all(map(isfinite, gaps)):
        raise ValueError("A gap is a finite number.")
    if not all(isfinite(error) and error > 0 for error in errors):
        raise ValueError("The error of a gap is a finite number above 0.")
    earlier = len(gaps) - 1
    if earlier < EARLIER_NEEDED:
        return None
    usual = fsum(gaps[:-1]) / earlier
    uncertain = sqrt(fsum(error**2 for error in errors[:-1])) / earlier
    return GapChange(usual, gaps[-1], earlier, LIMIT * hypot(errors[-1], uncertain))
