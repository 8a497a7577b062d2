"""How far something has come, in the size of a word: a few points that were asked now and then."""

from collections.abc import Sequence
from html import escape

from .frame import MINIMUM_SLOTS, Frame, Spot, finite, number
from .paths import gaps, line


def progress_svg(
    values: Sequence[float | None],
    *,
    title: str,
    description: str,
    chart_id: str,
    scale: tuple[float, float] = (0, 10),
) -> str:
    """A dot for each answer, joined by a dotted line where nobody was asked in between.

    values: one for each occasion in their order, None where nothing was said; NaN and infinities
    count as None. scale: the lowest and the highest value, drawn as lines; what lies outside is
    drawn at its end. chart_id: unique on the page, names the title and the description for screen
    readers. 160 by 40 units. Without any value the answer is "".
    """
    frame = Frame(5, 155, 5, 35, scale, max(len(values), MINIMUM_SLOTS))
    spots = [_spot(value, place, frame) for place, value in enumerate(values)]
    if not any(spots):
        return ""
    name = escape(chart_id)
    parts = [
        '<svg class="chart-spark chart-progress" viewBox="0 0 160 40" role="img"'
        f' aria-labelledby="{name}-title {name}-desc">',
        f'<title id="{name}-title">{escape(title)}</title>',
        f'<desc id="{name}-desc">{escape(description)}</desc>',
        *(_level(y) for y in (frame.top, frame.bottom)),
        gaps(spots),
        line(spots),
        *(_dot(spot) for spot in spots if spot),
        "</svg>",
    ]
    return "".join(parts)


def _spot(value: float | None, place: int, frame: Frame) -> Spot | None:
    known = finite(value)
    return None if known is None else (frame.x(place), frame.y(known))


def _level(y: float) -> str:
    return f'<line class="chart-grid" x1="0" x2="160" y1="{number(y)}" y2="{number(y)}"/>'


def _dot(spot: Spot) -> str:
    return f'<circle class="chart-dot" cx="{number(spot[0])}" cy="{number(spot[1])}" r="3.5"/>'
