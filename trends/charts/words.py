"""Places for the words inside a chart, clear of its lines and of each other.

A word is placed in percentages across and pixels down. Seen in percentages it only shrinks as the
chart gets wider, so a word that is free of collisions at one width is free of them at every
larger one: two widths are enough, a small phone's and the least of all other screens.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby, pairwise

from .frame import Frame, Mark, Spot, number, rating_spots, runs

NARROW, WIDE = 205, 500  # of the plot, in pixels
CHARACTER = 7.6  # width of a 12 px character, in a wide bold font
LATEST = 3  # so many words of a kind at most; every mark has its title anyway

Segment = tuple[Spot, Spot]
Box = tuple[float, float, float, float]
Places = tuple[tuple[float, float, str], ...]


@dataclass(frozen=True)
class ChartWords:
    """The words of the large chart, translated."""

    title: str
    description: str
    no_rating: str
    possible_rupture: str


@dataclass(frozen=True)
class _Label:
    """A word and the places it may stand at, best first: x, y of the baseline, text-anchor."""

    text: str
    css: str
    places: Places


@dataclass(frozen=True)
class _Placed:
    label: _Label
    x: float
    y: float
    anchor: str

    def box(self, width: float) -> Box:
        """Left, top, right and bottom in pixels, with a little air, in a plot of this width."""
        long = len(self.label.text) * CHARACTER
        before = {"start": 0.0, "middle": long / 2, "end": long}[self.anchor]
        left = self.x / 100 * width - before
        return left, self.y - 13, left + long, self.y + 6


def written(marks: Sequence[Mark], frame: Frame, words: ChartWords) -> Iterator[str]:
    """Words that keep clear of the line and of each other; what finds no place is left out."""
    spots = rating_spots(marks, frame)
    labels = [
        *_alarms(marks, spots, frame, words.possible_rupture),
        *_gap_words(spots, frame, words.no_rating),
    ]
    segments = _segments(spots)
    narrow = _place(labels, [], segments, NARROW)
    left_over = [label for label in labels if label not in [placed.label for placed in narrow]]
    wide = _place(left_over, narrow, segments, WIDE)
    for placed in narrow:
        yield text(placed.label.text, placed.label.css, placed.x, placed.y, placed.anchor)
    for placed in wide:
        css = f"{placed.label.css} chart-minor"
        yield text(placed.label.text, css, placed.x, placed.y, placed.anchor)


def _alarms(
    marks: Sequence[Mark], spots: Sequence[Spot | None], frame: Frame, text: str
) -> list[_Label]:
    """One for each run of flagged ratings, at its first; the latest first."""
    rated = [(mark.flagged, spot) for mark, spot in zip(marks, spots, strict=True) if spot]
    runs = [(flagged, next(run)[1]) for flagged, run in groupby(rated, key=lambda pair: pair[0])]
    starts = [spot for flagged, spot in runs if flagged][-LATEST:]
    return [_Label(text, "chart-alarm", _around(spot, frame)) for spot in reversed(starts)]


def _around(spot: Spot, frame: Frame) -> Places:
    """Below the dot or else above it, inside the plot."""
    x, y = spot
    heights = [y + 20, y - 12]
    return _places(x, [height for height in heights if frame.top + 9 < height < frame.bottom - 8])


def _places(x: float, heights: Iterable[float]) -> Places:
    return tuple((x, height, anchor) for height in heights for anchor in ("middle", "end", "start"))


def _gap_words(spots: Sequence[Spot | None], frame: Frame, text: str) -> list[_Label]:
    """One for each run of sessions without a rating; the latest first."""
    missing = [i if spot is None else None for i, spot in enumerate(spots)]
    latest = list(runs(missing))[-LATEST:]
    return [_gap_word(run[0], run[-1], spots, frame, text) for run in reversed(latest)]


def _gap_word(
    first: int, last: int, spots: Sequence[Spot | None], frame: Frame, text: str
) -> _Label:
    middle = (frame.x(first) + frame.x(last)) / 2
    height = _edge_height(spots[max(first - 1, 0) : last + 2], frame)
    return _Label(text, "chart-word", _places(middle, [height]))


def _edge_height(around: Iterable[Spot | None], frame: Frame) -> float:
    """At the foot of the plot, or at its head where the line itself runs along the foot."""
    lowest = max((spot[1] for spot in around if spot), default=frame.top)
    return frame.top + 16 if lowest > frame.bottom - 30 else frame.bottom - 9


def _segments(spots: Sequence[Spot | None]) -> list[Segment]:
    """All lines that a word must not cross, dotted ones too; a lonely dot is one of no length."""
    rated = [spot for spot in spots if spot]
    return list(pairwise(rated)) or [(spot, spot) for spot in rated]


def _place(
    labels: Iterable[_Label], before: Sequence[_Placed], segments: Sequence[Segment], width: float
) -> list[_Placed]:
    """Gives each label its best free place in a plot of this width."""
    taken = [placed.box(width) for placed in before]
    found = []
    for label in labels:
        options = (_Placed(label, *place) for place in label.places)
        placed = next((p for p in options if _free(p.box(width), taken, segments, width)), None)
        if placed:
            found.append(placed)
            taken.append(placed.box(width))
    return found


def _free(box: Box, taken: Iterable[Box], segments: Iterable[Segment], width: float) -> bool:
    inside = box[0] >= 0 and box[2] <= width
    return (
        inside
        and not any(_overlap(box, other) for other in taken)
        and not any(_crosses(segment, box, width) for segment in segments)
    )


def _overlap(one: Box, other: Box) -> bool:
    across = one[0] < other[2] and other[0] < one[2]
    return across and one[1] < other[3] and other[1] < one[3]


def _crosses(segment: Segment, box: Box, width: float) -> bool:
    """Does a line, given from left to right in per cent and pixels, touch the box?"""
    (x1, y1), (x2, y2) = segment
    left, top, right, bottom = box
    start, end = max(x1, left / width * 100), min(x2, right / width * 100)
    if start > end:
        return False
    slope = (y2 - y1) / (x2 - x1) if x2 > x1 else 0.0
    heights = (y1 + slope * (start - x1), y1 + slope * (end - x1))
    return min(heights) < bottom and max(heights) > top


def text(text: str, css: str, x: float, y: float, anchor: str) -> str:
    return (
        f'<text class="{css}" x="{number(x)}%" y="{number(y)}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )
