"""Lines and areas through many sessions, as SVG paths."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from .frame import Frame, Mark, Spot, at, finite, runs


def line(spots: Sequence[Spot | None]) -> str:
    """Joins ratings of neighbouring sessions only."""
    return path("chart-line", "".join(_polyline(run) for run in runs(spots) if len(run) > 1))


def therapist_line(spots: Sequence[Spot | None]) -> str:
    """Joins the therapist's own ratings, over sessions that were not rated: there are few."""
    rated = [spot for spot in spots if spot]
    return path("chart-therapist-line", _polyline(rated) if len(rated) > 1 else "")


def levels(marks: Sequence[Mark], frame: Frame) -> str:
    """The person's own level through all sessions, from the first one where it is known."""
    known = [finite(mark.level) for mark in marks]
    spots = [None if y is None else (frame.x(i), frame.y(y)) for i, y in enumerate(known)]
    return path("chart-level", "".join(_polyline(run) for run in runs(spots) if len(run) > 1))


def points(css: str, spots: Iterable[Spot | None]) -> str:
    """A line of no length at each spot: with round ends and thick enough it shows as a dot."""
    return path(css, "".join(f"M{at(spot)}h0" for spot in spots if spot))


def alone(spots: Sequence[Spot | None]) -> list[Spot]:
    """Ratings without a neighbour, which no line touches."""
    return [run[0] for run in runs(spots) if len(run) == 1]


def gaps(spots: Sequence[Spot | None]) -> str:
    """Joins the ratings on both sides of sessions without one."""
    bridges = [(before[-1], after[0]) for before, after in pairwise(runs(spots))]
    return path("chart-gap", "".join(_polyline(bridge) for bridge in bridges))


def band(marks: Sequence[Mark], frame: Frame) -> str:
    ranges = [_range(mark, frame, frame.x(i)) for i, mark in enumerate(marks)]
    return path("chart-band", "".join(_polygon(run, frame) for run in runs(ranges)))


def _range(mark: Mark, frame: Frame, x: float) -> tuple[float, float, float] | None:
    low, high = finite(mark.low), finite(mark.high)
    return None if low is None or high is None else (x, frame.y(low), frame.y(high))


def _polygon(run: Sequence[tuple[float, float, float]], frame: Frame) -> str:
    """Along the upper edge and back along the lower, reaching a little past both ends."""
    (first, *first_edges), (last, *last_edges) = run[0], run[-1]
    reach = frame.overhang
    ends = [(first - reach, *first_edges), *run, (last + reach, *last_edges)]
    upper = [(x, high) for x, _, high in ends]
    lower = [(x, low) for x, low, _ in reversed(ends)]
    return f"{_polyline([*upper, *lower])}Z"


def _polyline(spots: Sequence[Spot]) -> str:
    return "M" + "L".join(map(at, spots))


def path(css: str, drawn: str) -> str:
    return f'<path class="{css}" d="{drawn}"/>' if drawn else ""
