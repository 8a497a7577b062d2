"""The therapist's five minutes as scripts: each goes the shortest way that the pages offer.

The times of the machine are those of this machine and an empty cache, log-in included where it is a
part of the task.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from benchmarks.usability.figures import Figure, Work
from benchmarks.usability.hand import Hand

WIDE: ViewportSize = {"width": 1280, "height": 900}
FLAGGED = ".card--needs:has-text('Possible rupture')"


@dataclass(frozen=True)
class Desk:
    """Where one therapist sits."""

    browser: Browser
    site: str
    email: str
    password: str

    def sit_down(self) -> BrowserContext:
        """Nothing in the cache, nobody logged in."""
        return self.browser.new_context(base_url=self.site, viewport=WIDE)

    def log_in(self, hand: Hand) -> None:
        hand.type(hand.page.locator("input[name=login]"), self.email)
        hand.type(hand.page.locator("input[name=password]"), self.password)
        hand.follow(hand.page.get_by_role("button", name="Log in"))


Task = Callable[[Desk, Page, int], Work]


def measure(desk: Desk, laps: int) -> dict[str, Figure]:
    return {name: Figure.of([_run(task, desk, lap) for lap in range(laps)]) for name, task in TASKS}


def _run(task: Task, desk: Desk, lap: int) -> Work:
    with desk.sit_down() as context:
        return task(desk, context.new_page(), lap)


def _logged_in(desk: Desk, page: Page, name: str) -> None:
    page.goto(f"{reverse('account_login')}?next={reverse(name)}")
    desk.log_in(Hand(page))


def record_from_caseload(desk: Desk, page: Page, lap: int) -> Work:
    """From the caseload: record, choose the client, save."""
    _logged_in(desk, page, "caseload")
    hand = Hand(page)
    hand.follow(page.locator(".page-head").get_by_role("link", name="Record a session"))
    hand.choose(page.get_by_label("Client"), lap + 1)
    return _save(hand)


def record_from_client(desk: Desk, page: Page, lap: int) -> Work:
    """From the page of the client who has just left."""
    _logged_in(desk, page, "caseload")
    with page.expect_navigation():
        page.locator(".caseload th a").nth(lap + 20).click()
    hand = Hand(page)
    hand.follow(page.locator(".page-head").get_by_role("link", name="Record a session"))
    return _save(hand)


def _save(hand: Hand) -> Work:
    hand.follow(hand.page.get_by_role("button", name="Save session"))
    assert reverse("record_session") not in hand.page.url, "the session was not saved"
    return hand.done()


def acknowledge_after_log_in(desk: Desk, page: Page, lap: int) -> Work:
    page.goto(reverse("account_login"))
    hand = Hand(page)
    desk.log_in(hand)
    return _acknowledge(hand)


def acknowledge_from_mail(desk: Desk, page: Page, lap: int) -> Work:
    """The link of the mail leads to the inbox, by way of the log-in."""
    page.goto("about:blank")
    hand = Hand(page, clicks=1)
    page.goto(reverse("inbox"))
    desk.log_in(hand)
    return _acknowledge(hand)


def _acknowledge(hand: Hand) -> Work:
    hand.follow(hand.page.locator(FLAGGED).first.get_by_role("link", name="Review"))
    hand.follow(hand.page.get_by_role("button", name="I have seen this"))
    assert hand.page.get_by_text("Noted: you have seen this.").count() == 1
    return hand.done()


def log_repair(desk: Desk, page: Page, lap: int) -> Work:
    """From the flag's page: what kind, one thing tried, when to raise it. No words."""
    _logged_in(desk, page, "inbox")
    with page.expect_navigation():
        page.locator(FLAGGED).first.get_by_role("link", name="Review").click()
    hand = Hand(page)
    hand.follow(page.get_by_role("link", name="Log a repair"))
    hand.click(page.locator("label:has(input[name=kind])").first)
    hand.click(page.locator("label:has(input[name=tried])").first)
    hand.click(page.locator("label:has(input[name=raise_when])").nth(1))
    hand.follow(page.get_by_role("button", name="Save the entry"))
    assert page.get_by_text("Written down.").count() == 1
    return hand.done()


TASKS: tuple[tuple[str, Task], ...] = (
    ("record a session, from the caseload", record_from_caseload),
    ("record a session, from the client's page", record_from_client),
    ("acknowledge a flag, log-in included", acknowledge_after_log_in),
    ("acknowledge a flag, from the mail's link, log-in included", acknowledge_from_mail),
    ("log a repair, from the flag's page", log_repair),
)
