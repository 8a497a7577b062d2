"""The client's minute: eight taps, and whatever a phone and its network do to them meanwhile."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from accounts.models import User
from accounts.permissions import Role
from sessions.models import Draft, Rating
from tests import people
from tests.journey.phone import (
    COMMENT,
    DIMENSIONS,
    KEPT,
    NO_CONNECTION,
    SEND,
    SETTLED,
    TENSION,
    THANKS,
    Phone,
    Sent,
)
from tests.journey.real_site import RealSite

SAID = "I did not dare to say it."
# Counted where a finger arrives; what a script or a label does by itself is not trusted.
COUNT_TAPS = """addEventListener("pointerdown", (event) => event.isTrusted && tapped(), true)"""
EACH_FOUR = {"goal": 4, "task": 4, "bond": 4}


@pytest.fixture(scope="module")
def mara(site: RealSite) -> User:
    return people.hire(people.open_clinic(crisis_text="Call 112."), "Mara L.", Role.THERAPIST)


@pytest.fixture
def sent(mara: User, site: RealSite) -> Sent:
    return Sent.by(mara, site)


@pytest.fixture
def phone(browser: Browser) -> Iterator[Phone]:
    with Phone.of(browser) as a_phone:
        yield a_phone


def begin(phone: Phone, sent: Sent) -> None:
    """Three answers and a sentence, and the page says that they are kept."""
    phone.open(sent.link)
    for question in list(DIMENSIONS)[:3]:
        phone.tap(question, "Mostly")
    phone.page.get_by_label(COMMENT).fill(SAID)
    phone.is_told(KEPT)


def has_all(phone: Phone) -> bool:
    return (phone.chosen, phone.comment) == (3, SAID)


def finish(phone: Phone) -> None:
    for question in list(DIMENSIONS)[3:]:
        phone.tap(question, "Mostly")
    phone.tap(TENSION, "No")
    phone.send()


def wait_for_draft(sent: Sent, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not Draft.objects.filter(request=sent.request).exists():
        assert time.monotonic() < deadline, "Nothing was kept."
        time.sleep(0.1)


# --- As it should be


def test_eight_taps_after_the_one_on_the_link(phone: Phone, sent: Sent) -> None:
    """Nothing to open, nothing to confirm, no second page, nothing else that must be said."""
    taps: list[None] = []
    phone.page.context.expose_function("tapped", lambda: taps.append(None))
    phone.page.add_init_script(COUNT_TAPS)
    phone.open(sent.link)
    phone.rate(**EACH_FOUR)
    phone.tap(TENSION, "No")
    assert len(taps) == 7
    phone.send()
    assert len(taps) == 8
    shown = [each.url for each in phone.watch.documents if each.status == 200]
    assert len(shown) == 2  # the form, and the thanks
    assert "Thank you" in phone.words
    assert sent.scores == (4, 4, 4)


def test_what_is_done_is_counted(phone: Phone, sent: Sent) -> None:
    phone.open(sent.link)
    words, bar = phone.page.locator("[data-progress-words]"), phone.page.locator("progress")
    expect(words).to_have_text("0 of 7 answered")
    phone.rate(**EACH_FOUR)
    phone.rate(goal=5, task=5, bond=5)  # thought better of it: still six
    expect(words).to_have_text("6 of 7 answered")
    expect(bar).to_have_attribute("max", "7")
    phone.tap(TENSION, "A little")
    expect(words).to_have_text("7 of 7 answered")


def test_only_tension_asks_whether_it_is_settled(phone: Phone, sent: Sent) -> None:
    phone.open(sent.link)
    expect(phone.group(SETTLED)).to_be_hidden()
    phone.tap(TENSION, "Yes")
    expect(phone.group(SETTLED)).to_be_visible()
    phone.tap(SETTLED, "Not yet")
    phone.tap(TENSION, "No")
    expect(phone.group(SETTLED)).to_be_hidden()
    phone.rate(**EACH_FOUR)
    phone.send()
    assert sent.rating.settled == ""  # what was taken back is not sent


# --- The page goes away


def test_a_closed_page_comes_back_as_it_was(phone: Phone, sent: Sent) -> None:
    begin(phone, sent)
    again = phone.turn_page()
    again.open(sent.link)
    assert has_all(again)
    finish(again)
    assert sent.rating.comment == SAID
    assert not Draft.objects.filter(request=sent.request).exists()


def test_a_phone_that_was_switched_off_has_it_too(
    browser: Browser, phone: Phone, sent: Sent
) -> None:
    """All that is left then is what the browser wrote on its disk."""
    begin(phone, sent)
    left = phone.page.context.storage_state()
    phone.page.context.close()
    with Phone.of(browser, storage_state=left) as later:
        later.open(sent.link)
        assert has_all(later)
        finish(later)
    assert sent.rating.comment == SAID


def test_another_phone_with_the_same_link_sees_nothing_of_it(
    browser: Browser, phone: Phone, sent: Sent
) -> None:
    begin(phone, sent)
    with Phone.of(browser) as other:
        other.open(sent.link)
        assert (other.chosen, other.comment) == (0, "")


def test_whoever_leaves_in_the_middle_of_a_word_loses_nothing(phone: Phone, sent: Sent) -> None:
    """Before the page has said that it is kept."""
    phone.open(sent.link)
    phone.tap(TENSION, "A little")
    phone.page.get_by_label(COMMENT).fill(SAID)
    phone.page.goto("about:blank")
    wait_for_draft(sent)  # sent by a page that is gone: the browser no longer tells of it
    phone.page.goto(sent.link)
    assert (phone.chosen, phone.comment) == (1, SAID)


def test_reloading_loses_nothing(phone: Phone, sent: Sent) -> None:
    begin(phone, sent)
    phone.page.reload()
    assert has_all(phone)
    finish(phone)


# --- The connection goes away


def test_without_connection_the_page_stays_and_says_so(phone: Phone, sent: Sent) -> None:
    phone.open(sent.link)
    phone.page.context.set_offline(True)
    phone.rate(**EACH_FOUR)
    phone.tap(TENSION, "No")
    phone.page.get_by_label(COMMENT).fill(SAID)
    phone.is_told(NO_CONNECTION)
    phone.page.get_by_role("button", name=SEND).tap()
    phone.page.get_by_role("button", name=SEND).tap()
    phone.is_told(NO_CONNECTION)
    assert (phone.chosen, phone.comment) == (7, SAID)
    assert not sent.is_answered

    phone.page.context.set_offline(False)
    phone.is_told(KEPT)  # without another word typed
    phone.send()
    assert (sent.scores, sent.rating.comment) == ((4, 4, 4), SAID)


def test_a_connection_that_breaks_while_sending(phone: Phone, sent: Sent) -> None:
    """The browser still thinks that there is one, and shows a page of its own."""
    phone.open(sent.link)
    phone.rate(**EACH_FOUR)
    phone.tap(TENSION, "No")
    phone.page.get_by_label(COMMENT).fill(SAID)
    phone.is_told(KEPT)
    phone.page.route("**/rate/*/", lambda route: route.abort("internetdisconnected"))
    phone.page.get_by_role("button", name=SEND).tap()
    expect(phone.page).to_have_url(re.compile("chrome-error:"))
    phone.page.unroute("**/rate/*/")
    phone.page.goto(sent.link)
    assert (phone.chosen, phone.comment) == (7, SAID)
    phone.send()
    assert (sent.scores, sent.rating.comment) == ((4, 4, 4), SAID)


SEND_UNSEEN = """() => fetch(location.href, {
    method: "POST", body: new FormData(document.querySelector("form.rating")), redirect: "manual",
})"""


def test_an_answer_that_got_lost_on_its_way_back(phone: Phone, sent: Sent) -> None:
    """It has arrived, but nobody was told: sending it again is thanked, and stored once."""
    phone.open(sent.link)
    phone.rate(**EACH_FOUR)
    phone.tap(TENSION, "No")
    phone.page.evaluate(SEND_UNSEEN)
    assert sent.is_answered
    phone.send()
    assert "Thank you" in phone.words
    assert sent.scores == (4, 4, 4)


# --- The page is too old, or shown once more


def test_a_cookie_that_ended_costs_one_more_tap(phone: Phone, sent: Sent) -> None:
    phone.open(sent.link)
    phone.rate(**EACH_FOUR)
    phone.tap(TENSION, "No")
    phone.page.get_by_label(COMMENT).fill(SAID)
    phone.is_told(KEPT)
    phone.page.context.clear_cookies(name="csrf")
    phone.press(SEND)
    assert phone.watch.status == 403
    assert "your words are still here" in phone.words
    assert not sent.is_answered
    phone.press("Send it again")
    assert "Thank you" in phone.words
    assert (sent.scores, sent.rating.comment) == ((4, 4, 4), SAID)


def test_what_is_no_longer_kept_is_not_said_to_be(phone: Phone, sent: Sent) -> None:
    """The sentence from before must not stay: somebody would close the page."""
    begin(phone, sent)
    phone.page.context.clear_cookies(name="csrf")
    with phone.page.expect_response("**/draft/") as refused:
        phone.page.get_by_label(COMMENT).fill(f"{SAID} And more.")
    assert refused.value.status == 403
    expect(phone.page.locator("[data-kept]")).to_have_text("")


def test_back_after_sending_shows_no_answers(phone: Phone, sent: Sent) -> None:
    begin(phone, sent)
    finish(phone)
    phone.page.go_back()
    assert "already answered" in phone.words
    assert SAID not in phone.page.content()
    phone.page.go_forward()
    assert "Thank you" in phone.words


def test_the_same_form_in_two_pages(phone: Phone, sent: Sent) -> None:
    """What differs is not taken in silence; what is the same is thanked."""
    phone.open(sent.link)
    tabs = [phone, *(Phone(phone.page.context.new_page(), phone.watch) for _ in range(2))]
    for tab in tabs:
        tab.page.goto(sent.link)
        tab.page.bring_to_front()
        tab.rate(**EACH_FOUR)
        tab.tap(TENSION, "No")
    first, same, other = tabs
    first.send()
    same.page.bring_to_front()
    same.send()
    other.page.bring_to_front()
    other.tap(next(iter(DIMENSIONS)), "Not at all")
    other.press(SEND)
    assert "Your first answers were kept" in other.words
    assert sent.scores == (4, 4, 4)


# --- Second thoughts


def change(phone: Phone) -> None:
    with phone.page.expect_navigation():
        phone.page.get_by_role("link", name="Change my answers").tap()


def test_answers_can_be_changed_for_a_while(phone: Phone, sent: Sent) -> None:
    begin(phone, sent)
    finish(phone)
    change(phone)
    assert (phone.chosen, phone.comment) == (7, SAID)
    phone.rate(goal=2, task=4, bond=4)
    phone.press("Save the new answers")
    phone.page.wait_for_url(THANKS)
    assert sent.scores == (2, 4, 4)
    assert Rating.objects.filter(request=sent.request).count() == 1


def test_then_the_time_for_it_is_over(phone: Phone, sent: Sent, site: RealSite) -> None:
    """The page was opened in time and sent too late."""
    begin(phone, sent)
    finish(phone)
    change(phone)
    phone.rate(goal=1, task=1, bond=1)
    site.clock.forward(minutes=15)
    phone.press("Save the new answers")
    assert "They can no longer be changed here" in phone.words
    assert sent.scores == (4, 4, 4)


def test_nobody_else_with_the_link_can_change_them(
    browser: Browser, phone: Phone, sent: Sent
) -> None:
    begin(phone, sent)
    finish(phone)
    with Phone.of(browser) as other:
        other.open(sent.link)
        assert "already answered" in other.words
        other.page.goto(f"{other.page.url}change/")
        assert "already answered" in other.words
        assert SAID not in other.page.content()
