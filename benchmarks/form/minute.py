"""The client's minute: a script that taps as a person would, and does not read."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from playwright.sync_api import Page

from benchmarks.form.figures import Words
from benchmarks.form.slow_phone import Phones

QUESTIONS = "form.rating fieldset:has([required])"
MOSTLY, NO = 3, 0  # which of the answers
SEND = ".rating__send button[type=submit]"


@dataclass
class Run:
    """Seconds of each part."""

    opening: float
    answering: float
    sending: float
    taps: int
    words: Words  # of the whole page
    questions: Words  # of what must be answered

    @property
    def machine(self) -> float:
        return self.opening + self.answering + self.sending


@dataclass
class Watch:
    """Seconds since it was last asked."""

    since: float = field(default_factory=time.perf_counter)

    def lap(self) -> float:
        now = time.perf_counter()
        took, self.since = now - self.since, now
        return took


def measure(phones: Phones, links: Iterator[str], laps: int) -> list[Run]:
    return [_run(phones, next(links)) for _ in range(laps)]


def _run(phones: Phones, link: str) -> Run:
    with phones.new() as (page, _line):
        watch = Watch()
        page.goto(link)
        opening = watch.lap()
        words = Words.of(page.locator("main").inner_text())
        questions = Words.of("\n".join(page.locator(QUESTIONS).all_inner_texts()))
        watch.lap()
        taps = _answer(page)
        answering = watch.lap()
        page.locator(SEND).tap()
        page.wait_for_url("**/thanks/")
        return Run(opening, answering, watch.lap(), taps + 1, words, questions)


def _answer(page: Page) -> int:
    """One tap for each question; the last one asks about tension."""
    questions = page.locator(QUESTIONS)
    count = questions.count()
    for number in range(count):
        answer = NO if number == count - 1 else MOSTLY
        questions.nth(number).locator("label").nth(answer).tap()
    assert page.locator(":checked").count() == count
    return count
