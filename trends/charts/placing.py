"""Finds places for words, clear of the lines of a chart and of each other.

Words are placed in percentages across and pixels down, and have a size in pixels: what is free at
one width need not be at another. Every place is therefore tried at several widths.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .frame import Spot

# Widths of the plot in pixels: a small phone, the least of larger screens, a wide column.
PHONE, SCREEN, WIDE = 205, 500, 900
CHARACTER = 7.6  # width of a 12 px character, in a wide bold font

Segment = tuple[Spot, Spot]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Place:
    """x in per cent and `nudge` in pixels to the right, baseline y in pixels, text-anchor."""

    x: float
    y: float
    anchor: str = "middle"
    nudge: float = 0


@dataclass(frozen=True)
class Label:
    """A word and the places where it may stand, best first."""

    text: str
    css: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Placed:
    label: Label
    place: Place

    def box(self, width: float) -> Box:
        """Left, top, right and bottom in pixels, with a little air, in a plot of this width."""
        long = len(self.label.text) * CHARACTER
        before = {"start": 0.0, "middle": long / 2, "end": long}[self.place.anchor]
        left = self.place.x / 100 * width + self.place.nudge - before
        return left, self.place.y - 13, left + long, self.place.y + 6


def place_labels(
    labels: Iterable[Label],
    segments: Sequence[Segment],
    *,
    before: Sequence[Placed],
    widths: Sequence[float],
    most: int,
) -> list[Placed]:
    """Gives labels their best free place at all the widths, until so many are placed.

    segments: lines to keep clear of, each from left to right in per cent and pixels. before:
    labels that have their place already. A label without a free place is left out.
    """
    found: list[Placed] = []
    for label in labels:
        if len(found) == most:
            break
        options = (Placed(label, place) for place in label.places)
        others = [*before, *found]
        free = (option for option in options if _free(option, others, segments, widths))
        found.extend(placed for placed in [next(free, None)] if placed)
    return found


def _free(
    placed: Placed,
    others: Iterable[Placed],
    segments: Iterable[Segment],
    widths: Iterable[float],
) -> bool:
    return all(_free_at(width, placed.box(width), others, segments) for width in widths)


def _free_at(width: float, box: Box, others: Iterable[Placed], segments: Iterable[Segment]) -> bool:
    if box[0] < 0 or box[2] > width:
        return False
    if any(_overlap(box, other.box(width)) for other in others):
        return False
    return not any(_crosses(segment, box, width) for segment in segments)


def _overlap(one: Box, other: Box) -> bool:
    across = one[0] < other[2] and other[0] < one[2]
    return across and one[1] < other[3] and other[1] < one[3]


def _crosses(segment: Segment, box: Box, width: float) -> bool:
    (x1, y1), (x2, y2) = segment
    left, top, right, bottom = box
    start, end = max(x1, left / width * 100), min(x2, right / width * 100)
    if start > end:
        return False
    slope = (y2 - y1) / (x2 - x1) if x2 > x1 else 0.0
    heights = (y1 + slope * (start - x1), y1 + slope * (end - x1))
    return min(heights) < bottom and max(heights) > top
