"""The charts are read back as XML and measured, at the widths of a phone and of larger screens."""

import re
from collections.abc import Collection
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from time import process_time
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trends import charts
from trends.charts import ChartWords, Mark, course_svg, shape_svg, sparkline_svg
from trends.charts.placing import CHARACTER, PHONE, SCREEN, WIDE
from trends.charts.progress import progress_svg
from trends.charts.shapes import SHAPES

STYLESHEET = Path(__file__).parents[2] / "static" / "css" / "chart.css"
WORDS = ChartWords("Course", "What it shows", "no rating", "possible rupture")
NAN, INFINITY = float("nan"), float("inf")

Box = tuple[float, float, float, float]
LENGTHS = [1, 2, 3, 6, 11, 24, 25, 60, 81, 200]


def mark(
    number: int,
    score: float | None = 4.0,
    low: float | None = 3.4,
    high: float | None = 4.6,
    *,
    flagged: bool = False,
) -> Mark:
    return Mark(number, score, low, high, flagged, f"Session {number}")


def test_the_level_is_a_line_from_where_it_is_known() -> None:
    levels = [None, 4.0, 4.1, 3.9]
    marks = [replace(mark(n, 4.0), level=level) for n, level in enumerate(levels, 1)]
    drawn = course_svg(marks, words=WORDS)
    [level] = re.findall(r'class="chart-level" d="([^"]*)"', drawn)
    assert level.count("M") == 1
    assert len(re.findall(r"[ML]", level)) == 3


@pytest.mark.parametrize("levels", [[None, None], [NAN, INFINITY], [None, 4.0]])
def test_a_level_that_is_hardly_known_is_not_drawn(levels: list[float | None]) -> None:
    marks = [replace(mark(n, 4.0), level=level) for n, level in enumerate(levels, 1)]
    assert "chart-level" not in course_svg(marks, words=WORDS)


def course_of(*scores: float | None, flagged: Collection[int] = ()) -> list[Mark]:
    return [mark(i, score, flagged=i in flagged) for i, score in enumerate(scores, start=1)]


def long_course(count: int) -> list[Mark]:
    """Ups and downs, every ninth session not rated, every thirteenth flagged."""
    scores = [None if i % 9 == 7 else 3.5 + (i * 7 % 11) / 10 for i in range(count)]
    return [
        mark(i + 1, 1.5 if i % 13 == 12 and s else s, flagged=i % 13 == 12)
        for i, s in enumerate(scores)
    ]


def course(marks: list[Mark], **about: Any) -> Any:
    return ElementTree.fromstring(course_svg(marks, words=WORDS, **about))


def spark(marks: list[Mark]) -> Any:
    return ElementTree.fromstring(sparkline_svg(marks, title="Course"))


def of_class(svg: Any, css: str) -> list[Any]:
    return [node for node in svg.iter() if css in node.get("class", "").split()]


def path(svg: Any, css: str) -> str:
    (node,) = of_class(svg, css)
    return str(node.get("d"))


def moves(drawn: str) -> list[list[tuple[float, float]]]:
    """The separate strokes of a path, each a list of (x, y)."""
    return [
        [(float(x), float(y)) for x, y in map(str.split, stroke.rstrip("Z").split("L"))]
        for stroke in drawn.split("M")[1:]
    ]


def words_in(svg: Any) -> list[Any]:
    return [*of_class(svg, "chart-word"), *of_class(svg, "chart-alarm")]


def shown_at(texts: list[Any], width: float) -> list[Any]:
    return [t for t in texts if width >= SCREEN or "chart-minor" not in t.get("class")]


def box(text: Any, width: float) -> Box:
    long = len(text.text) * CHARACTER
    before = {"start": 0, "middle": long / 2, "end": long}[text.get("text-anchor")]
    left = float(text.get("x").rstrip("%")) / 100 * width + float(text.get("dx", 0)) - before
    y = float(text.get("y"))
    return left, y - 9, left + long, y + 3


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


# Safe to put into a page


