"""The client's form for those who have no mouse, no scripts, small screens, or another language."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from accounts.models import User
from accounts.permissions import Role
from tests import people
from tests.journey import rules
from tests.journey.keyboard import Keyboard
from tests.journey.phone import (
    COMMENT,
    FOLLOW_UP,
    SEND,
    SETTLED,
    TENSION,
    THANKS,
    Phone,
    Sent,
    numbered,
    rate_by_keyboard,
)
from tests.journey.real_site import RealSite

SAID = "I did not dare to say it."
OTHER_LANGUAGES = "Other languages"
FOUR = {"goal": 4, "task": 4, "bond": 4}
# A small phone; a desk at 400 %, where the sticky bar must not cover the rest; letters of 200 %.
SMALL = {"viewport": {"width": 320, "height": 568}}
ZOOMED = {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4}
DOUBLED = {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2}
LARGE_LETTERS = """() => { document.documentElement.style.fontSize = "200%" }"""
HIDDEN_WORDS = """() => [...document.querySelectorAll("main :is(p, h1, h2, legend, label, button)")]
  .filter((one) => one.checkVisibility() && !one.matches(".visually-hidden"))
  .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth)
  .map((one) => one.innerText)"""
DRAWN_BY = "one => getComputedStyle(one).appearance"
FRAME = "one => getComputedStyle(one.closest('label')).borderTopWidth"


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


# --- Keyboard


def test_with_the_keyboard_alone(phone: Phone, sent: Sent) -> None:
    phone.open(sent.link)
    keyboard = Keyboard(phone.page)
    rate_by_keyboard(keyboard, goal=5, task=4, bond=3)
    keyboard.choose(numbered(TENSION), 2)
    keyboard.type(COMMENT, SAID)
    keyboard.choose(FOLLOW_UP, 2)
    keyboard.press(SEND)
    assert "Thank you" in phone.words
    assert sent.scores == (5, 4, 3)
    rating = sent.rating
    assert (rating.tension, rating.comment, rating.follow_up) == ("some", SAID, "know")


def test_enter_sends_the_answers_and_not_the_first_button(phone: Phone, sent: Sent) -> None:
    """The first buttons of the form are those of the languages."""
    phone.open(sent.link)
    keyboard = Keyboard(phone.page)
    rate_by_keyboard(keyboard, goal=4, task=4, bond=4)
    keyboard.choose(numbered(TENSION), 1)
    with phone.page.expect_navigation():
        phone.page.keyboard.press("Enter")
    assert "Thank you" in phone.words
    assert (sent.scores, sent.rating.language) == ((4, 4, 4), "en")


def test_the_languages_open_with_the_keyboard(phone: Phone, sent: Sent) -> None:
    phone.open(sent.link)
    keyboard = Keyboard(phone.page)
    keyboard.go_to(OTHER_LANGUAGES)
    expect(phone.page.get_by_role("button", name="Deutsch")).to_be_hidden()
    phone.page.keyboard.press("Enter")
    expect(phone.page.get_by_role("button", name="Deutsch")).to_be_visible()
    keyboard.press("Deutsch")
    assert phone.page.locator("html[lang=de]").count()


# --- No scripts, and no luck


def test_without_scripts(browser: Browser, sent: Sent) -> None:
    with Phone.of(browser, java_script_enabled=False) as phone:
        phone.open(sent.link)
        phone.rate(goal=2, task=3, bond=4)
        phone.tap(TENSION, "No")
        phone.send()
        assert "Thank you" in phone.words
    assert sent.scores == (2, 3, 4)


def test_a_forgotten_question_is_pointed_out_and_nothing_is_lost(phone: Phone, sent: Sent) -> None:
    phone.open(sent.link)
    phone.rate(goal=4, task=4, bond=4)
    phone.page.get_by_label(COMMENT).fill(SAID)
    phone.page.get_by_role("button", name=SEND).tap()
    summary = phone.page.get_by_role("alert")
    assert summary.evaluate("summary => summary === document.activeElement")
    assert phone.watch.status == 422
    assert phone.page.locator(":checked").count() == 6
    assert phone.page.get_by_label(COMMENT).input_value() == SAID

    Keyboard(phone.page).go_to(TENSION)  # the only line of the summary links to it
    phone.page.keyboard.press("Enter")
    assert phone.page.evaluate("() => document.activeElement.name") == "tension"
    phone.page.keyboard.press("Space")
    phone.send()
    assert sent.scores == (4, 4, 4)


def test_the_same_form_sent_again_is_thanked_once_more_and_kept_once(
    phone: Phone, sent: Sent
) -> None:
    phone.open(sent.link)
    phone.rate(goal=4, task=4, bond=4)
    phone.tap(TENSION, "No")
    phone.send()
    post = next(each for each in phone.watch.requests if each.method == "POST")
    again = post.post_data or ""
    other = again.replace("item_bond_open=4", "item_bond_open=1")
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    same = phone.page.request.post(post.url, data=again, headers=kind)
    differs = phone.page.request.post(post.url, data=other, headers=kind)
    assert (same.status, same.url) == (200, f"{post.url}thanks/")
    assert differs.status == 409
    assert "Your first answers were kept" in differs.text()
    assert sent.scores == (4, 4, 4)


def test_a_double_tap_sends_one_form(phone: Phone, sent: Sent) -> None:
    phone.open(sent.link)
    phone.rate(goal=1, task=1, bond=1)
    phone.tap(TENSION, "Yes")
    phone.page.get_by_role("button", name=SEND).dblclick()
    phone.page.wait_for_url(THANKS)
    assert [each.method for each in phone.watch.requests].count("POST") == 1
    assert sent.scores == (1, 1, 1)


def test_two_forms_side_by_side(phone: Phone, sent: Sent, mara: User, site: RealSite) -> None:
    """Both mails are opened before either is answered."""
    second = Sent.by(mara, site, "Bo K.")
    phone.open(sent.link)
    other = Phone(phone.page.context.new_page(), phone.watch)
    other.open(second.link)
    for tab, point in ((phone, 2), (other, 5)):
        tab.page.bring_to_front()
        tab.rate(goal=point, task=point, bond=point)
        tab.tap(TENSION, "No")
        tab.send()
    assert sent.scores == (2, 2, 2)
    assert second.scores == (5, 5, 5)


# --- Without scripts


def test_without_scripts_one_can_go_on_later(browser: Browser, sent: Sent) -> None:
    with Phone.of(browser, java_script_enabled=False) as phone:
        phone.open(sent.link)
        phone.rate(**FOUR)
        phone.page.get_by_label(COMMENT).fill(SAID)
        phone.press("Go on later")
        assert "Your answers are kept" in phone.words
        assert not sent.is_answered
        again = phone.turn_page()
        again.open(sent.link)
        assert (again.chosen, again.comment) == (6, SAID)
        again.tap(TENSION, "No")
        again.send()
    assert (sent.scores, sent.rating.comment) == ((4, 4, 4), SAID)


def test_without_scripts_it_can_be_read_in_another_language(browser: Browser, sent: Sent) -> None:
    with Phone.of(browser, java_script_enabled=False) as phone:
        phone.open(sent.link)
        phone.rate(**FOUR)
        speak(phone, "Deutsch")
        assert phone.chosen == 6
        assert phone.page.locator("html").get_attribute("lang") == "de"


# --- Languages


def speak(phone: Phone, language: str) -> None:
    phone.page.get_by_text(OTHER_LANGUAGES).tap()
    phone.press(language)


def test_another_language_keeps_what_was_typed(phone: Phone, sent: Sent) -> None:
    phone.open(sent.link)
    phone.rate(**FOUR)
    phone.page.get_by_label(COMMENT).fill(SAID)
    speak(phone, "Deutsch")
    assert phone.page.locator("html[lang=de]").count()
    assert (phone.chosen, phone.comment) == (6, SAID)
    phone.page.locator("[name=tension][value=none]").check()
    phone.page.locator(".rating__send button.btn--main").tap()
    phone.page.wait_for_url(THANKS)
    assert phone.page.locator("html[lang=de]").count()  # the thanks are said in it too
    assert (sent.scores, sent.rating.comment) == ((4, 4, 4), SAID)
    assert sent.rating.language == "de"


def test_in_arabic_the_page_runs_from_right_to_left(browser: Browser, sent: Sent) -> None:
    with Phone.of(browser, **SMALL, reduced_motion="reduce") as phone:
        phone.open(sent.link)
        speak(phone, "العربيّة")
        page = phone.page
        assert page.locator("html[lang=ar][dir=rtl]").count()
        first = page.locator("fieldset").first
        button, words = (first.locator(part).first for part in ("input", "label span"))
        assert left_of(button) > left_of(words)
        found = rules.too_wide(page) + rules.broken_by(page) + rules.ill_coloured(page, set())
        assert found + rules.lost_focus(page) == []
        for group in page.locator("fieldset:has([required])").all():
            group.locator("label").nth(2).tap()
        page.locator(".rating__send button.btn--main").tap()
        page.wait_for_url(THANKS)
    assert (sent.scores, sent.rating.language) == ((3, 3, 3), "ar")


def left_of(place: Locator) -> float:
    box = place.bounding_box()
    assert box
    return box["x"]


# --- Eyes


@pytest.mark.parametrize("screen", [SMALL, ZOOMED, DOUBLED], ids=["320 px", "400 %", "200 %"])
def test_on_a_small_or_enlarged_screen(
    browser: Browser, sent: Sent, screen: dict[str, Any]
) -> None:
    with Phone.of(browser, **screen) as phone:
        phone.open(sent.link)
        assert is_readable(phone) == []
        answer_with_all(phone)
        assert is_readable(phone) == []
        phone.send()
    assert sent.scores == (4, 4, 4)


def test_with_letters_twice_as_large(browser: Browser, sent: Sent) -> None:
    with Phone.of(browser, reduced_motion="reduce") as phone:
        phone.open(sent.link)
        phone.page.evaluate(LARGE_LETTERS)
        answer_with_all(phone)
        assert is_readable(phone) == []
        phone.send()
    assert sent.scores == (4, 4, 4)


CUT_OFF = """() => document.querySelector("main").insertAdjacentHTML("beforeend",
  `<p class="nowrap">${"wide ".repeat(99)}</p>`)"""


def test_words_that_are_cut_off_are_noticed(phone: Phone, sent: Sent) -> None:
    """So that the silence of the tests above means something."""
    phone.open(sent.link)
    phone.page.evaluate(CUT_OFF)
    assert any("wide wide" in fault for fault in is_readable(phone))


def answer_with_all(phone: Phone) -> None:
    """Also the question that only tension asks, and words that do not fit into one line."""
    phone.rate(**FOUR)
    phone.tap(TENSION, "A little")
    phone.tap(SETTLED, "In part")
    phone.page.get_by_label(COMMENT).fill(f"{SAID} " * 20)
    phone.tap(FOLLOW_UP, "Please raise it with me")


def is_readable(phone: Phone) -> list[str]:
    """What is cut off or makes the page scroll sideways."""
    cut: list[str] = phone.page.evaluate(HIDDEN_WORDS)
    return [*rules.too_wide(phone.page), *cut]


def test_in_the_dark_with_everything_open(browser: Browser, sent: Sent) -> None:
    with Phone.of(browser, color_scheme="dark", reduced_motion="reduce") as phone:
        phone.open(sent.link)
        answer_with_all(phone)
        paper = phone.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        assert sum(map(int, re.findall(r"\d+", paper))) < 3 * 64
        assert rules.broken_by(phone.page) + rules.ill_coloured(phone.page, set()) == []


def test_the_chosen_answer_is_seen_in_colours_of_ones_own(browser: Browser, sent: Sent) -> None:
    """Where the system takes all our colours away, the frame still tells."""
    with Phone.of(browser, forced_colors="active") as phone:
        phone.open(sent.link)
        phone.tap(TENSION, "No")
        group = phone.group(TENSION)
        chosen = group.locator(":checked").evaluate(FRAME)
        others = {each.evaluate(FRAME) for each in group.locator("input:not(:checked)").all()}
        assert chosen not in others
        assert (
            group.locator(":checked").evaluate("one => getComputedStyle(one).appearance") != "none"
        )
