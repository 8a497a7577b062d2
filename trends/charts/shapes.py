"""Marks that are no round dots, each about as heavy as one."""

from html import escape

from .frame import number

# Corners in radii of the dot, around its middle. The shapes differ without any colour.
SHAPES = {
    "square": ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)),
    "diamond": ((0.0, -1.5), (1.5, 0.0), (0.0, 1.5), (-1.5, 0.0)),
    "triangle": ((0.0, -1.5), (1.45, 1.1), (-1.45, 1.1)),
    "plus": (
        *((-0.5, -1.5), (0.5, -1.5), (0.5, -0.5), (1.5, -0.5)),
        *((1.5, 0.5), (0.5, 0.5), (0.5, 1.5), (-0.5, 1.5)),
        *((-0.5, 0.5), (-1.5, 0.5), (-1.5, -0.5), (-0.5, -0.5)),
    ),
    "cross": (
        *((-1.4, -0.7), (-0.7, -1.4), (0.0, -0.7), (0.7, -1.4), (1.4, -0.7), (0.7, 0.0)),
        *((1.4, 0.7), (0.7, 1.4), (0.0, 0.7), (-0.7, 1.4), (-1.4, 0.7), (-0.7, 0.0)),
    ),
}
THERAPIST = "cross"  # the therapist's ratings; the client's have the other shapes
RING = "ring"  # a round dot that is left open
LEGEND_RADIUS = 4


def outline(shape: str, radius: float) -> str:
    corners = (f"{number(x * radius)} {number(y * radius)}" for x, y in SHAPES[shape])
    return f"M{'L'.join(corners)}Z"


def shape_svg(shape: str) -> str:
    """The mark by itself, for a legend whose words stand beside it."""
    css = "chart-therapist" if shape == THERAPIST else "chart-dot"
    drawn = (
        f'<circle class="chart-dot chart-open" r="{LEGEND_RADIUS}"/>'
        if shape == RING
        else f'<path class="{css}" d="{outline(shape, LEGEND_RADIUS)}"/>'
    )
    return f'<svg class="chart-key" viewBox="-7 -7 14 14" aria-hidden="true">{drawn}</svg>'


def mark_svg(css: str, title: str, spot: tuple[float, float], radius: float, shape: str) -> str:
    """One mark: x in per cent, y in pixels."""
    x, y = number(spot[0]), number(spot[1])
    named = f"<title>{escape(title)}</title>"
    if shape in SHAPES:  # paths know no percentages: they get a small picture of their own
        return (
            f'<svg x="{x}%" y="{y}" overflow="visible">'
            f'<path class="{css}" d="{outline(shape, radius)}">{named}</path></svg>'
        )
    css = f"{css} chart-open" if shape == RING else css
    return f'<circle class="{css}" cx="{x}%" cy="{y}" r="{radius:g}">{named}</circle>'
