"""The words inside a large chart: what is written where."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby, pairwise

from .frame import Frame, Mark, Spot, number, rating_spots, runs, therapist_spots
from .placing import PHONE, SCREEN, WIDE, Label, Place, Placed, Segment, place_labels

MOST = 3  # words of a kind; every mark has its title anyway
TRIED = 12  # so many of the latest are tried


@dataclass(frozen=True)
class ChartWords:
    """The words of the large chart, translated."""

    title: str
    description: str
    no_rating: str
    possible_rupture: str


def written(marks: Sequence[Mark], frame: Frame, words: ChartWords) -> Iterator[str]:
    """Names possible ruptures and gaps, the latest first, where there is room for it.

    What fits on a phone is always shown, more of it on larger screens.
    """
    spots = rating_spots(marks, frame)
    segments = [*_segments(spots), *_segments(therapist_spots(marks, frame))]
    before: list[Placed] = []
    for labels in (
        _alarms(marks, spots, frame, words.possible_rupture),
        _gap_words(spots, frame, words.no_rating),
    ):
        always, more = _place_twice(labels, segments, before)
        before += [*always, *more]
        yield from (_text_of(placed) for placed in always)
        yield from (_text_of(placed, " chart-minor") for placed in more)


def _place_twice(
    labels: Sequence[Label], segments: Sequence[Segment], before: Sequence[Placed]
) -> tuple[list[Placed], list[Placed]]:
    everywhere = (PHONE, SCREEN, WIDE)
    always = place_labels(labels, segments, before=before, widths=everywhere, most=MOST)
    done = {placed.label for placed in always}
    rest = [label for label in labels if label not in done]
    taken = [*before, *always]
    room = MOST - len(always)
    return always, place_labels(rest, segments, before=taken, widths=everywhere[1:], most=room)


def _text_of(placed: Placed, more_css: str = "") -> str:
    return text(placed.label.text, placed.label.css + more_css, placed.place)


def text(words: str, css: str, place: Place) -> str:
    nudge = f' dx="{number(place.nudge)}"' if place.nudge else ""
    return (
        f'<text class="{css}" x="{number(place.x)}%" y="{number(place.y)}"{nudge}'
        f' text-anchor="{place.anchor}">{escape(words)}</text>'
    )


def _segments(spots: Sequence[Spot | None]) -> list[Segment]:
    """All lines that a word must not cross, dotted ones too; a lonely dot is one of no length."""
    rated = [spot for spot in spots if spot]
    return list(pairwise(rated)) or [(spot, spot) for spot in rated]


def _alarms(
    marks: Sequence[Mark], spots: Sequence[Spot | None], frame: Frame, words: str
) -> list[Label]:
    """One for each run of ratings flagged alike, at its first; the latest first."""
    rated = [(mark, spot) for mark, spot in zip(marks, spots, strict=True) if spot]
    runs_alike = groupby(rated, key=lambda pair: _kind(pair[0]))
    starts = [next(run) for kind, run in runs_alike if kind is not None]
    latest = reversed(starts[-TRIED:])
    return [
        Label(mark.flag_words or words, _ink(mark), _around(spot, frame)) for mark, spot in latest
    ]


def _kind(mark: Mark) -> tuple[bool, str] | None:
    return (mark.seen, mark.flag_words) if mark.flagged else None


def _ink(mark: Mark) -> str:
    """Only what waits for somebody calls."""
    return "chart-word" if mark.seen else "chart-alarm"


def _around(spot: Spot, frame: Frame) -> tuple[Place, ...]:
    """Below the dot, else above it, else beside it; inside the plot."""
    x, y = spot
    beside = (Place(x, y + 4, "end", -12), Place(x, y + 4, "start", 12))
    options = (*_along(x, y + 20), *_along(x, y - 12), *beside)
    return tuple(place for place in options if frame.top + 9 < place.y < frame.bottom + 5)


def _along(x: float, y: float) -> tuple[Place, ...]:
    return Place(x, y), Place(x, y, "end"), Place(x, y, "start")


def _gap_words(spots: Sequence[Spot | None], frame: Frame, words: str) -> list[Label]:
    """One for each run of sessions without a rating; the latest first."""
    missing = [i if spot is None else None for i, spot in enumerate(spots)]
    latest = reversed(list(runs(missing))[-TRIED:])
    return [_gap_word(run[0], run[-1], spots, frame, words) for run in latest]


def _gap_word(
    first: int, last: int, spots: Sequence[Spot | None], frame: Frame, words: str
) -> Label:
    middle = (frame.x(first) + frame.x(last)) / 2
    height = _edge_height(spots[max(first - 1, 0) : last + 2], frame)
    return Label(words, "chart-word", _along(middle, height))


def _edge_height(around: Iterable[Spot | None], frame: Frame) -> float:
    """At the foot of the plot, or at its head where the line itself runs along the foot."""
    lowest = max((spot[1] for spot in around if spot), default=frame.top)
    return frame.top + 16 if lowest > frame.bottom - 30 else frame.bottom - 9