MARKS = st.lists(
    st.builds(
        Mark,
        number=st.integers(1, 999),
        score=st.none() | st.floats(),
        low=st.none() | st.floats(),
        high=st.none() | st.floats(),
        flagged=st.booleans(),
        title=st.text("abc<>&\"' é", max_size=9),
        shape=st.sampled_from(["", "ring", *SHAPES]),
        therapist=st.none() | st.floats(),
        therapist_title=st.text("<&\"' é", max_size=9),
    ),
    max_size=40,
)


@given(MARKS, st.sampled_from([(1, 5), (0, 100), (-3, 3.5), (0, 1)]))
@settings(max_examples=60, deadline=None)
def test_whatever_comes_in_is_drawn_with_plain_numbers(
    marks: list[Mark], scale: tuple[float, float]
) -> None:
    for drawn in (
        course_svg(marks, words=WORDS, scale=scale),
        sparkline_svg(marks, title="Course", scale=scale),
    ):
        assert bool(drawn) == bool(marks)
        if drawn:
            svg = ElementTree.fromstring(drawn)
            for node in svg.iter():
                for name in ("x", "y", "cx", "cy", "r", "d", "x1", "x2", "y1", "y2"):
                    assert re.fullmatch(r"[-0-9.%MLZh ]*", node.get(name, ""))


def test_everything_is_escaped() -> None:
    bad = "<script>\"'&"
    marks = [Mark(1, 4, None, None, True, bad), Mark(2, None, None, None, False, bad)]
    drawn = course_svg(marks, words=ChartWords(bad, bad, bad, bad), chart_id='a"b')
    drawn += sparkline_svg(marks, title=bad)
    assert "<script" not in drawn
    assert 'a"b' not in drawn
    assert drawn.count("&lt;script&gt;&quot;&#x27;&amp;") == 7


@pytest.mark.parametrize("drawn", [course_svg(long_course(60), words=WORDS)])
def test_looks_come_from_the_stylesheet_only(drawn: str) -> None:
    drawn += sparkline_svg(long_course(20), title="Course")
    shaped = [replace(mark(n), shape=shape) for n, shape in enumerate(["ring", *SHAPES], 1)]
    shaped = [replace(each, therapist=2.0) for each in shaped]
    drawn += course_svg(shaped, words=WORDS) + shape_svg("ring") + shape_svg(charts.THERAPIST)
    for attribute in ("style=", "fill=", "stroke", "color", "font"):
        assert attribute not in drawn
    used = set(re.findall(r"chart(?:-\w+)?", " ".join(re.findall(r'class="(.*?)"', drawn))))
    documented = set(re.findall(r"\.(chart(?:-\w+)?)", charts.__doc__))
    styled = set(re.findall(r"\.(chart(?:-\w+)?)", STYLESHEET.read_text()))
    assert used <= documented <= styled | {"chart"}


def test_the_stylesheet_knows_tokens_only() -> None:
    rules = STYLESHEET.read_text()
    tokens = set(re.findall(r"var\((--\w+)\)", rules))
    assert tokens <= {"--ink", "--soft", "--line", "--accent", "--band", "--needs", "--card"}
    assert not re.search(r"#[0-9a-f]{3,}|rgb|hsl", rules)


# The therapist's own ratings


def test_own_ratings_are_a_dashed_line_with_marks_of_their_own() -> None:
    own = [2.0, None, 3.0, None]
    marks = [
        replace(mark(n, 4.0), therapist=each, therapist_title=f"Yours {n}")
        for n, each in enumerate(own)
    ]
    svg = course(marks)
    assert moves(path(svg, "chart-therapist-line")) == [[(1.5, 189.5), (40.3, 131)]]  # over the gap
    crosses = of_class(svg, "chart-therapist")
    assert [cross.find("title").text for cross in crosses] == ["Yours 0", "Yours 2"]
    around = [node for node in svg.iter("svg") if set(crosses) & set(node)]
    places = [(node.get("x"), node.get("y")) for node in around]
    assert places == [("1.5%", "189.5"), ("40.3%", "131")]


def test_without_own_ratings_the_chart_is_as_it_was() -> None:
    assert "chart-therapist" not in course_svg(long_course(24), words=WORDS)


