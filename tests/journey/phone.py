"""The client's phone: it opens the link from the mail, without any log-in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from playwright.sync_api import Browser, Locator, Page, ViewportSize

from alliance.local.mailbox.server import Mail
from tests.journey.keyboard import Keyboard
from tests.journey.watch import Watch, kept_by

SIZE: ViewportSize = {"width": 390, "height": 844}
PATH = re.compile(r"/rate/[0-9a-f-]{36}/")
THANKS = re.compile("/thanks/")
LABELS = ("Not at all", "A little", "Somewhat", "Mostly", "Completely")
DIMENSIONS = {
    "We want the same things from our work together.": "goal",
    "What we did today made sense to me.": "task",
    "I felt understood today.": "bond",
    "We worked on what matters to me.": "goal",
    "I believe the way we work can help me.": "task",
    "I could say what was really on my mind.": "bond",
}
TENSION = "Was there any tension or misunderstanding today?"
COMMENT = "Is there anything else you want to say?"
FOLLOW_UP = "What should happen with this?"
SEND = "Send my answers"


def link_in(mail: Mail) -> str:
    """The link that the reader taps: the same in both parts of the mail."""
    link = re.search(r"https?://\S+/r/\S+", mail.part("plain"))
    assert link, mail.part("plain")
    assert f'href="{link[0]}"' in mail.part("html")
    return link[0]


def token_of(link: str) -> str:
    return link.rstrip("/").rpartition("/")[2]


@dataclass
class Phone:
    page: Page
    watch: Watch

    @classmethod
    @contextmanager
    def of(cls, browser: Browser, **options: Any) -> Iterator[Self]:
        """Somebody's phone, with cookies of its own."""
        context = browser.new_context(viewport=SIZE, has_touch=True, is_mobile=True, **options)
        yield cls(context.new_page(), Watch(context))
        context.close()

    def open(self, link: str) -> int:
        """Tap the link; its secret must leave the address bar, and nobody else may be told."""
        self.watch.forget()
        self.page.goto(link)
        assert PATH.fullmatch(self.path), self.path
        assert token_of(link) not in self.page.content()
        assert self.watch.requests_with(token_of(link)) == [f"{link} "]
        return self.watch.status

    @property
    def path(self) -> str:
        return re.sub(r"^https?://[^/]+", "", self.page.url)

    @property
    def words(self) -> str:
        return self.page.locator("main").inner_text()

    def group(self, question: str) -> Locator:
        return self.page.get_by_role("group", name=question)

    def tap(self, question: str, answer: str) -> None:
        self.group(question).get_by_text(answer, exact=True).tap()

    def rate(self, **scores: int) -> None:
        """Tap the point of each dimension for both of its questions."""
        for question, dimension in DIMENSIONS.items():
            self.tap(question, LABELS[scores[dimension] - 1])

    def send(self) -> None:
        self.page.get_by_role("button", name=SEND).tap()
        self.page.wait_for_url(THANKS)

    def leaves_no_trace(self, site: str) -> bool:
        return not (self.watch.complaints or self.watch.asked_elsewhere(site) or kept_by(self.page))


def rate_by_keyboard(keyboard: Keyboard, **scores: int) -> None:
    for question, dimension in DIMENSIONS.items():
        keyboard.choose(question, scores[dimension])
