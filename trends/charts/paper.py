"""The large chart by itself: one picture of fixed size with its colours in it, for paper.

What draws a PDF knows no theme, no percentages of a window and no lines that keep their width
while they are stretched. So everything is put into one system of coordinates, in pixels.
"""

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

LEFT, RIGHT = 28, 14  # room for the scale, and for half a session number
PIXELS_OF_A_REM = 16
ACROSS = ("x", "x1", "x2", "cx", "width")
OF_A_WINDOW = ("role", "aria-labelledby", "overflow", "preserveAspectRatio", "width", "height")

PLACE = re.compile(r"([ML])(\S+) ")  # a corner of a path, up to its height
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
MEDIA = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
TOKEN = re.compile(r"(--[\w-]+):\s*([^;]+);")
REM = re.compile(r"([\d.]+)rem\b")


def paper_css(chart: str, tokens: str, font: str) -> str:
    """The style sheet of the charts with the light tokens written out, for screens of one size.

    chart, tokens: the texts of both style sheets. font: the family that letters are taken from.
    """
    light = dict(TOKEN.findall(MEDIA.sub("", COMMENT.sub("", tokens))))
    rules = MEDIA.sub("", COMMENT.sub("", chart))
    rules = re.sub(r"var\((--[\w-]+)\)", lambda found: light[found[1]], rules)
    rules = REM.sub(lambda found: f"{float(found[1]) * PIXELS_OF_A_REM:g}px", rules)
    return f'{rules}\n.chart {{ font-family: "{font}"; }}'


def paper_svg(drawn: str, css: str, *, width: int) -> str:
    """`drawn` by `course_svg`, as a file of its own. css: as by `paper_css`. width: in pixels."""
    if not drawn:
        return ""
    root = ElementTree.fromstring(drawn)  # noqa: S314  our own drawing, every text in it escaped
    height = int(root.get("height", "0"))
    _flatten(root, width - LEFT - RIGHT)
    root.set("xmlns", "http://www.w3.org/2000/svg")
    root.set("width", str(width))
    root.set("height", str(height))
    root.set("viewBox", f"{-LEFT} 0 {width} {height}")
    style = Element("style")
    style.text = css
    root.insert(0, style)
    return ElementTree.tostring(root, encoding="unicode")


def _flatten(element: Element, plot: float) -> None:
    for child in list(element):
        if child.tag in ("title", "desc"):  # an image has one text beside it, for all of it
            element.remove(child)
            continue
        _flatten(child, plot)
    for name in ACROSS:
        if (value := element.get(name, "")).endswith("%"):
            element.set(name, f"{float(value[:-1]) * plot / 100:.2f}")
    if element.tag == "svg":
        _open(element, plot)


def _open(picture: Element, plot: float) -> None:
    """A picture within the picture becomes a group, its stretched paths as wide as the plot."""
    if picture.attrib.pop("viewBox", None):
        for path in picture.iter("path"):
            path.set("d", PLACE.sub(lambda found: _across(found, plot), path.get("d", "")))
        picture.tag = "g"
    elif "x" in picture.attrib:
        x, y = picture.attrib.pop("x"), picture.attrib.pop("y")
        picture.set("transform", f"translate({x} {y})")
        picture.tag = "g"
    for name in OF_A_WINDOW:
        picture.attrib.pop(name, None)


def _across(found: re.Match[str], plot: float) -> str:
    return f"{found[1]}{float(found[2]) * plot / 100:.2f} "
