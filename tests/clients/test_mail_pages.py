"""The client's say over our e-mails, by the link in each of them."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from clients import services
from clients.models import Client, ClientLink, Treatment
from tests.conftest import logged_in
from tests.registry.database import dump, fingerprint, holds

pytestmark = pytest.mark.usefixtures("clock")

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
STOP = {"mails": "stop", "language": "en"}
KEEP = {"mails": "keep", "language": "en"}


@pytest.fixture
def token(ana: Treatment) -> str:
    return services.issue_link(
        ana.client, purpose=ClientLink.Purpose.MAIL, at=timezone.now() - timedelta(days=700)
    )


@pytest.fixture
def phone(token: str) -> Browser:
    """A browser in which the link of a mail was opened, long after it was sent."""
    browser = Browser()
    assert browser.get(f"/mail/{token}/").status_code == 303
    return browser


def is_stopped() -> bool:
    return Client.objects.get().stopped_at is not None


def actions() -> list[str]:
    """What was changed by somebody without account."""
    said = ("clients.stop_mail", "clients.resume_mail", "clients.change_language")
    return list(
        Event.objects.filter(action__in=said, by_id=None)
        .order_by("pk")
        .values_list("action", flat=True)
    )


# --- The link


def test_the_token_is_stored_nowhere(token: str) -> None:
    assert len(token) >= 43
    assert not holds(token, in_dump=dump())


def test_the_link_moves_the_token_out_of_the_address(token: str) -> None:
    response = Browser().get(f"/mail/{token}/")
    assert (response.status_code, response.headers["Location"]) == (303, "/mail/")
    cookie = response.cookies["mail"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")


def test_under_https_the_cookie_belongs_to_this_host(token: str) -> None:
    with override_settings(HTTPS=True):
        response = Browser().get(f"/mail/{token}/", secure=True)
    assert response.cookies["__Host-mail"]["secure"]


@pytest.mark.parametrize("method", ["get", "head"])
def test_whoever_looks_three_times_changes_nothing(token: str, method: str) -> None:
    before = fingerprint()
    for _ in range(3):
        browser = Browser()
        assert getattr(browser, method)(f"/mail/{token}/").status_code == 303
        assert getattr(browser, method)("/mail/").status_code == 200
    assert fingerprint() == before


def test_the_link_works_as_often_as_it_is_needed(phone: Browser) -> None:
    for body, stopped in ((STOP, True), (KEEP, False), (STOP, True)):
        assert phone.post("/mail/", body).status_code == 303
        assert is_stopped() is stopped


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_an_unknown_link_says_nothing(token: str, method: str) -> None:
    browser = Browser()
    response = getattr(browser, method)("/mail/no-such-token/", ONE_CLICK)
    assert response.status_code == 404
    assert not response.cookies
    if method == "get":
        page = response.content.decode()
        assert "This link does not work" in page
        assert "Northside" not in page
    assert not is_stopped()


def test_a_link_for_something_else_opens_no_mail_page(ana: Treatment) -> None:
    own = services.issue_link(
        ana.client, purpose=ClientLink.Purpose.OWN, at=timezone.now(), valid=timedelta(days=1)
    )
    assert Browser().get(f"/mail/{own}/").status_code == 404
    assert Browser().post(f"/mail/{own}/", ONE_CLICK).status_code == 404
    assert not is_stopped()


def test_a_link_ends_with_its_time(ana: Treatment) -> None:
    def opens(token: str, at: datetime) -> bool:
        return ClientLink.objects.opened_by(token, purpose="own", at=at).exists()

    now = timezone.now()
    token = services.issue_link(ana.client, purpose="own", at=now, valid=timedelta(days=1))
    assert opens(token, now + timedelta(hours=23))
    assert not opens(token, now + timedelta(days=1))


def test_earlier_links_stay(ana: Treatment, token: str) -> None:
    """Somebody who wants no more mails may take any of them."""
    services.issue_link(ana.client, purpose=ClientLink.Purpose.MAIL, at=timezone.now())
    assert Browser().get(f"/mail/{token}/").status_code == 303


# --- The mail program's own button (RFC 8058)


@pytest.mark.parametrize("form", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_needs_no_cookie_and_no_token_of_a_form(token: str, form: str) -> None:
    program = Browser(enforce_csrf_checks=True)
    if form == "multipart/form-data":
        response = program.post(f"/mail/{token}/", ONE_CLICK)
    else:
        response = program.post(f"/mail/{token}/", "List-Unsubscribe=One-Click", content_type=form)
    assert response.status_code == 200
    assert "E-mails are stopped" in response.content.decode()
    assert not response.cookies
    assert is_stopped()
    assert not Client.objects.get().can_be_mailed


def test_one_click_again_changes_and_records_nothing_more(token: str) -> None:
    Browser().post(f"/mail/{token}/", ONE_CLICK)
    before = fingerprint()
    assert Browser().post(f"/mail/{token}/", ONE_CLICK).status_code == 200
    assert fingerprint() == before
    assert actions() == ["clients.stop_mail"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"List-Unsubscribe": "one click"},
        {"List-Unsubscribe": ""},
        {"list-unsubscribe": "One-Click"},
        STOP,
    ],
)
def test_any_other_body_is_refused(token: str, body: dict[str, str]) -> None:
    before = fingerprint()
    assert Browser().post(f"/mail/{token}/", body).status_code == 400
    assert fingerprint() == before


# --- The page


def test_the_page_without_a_link_knows_nobody(ana: Treatment) -> None:
    for browser in (Browser(), Browser(headers={"cookie": "mail=x"})):
        for response in (browser.get("/mail/"), browser.post("/mail/", STOP)):
            assert response.status_code == 404
            assert "This link does not work" in response.content.decode()


def test_the_page_shows_no_name_and_nothing_clinical(phone: Browser) -> None:
    page = phone.get("/mail/").content.decode()
    for words in ("Ana", "mail.example", "Mara", "session", "therap", "treatment"):
        assert words not in page


def test_nothing_is_chosen_beforehand(phone: Browser) -> None:
    page = phone.get("/mail/").content.decode()
    assert page.count('type="radio"') == 2
    assert "checked" not in page
    assert page.count("<form") == 1


@pytest.mark.parametrize("body", [{}, {"language": "de"}, {"mails": "", "language": "de"}])
def test_a_robot_that_presses_save_changes_nothing(phone: Browser, body: dict[str, str]) -> None:
    before = fingerprint()
    response = phone.post("/mail/", body)
    assert response.status_code == 422
    assert "Please choose one answer. Nothing was changed." in response.content.decode()
    assert fingerprint() == before


def test_what_was_chosen_stays_chosen_when_something_is_wrong(phone: Browser) -> None:
    page = phone.post("/mail/", {"mails": "stop", "language": "tlh"}).content.decode()
    assert "Select a valid choice." in page
    assert page.count("checked") == 1
    assert not is_stopped()


def test_stop_and_start_again(phone: Browser) -> None:
    assert "We send you e-mails with a short form." in phone.get("/mail/").content.decode()
    page = phone.post("/mail/", STOP, follow=True).content.decode()
    assert "Saved." in page
    assert "E-mails are stopped. We send you none." in page
    assert "Start e-mails again" in page
    page = phone.post("/mail/", KEEP, follow=True).content.decode()
    assert "We send you e-mails with a short form." in page
    assert not is_stopped()
    assert actions() == ["clients.stop_mail", "clients.resume_mail"]


def test_who_is_not_mailed_anyway_is_told_so(phone: Browser) -> None:
    Client.objects.update(contact=Client.Contact.IN_ROOM)
    assert "the clinic sends you no e-mails" in phone.get("/mail/").content.decode()


def test_to_keep_what_is_kept_changes_nothing(phone: Browser) -> None:
    before = fingerprint()
    assert phone.post("/mail/", KEEP).status_code == 303
    assert fingerprint() == before


def test_the_page_speaks_the_language_that_was_chosen(phone: Browser) -> None:
    page = phone.post("/mail/", KEEP | {"language": "de"}, follow=True).content.decode()
    assert '<html lang="de"' in page
    assert Client.objects.get().language == "de"
    assert actions() == ["clients.change_language"]


def test_every_language_is_named_by_itself(phone: Browser) -> None:
    page = phone.get("/mail/").content.decode()
    for name in ("English", "Deutsch", "Español"):
        assert name in page
    assert page.count("<option") == len(settings.LANGUAGES)


def test_the_form_of_the_page_needs_its_csrf_token(token: str) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.get(f"/mail/{token}/")
    assert browser.post("/mail/", STOP).status_code == 403
    assert not is_stopped()


def test_a_log_in_changes_nothing_on_the_page(token: str, mara: User) -> None:
    browser = logged_in(mara)
    browser.get(f"/mail/{token}/")
    page = browser.get("/mail/").content.decode()
    assert "Mara" not in page
    browser.post("/mail/", STOP)
    assert actions() == ["clients.stop_mail"]


def test_whoever_guesses_links_is_slowed_down_but_a_real_link_opens(token: str) -> None:
    guesses = [Browser().get(f"/mail/guess-{number}/").status_code for number in range(32)]
    assert (guesses[0], guesses[-1]) == (404, 429)
    assert Browser().get(f"/mail/{token}/").status_code == 303
    assert Browser().post(f"/mail/{token}/", ONE_CLICK).status_code == 200
