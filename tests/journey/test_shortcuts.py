"""Single keys: they lead where the list says, never while one types, and can be switched off."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.permissions import Role
from outbox.doorbell import doorbell
from tests import people
from tests.journey.real_site import RealSite
from tests.journey.world import session_cookie


@pytest.fixture
def page(browser: Browser, site: RealSite) -> Iterator[Page]:
    with doorbell.muted():
        clinic = people.open_clinic("Shortcut Clinic")
        mara = people.hire(clinic, "Mara Lindqvist", Role.THERAPIST)
        for name in ("Ana R.", "Bo K."):
            people.take_on(mara, name)
    context = browser.new_context(base_url=site.url)
    cookie = session_cookie(mara)
    context.add_cookies([{"name": "session", "value": cookie, "url": site.url}])
    opened = context.new_page()
    opened.goto("/caseload/")
    yield opened
    context.close()


def test_keys(page: Page) -> None:
    keys, search = page.keyboard, page.get_by_role("searchbox")
    keys.press("j")
    expect(page.get_by_role("link", name="Ana R.")).to_be_focused()
    keys.press("j")
    keys.press("j")
    expect(page.get_by_role("link", name="Bo K.")).to_be_focused()
    keys.press("k")
    expect(page.get_by_role("link", name="Ana R.")).to_be_focused()
    keys.press("o")
    page.wait_for_url("**/clients/**")
    for key, path in {"t": "/today/", "i": "/inbox/", "r": "/sessions/record/"}.items():
        keys.press(key)
        page.wait_for_url(f"**{path}")
    keys.press("/")
    page.wait_for_url("**/caseload/#find-name")
    page.locator("h1").click()
    keys.press("/")
    expect(search).to_be_focused()
    keys.type("crit?")
    expect(search).to_have_value("crit?")
    page.locator("h1").click()
    keys.press("Control+k")
    keys.press("Alt+t")
    assert "/caseload/" in page.url
    switched_off(page)


def switched_off(page: Page) -> None:
    dialog, keys = page.get_by_role("dialog"), page.keyboard
    keys.press("?")
    expect(dialog).to_be_visible()
    keys.press("t")
    dialog.get_by_role("checkbox").uncheck()
    keys.press("Escape")
    expect(dialog).to_be_hidden()
    page.locator("h1").click()
    keys.press("?")
    keys.press("t")
    expect(dialog).to_be_hidden()
    assert "/caseload/" in page.url
    page.reload()
    page.locator("h1").click()
    keys.press("i")
    page.locator(".menu summary").click()
    page.get_by_role("link", name="Keyboard shortcuts").click()
    expect(dialog.get_by_role("checkbox")).not_to_be_checked()
