"""Every page in a real browser: in both themes, on a small phone and on a desk."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, ViewportSize, expect

from outbox.doorbell import doorbell
from sessions.form.client_views import OFFERED
from tests.journey import rules, visits
from tests.journey import world as worlds
from tests.journey.phone import COMMENT, KEPT
from tests.journey.real_site import RealSite
from tests.journey.visits import VISITS, Visit
from tests.journey.watch import Watch, kept_by
from tests.journey.world import World

PHONE, DESK = 320, 1280
HEIGHT = 900
CSS, TOKENS = Path(settings.BASE_DIR) / "static" / "css", "tokens.css"
THEMES: tuple[Literal["light", "dark"], ...] = ("dark", "light")
OPEN_ALL = "() => document.querySelectorAll('details').forEach((one) => { one.open = true })"


@dataclass
class Visitors:
    """One browser window for each person, kept from page to page.

    judged: the looks of words whose colours were judged, on any page and in any theme.
    """

    browser: Browser
    site: RealSite
    world: World
    watches: dict[str, Watch] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)

    def watch(self, person: str) -> Watch:
        if person not in self.watches:
            context = self.browser.new_context(
                base_url=self.site.url,
                viewport={"width": PHONE, "height": HEIGHT},
                reduced_motion="reduce",  # no colour is judged half-way through a change
            )
            if cookie := visits.cookie_of(person, self.world):
                context.add_cookies([{"name": "session", "value": cookie, "url": self.site.url}])
            self.watches[person] = Watch(context)
        self.watches[person].forget()
        return self.watches[person]

    def close(self) -> None:
        for watch in self.watches.values():
            watch.context.close()


@pytest.fixture(scope="module")
def visitors(browser: Browser, site: RealSite) -> Iterator[Visitors]:
    with doorbell.muted():
        world = worlds.build(site.clock.now())
    everybody = Visitors(browser, site, world)
    yield everybody
    everybody.close()


@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: visit.name)
def test_page(visit: Visit, visitors: Visitors) -> None:
    watch = visitors.watch(visit.person)
    page = watch.context.new_page()
    try:
        page.goto(visit.address(visitors.world))
        if visit.then:
            visit.then(page, visitors.world)
        assert watch.status == visit.status
        assert [
            *faults(page, visitors.judged),
            *traces(page, watch, visitors.site.url),
        ] == []
    finally:
        page.close()


def faults(page: Page, judged: set[str]) -> list[str]:
    """What is wrong: on a phone, and on a desk, where nothing is left out; with all folds open."""
    found = rules.unfocused_summary(page)
    page.set_viewport_size({"width": PHONE, "height": HEIGHT})
    found += [*rules.too_wide(page), *rules.lost_focus(page)]
    page.evaluate(OPEN_ALL)
    found += [*on(page, DESK, judged), *rules.broken_by(page), *on(page, PHONE, judged)]
    for rule in (rules.hard_to_hit, rules.crowded, rules.unsaid, rules.moving):
        found += rule(page)
    return found


def on(page: Page, width: int, judged: set[str]) -> list[str]:
    """A theme has other colours, and nothing else is asked of each."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    found = rules.too_wide(page)
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        found += [f"{theme} {fault}" for fault in rules.ill_coloured(page, judged)]
    return [f"{width} px: {fault}" for fault in found]


def traces(page: Page, watch: Watch, site: str) -> list[str]:
    return [*watch.complaints, *watch.asked_elsewhere(site), *kept_by(page)]


# --- So that the silence of the rules means something

BAD = """() => document.querySelector("main").insertAdjacentHTML("beforeend",
  `<img src="https://elsewhere.example/x.png"><b class="nowrap">${"wide ".repeat(99)}</b>
  <p class="pale">Pale</p><p class="narrow">Pale</p><p data-focus>Wrong</p>
  <fieldset><input type="radio" name="alone"></fieldset>
  <p><button class="tiny">a</button><button class="tiny">b</button></p>
  <p class="low">Some words that a line of this height can just hold.</p>`)"""
BAD_STYLE = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`:focus-visible { outline: none !important }
    .tiny { display: inline-block; width: 10px; height: 10px; padding: 0; transition: all 1s }
    .pale { color: light-dark(#f4f2ee, #26302e) }
    @media (width <= 20rem) { .narrow { color: light-dark(#f4f2ee, #26302e) } }
    .low { width: 26rem; height: 1.5rem; overflow: hidden; line-height: 1.4 }
    main { display: flex; flex-direction: column-reverse }`);
  document.adoptedStyleSheets = [sheet];
  localStorage.setItem("kept", "yes");
}"""
FOUND = (
    *(f"{width} px: {theme} axe color-contrast" for width in (DESK, PHONE) for theme in THEMES),
    *("(.pale)", "(.narrow)"),
    *("axe image-alt", " wide", "shows no focus"),
    *("Content Security Policy", "kept", "moves", 'cuts "Some words', "but stands above it"),
    *("did not get the focus", "has no name", "10 x 10 px"),
)


@pytest.mark.parametrize("words", FOUND)
def test_the_rules_find_what_is_wrong(words: str, found_in_bad_page: str) -> None:
    assert words in found_in_bad_page


@pytest.fixture(scope="module")
def found_in_bad_page(visitors: Visitors) -> str:
    watch = visitors.watch("nobody")
    page = watch.context.new_page()
    page.goto("/accounts/login/")
    page.evaluate(BAD)
    page.evaluate(BAD_STYLE)
    found = "\n".join(faults(page, set()) + traces(page, watch, visitors.site.url))
    page.evaluate("() => localStorage.clear()")
    page.close()
    return found


def test_axe_judges_what_is_said_to_be_judged(visitors: Visitors) -> None:
    """Some of its rules are switched off unless they are wanted."""
    page = visitors.watch("nobody").context.new_page()
    page.goto("/accounts/login/")
    asked = rules.asked_by_axe(page)
    assert {"target-size", "heading-order", "autocomplete-valid", "color-contrast"} <= asked
    assert {"html-has-lang", "valid-lang", "label", "bypass", "region", "meta-viewport"} <= asked
    page.close()


# --- What the style sheets promise for every page


def test_a_theme_is_colours_and_nothing_else() -> None:
    """Why each theme is asked only about colours."""
    sheets = {path.name: path.read_text() for path in CSS.glob("*.css")}
    assert [name for name, text in sheets.items() if "prefers-color-scheme" in text] == [TOKENS]
    dark = sheets[TOKENS].split("(prefers-color-scheme: dark)")[1].split("@media")[0]
    lines = [line.strip() for line in dark.splitlines()[1:]]
    assert all(re.fullmatch(r"--[\w-]+: #[0-9a-f]{6};|:root \{|\}|", line) for line in lines)


def colours(theme: str) -> dict[str, str]:
    """The tokens of a theme; what dark does not change is as in light."""
    light, dark = (CSS / TOKENS).read_text().split("@media")[:2]
    text = light if theme == "light" else light + dark
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", text))


def luminance(colour: str) -> float:
    """As WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


