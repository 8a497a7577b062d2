"""What the engine says about a session, as data that can be stored as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import isnan
from typing import Any

from .evidence import Source
from .history import Dimension

Range = tuple[float, float]

DECIMALS = 4


@dataclass(frozen=True)
class Reason:
    """Why a session is flagged: the numbers behind one plain sentence. Scores in scale points.

    dimension: the one that fell furthest below what was to be expected, in standard deviations.
    score: its score in this session.
    usual_low, usual_high: where 80 of 100 ratings of it would fall if nothing was wrong, going by
        the earlier ones.
    one_in: without a rupture, one in so many sessions has a fall as far as this one in any of its
        dimensions. None in reasons of an engine before "switching-1".
    p_onset, p_rupture: probabilities that a rupture begins here, and that there is one. None too.
    changes: each rated dimension minus what was to be expected of it; negative means it is lower.
    earlier: number of earlier ratings of this dimension.
    missing: number of sessions without any rating just before this one.
    also: weak evidence for a rupture besides the scores, in this session or just before it.
    """

    dimension: Dimension
    score: float
    usual_low: float
    usual_high: float
    changes: dict[str, float]
    earlier: int
    missing: int
    one_in: float | None = None
    p_onset: float | None = None
    p_rupture: float | None = None
    also: tuple[Source, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values; numbers rounded to four decimals."""
        return {
            "dimension": self.dimension,
            "score": rounded(self.score),
            "usual_low": rounded(self.usual_low),
            "usual_high": rounded(self.usual_high),
            "changes": {name: rounded(change) for name, change in self.changes.items()},
            "earlier": self.earlier,
            "missing": self.missing,
            "one_in": rounded(self.one_in),
            "p_onset": rounded(self.p_onset),
            "p_rupture": rounded(self.p_rupture),
            "also": list(self.also),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Reason":
        """The reason that as_dict described, of this engine or an earlier one.

        Raises TypeError for missing keys.
        """
        known = {name: data[name] for name in names(cls) if name in data}
        return cls(**{**known, "also": tuple(data.get("also", ()))})


@dataclass(frozen=True)
class Point:
    """One session of a trajectory, computed from this session and the ones before it.

    All scores in points of the scale. A session without a rating has everything but `score`.

    score: mean of the session's rated dimensions; None without a rating.
    level, level_low, level_high: the person's own level apart from ruptures, and where it lies with
        a chance of 80 %; None before the first rating.
    low, high: where 80 of 100 ratings would fall if nothing was wrong, going by the earlier ones;
        None until there are two earlier ratings.
    usual: the same range for goal, task and bond; None until there are two earlier ratings.
    expected: the score that was to be expected, a rupture under way included; None likewise.
    p_onset: probability that a rupture begins in this session.
    p_rupture: probability that this session lies in one.
    flag: the episode of a flag is under way.
    onset: a flag is raised here.
    reason: present exactly at an onset.
    """

    score: float | None
    level: float | None
    level_low: float | None
    level_high: float | None
    low: float | None
    high: float | None
    usual: tuple[Range, Range, Range] | None
    expected: float | None
    p_onset: float
    p_rupture: float
    flag: bool
    onset: bool
    reason: Reason | None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values; numbers rounded to four decimals, NaN becomes None."""
        numbers = {
            name: rounded(getattr(self, name))
            for name in names(type(self))
            if name not in ("usual", "flag", "onset", "reason")
        }
        return {
            **numbers,
            "usual": self.usual and [[rounded(end) for end in range_] for range_ in self.usual],
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
                "usual": usual and tuple(tuple(range_) for range_ in usual),
                "reason": reason and Reason.from_dict(reason),
            }
        )


def names(of: type[Any]) -> list[str]:
    return [each.name for each in fields(of)]


def rounded(value: float | None) -> float | None:
    if value is None or isnan(value):
        return None
    return round(float(value), DECIMALS) + 0.0  # turns -0.0 into 0.0
