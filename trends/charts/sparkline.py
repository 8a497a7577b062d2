"""The course in the size of a word."""

from collections.abc import Sequence
from html import escape

from .frame import MINIMUM_SLOTS, Frame, Mark, Spot, number, rating_spots
from .paths import alone, band, line, points


def sparkline_svg(marks: Sequence[Mark], *, title: str, scale: tuple[float, float] = (1, 5)) -> str:
    """The course without words: usual range, line with its gaps, flags and the last rating.

    marks and scale as in `course_svg`; title says what the picture shows. 160 by 40 units.
    """
    if not marks:
        return ""
    frame = Frame(5, 155, 5, 35, scale, max(len(marks), MINIMUM_SLOTS))
    spots = rating_spots(marks, frame)
    flags = [spot if mark.flagged else None for mark, spot in zip(marks, spots, strict=True)]
    parts = [
        '<svg class="chart-spark" viewBox="0 0 160 40" role="img">',
        f"<title>{escape(title)}</title>",
        band(marks, frame),
        line(spots),
        points("chart-alone", alone(spots)),
        _last_dot(spots),
        points("chart-flag", flags),
        "</svg>",
    ]
    return "".join(parts)


def _last_dot(spots: Sequence[Spot | None]) -> str:
    last = next((spot for spot in reversed(spots) if spot), None)
    if last is None:
        return ""
    return f'<circle class="chart-dot" cx="{number(last[0])}" cy="{number(last[1])}" r="3.5"/>'
