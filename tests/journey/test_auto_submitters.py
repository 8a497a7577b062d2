"""Mail scanners open every link, and some press every button: nothing may come of it."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from playwright.sync_api import Browser, Locator, Page

from accounts import services as accounts
from accounts.models import User
from accounts.permissions import Role
from clients import services as clients
from clients.models import Client
from outbox import composers
from outbox.composers import Email
from outbox.doorbell import doorbell
from sessions.models import OWN_LINK, RATING_REQUEST, Draft, Rating, RatingRequest, RequestLink
from tests import people
from tests.journey.bots import AGENTS, look_at
from tests.journey.phone import TENSION, Phone
from tests.journey.real_site import RealSite
from tests.registry.database import FLEETING, fingerprint

PIN = "4711"
BUTTONS = "button, input[type=submit], a[href], summary, [role=button]"
SUBMITS = "one => one.matches('form :is(button, input)')"
LEADS_AWAY = "one => Boolean(one.href && !one.hash && !one.hasAttribute('download'))"
FORMS = "() => document.forms.length"
# As a robot does: without pressing anything, so no script of the page is asked.
SUBMIT = "number => document.forms[number].submit()"
ADDRESS = re.compile(r"https?://\S+")
# A robot may leave a draft that only its own browser would see again.
KEPT = FLEETING | {Draft._meta.db_table}
HARMLESS = {200, 422}
Makes = Callable[[User, RealSite], tuple[RatingRequest, str]]


@dataclass(frozen=True)
class Mailed:
    """What a client has in the mailbox: the mail with the form, and the one that was asked for."""

    request: RatingRequest
    form: str
    preferences: str
    about: str
    own: str

    @property
    def links(self) -> tuple[str, ...]:
        return (self.form, self.preferences, self.about, self.own)

    @property
    def client(self) -> Client:
        return Client.objects.get(pk=self.request.session.treatment.client_id)


@pytest.fixture(scope="module")
def mara(site: RealSite) -> User:
    mara = people.hire(people.open_clinic(crisis_text="Call 112."), "Mara L.", Role.THERAPIST)
    words = {"title": "Therapist", "qualifications": "Ten years.", "way_of_working": "We talk."}
    accounts.publish_profile(**words, by=mara, at=site.clock.now())
    return mara


@pytest.fixture
def mailed(mara: User, site: RealSite) -> Mailed:
    now = site.clock.now()
    with doorbell.muted():
        treatment = clients.add_client(
            name="Ana R.",
            email="ana@mail.example",
            language="en",
            contact=Client.Contact.EMAIL,
            by=mara,
            at=now,
            pin=PIN,
        )
        people.answer(people.hold(treatment, now, at=now), comment="Between us.", at=now)
        now = site.clock.now()
        request = people.hold(treatment, now, at=now).request
    with transaction.atomic():
        mail = composers.compose(RATING_REQUEST, request.pk, now)
        own_mail = composers.compose(OWN_LINK, treatment.client_id, now)
    form, about, preferences = addresses(mail, site)
    assert addresses(mail, site, mail.unsubscribe_url) == [preferences]
    [own] = addresses(own_mail, site)
    return Mailed(request, form, preferences, about, own)


def addresses(mail: Email, site: RealSite, text: str | None = None) -> list[str]:
    """All that stand in the mail, in their order, as the site of this test answers to them."""
    found = ADDRESS.findall(mail.text if text is None else text)
    return [address.replace(settings.SITE_URL, site.url) for address in found]


@pytest.fixture
def untouched(mailed: Mailed) -> Iterator[Mailed]:
    """Afterwards no link is spent, no answer made, nothing stopped, nothing asked."""
    before = fingerprint(KEPT)
    yield mailed
    assert fingerprint(KEPT) == before
    assert not Rating.objects.filter(request=mailed.request).exists()
    client = mailed.client
    assert (client.stopped_at, client.erasure_asked_at, client.is_locked) == (None, None, False)


# --- Programs that only look


@pytest.mark.parametrize("agent", AGENTS)
def test_a_program_that_looks_changes_nothing(untouched: Mailed, agent: str) -> None:
    for link in untouched.links:
        expected = [200] if link == untouched.about else [303, 200]
        for method in ("HEAD", "GET", "GET"):
            assert look_at(link, agent, method) == expected


# --- Programs that press everything


@pytest.mark.parametrize("runs_scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_robot_that_presses_everything_submits_nothing(
    untouched: Mailed, browser: Browser, runs_scripts: bool
) -> None:
    with Phone.of(browser, java_script_enabled=runs_scripts) as robot:
        found = {link: press_all(robot, link) for link in untouched.links}
    for link in (untouched.form, untouched.preferences, untouched.own):
        assert 422 in found[link], f"No form was sent on {link}"
    assert set().union(*found.values()) <= HARMLESS


def test_a_robot_that_submits_every_form_submits_nothing(
    untouched: Mailed, browser: Browser
) -> None:
    with Phone.of(browser) as robot:
        for link in (untouched.form, untouched.preferences, untouched.own):
            assert submit_all(robot, link) == {422}


# --- Links that do not open their form, or not at once


def expired(mara: User, site: RealSite) -> tuple[RatingRequest, str]:
    long_ago = site.clock.now() - timedelta(days=20)
    return one_more(mara, long_ago)


def replaced(mara: User, site: RealSite) -> tuple[RatingRequest, str]:
    request, token = one_more(mara, site.clock.now())
    people.link_for(request)
    return request, token


def checked(mara: User, site: RealSite) -> tuple[RatingRequest, str]:
    request, token = one_more(mara, site.clock.now())
    Client.objects.filter(pk=request.session.treatment.client_id).update(
        checks_link=Client.Check.ALWAYS
    )
    return request, token


def one_more(mara: User, at: datetime) -> tuple[RatingRequest, str]:
    """A form of one more client, and the token of its mail."""
    with doorbell.muted():
        treatment = clients.add_client(
            name="Bo K.",
            email="bo@mail.example",
            language="en",
            contact=Client.Contact.EMAIL,
            by=mara,
            at=at,
            pin=PIN,
        )
        request = people.hold(treatment, at, at=at).request
    return request, people.link_for(request)


@pytest.mark.parametrize(
    ("made", "title"),
    [
        (expired, "This link has ended"),
        (replaced, "newer link"),
        (checked, "Before the form opens"),
    ],
    ids=["expired", "replaced", "checked"],
)
def test_a_robot_spends_nothing_of_a_link_that_asks_or_has_ended(
    made: Makes, title: str, mara: User, site: RealSite, browser: Browser
) -> None:
    request, token = made(mara, site)
    link = f"{site.url}/r/{token}/"
    before = all_links(request)
    for agent in AGENTS:
        look_at(link, agent, "GET")
    with Phone.of(browser) as robot:
        robot.page.goto(link)
        assert title in robot.words
        press_all(robot, link)
        submit_all(robot, link)
    assert not Rating.objects.filter(request=request).exists()
    assert not Draft.objects.filter(request=request).exists()
    assert all_links(request) == before
    client = Client.objects.get(pk=request.session.treatment.client_id)
    assert (client.stopped_at, client.failed_checks, client.is_locked) == (None, 0, False)


def all_links(request: RatingRequest) -> list[tuple[Any, ...]]:
    return list(RequestLink.objects.filter(request=request).order_by("pk").values_list())


# --- Afterwards


def test_the_client_comes_after_the_robot(mailed: Mailed, browser: Browser) -> None:
    """And finds everything as if nobody had been there, in the language of the mail."""
    with Phone.of(browser) as robot:
        press_all(robot, mailed.form)
    assert Draft.objects.filter(request=mailed.request).exists()  # it has pressed the languages
    with Phone.of(browser) as phone:
        phone.open(mailed.form)
        assert (phone.chosen, phone.comment) == (0, "")
        assert phone.page.locator("html[lang=en]").count()
        phone.rate(goal=4, task=4, bond=4)
        phone.tap(TENSION, "No")
        phone.send()
        open_own(phone, mailed)
        assert "Between us." in phone.page.content()
        stop_mails(phone, mailed)
    assert Rating.objects.get(request=mailed.request).language == "en"
    assert mailed.client.stopped_at is not None


def open_own(phone: Phone, mailed: Mailed) -> None:
    phone.page.goto(mailed.own)
    phone.page.get_by_label("Your PIN").fill(PIN)
    phone.press("Go on")


def stop_mails(phone: Phone, mailed: Mailed) -> None:
    phone.page.goto(mailed.preferences)
    phone.page.get_by_text("Stop all e-mails").tap()
    phone.press("Save")


def press_all(robot: Phone, link: str) -> set[int]:
    """The status of whatever page each button leads to."""
    robot.page.goto(link)
    return {press(robot, link, number) for number in range(robot.page.locator(BUTTONS).count())}


def press(robot: Phone, link: str, number: int) -> int:
    """Each button of the fresh page, then whatever page comes: twice, to be sure."""
    robot.page.goto(link)
    click(robot.page, number)
    click(robot.page, number)
    return robot.watch.status


def click(page: Page, number: int) -> None:
    """Also what a person could not see."""
    button = page.locator(BUTTONS).nth(number)
    if not button.count():
        return
    with until_next_page(page, button):
        button.dispatch_event("click")


def until_next_page(page: Page, button: Locator) -> AbstractContextManager[Any]:
    leaves = button.evaluate(SUBMITS) or button.evaluate(LEADS_AWAY)
    return page.expect_navigation() if leaves else nullcontext()


def submit_all(robot: Phone, link: str) -> set[int]:
    robot.page.goto(link)
    statuses = set()
    for number in range(robot.page.evaluate(FORMS)):
        robot.page.goto(link)
        with robot.page.expect_navigation():
            robot.page.evaluate(SUBMIT, number)
        statuses.add(robot.watch.status)
    return statuses
