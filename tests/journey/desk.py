"""Somebody of the staff at the clinic, who reaches everything with the keyboard."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from playwright.sync_api import Browser, Page, ViewportSize

from accounts.models import User
from tests import people
from tests.journey.keyboard import Keyboard
from tests.journey.real_site import RealSite
from tests.journey.watch import Watch, kept_by

SIZE: ViewportSize = {"width": 1280, "height": 900}
PATIENCE = 90  # seconds for what a worker does meanwhile


@dataclass
class Desk:
    user: User
    page: Page
    watch: Watch
    site: RealSite

    @classmethod
    @contextmanager
    def of(cls, user: User, browser: Browser, site: RealSite) -> Iterator[Self]:
        context = browser.new_context(viewport=SIZE, base_url=site.url)
        yield cls(user, context.new_page(), Watch(context), site)
        context.close()

    @property
    def keyboard(self) -> Keyboard:
        return Keyboard(self.page)

    @property
    def words(self) -> str:
        return self.page.locator("main").inner_text()

    def log_in(self) -> None:
        """Open the site, as on any morning: yesterday's log-in is over."""
        self.page.goto("/")
        self.keyboard.type("Email", self.user.email)
        self.keyboard.type("Password", people.PASSWORD)
        self.keyboard.press("Log in")

    def add_client(self, name: str, email: str) -> None:
        self.keyboard.press("Add a client")
        self.keyboard.type("Name", name)
        self.keyboard.type("E-mail address", email)
        self.keyboard.press("Add client")

    def record_session(self, note: str) -> None:
        """From the client's page: date, time and attendance are right already."""
        self.keyboard.press("Record a session")
        self.keyboard.type("Private note", note)
        self.keyboard.press("Save session")
        assert "How do you think" in self.words  # the own rating is offered

    def acknowledge(self, note: str) -> None:
        self.keyboard.go_to("Add a note")
        self.page.keyboard.press("Enter")
        self.keyboard.type("What you will do", note)
        self.keyboard.press("I have seen this")

    def wait_for(self, words: str) -> None:
        """Load the page again until it says this."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.words:
            assert time.monotonic() < deadline, f"{words!r} did not come: {self.words}"
            time.sleep(0.2)
            self.page.reload()

    def row(self, name: str) -> list[str]:
        """The cells of a table's row that begins with this name."""
        row = self.page.get_by_role("row", name=name)
        return [" ".join(cell.split()) for cell in row.locator("th, td").all_inner_texts()]

    def html_of(self, *paths: str) -> str:
        """What the server sent, folded parts and attributes included."""
        pages = []
        for path in paths:
            self.page.goto(path)
            pages.append(self.page.content())
        return "\n".join(pages)

    def leaves_no_trace(self) -> bool:
        watch, site = self.watch, self.site.url
        return not (watch.complaints or watch.asked_elsewhere(site) or kept_by(self.page))
