"""What every page must keep to, in each theme and width, judged in the browser itself."""

from importlib.resources import files
from itertools import pairwise
from typing import Any

from playwright.sync_api import Page

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
SAME_LINE = 40  # px
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# All that another theme can break: `test_a_theme_is_colours_and_nothing_else`.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
# Evaluated, not added as a script tag, which the Content-Security-Policy forbids. Nothing of what
# is asked here wants style sheets to be loaded a second time (`preload`).
RUN_AXE = """([tags, but]) => axe.run(document, {runOnly: tags, resultTypes: ["violations"],
  preload: false, rules: Object.fromEntries(but.map((rule) => [rule, {enabled: false}]))})"""
ASK_AXE = """tags => axe.run(document, {runOnly: tags}).then((found) =>
  ["passes", "violations", "incomplete", "inapplicable"].flatMap((how) =>
    found[how].map((rule) => rule.id)))"""
# Contrast is slow to judge, and what looks alike has the same: words with the same class, size,
# weight and colour, on the same grounds. Of all that look alike on a page, two are judged: the
# first and the last.
LOOKS = """() => {
  const CLEAR = "rgba(0, 0, 0, 0) none 1 static none";
  const grounds = new Map();
  const groundsOf = (one) => {
    if (!one) return "";
    if (!grounds.has(one)) {
      const style = getComputedStyle(one);
      const own = [style.backgroundColor, style.backgroundImage, style.opacity, style.position,
        style.clipPath].join(" ");
      grounds.set(one, groundsOf(one.parentElement) + (own === CLEAR ? "" : ` / ${own}`));
    }
    return grounds.get(one);
  };
  const classOf = (one) => `${one?.tagName}.${one?.getAttribute("class")}`;
  const lookOf = (one) => {
    const style = getComputedStyle(one);
    return [classOf(one), classOf(one.parentElement), style.color, style.fill, style.fontSize,
      style.fontWeight, style.textShadow, style.textDecorationLine, one.disabled, groundsOf(one)]
      .join(" | ");
  };
  const hasWords = (one) => one.matches("input, select, textarea")
    || [...one.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
  window.looks = new Map();
  for (const one of document.querySelectorAll("body *")) {
    if (!hasWords(one) || !one.checkVisibility()) continue;
    const look = lookOf(one);
    looks.set(look, [looks.get(look)?.[0] ?? one, one]);
  }
  return [...looks.keys()];
}"""
RUN_AXE_ON_LOOKS = """([rules, wanted]) => axe.run(
  {include: [...new Set(wanted.flatMap((look) => looks.get(look)))]},
  {runOnly: rules, resultTypes: ["violations"], preload: false})"""

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
  const top = focused.closest("main") ? box.top + scrollY : null;
  return {name, ringed: ringed || picker, inside, top};
}"""

# What somebody has to hit: 24 x 24 px (WCAG 2.5.8), or so far from the next that nobody misses.
# A link in a sentence may be as high as its line; a radio button is hit by its label too.
SMALL_TARGETS = """() => {
  const all = "a[href], button, summary, select, textarea, input:not([type=hidden])";
  const inSentence = (one) => one.matches("a[href]") && getComputedStyle(one).display === "inline"
    && one.parentElement.textContent.trim() !== one.textContent.trim();
  const targets = [...document.querySelectorAll(all)]
    .filter((one) => one.checkVisibility() && !one.closest("[aria-hidden=true]"))
    .filter((one) => !one.matches(".skip-link, .visually-hidden"))
    .map((one) => [one, (one.closest("label") ?? one).getBoundingClientRect()])
    .filter(([, box]) => box.width > 1);
  const isSmall = ([, box]) => box.width < 23.9 || box.height < 23.9;
  const away = (x, y, box) => Math.hypot(
    Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
  return targets.filter((target) => isSmall(target) && !inSentence(target[0]))
    .filter(([one, box]) => targets.some(([other, near]) => other !== one
      && away((box.left + box.right) / 2, (box.top + box.bottom) / 2, near) < 12))
    .map(([one, box]) => `${one.tagName} "${(one.innerText || one.name).trim().slice(0, 40)}" is `
      + `${Math.round(box.width)} x ${Math.round(box.height)} px, and another one is near`);
}"""

# The distances that WCAG 1.4.12 lets a reader set; nothing may get lost by it.
WIDEN_TEXT = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important } p { margin-block-end: 2em !important }`);
  document.adoptedStyleSheets.push(sheet);
}"""
RELEASE_TEXT = "() => { document.adoptedStyleSheets.pop() }"
CUT_WORDS = """() => [...document.querySelectorAll("main *, header *")]
  .filter((one) => one.checkVisibility() && one.clientWidth && one.innerText?.trim())
  .filter((one) => !one.closest(".visually-hidden, thead") && !one.querySelector("svg"))
  .filter((one) => {
    const style = getComputedStyle(one);
    const cuts = (how) => how === "hidden" || how === "clip";
    return (cuts(style.overflowX) && one.scrollWidth > one.clientWidth + 1)
      || (cuts(style.overflowY) && one.scrollHeight > one.clientHeight + 1);
  })
  .map((one) => `${one.tagName}.${one.className} cuts "${one.innerText.trim().slice(0, 40)}" off`)
"""

# A group of choices is heard before its choices; a part of a page by its heading.
NAMELESS = """() => [
  ...[...document.querySelectorAll("fieldset")]
    .filter((one) => !one.querySelector(":scope > legend")?.textContent.trim()),
  ...[...document.querySelectorAll("main [aria-labelledby]")].filter((one) =>
    !one.getAttribute("aria-labelledby").split(" ")
      .every((id) => document.getElementById(id)?.textContent.trim())),
  ...[...document.querySelectorAll("main [aria-describedby]:not([type=hidden])")].filter((one) =>
    !one.getAttribute("aria-describedby").split(" ").every((id) => document.getElementById(id))),
  ...[...document.querySelectorAll("input[type=radio]")].filter((one) => !one.closest("fieldset")),
].map((one) => `${one.tagName} ${one.id || one.name || one.className} has no name or no hint`)"""

SUMMARY = """() => {
  const summary = document.querySelector("[data-focus]");
  return !summary || summary === document.activeElement;
}"""

# To be asked of a page in a browser that wants `prefers-reduced-motion`.
MOVING = """() => [...document.querySelectorAll("*")].filter((one) => {
  const style = getComputedStyle(one);
  return style.scrollBehavior === "smooth" || [style.transitionDuration, style.animationDuration]
    .some((long) => long.split(", ").some((each) => parseFloat(each) > 0));
}).map((one) => `${one.tagName}.${one.className} moves`)"""


def asked_by_axe(page: Page) -> set[str]:
    """The names of the rules that were really judged on this page, or had nothing to judge."""
    page.evaluate(AXE)
    names: list[str] = page.evaluate(ASK_AXE, TAGS)
    return set(names)


def broken_by(page: Page) -> list[str]:
    """Each violation that axe finds, with the element and what would put it right.

    Without the rules of colours, which are asked in each theme: see `ill_coloured`.
    """
    return _found(page, RUN_AXE, [TAGS, OF_COLOURS])


def ill_coloured(page: Page, judged: set[str]) -> list[str]:
    """What cannot be read, or told from the words around it, in the theme that is shown.

    judged: what looks like this was judged before, on any page, and is not again; the looks of
    this page are added.
    """
    new = [look for look in page.evaluate(LOOKS) if look not in judged]
    judged.update(new)
    return _found(page, RUN_AXE_ON_LOOKS, [OF_COLOURS, new]) if new else []


def _found(page: Page, run: str, wanted: list[Any]) -> list[str]:
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(run, wanted)
    return [_told(each["id"], node) for each in found["violations"] for node in each["nodes"]]


def _told(rule: str, node: dict[str, Any]) -> str:
    return f"axe {rule}: {node['html'][:160]} ({node['target'][0]}) {node['failureSummary']}"


def too_wide(page: Page) -> list[str]:
    """Elements that make the page scroll sideways; none if it does not."""
    found: list[str] = page.evaluate(OVERFLOW)
    return found


def lost_focus(page: Page, at_most: int = 160, *, key: str = "Tab") -> list[str]:
    """Walk through the page: what shows no ring, is hidden by something, or comes out of turn."""
    faults: list[str] = []
    walked: list[dict[str, Any]] = []
    page.evaluate("() => document.activeElement.blur()")
    for _ in range(at_most):
        page.keyboard.press(key)
        stop = page.evaluate(FOCUS)
        if stop is None:
            break
        walked.append(stop)
        if not stop["ringed"]:
            faults.append(f"{stop['name']} shows no focus")
        if not stop["inside"]:
            faults.append(f"{stop['name']} is covered while it has the focus")
    if not walked:
        faults.append("the Tab key reaches nothing")
    return faults if key != "Tab" else faults + _out_of_turn(walked)


def _out_of_turn(walked: list[dict[str, Any]]) -> list[str]:
    """In one column the focus only goes down; side by side, a button may stand a little higher."""
    placed = [stop for stop in walked if stop["top"] is not None]
    return [
        f"{after['name']} gets the focus after {before['name']}, but stands above it"
        for before, after in pairwise(placed)
        if after["top"] < before["top"] - SAME_LINE
    ]


def hard_to_hit(page: Page) -> list[str]:
    found: list[str] = page.evaluate(SMALL_TARGETS)
    return found


def crowded(page: Page) -> list[str]:
    """What gets lost when a reader sets letters, words and lines further apart."""
    page.evaluate(WIDEN_TEXT)
    found = [*too_wide(page), *page.evaluate(CUT_WORDS)]
    page.evaluate(RELEASE_TEXT)
    return [f"with wider text: {fault}" for fault in found]


def unsaid(page: Page) -> list[str]:
    """Groups and parts of the page that a screen reader could not name."""
    found: list[str] = page.evaluate(NAMELESS)
    return found


def unfocused_summary(page: Page) -> list[str]:
    """To be asked before anything on the page was touched."""
    return [] if page.evaluate(SUMMARY) else ["the summary of errors did not get the focus"]


def moving(page: Page) -> list[str]:
    found: list[str] = page.evaluate(MOVING)
    return found
