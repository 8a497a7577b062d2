"""What every page must keep to, in each theme and width, judged in the browser itself."""

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Evaluated, not added as a script tag, which the Content-Security-Policy forbids.
RUN_AXE = "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})"

OVERFLOW = """() => {
  const page = document.scrollingElement;
  if (page.scrollWidth <= innerWidth) return [];
  const wide = [...document.querySelectorAll("body *")];
  return wide.filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5)
    .map((one) => `${one.tagName}.${one.className} is ${one.getBoundingClientRect().right} wide`);
}"""

# The ring may be drawn by the label around a radio button. The small calendar and clock inside a
# field have a ring of the browser's own; then the field itself is not `:focus-visible`.
FOCUS = """() => {
  const focused = document.activeElement;
  if (focused === document.body) return null;
  const picker = focused.matches("[type=date], [type=time]") && !focused.matches(":focus-visible");
  const ringed = [focused, focused.closest("label")].filter(Boolean).some((one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  const box = (focused.closest("label") ?? focused).getBoundingClientRect();
  const inside = [[.5, .5], [.1, .1], [.9, .9], [.1, .9], [.9, .1]].some(([x, y]) => {
    const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
    return top && (top === focused || top.contains(focused) || focused.contains(top)
      || focused.closest("label")?.contains(top));
  });
  const words = (focused.innerText || focused.name || "").trim().slice(0, 40);
  const name = `${focused.tagName} "${words}"`;
  return {name, ringed: ringed || picker, inside};
}"""


def broken_by(page: Page) -> list[str]:
    """Each violation that axe finds, with the element and what would put it right."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(RUN_AXE, TAGS)
    return [_told(each["id"], node) for each in found["violations"] for node in each["nodes"]]


def _told(rule: str, node: dict[str, Any]) -> str:
    return f"axe {rule}: {node['html'][:160]} ({node['target'][0]}) {node['failureSummary']}"


def too_wide(page: Page) -> list[str]:
    """Elements that make the page scroll sideways; none if it does not."""
    found: list[str] = page.evaluate(OVERFLOW)
    return found


def lost_focus(page: Page, at_most: int = 120) -> list[str]:
    """Walk through the page with the Tab key: what shows no ring, or is hidden by something."""
    faults, walked = [], []
    page.evaluate("() => document.activeElement.blur()")
    for _ in range(at_most):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None:
            break
        walked.append(stop["name"])
        if not stop["ringed"]:
            faults.append(f"{stop['name']} shows no focus")
        if not stop["inside"]:
            faults.append(f"{stop['name']} is covered while it has the focus")
    if not walked:
        faults.append("the Tab key reaches nothing")
    return faults
