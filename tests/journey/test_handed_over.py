"""A device of the clinic goes to a client and back, in a browser that keeps pages for Back."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from accounts.models import Clinic, User
from accounts.permissions import Role
from clients.models import Client
from outbox.doorbell import doorbell
from sessions.models import Rating, TherapySession
from tests import people
from tests.journey import chromium
from tests.journey import world as worlds
from tests.journey.keyboard import Keyboard
from tests.journey.phone import COMMENT, SEND, TENSION, numbered, rate_by_keyboard
from tests.journey.real_site import RealSite
from tests.journey.test_pages import faults
from tests.journey.visits import choose_points
from tests.journey.watch import Watch, kept_by

SAID = "CANARY-comment-on-the-device"
TYPED = "CANARY-words-of-the-staff"
NAME = "Ana R."
THANKS = "Please give the device back."
A_MOMENT = 300  # milliseconds
HAND_OVER = """path => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = path;
  form.append(document.querySelector("[name=csrfmiddlewaretoken]").cloneNode());
  document.body.append(form);
  form.submit();
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Playwright switches off what a clinic's browser has: whole pages kept for Back."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        launched = playwright.chromium.launch(
            executable_path=chromium.path(),
            args=[*chromium.QUIET, *as_root],
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield launched
        launched.close()
        connections.close_all()


@pytest.fixture(scope="module")
def clinic(site: RealSite) -> Clinic:
    return people.open_clinic(crisis_text="Call 112.")


@pytest.fixture(scope="module")
def mara(clinic: Clinic) -> User:
    return people.hire(clinic, "Mara Lindqvist", Role.THERAPIST)


@pytest.fixture(scope="module")
def noor(clinic: Clinic) -> User:
    return people.hire(clinic, "Noor Haddad", Role.FRONT_DESK)


@pytest.fixture
def session(mara: User, site: RealSite) -> TherapySession:
    now = site.clock.now()
    with doorbell.muted():
        return people.hold(people.take_on(mara, NAME), now, at=now)


@contextmanager
def device_of(user: User, browser: Browser, site: RealSite, **options: Any) -> Iterator[Page]:
    """Logged in, and at the first page."""
    context = browser.new_context(base_url=site.url, reduced_motion="reduce", **options)
    user.refresh_from_db()  # the site renews the hash of a password, and log-ins hang on it
    cookie = worlds.session_cookie(user)
    context.add_cookies([{"name": "session", "value": cookie, "url": site.url}])
    page = context.new_page()
    page.goto("/")
    yield page
    context.close()


@pytest.fixture
def page(mara: User, browser: Browser, site: RealSite) -> Iterator[Page]:
    with device_of(mara, browser, site) as a_page:
        yield a_page


def client_page(session: TherapySession) -> str:
    return f"/clients/{session.treatment.client_id}/"


def give(page: Page, session: TherapySession) -> None:
    page.evaluate(HAND_OVER, f"/sessions/{session.pk}/hand-over/")
    page.wait_for_url("**/device/")


def unlock(page: Page) -> None:
    page.goto("/device/unlock/")
    page.get_by_label("Password").fill(people.PASSWORD)
    page.get_by_role("button", name="Unlock").click()
    page.wait_for_url(lambda url: "/device/" not in url)


def fill_in(page: Page) -> None:
    choose_points(page)
    page.get_by_label(COMMENT).fill(SAID)


def send(page: Page) -> None:
    page.get_by_role("button", name=SEND).last.click()
    page.get_by_text(THANKS).wait_for()


def shown(page: Page) -> str:
    """The words of the page and of its fields, as somebody sees them."""
    fields = page.locator("textarea, input:not([type=hidden])")
    typed = fields.evaluate_all("all => all.map((one) => one.value)")
    chosen = page.locator(":checked").count()
    return f"{page.locator('main').inner_text()} {typed} {chosen} chosen"


def walk_through_history(page: Page, steps: int = 4) -> list[str]:
    """What each press of Back shows, and then of Forward.

    Not by Playwright's own way, which waits for pages to load: one that was kept does not.
    """
    seen = []
    for press in ("history.back()", "history.forward()"):
        for _ in range(steps):
            page.evaluate(f"() => {{ setTimeout(() => {press}) }}")
            page.wait_for_timeout(A_MOMENT)
            page.wait_for_function("document.readyState === 'complete'")
            if page.locator("main").count():  # else the browser asks whether to send a form again
                seen.append(shown(page))
    return seen


def test_back_shows_nothing_of_the_staff(page: Page, session: TherapySession) -> None:
    page.goto("/caseload/")
    page.goto(client_page(session))
    assert NAME in shown(page)
    give(page, session)
    seen = walk_through_history(page)
    assert len(seen) > 4
    assert not [words for words in seen if NAME in words]
    for path in ("/", "/caseload/", client_page(session), "/accounts/logout/", "/none/"):
        page.goto(path)
        assert page.url.endswith("/device/")


