"""Mail scanners open every link, and some press every button: nothing may come of it."""

from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from playwright.sync_api import Browser, Page

from accounts.permissions import Role
from outbox.doorbell import doorbell
from sessions.models import Rating, RatingRequest
from tests import people
from tests.journey.bots import AGENTS, look_at
from tests.journey.phone import Phone
from tests.journey.real_site import RealSite
from tests.registry.database import fingerprint

BUTTONS = "button, input[type=submit], a[href], summary, [role=button]"


@pytest.fixture(scope="module")
def request_(site: RealSite) -> RatingRequest:
    with doorbell.muted():
        mara = people.hire(people.open_clinic(crisis_text="Call 112."), "Mara L.", Role.THERAPIST)
        now = site.clock.now()
        return people.hold(people.take_on(mara), now, at=now).request


@pytest.fixture
def link(request_: RatingRequest, site: RealSite) -> Iterator[str]:
    """Fresh for each test, and still good afterwards."""
    url = f"{site.url}/r/{people.link_for(request_)}/"
    before = fingerprint()
    yield url
    assert fingerprint() == before
    assert not Rating.objects.exists()
    assert look_at(url, "Mozilla/5.0", "GET") == [303, 200]


@pytest.mark.parametrize("agent", AGENTS)
def test_a_program_that_looks_changes_nothing(link: str, agent: str) -> None:
    for method in ("HEAD", "GET", "GET"):
        assert look_at(link, agent, method) == [303, 200]


@pytest.mark.parametrize("runs_scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_robot_that_presses_everything_submits_nothing(
    link: str, browser: Browser, runs_scripts: bool
) -> None:
    with Phone.of(browser, java_script_enabled=runs_scripts) as phone:
        phone.page.goto(link)
        count = phone.page.locator(BUTTONS).count()
        statuses = [press(phone, link, number) for number in range(count)]
    assert count >= 2
    assert 422 in statuses
    assert set(statuses) <= {200, 422}


def press(phone: Phone, link: str, number: int) -> int:
    """Each button of the fresh page, then whatever page comes: twice, to be sure."""
    phone.page.goto(link)
    click(phone.page, number)
    click(phone.page, number)
    return phone.watch.status


def click(page: Page, number: int) -> None:
    """Also what a person could not see."""
    button = page.locator(BUTTONS).nth(number)
    if not button.count():
        return
    submits = button.evaluate("one => one.matches('form :is(button, input)')")
    with page.expect_navigation() if submits else nullcontext():
        button.dispatch_event("click")
