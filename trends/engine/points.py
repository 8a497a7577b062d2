"""What the engine says about a session, as data that can be stored as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

from .history import Dimension

Range = tuple[float, float]

DECIMALS = 4


@dataclass(frozen=True)
class Reason:
    """Why a session is flagged: the numbers behind one plain sentence. Scores in scale points.

    dimension: the one that fell furthest, of those that fell far enough.
    score: its score in this session.
    usual_low, usual_high: where 80 of 100 next ratings of it would fall, going by the earlier ones.
    severity: how far it fell below the person's own mean, in standard deviations.
    changes: each rated dimension minus the person's own mean of it; negative means it is lower.
    earlier: number of earlier ratings of this dimension.
    missing: number of sessions without any rating just before this one.
    """

    dimension: Dimension
    score: float
    usual_low: float
    usual_high: float
    severity: float
    changes: dict[str, float]
    earlier: int
    missing: int

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values; numbers rounded to four decimals."""
        return {
            "dimension": self.dimension,
            "score": rounded(self.score),
            "usual_low": rounded(self.usual_low),
            "usual_high": rounded(self.usual_high),
            "severity": rounded(self.severity),
            "changes": {name: rounded(change) for name, change in self.changes.items()},
            "earlier": self.earlier,
            "missing": self.missing,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Reason":
        """The reason that as_dict described. Raises TypeError for missing or unknown keys."""
        return cls(**data)


@dataclass(frozen=True)
class Point:
    """One session of a trajectory, computed from this session and the ones before it.

    score: mean of the session's rated dimensions, in scale points; None without a rating.
    level: the person's own mean of these totals so far, this one included; None before the first.
    low, high: where 80 of 100 of the next totals would fall, going by the earlier ratings, within
        the scale; None until there are two earlier ratings. A session without a rating has it too.
    usual: the same range for goal, task and bond; None until any of them has two earlier ratings,
        and None in the place of a dimension that has not.
    severity: the largest fall of a dimension below the person's own mean, in standard deviations;
        negative if all rose; None without a rating or without two earlier ones.
    flag: a possible rupture shows in this session.
    onset: flagged, and the last rated session before was not.
    reason: present exactly when flagged.
    """

    score: float | None
    level: float | None
    low: float | None
    high: float | None
    usual: tuple[Range | None, Range | None, Range | None] | None
    severity: float | None
    flag: bool
    onset: bool
    reason: Reason | None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values; numbers rounded to four decimals, NaN becomes None."""
        return {
            "score": rounded(self.score),
            "level": rounded(self.level),
            "low": rounded(self.low),
            "high": rounded(self.high),
            "usual": self.usual and [rounded_range(range_) for range_ in self.usual],
            "severity": rounded(self.severity),
            "flag": self.flag,
            "onset": self.onset,
            "reason": self.reason and self.reason.as_dict(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Point":
        """The point that as_dict described. Raises KeyError or TypeError for wrong keys."""
        usual, reason = data["usual"], data["reason"]
        return cls(
            **{
                **data,
                "usual": usual and tuple(range_ and tuple(range_) for range_ in usual),
                "reason": reason and Reason.from_dict(reason),
            }
        )


def rounded(value: float | None) -> float | None:
    if value is None or isnan(value):
        return None
    return round(float(value), DECIMALS) + 0.0  # turns -0.0 into 0.0


def rounded_range(range_: Range | None) -> list[float | None] | None:
    return None if range_ is None else [rounded(end) for end in range_]
