"""A hand that clicks and types in a real browser, and counts what it does."""

import time
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page

from benchmarks.usability.figures import Work


@dataclass
class Hand:
    page: Page
    clicks: int = 0
    fields: int = 0
    keys: int = 0
    pages: int = 0
    began: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        self.page.on("load", lambda _: self._turned())

    def _turned(self) -> None:
        self.pages += 1

    def click(self, what: Locator) -> None:
        what.click()
        self.clicks += 1

    def follow(self, what: Locator) -> None:
        """Click, and wait for the page that comes."""
        with self.page.expect_navigation():
            what.click()
        self.clicks += 1

    def type(self, where: Locator, text: str) -> None:
        where.fill(text)
        self.fields += 1
        self.keys += len(text)

    def choose(self, where: Locator, place: int) -> None:
        """Open a list, and click on one line of it."""
        where.select_option(index=place)
        self.clicks += 2

    def done(self) -> Work:
        took = time.perf_counter() - self.began
        return Work(self.clicks, self.fields, self.keys, self.pages, took)