@pytest.mark.parametrize("own", [NAN, INFINITY])
def test_an_own_rating_that_is_no_number_is_not_drawn(own: float) -> None:
    assert "chart-therapist" not in course_svg([replace(mark(1), therapist=own)], words=WORDS)


def test_one_own_rating_has_no_line() -> None:
    svg = course([replace(mark(1), therapist=2.0), mark(2)])
    assert len(of_class(svg, "chart-therapist")) == 1
    assert not of_class(svg, "chart-therapist-line")


def test_the_client_s_dots_lie_on_top_of_the_therapist_s() -> None:
    drawn = course_svg([replace(mark(1), therapist=4.0)], words=WORDS)
    assert drawn.index("chart-therapist") < drawn.index("chart-dot")


def test_the_sparkline_shows_the_client_s_ratings_alone() -> None:
    marks = long_course(12)
    own = [replace(each, therapist=2.0) for each in marks]
    assert sparkline_svg(own, title="Course") == sparkline_svg(marks, title="Course")


# The large chart


def test_no_sessions_no_chart() -> None:
    assert course_svg([], words=WORDS) == ""
    assert sparkline_svg([], title="Course") == ""


def test_it_is_an_image_with_a_name_of_its_own() -> None:
    svg = course([mark(1)], chart_id="ana")
    assert svg.get("role") == "img"
    title, desc = (next(node for node in svg if node.tag == tag) for tag in ("title", "desc"))
    assert svg.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert (title.text, desc.text) == ("Course", "What it shows")
    assert title.get("id").startswith("ana")
    ids = [node.get("id") for node in course([mark(1)], chart_id="ben").iter() if node.get("id")]
    assert title.get("id") not in ids


@pytest.mark.parametrize("count", LENGTHS)
def test_one_circle_with_a_title_per_session(count: int) -> None:
    circles = list(course(long_course(count)).iter("circle"))
    assert len(circles) == count
    assert {circle.find("title").text for circle in circles} == {
        f"Session {number}" for number in range(1, count + 1)
    }


@pytest.mark.parametrize("shape", ["ring", *SHAPES])
@pytest.mark.parametrize("flagged", [False, True])
def test_a_shape_lies_where_the_dot_would(shape: str, flagged: bool) -> None:
    plain = [mark(1), mark(2, 3.0, flagged=flagged), mark(3)]
    shaped = [plain[0], replace(plain[1], shape=shape), plain[2]]
    [place] = [
        (node.get("cx"), node.get("cy"))
        for node in course(plain).iter("circle")
        if node.find("title").text == "Session 2"
    ]
    svg = course(shaped)
    holder = next(
        node
        for node in svg.iter()
        if any(child.tag == "title" and child.text == "Session 2" for child in node)
    )
    if shape == "ring":
        found = (holder.get("cx"), holder.get("cy"))
        assert "chart-open" in holder.get("class")
    else:
        [around] = [node for node in svg.iter("svg") if holder in list(node)]
        found = (around.get("x"), around.get("y"))
        ((first, *rest),) = moves(holder.get("d"))
        across, down = zip(first, *rest, strict=True)
        assert max(map(abs, (*across, *down))) <= 9
        assert min(across) == pytest.approx(-max(across))
    assert found == place
    assert holder.get("class").split()[0] == ("chart-flag" if flagged else "chart-dot")


def test_the_shapes_differ() -> None:
    drawn = {shape: shape_svg(shape) for shape in ["ring", *SHAPES]}
    assert len(set(drawn.values())) == len(drawn) == 6
    for svg in drawn.values():
        assert ElementTree.fromstring(svg).get("aria-hidden") == "true"


def test_a_missing_rating_has_no_shape() -> None:
    svg = course([mark(1), replace(mark(2, None), shape="square")])
    [ring] = of_class(svg, "chart-missing")
    assert ring.tag == "circle"


