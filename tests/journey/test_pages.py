"""Every page in a real browser: in both themes, on a small phone and on a desk."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from outbox.doorbell import doorbell
from tests.journey import rules, visits
from tests.journey import world as worlds
from tests.journey.real_site import RealSite
from tests.journey.visits import VISITS, Visit
from tests.journey.watch import Watch, kept_by
from tests.journey.world import World

PHONE, DESK = 320, 1280
HEIGHT = 900
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
OPEN_ALL = "() => document.querySelectorAll('details').forEach((one) => { one.open = true })"


@dataclass
class Visitors:
    """One browser window for each person, kept from page to page."""

    browser: Browser
    site: RealSite
    world: World
    watches: dict[str, Watch] = field(default_factory=dict)

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
        assert [*faults(page), *traces(page, watch, visitors.site.url)] == []
    finally:
        page.close()


def faults(page: Page) -> list[str]:
    """What is wrong in any theme: on a desk as the page comes, on a phone with all folds open."""
    found = on(page, DESK)
    page.set_viewport_size({"width": PHONE, "height": HEIGHT})
    found += [*rules.too_wide(page), *rules.lost_focus(page)]
    page.evaluate(OPEN_ALL)
    return found + on(page, PHONE)


def on(page: Page, width: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": HEIGHT})
    found = rules.too_wide(page)
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        found += [f"{theme} {fault}" for fault in rules.broken_by(page)]
    return [f"{width} px: {fault}" for fault in found]


def traces(page: Page, watch: Watch, site: str) -> list[str]:
    return [*watch.complaints, *watch.asked_elsewhere(site), *kept_by(page)]


BAD = """() => document.querySelector("main").insertAdjacentHTML("beforeend",
  `<img src="https://elsewhere.example/x.png"><b class="nowrap">${"wide ".repeat(99)}</b>`)"""
HIDDEN_FOCUS = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(":focus-visible { outline: none !important }");
  document.adoptedStyleSheets = [sheet];
  localStorage.setItem("kept", "yes");
}"""


def test_the_rules_find_what_is_wrong(visitors: Visitors) -> None:
    """So that their silence means something."""
    watch = visitors.watch("nobody")
    page = watch.context.new_page()
    page.goto("/accounts/login/")
    page.evaluate(BAD)
    page.evaluate(HIDDEN_FOCUS)
    found = "\n".join(faults(page) + traces(page, watch, visitors.site.url))
    for words in ("axe image-alt", " wide", "shows no focus", "Content Security Policy", "kept"):
        assert words in found
    page.evaluate("() => localStorage.clear()")
    page.close()
