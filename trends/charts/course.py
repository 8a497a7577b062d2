"""The large chart of one course."""

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil

from .frame import MINIMUM_SLOTS, Frame, Mark, finite, number, rating_spots, therapist_spots
from .paths import band, gaps, levels, line, therapist_line
from .placing import CHARACTER, PHONE, SCREEN, Place
from .shapes import THERAPIST, mark_svg
from .words import ChartWords, text, written

HEIGHT = 280
TOP, BOTTOM = 14, 248  # where the ends of the scale lie
MARGIN = 1.5  # of the plot's width, before the first session and after the last, in per cent
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def course_svg(
    marks: Sequence[Mark],
    *,
    words: ChartWords,
    scale: tuple[float, float] = (1, 5),
    chart_id: str = "course-chart",
) -> str:
    """The whole course with scale, session numbers, usual range, ratings, gaps and flags.

    Where the therapist rated too, those ratings are a second, dashed line with marks of its own.

    marks: one per session, oldest first. scale: lowest and highest score; scores outside it are
    drawn at its end, NaN and infinities as missing. chart_id: unique on the page, names the title
    and the description for screen readers. Fills the width of whatever holds it and is 280 px
    high. Without marks the answer is "".
    """
    if not marks:
        return ""
    frame = Frame(MARGIN, 100 - MARGIN, TOP, BOTTOM, scale, max(len(marks), MINIMUM_SLOTS))
    spots = rating_spots(marks, frame)
    name = escape(chart_id)
    parts = [
        f'<svg class="{_density(len(marks))}" width="100%" height="{HEIGHT}" overflow="visible"'
        f' role="img" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(words.title)}</title>'
        f'<desc id="{name}-desc">{escape(words.description)}</desc>',
        *_scale_lines(frame),
        f'<svg width="100%" height="{HEIGHT}" viewBox="0 0 100 {HEIGHT}"'
        ' preserveAspectRatio="none" overflow="visible">',
        band(marks, frame),
        levels(marks, frame),
        therapist_line(therapist_spots(marks, frame)),
        gaps(spots),
        line(spots),
        "</svg>",
        *_session_numbers(marks, frame),
        *_therapist_dots(marks, frame),
        *_dots(marks, frame),
        *written(marks, frame, words),
        "</svg>",
    ]
    return "".join(parts)


def _density(count: int) -> str:
    if count <= 24:
        return "chart"
    return "chart chart-some" if count <= 80 else "chart chart-many"


def _radius(mark: Mark, count: int) -> float:
    plain = _plain_radius(count)
    return plain + 2 if mark.flagged else plain


def _plain_radius(count: int) -> int:
    return 4 if count <= 24 else 3 if count <= 80 else 2


def _therapist_dots(marks: Sequence[Mark], frame: Frame) -> Iterator[str]:
    """Below the client's, and a little smaller."""
    radius = _plain_radius(len(marks)) - 0.5
    for mark, spot in zip(marks, therapist_spots(marks, frame), strict=True):
        if spot:
            yield mark_svg("chart-therapist", mark.therapist_title, spot, radius, THERAPIST)


def _dots(marks: Sequence[Mark], frame: Frame) -> list[str]:
    """A mark for each rating, a ring on the axis where there is none; flags lie on top."""
    order = sorted(range(len(marks)), key=lambda i: marks[i].flagged)
    return [_dot(marks[i], frame.x(i), frame, len(marks)) for i in order]


def _dot(mark: Mark, x: float, frame: Frame, count: int) -> str:
    score = finite(mark.score)
    if score is None:
        return mark_svg("chart-missing", mark.title, (x, frame.bottom), 2.0, "")
    spot = (x, frame.y(score))
    return mark_svg(_kind(mark), mark.title, spot, _radius(mark, count), mark.shape)


def _kind(mark: Mark) -> str:
    if not mark.flagged:
        return "chart-dot"
    return "chart-flag chart-seen" if mark.seen else "chart-flag"


def _scale_lines(frame: Frame) -> Iterator[str]:
    for value in _scale_values(frame.scale):
        y = frame.y(value)
        yield f'<line class="chart-grid" x1="0" x2="100%" y1="{number(y)}" y2="{number(y)}"/>'
        yield (
            f'<text class="chart-label" x="-10" y="{number(y + 4)}" text-anchor="end">'
            f"{value:g}</text>"
        )


def _scale_values(scale: tuple[float, float]) -> list[float]:
    lowest, highest = scale
    span = highest - lowest
    step = span if span < 1 else next((step for step in STEPS if span / step <= 6), span)
    return [lowest + step * k for k in range(int(span / step) + 1)]


def _session_numbers(marks: Sequence[Mark], frame: Frame) -> Iterator[str]:
    """As many as there is room for; some of them only on larger screens."""
    step, wide = _numbered(marks, frame, SCREEN, grid=1)
    _, narrow = _numbered(marks, frame, PHONE, grid=step)
    for i in sorted(wide):
        css = "chart-label" if i in narrow else "chart-label chart-minor"
        yield text(str(marks[i].number), css, Place(frame.x(i), HEIGHT - 10))


def _numbered(
    marks: Sequence[Mark], frame: Frame, width: float, *, grid: int
) -> tuple[int, set[int]]:
    """The step between numbers, a multiple of `grid`, and which marks get one.

    The first and the last mark always do; round numbers too close to either do not.
    """
    last = len(marks) - 1
    room = len(str(marks[last].number)) * CHARACTER + 10
    apart = ceil(room / (width / (frame.slots - 1)))
    step = next((step for step in STEPS if step >= apart and step % grid == 0), STEPS[-1])
    inner = range(apart, last - apart + 1)
    return step, {0, last, *(i for i in inner if marks[i].number % step == 0)}