def test_the_number_of_elements_does_not_depend_on_the_ratings() -> None:
    one = course(course_of(1, 2, 3, 4, 5, 4, 3))
    other = course(course_of(*[5] * 7))
    assert [node.tag for node in one.iter()] == [node.tag for node in other.iter()]


def test_positions_by_hand() -> None:
    """Six sessions: 1.5 % to 98.5 % across; scores 1 to 5 from 248 px up to 14 px."""
    svg = course(course_of(1, 5, 3, 3, 3, 3))
    first, second, third = of_class(svg, "chart-dot")[:3]
    assert (first.get("cx"), first.get("cy")) == ("1.5%", "248")
    assert (second.get("cx"), second.get("cy")) == ("20.9%", "14")
    assert third.get("cy") == "131"
    assert moves(path(svg, "chart-line"))[0][:3] == [(1.5, 248), (20.9, 14), (40.3, 131)]


def test_a_short_course_does_not_fill_the_width() -> None:
    last = of_class(course(course_of(4, 4)), "chart-dot")[-1]
    assert last.get("cx") == "20.9%"


def test_scores_outside_the_scale_are_drawn_at_its_end() -> None:
    low, high = of_class(course(course_of(-9, 99)), "chart-dot")
    assert (low.get("cy"), high.get("cy")) == ("248", "14")


@pytest.mark.parametrize("missing", [None, NAN, INFINITY])
def test_a_gap_is_dotted_never_solid(missing: float | None) -> None:
    svg = course(course_of(4, 3, missing, missing, 5, 4))
    before, after = moves(path(svg, "chart-line"))
    assert [len(before), len(after)] == [2, 2]
    assert moves(path(svg, "chart-gap")) == [[before[-1], after[0]]]
    rings = of_class(svg, "chart-missing")
    assert [ring.get("cy") for ring in rings] == ["248", "248"]
    assert [word.text for word in of_class(svg, "chart-word")] == ["no rating"]


def test_nothing_is_drawn_towards_missing_ends() -> None:
    svg = course(course_of(None, 4, 3, None))
    assert not of_class(svg, "chart-gap")
    assert len(of_class(svg, "chart-missing")) == 2


def test_a_rating_between_gaps_is_a_dot_without_a_line() -> None:
    svg = course(course_of(None, 4, None))
    assert len(of_class(svg, "chart-dot")) == 1
    assert not of_class(svg, "chart-line")


def test_no_rating_at_all() -> None:
    svg = course(course_of(None, None, None))
    assert len(of_class(svg, "chart-missing")) == 3
    assert not of_class(svg, "chart-dot")
    assert len(of_class(svg, "chart-word")) == 1


def test_the_band_runs_along_both_edges() -> None:
    marks = [mark(1, low=None, high=None), mark(2, low=2, high=4), mark(3, low=3, high=5)]
    (outline,) = moves(path(course(marks), "chart-band"))
    assert [y for _, y in outline] == [72.5, 72.5, 14, 14, 131, 131, 189.5, 189.5]
    assert outline[0][0] == pytest.approx(20.9 - 1.5)
    assert outline[3][0] == pytest.approx(40.3 + 1.5)


def test_an_unknown_range_interrupts_the_band() -> None:
    marks = [mark(1), mark(2, low=None), mark(3), mark(4, high=NAN), mark(5)]
    assert path(course(marks), "chart-band").count("Z") == 3
    assert not of_class(course([mark(1, low=None, high=None)]), "chart-band")


def test_a_flag_is_a_larger_dot_on_top_with_its_word() -> None:
    svg = course(course_of(4, 4, 4, 2, 4, flagged=[4]))
    (flag,) = of_class(svg, "chart-flag")
    assert float(flag.get("r")) > float(of_class(svg, "chart-dot")[0].get("r"))
    assert list(svg.iter("circle"))[-1] is flag
    (word,) = of_class(svg, "chart-alarm")
    assert word.text == "possible rupture"
    assert float(word.get("y")) > float(flag.get("cy"))


def test_a_run_of_flags_is_named_once() -> None:
    svg = course(course_of(4, 4, 4, 2, None, 2, 2, flagged=[4, 6, 7]))
    assert len(of_class(svg, "chart-flag")) == 3
    assert len(of_class(svg, "chart-alarm")) == 1


