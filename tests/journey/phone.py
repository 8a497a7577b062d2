"""The client's phone: it opens the link from the mail, without any log-in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from accounts.models import User
from alliance.local.mailbox.server import Mail
from outbox.doorbell import doorbell
from sessions.models import Rating, RatingRequest
from tests import people
from tests.journey.keyboard import Keyboard
from tests.journey.real_site import RealSite
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
SETTLED = "Is it settled between you?"
FOLLOW_UP = "What should happen with this?"
QUESTIONS = (*DIMENSIONS, TENSION)
SEND = "Send my answers"
KEPT = "Kept. You can close this page and go on later, on this device."
NO_CONNECTION = "There is no connection right now. Your answers are still here."

expect.set_options(timeout=30_000)  # as long as Playwright waits for all else: machines are busy


def link_in(mail: Mail) -> str:
    """The link that the reader taps: the same in both parts of the mail."""
    link = re.search(r"https?://\S+/r/\S+", mail.part("plain"))
    assert link, mail.part("plain")
    assert f'href="{link[0]}"' in mail.part("html")
    return link[0]


def numbered(question: str) -> str:
    """As it stands on the form, and as a screen reader says it: "7 of 7 Was there ..."."""
    return f"{QUESTIONS.index(question) + 1} of {len(QUESTIONS)} {question}"


def token_of(link: str) -> str:
    return link.rstrip("/").rpartition("/")[2]


@dataclass(frozen=True)
class Sent:
    """A form on its way to a client, and the link of its mail."""

    request: RatingRequest
    link: str

    @classmethod
    def by(cls, therapist: User, site: RealSite, name: str = "Ana R.") -> Self:
        now = site.clock.now()
        with doorbell.muted():
            request = people.hold(people.take_on(therapist, name), now, at=now).request
        return cls(request, f"{site.url}/r/{people.link_for(request)}/")

    @property
    def rating(self) -> Rating:
        """As it is stored."""
        return Rating.objects.get(request=self.request)

    @property
    def is_answered(self) -> bool:
        return Rating.objects.filter(request=self.request).exists()

    @property
    def scores(self) -> tuple[float, float, float]:
        return self.rating.goal, self.rating.task, self.rating.bond


@dataclass
class Phone:
    page: Page
    watch: Watch

    @classmethod
    @contextmanager
    def of(cls, browser: Browser, **options: Any) -> Iterator[Self]:
        """Somebody's phone, with cookies of its own."""
        usual: dict[str, Any] = {"viewport": SIZE, "has_touch": True, "is_mobile": True}
        context = browser.new_context(**usual | options)
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

    def press(self, button: str) -> None:
        """Tap it, and wait for the page that follows."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=button, exact=True).tap()

    def send(self) -> None:
        self.page.get_by_role("button", name=SEND).tap()
        self.page.wait_for_url(THANKS)

    def is_told(self, sentence: str) -> None:
        """The line under the button says so, at once or a moment later."""
        expect(self.page.locator("[data-kept]")).to_contain_text(sentence)

    def turn_page(self) -> "Phone":
        """The page is closed, and a new one opened in the same browser."""
        context = self.page.context
        self.page.close()
        return Phone(context.new_page(), self.watch)

    @property
    def chosen(self) -> int:
        return self.page.locator(":checked").count()

    @property
    def comment(self) -> str:
        return self.page.locator("textarea[name=comment]").input_value()

    def leaves_no_trace(self, site: str) -> bool:
        return not (self.watch.complaints or self.watch.asked_elsewhere(site) or kept_by(self.page))


def rate_by_keyboard(keyboard: Keyboard, **scores: int) -> None:
    for question, dimension in DIMENSIONS.items():
        keyboard.choose(numbered(question), scores[dimension])
