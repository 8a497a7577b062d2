"""The client's form for those who have no mouse, no scripts, or no luck."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from accounts.models import User
from accounts.permissions import Role
from outbox.doorbell import doorbell
from sessions.models import Rating, RatingRequest
from tests import people
from tests.journey.keyboard import Keyboard
from tests.journey.phone import COMMENT, FOLLOW_UP, SEND, TENSION, THANKS, Phone, rate_by_keyboard
from tests.journey.real_site import RealSite

SAID = "I did not dare to say it."


@pytest.fixture(scope="module")
def mara(site: RealSite) -> User:
    return people.hire(people.open_clinic(crisis_text="Call 112."), "Mara L.", Role.THERAPIST)


@pytest.fixture
def request_(mara: User, site: RealSite) -> RatingRequest:
    now = site.clock.now()
    with doorbell.muted():
        return people.hold(people.take_on(mara), now, at=now).request


@pytest.fixture
def link(request_: RatingRequest, site: RealSite) -> str:
    return f"{site.url}/r/{people.link_for(request_)}/"


@pytest.fixture
def phone(browser: Browser) -> Iterator[Phone]:
    with Phone.of(browser) as a_phone:
        yield a_phone


def scores(request: RatingRequest) -> tuple[float, float, float]:
    rating = Rating.objects.get(request=request)
    return rating.goal, rating.task, rating.bond


def test_with_the_keyboard_alone(phone: Phone, link: str, request_: RatingRequest) -> None:
    phone.open(link)
    keyboard = Keyboard(phone.page)
    rate_by_keyboard(keyboard, goal=5, task=4, bond=3)
    keyboard.choose(TENSION, 2)
    keyboard.type(COMMENT, SAID)
    keyboard.choose(FOLLOW_UP, 2)
    keyboard.press(SEND)
    assert "Thank you" in phone.words
    assert scores(request_) == (5, 4, 3)
    rating = Rating.objects.get(request=request_)
    assert (rating.tension, rating.comment, rating.follow_up) == ("some", SAID, "know")


def test_without_scripts(browser: Browser, link: str, request_: RatingRequest) -> None:
    with Phone.of(browser, java_script_enabled=False) as phone:
        phone.open(link)
        phone.rate(goal=2, task=3, bond=4)
        phone.tap(TENSION, "No")
        phone.send()
        assert "Thank you" in phone.words
    assert scores(request_) == (2, 3, 4)


def test_a_forgotten_question_is_pointed_out_and_nothing_is_lost(
    phone: Phone, link: str, request_: RatingRequest
) -> None:
    phone.open(link)
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
    assert scores(request_) == (4, 4, 4)


def test_the_same_form_sent_again_is_thanked_once_more_and_kept_once(
    phone: Phone, link: str, request_: RatingRequest
) -> None:
    phone.open(link)
    phone.rate(goal=4, task=4, bond=4)
    phone.tap(TENSION, "No")
    phone.send()
    sent = next(each for each in phone.watch.requests if each.method == "POST")
    again = sent.post_data or ""
    other = again.replace("item_bond_open=4", "item_bond_open=1")
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    same = phone.page.request.post(sent.url, data=again, headers=kind)
    differs = phone.page.request.post(sent.url, data=other, headers=kind)
    assert (same.status, same.url) == (200, f"{sent.url}thanks/")
    assert differs.status == 409
    assert "Your first answers were kept" in differs.text()
    assert scores(request_) == (4, 4, 4)


def test_a_double_tap_sends_one_form(phone: Phone, link: str, request_: RatingRequest) -> None:
    phone.open(link)
    phone.rate(goal=1, task=1, bond=1)
    phone.tap(TENSION, "Yes")
    phone.page.get_by_role("button", name=SEND).dblclick()
    phone.page.wait_for_url(THANKS)
    assert [each.method for each in phone.watch.requests].count("POST") == 1
    assert scores(request_) == (1, 1, 1)


def test_two_forms_side_by_side(
    phone: Phone, link: str, request_: RatingRequest, mara: User, site: RealSite
) -> None:
    """Both mails are opened before either is answered."""
    now = site.clock.now()
    with doorbell.muted():
        second = people.hold(people.take_on(mara, "Bo K."), now, at=now).request
    phone.open(link)
    other = Phone(phone.page.context.new_page(), phone.watch)
    other.open(f"{site.url}/r/{people.link_for(second)}/")
    for tab, point in ((phone, 2), (other, 5)):
        tab.page.bring_to_front()
        tab.rate(goal=point, task=point, bond=point)
        tab.tap(TENSION, "No")
        tab.send()
    assert scores(request_) == (2, 2, 2)
    assert scores(second) == (5, 5, 5)