def test_a_flag_in_the_lowest_corner_is_named_beside_the_dot() -> None:
    (word,) = of_class(course(course_of(*[5] * 10, 1, flagged=[11])), "chart-alarm")
    assert word.get("text-anchor") == "end"
    assert word.get("dx") == "-12"


def test_at_the_foot_the_gap_is_named_at_the_head() -> None:
    (word,) = of_class(course(course_of(4, 1, None, 1, 1)), "chart-word")
    assert float(word.get("y")) < 40


TRICKY = [
    course_of(4, 4, 4, 1, None, 4, 1, flagged=[4, 7]),
    course_of(1, None, 1, None, 1, None, 1, flagged=[3, 7]),
    course_of(*[5, 1] * 12, flagged=range(2, 25, 2)),
    course_of(2, 5, 5, flagged=[1]),
    course_of(1, flagged=[1]),
    course_of(5, flagged=[1]),
    course_of(*[None, 3] * 30, flagged=range(2, 61, 4)),
    *map(long_course, LENGTHS),
]


@pytest.mark.parametrize("width", [PHONE, SCREEN, 620, WIDE])
@pytest.mark.parametrize("marks", TRICKY)
def test_words_stay_inside_and_apart(marks: list[Mark], width: float) -> None:
    svg = course(marks)
    boxes = [box(text, width) for text in shown_at(words_in(svg), width)]
    for left, top, right, bottom in boxes:
        assert left >= 0
        assert right <= width
        assert top >= 14
        assert bottom <= 258
    assert not any(overlap(one, other) for one, other in combinations(boxes, 2))


@pytest.mark.parametrize("width", [PHONE, SCREEN, 620, WIDE])
@pytest.mark.parametrize("marks", TRICKY)
def test_words_keep_clear_of_dots_and_lines(marks: list[Mark], width: float) -> None:
    svg = course(marks)
    spots = sorted(
        (float(dot.get("cx").rstrip("%")) / 100 * width, float(dot.get("cy")))
        for dot in svg.iter("circle")
        if dot.get("class") != "chart-missing"
    )
    on_lines = [
        (x1 + (x2 - x1) * share / 40, y1 + (y2 - y1) * share / 40)
        for (x1, y1), (x2, y2) in pairwise(spots)
        for share in range(41)
    ]
    for left, top, right, bottom in (box(t, width) for t in shown_at(words_in(svg), width)):
        for x, y in [*spots, *on_lines]:
            assert not (left < x < right and top < y < bottom)


def test_a_word_too_long_for_a_phone_waits_for_a_larger_screen() -> None:
    words = ChartWords("Course", "", "no rating", "a possible rupture of the alliance")
    drawn = course_svg(course_of(4, 4, 4, 2, 4, flagged=[4]), words=words)
    assert 'class="chart-alarm chart-minor"' in drawn


@pytest.mark.parametrize("width", [PHONE, SCREEN, WIDE])
@pytest.mark.parametrize("count", LENGTHS)
def test_session_numbers_are_thinned_out(count: int, width: float) -> None:
    numbers = [t for t in course(long_course(count)).iter("text") if t.get("y") == "270"]
    shown = shown_at(numbers, width)
    assert shown[0].text == "1"
    assert shown[-1].text == str(count)
    assert len(shown) <= 24
    boxes = [box(text, width) for text in shown]
    assert all(one[2] < other[0] for one, other in pairwise(boxes))
    assert boxes[-1][2] < width + 14


def test_session_numbers_are_the_sessions_own() -> None:
    """A later part of a course keeps its numbers."""
    marks = [mark(number) for number in range(181, 201)]
    texts = [t.text for t in course(marks).iter("text") if t.get("y") == "270"]
    assert texts[0] == "181"
    assert texts[-1] == "200"


