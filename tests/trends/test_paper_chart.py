"""The chart on paper: all in one system of coordinates, and with its own colours."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.trends.test_charts import WORDS, course_of, mark
from trends.charts import course_svg
from trends.charts.paper import LEFT, RIGHT, paper_css, paper_svg

FOLDER = Path(__file__).parents[2] / "static" / "css"
WIDTH = 642
PLOT = WIDTH - LEFT - RIGHT  # 600


def css() -> str:
    chart, tokens = ((FOLDER / f"{name}.css").read_text() for name in ("chart", "tokens"))
    return paper_css(chart, tokens, "Noto Sans")


def drawn(*scores: float | None) -> ElementTree.Element:
    svg = course_svg(course_of(*scores, flagged={3}), words=WORDS)
    return ElementTree.fromstring(paper_svg(svg, css(), width=WIDTH))


def test_the_style_sheet_needs_no_theme_and_no_window() -> None:
    style = css()
    assert "var(" not in style
    assert "@media" not in style
    assert "rem" not in style
    assert ".chart-flag {\n  fill: #a8441c;" in style


def test_nothing_is_left_that_depends_on_a_window() -> None:
    picture = drawn(4.0, None, 2.0, 4.5)
    assert picture.get("viewBox") == f"{-LEFT} 0 {WIDTH} 280"
    for element in picture.iter():
        assert not any("%" in value for value in element.attrib.values())
        assert element is picture or not element.tag.endswith("svg")
        assert not element.tag.endswith(("title", "desc"))


def test_paths_and_marks_meet() -> None:
    """The line was stretched from per cents, the dots were placed in per cents: the same place."""
    picture = drawn(4.0, 3.0, 2.0, 4.5)
    dots = [float(x) for each in picture.iter() if (x := each.get("cx"))]
    [line] = [path for path in picture.iter() if path.get("class") == "chart-line"]
    corners = [float(corner.split()[0]) for corner in line.get("d", "")[1:].split("L")]
    assert corners == pytest.approx(sorted(dots), abs=0.5)
    assert max(corners) <= PLOT


def test_shapes_lie_where_their_dots_would() -> None:
    marks = [replace(mark(n, 4.0), shape="square" if n == 2 else "") for n in range(1, 7)]
    picture = ElementTree.fromstring(paper_svg(course_svg(marks, words=WORDS), css(), width=WIDTH))
    [group] = [each for each in picture.iter() if each.get("transform")]
    x = float(group.get("transform", "").removeprefix("translate(").split()[0])
    assert x == pytest.approx((1.5 + 97 / 5) * PLOT / 100, abs=0.5)


def test_without_a_drawing_there_is_none() -> None:
    assert paper_svg("", css(), width=WIDTH) == ""