GROUNDS = ("paper", "card", "accent-soft", "needs-soft", "band")
WORDS = ("ink", "soft", "accent", "accent-strong", "needs", "goal", "task", "bond")
TEXT = [(words, ground) for words in WORDS for ground in GROUNDS]
ON_BUTTONS = [("on-accent", "accent"), ("on-accent", "accent-strong")]
# The frame of a field, the ring of the focus, a drawn radio button, lines and dots of a chart.
PARTS = [(part, on) for part in ("edge", "soft", "accent", "needs") for on in ("paper", "card")]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_have_contrast(theme: str) -> None:
    of = colours(theme)
    wanted = [(4.5, TEXT + ON_BUTTONS), (3.0, PARTS)]
    low = [
        f"{one} on {other} is {contrast(of[one], of[other]):.2f}"
        for least, pairs in wanted
        for one, other in pairs
        if contrast(of[one], of[other]) < least
    ]
    assert low == []


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


# --- The client's form, beyond what is asked of every page

# A small phone; the same with its keyboard open; a desk at 400 %.
SCREENS: list[ViewportSize] = [
    {"width": 320, "height": 568},
    {"width": 360, "height": 340},
    {"width": 320, "height": 256},
]
BY_HEIGHT = "one => getComputedStyle(one).position"
LARGE_CHOICES = """() => [...document.querySelectorAll("label.choice, .btn, summary, textarea")]
  .filter((one) => one.checkVisibility() && !one.matches(".visually-hidden"))
  .map((one) => [one.innerText, one.getBoundingClientRect()])
  .filter(([, box]) => box.width < 44 || box.height < 44)
  .map(([words, box]) => `${words}: ${Math.round(box.width)} x ${Math.round(box.height)}`)"""


@pytest.fixture
def form(visitors: Visitors) -> Iterator[Page]:
    page = visitors.watch("client").context.new_page()
    page.goto(visitors.world.paths["form_status"])
    yield page
    page.close()


@pytest.mark.parametrize("screen", SCREENS, ids=lambda size: f"{size['width']}x{size['height']}")
@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_the_bar_never_hides_what_has_the_focus(
    form: Page, visitors: Visitors, screen: ViewportSize, key: str
) -> None:
    """It stays at the top while the page moves below it, in both directions."""
    form.set_viewport_size(screen)
    visits.feel_tension(form, visitors.world)
    form.evaluate(OPEN_ALL)
    assert rules.lost_focus(form, key=key) == []


def test_on_a_low_screen_the_bar_moves_with_the_page(form: Page) -> None:
    bar = form.locator("[data-progress]")
    form.set_viewport_size(SCREENS[0])
    assert bar.evaluate(BY_HEIGHT) == "sticky"
    form.set_viewport_size(SCREENS[-1])
    assert bar.evaluate(BY_HEIGHT) == "static"


def test_everything_to_tap_is_large(form: Page, visitors: Visitors) -> None:
    """44 px, which WCAG asks for at level AAA only."""
    form.set_viewport_size(SCREENS[0])
    visits.feel_tension(form, visitors.world)
    form.evaluate(OPEN_ALL)
    assert form.evaluate(LARGE_CHOICES) == []


def test_other_languages_are_said_in_their_own_voice(form: Page) -> None:
    form.evaluate(OPEN_ALL)
    buttons = form.locator("button[name=to]")
    said = {each.get_attribute("lang"): each.inner_text() for each in buttons.all()}
    assert said == {code: name for code, name in OFFERED if code != "en"}


def test_each_question_is_a_group_with_its_words_and_five_answers(form: Page) -> None:
    groups = form.get_by_role("group").filter(has=form.get_by_role("radio"))
    first = groups.first
    assert first.aria_snapshot().splitlines()[0].startswith('- group "1 of 7 We want')
    assert first.get_by_role("radio").count() == 5
    assert form.get_by_role("radio", name="Not at all").count() == 6
    assert form.locator("input[type=radio][required]").count() == 6 * 5 + 4


def test_what_is_kept_is_announced(form: Page) -> None:
    """In a place that was there, and empty, before there was something to say."""
    status = form.get_by_role("status")
    assert status.inner_text() == ""
    form.get_by_label(COMMENT).fill("A word")
    expect(status).to_have_text(KEPT)