@pytest.mark.parametrize(
    ("scale", "values"),
    [
        ((1, 5), ["1", "2", "3", "4", "5"]),
        ((1, 7), ["1", "2", "3", "4", "5", "6", "7"]),
        ((0, 10), ["0", "2", "4", "6", "8", "10"]),
        ((0, 100), ["0", "20", "40", "60", "80", "100"]),
        ((0, 0.5), ["0", "0.5"]),
    ],
)
def test_lines_of_the_scale(scale: tuple[float, float], values: list[str]) -> None:
    svg = course([mark(1)], scale=scale)
    assert [text.text for text in svg.iter("text") if text.get("x") == "-10"] == values
    assert len(of_class(svg, "chart-grid")) == len(values)


@pytest.mark.parametrize(("count", "css"), [(24, ""), (25, "some"), (80, "some"), (81, "many")])
def test_long_courses_have_smaller_dots(count: int, css: str) -> None:
    svg = course(long_course(count))
    assert svg.get("class") == f"chart chart-{css}".removesuffix(" chart-")


# The small chart


def test_sparkline() -> None:
    svg = spark(course_of(4, 4, None, 4, 3, flagged=[5]))
    assert svg.get("role") == "img"
    assert svg.find("title").text == "Course"
    assert [len(stroke) for stroke in moves(path(svg, "chart-line"))] == [2, 2]
    assert not of_class(svg, "chart-gap")
    last = of_class(svg, "chart-dot")[0]
    assert path(svg, "chart-flag") == f"M{last.get('cx')} {last.get('cy')}h0"


def test_sparkline_shows_a_rating_between_gaps() -> None:
    svg = spark(course_of(None, 4, None))
    assert path(svg, "chart-alone").count("M") == 1
    assert not of_class(svg, "chart-line")


def test_sparkline_without_a_rating() -> None:
    svg = spark(course_of(None, None))
    assert not of_class(svg, "chart-dot")


def test_sparkline_has_as_many_elements_for_every_length() -> None:
    tags = [[node.tag for node in spark(long_course(count)).iter()] for count in (20, 60, 200)]
    assert tags[0] == tags[1] == tags[2]
    assert len(tags[0]) <= 7


def test_sparkline_stays_inside_its_frame() -> None:
    svg = spark(long_course(60))
    assert svg.get("viewBox") == "0 0 160 40"
    for stroke in moves(path(svg, "chart-band")) + moves(path(svg, "chart-line")):
        assert all(0 <= x <= 160 and 0 <= y <= 40 for x, y in stroke)


def test_sparkline_is_short() -> None:
    assert len(sparkline_svg(long_course(20), title="Course over 20 sessions")) < 1500


def test_two_thousand_sparklines_are_quick() -> None:
    marks = long_course(20)
    start = process_time()
    for _ in range(2000):
        sparkline_svg(marks, title="Course")
    assert process_time() - start < 2


# --- Progress: few points, asked now and then


def progress(*values: float | None, **more: Any) -> str:
    words = {"title": "Sleep & rest", "description": "Two answers.", "chart_id": "goal"}
    return progress_svg(values, **words | more)


def test_progress_has_a_dot_for_each_answer_and_a_dotted_line_between() -> None:
    drawn = ElementTree.fromstring(progress(0, None, None, 10))
    dots = [(dot.get("cx"), dot.get("cy")) for dot in drawn.iter("circle")]
    assert dots == [("5", "35"), ("95", "5")]
    assert [path.get("class") for path in drawn.iter("path")] == ["chart-gap"]
    assert drawn.get("aria-labelledby") == "goal-title goal-desc"
    assert [words.text for words in drawn[:2]] == ["Sleep & rest", "Two answers."]


def test_progress_of_neighbours_is_a_line_and_stays_on_the_scale() -> None:
    drawn = ElementTree.fromstring(progress(0, 6, NAN, INFINITY, scale=(1, 5)))
    assert {dot.get("cy") for dot in drawn.iter("circle")} == {"35", "5"}
    assert [path.get("class") for path in drawn.iter("path")] == ["chart-line"]


@pytest.mark.parametrize("values", [(), (None,), (None, NAN)])
def test_without_an_answer_there_is_no_picture_of_progress(values: tuple[float | None]) -> None:
    assert not progress(*values)