def test_back_brings_no_answers_back(page: Page, session: TherapySession) -> None:
    page.goto(client_page(session))
    give(page, session)
    fill_in(page)
    assert SAID in shown(page)
    send(page)
    seen = walk_through_history(page)
    assert not [words for words in seen if SAID in words or NAME in words]
    assert all(words.endswith(" 0 chosen") for words in seen)
    rating = Rating.objects.get(session=session)
    assert (rating.provenance, rating.comment) == ("room", SAID)


def test_the_front_desk_never_sees_what_was_typed(
    noor: User, browser: Browser, site: RealSite, session: TherapySession
) -> None:
    """Sent or not, also a page that came back with a question still open."""
    with device_of(noor, browser, site) as page:
        give(page, session)
        page.get_by_label(COMMENT).fill(SAID)
        page.get_by_role("button", name=SEND).last.click()
        page.get_by_role("alert").wait_for()
        assert SAID in shown(page)
        unlock(page)
        assert page.url.endswith("/front-desk/")
        assert not [words for words in walk_through_history(page) if SAID in words]
        page.goto("/front-desk/")
        give(page, session)
        assert SAID not in shown(page)
        assert not [words for words in walk_through_history(page) if SAID in words]
        page.goto("/device/")
        fill_in(page)
        send(page)
        unlock(page)
        assert not [words for words in walk_through_history(page) if SAID in words]


def test_a_form_in_another_tab_loses_nothing(page: Page, session: TherapySession) -> None:
    other = page.context.new_page()
    other.goto("/clients/add/")
    other.get_by_label("Name").fill(TYPED)
    other.get_by_label("E-mail address").fill("typed@mail.example")
    give(page, session)
    expect(other.locator("main")).to_be_hidden()
    other.evaluate("document.documentElement.hidden = false")  # as without scripts
    other.get_by_role("button", name="Add client").click()
    other.get_by_role("heading", name="Nothing was saved").wait_for()
    assert TYPED not in other.content()
    assert TYPED not in [client.name for client in Client.objects.all()]
    other.reload()
    assert TYPED not in other.content()
    with other.expect_popup() as opened:
        other.get_by_role("link", name="Take the device back").click()
    unlock(opened.value)
    other.reload()
    assert TYPED in other.content()


def test_by_keyboard_and_back_to_the_pages_of_the_staff(
    page: Page, session: TherapySession
) -> None:
    watch = Watch(page.context)
    give(page, session)
    keyboard = Keyboard(page)
    rate_by_keyboard(keyboard, goal=5, task=4, bond=3)
    keyboard.choose(numbered(TENSION), 1)
    keyboard.press(SEND)
    keyboard.press("For the staff")
    keyboard.type("Password", "wrong")
    keyboard.press("Unlock")
    assert watch.status == 422
    page.reload()
    page.goto("/device/unlock/")
    keyboard.type("Password", people.PASSWORD)
    keyboard.press("Unlock")
    assert page.url.endswith(client_page(session))
    assert [*watch.complaints, *kept_by(page)] == []
    rating = Rating.objects.get(session=session)
    assert (rating.goal, rating.task, rating.bond) == (5, 4, 3)


def test_without_scripts(
    mara: User, browser: Browser, site: RealSite, session: TherapySession
) -> None:
    with device_of(mara, browser, site) as page:
        give(page, session)
        cookies = page.context.cookies()
    context: BrowserContext = browser.new_context(base_url=site.url, java_script_enabled=False)
    context.add_cookies(cookies)  # type: ignore[arg-type]
    plain = context.new_page()
    plain.goto("/device/")
    fill_in(plain)
    send(plain)
    unlock(plain)
    context.close()
    assert Rating.objects.get(session=session).comment == SAID


def test_every_page_keeps_to_the_rules(page: Page, session: TherapySession) -> None:
    found: list[str] = []
    judged: set[str] = set()

    def look(name: str) -> None:
        found.extend(f"{name}: {fault}" for fault in faults(page, judged))

    watch = Watch(page.context)
    page.goto(f"/sessions/{session.pk}/paper/")
    look("paper")
    page.get_by_role("button", name="Save the answers").click()
    page.get_by_role("alert").wait_for()
    look("paper with errors")
    give(page, session)
    look("form")
    page.get_by_role("button", name=SEND).last.click()
    page.get_by_role("alert").wait_for()
    look("form with errors")
    page.goto("/device/unlock/")
    look("unlock")
    page.get_by_role("button", name="Unlock").click()
    page.get_by_role("alert").wait_for()
    look("unlock with errors")
    page.evaluate(HAND_OVER, "/clients/add/")
    page.get_by_role("heading", name="Nothing was saved").wait_for()
    look("locked")
    page.goto("/device/")
    fill_in(page)
    send(page)
    look("thanks")
    assert [*found, *watch.complaints] == []
