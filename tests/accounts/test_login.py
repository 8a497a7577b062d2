"""Logging in and out, and a forgotten password, through the pages."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client as Browser

from accounts import services
from accounts.models import User
from outbox import services as outbox
from outbox.models import Message
from tests import people

WRONG = "not the password at all"

pytestmark = pytest.mark.usefixtures("clock")


def log_in(browser: Browser, email: str, password: str = people.PASSWORD) -> Any:
    return browser.post("/accounts/login/", {"login": email, "password": password})


def test_login_by_email_leads_home(mara: User) -> None:
    browser = Browser()
    response = log_in(browser, "Mara@Northside.example")
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert browser.get("/caseload/").status_code == 200


def test_login_with_a_wrong_password_stays_out(mara: User) -> None:
    browser = Browser()
    assert log_in(browser, mara.email, WRONG).status_code == 200
    assert browser.get("/caseload/").status_code == 302


def test_login_says_the_same_of_unknown_people_and_wrong_passwords(mara: User) -> None:
    known, unknown = log_in(Browser(), mara.email, WRONG), log_in(Browser(), "x@y.example", WRONG)
    assert known.status_code == unknown.status_code
    assert without_token(known, mara.email) == without_token(unknown, "x@y.example")


def without_token(response: Any, email: str) -> str:
    page = response.content.decode().replace(email, "")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


def test_login_of_a_deactivated_person_is_refused(mara: User, ruth: User) -> None:
    services.deactivate(mara, by=ruth, at=people.MONDAY)
    browser = Browser()
    log_in(browser, mara.email)
    assert browser.get("/caseload/").status_code == 302


def test_login_makes_a_new_session_key(mara: User) -> None:
    browser = Browser()
    browser.get("/accounts/login/")
    log_in(browser, mara.email)
    first = browser.session.session_key
    browser.post("/accounts/logout/")
    log_in(browser, mara.email)
    assert browser.session.session_key != first


def test_logout_ends_the_session_on_the_server(mara: User) -> None:
    browser = Browser()
    log_in(browser, mara.email)
    stolen = Browser()
    stolen.cookies = browser.cookies.copy()  # type: ignore[assignment]
    assert stolen.get("/caseload/").status_code == 200
    browser.post("/accounts/logout/")
    assert stolen.get("/caseload/").status_code == 302


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_login_never_leads_to_another_site(mara: User, target: str) -> None:
    response = Browser().post(
        "/accounts/login/", {"login": mara.email, "password": people.PASSWORD, "next": target}
    )
    assert response.headers["Location"] == "/"


def test_login_ends_after_an_hour_without_a_page(mara: User, clock: time_machine.Traveller) -> None:
    browser = Browser()
    log_in(browser, mara.email)
    for _page in range(3):
        clock.shift(timedelta(minutes=59))
        assert browser.get("/caseload/").status_code == 200
    clock.shift(timedelta(minutes=61))
    assert browser.get("/caseload/").status_code == 302


def test_signup_is_closed(db: None) -> None:
    page = Browser().get("/accounts/signup/")
    assert "Accounts come by invitation" in page.content.decode()
    Browser().post("/accounts/signup/", {"email": "eve@x.example", "password1": people.PASSWORD})
    assert not User.objects.exists()


def test_passwords_are_hashed_with_argon2(mara: User) -> None:
    assert mara.password.startswith("argon2$argon2id$")


def test_login_works_without_the_broker(mara: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions and rate limits stand in PostgreSQL; nothing on the way asks Valkey."""

    def refuse(*args: object) -> None:
        raise ConnectionRefusedError("Valkey is down")

    monkeypatch.setattr("redis.connection.AbstractConnection.connect", refuse)
    browser = Browser()
    log_in(browser, mara.email, WRONG)
    log_in(browser, mara.email)
    assert browser.get("/caseload/").status_code == 200


def test_many_wrong_passwords_are_stopped(mara: User, clock: time_machine.Traveller) -> None:
    answers = [log_in(Browser(), mara.email, WRONG) for _ in range(12)]
    last = answers[-1]
    assert last.status_code == 429 or "Too many failed login attempts" in last.content.decode()
    locked = Browser()
    log_in(locked, mara.email)
    assert locked.get("/caseload/").status_code == 302, "a right guess does not get through now"


def test_a_stranger_cannot_lock_somebody_out_for_long(
    mara: User, clock: time_machine.Traveller
) -> None:
    for _ in range(30):
        log_in(Browser(), mara.email, WRONG)
    clock.shift(timedelta(minutes=10))
    browser = Browser()
    log_in(browser, mara.email)
    assert browser.get("/caseload/").status_code == 200


def ask_reset(email: str) -> Any:
    return Browser().post("/accounts/password/reset/", {"email": email})


def test_reset_of_a_known_address_owes_one_mail(mara: User) -> None:
    response = ask_reset(mara.email)
    assert response.headers["Location"] == "/accounts/password/reset/done/"
    assert Message.objects.get().kind == services.PASSWORD_RESET


def test_reset_of_an_unknown_address_looks_the_same_and_mails_nobody(mara: User) -> None:
    known, unknown = ask_reset(mara.email), ask_reset("nobody@x.example")
    assert unknown.status_code == known.status_code
    assert unknown.headers["Location"] == known.headers["Location"]
    assert Message.objects.count() == 1
    assert mail.outbox == []


def test_reset_of_a_deactivated_person_mails_nobody(mara: User, ruth: User) -> None:
    services.deactivate(mara, by=ruth, at=people.MONDAY)
    response = ask_reset(mara.email)
    assert response.headers["Location"] == "/accounts/password/reset/done/"
    outbox.deliver_due(at=people.MONDAY + timedelta(days=1))
    assert mail.outbox == []


def reset_link(person: User) -> str:
    """Ask, let the worker mail it, and take the path from the mail."""
    ask_reset(person.email)
    outbox.deliver_due(at=people.MONDAY + timedelta(days=1))
    found = re.search(
        r"http://localhost(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body)
    )
    assert found
    return found[1]


def choose(path: str, password: str) -> Any:
    """Open the link as a browser does, and send the form that it leads to."""
    browser = Browser()
    page = browser.get(path, follow=True)
    final = page.redirect_chain[-1][0] if page.redirect_chain else path
    return browser.post(final, {"password1": password, "password2": password})


NEW = "four quite different words"


def test_reset_link_sets_a_new_password(mara: User) -> None:
    choose(reset_link(mara), NEW)
    mara.refresh_from_db()
    assert mara.check_password(NEW)


def test_reset_link_takes_the_token_out_of_the_address(mara: User) -> None:
    path = reset_link(mara)
    response = Browser().get(path)
    assert response.status_code == 302
    assert path.split("-", 1)[1].strip("/") not in response.headers["Location"]


def test_reset_link_works_once(mara: User) -> None:
    path = reset_link(mara)
    choose(path, NEW)
    choose(path, "yet another set of words")
    mara.refresh_from_db()
    assert mara.check_password(NEW)


def test_reset_link_ends_after_an_hour(mara: User, clock: time_machine.Traveller) -> None:
    path = reset_link(mara)
    clock.shift(timedelta(minutes=61))
    choose(path, NEW)
    mara.refresh_from_db()
    assert mara.check_password(people.PASSWORD)


def test_reset_link_can_be_looked_at_by_a_scanner(mara: User) -> None:
    path = reset_link(mara)
    for _visit in range(3):
        Browser().get(path, follow=True)
        Browser().head(path)
    choose(path, NEW)
    mara.refresh_from_db()
    assert mara.check_password(NEW)


def test_a_reset_ends_other_logins_and_tells_the_person(mara: User) -> None:
    elsewhere = Browser()
    log_in(elsewhere, mara.email)
    choose(reset_link(mara), NEW)
    assert elsewhere.get("/caseload/").status_code == 302
    told = Message.objects.filter(kind=services.PASSWORD_CHANGED, about=mara.pk)
    assert told.count() == 1


def test_a_changed_password_ends_the_login_and_tells_the_person(
    mara: User, as_mara: Browser
) -> None:
    response = as_mara.post(
        "/accounts/password/change/",
        {"oldpassword": people.PASSWORD, "password1": NEW, "password2": NEW},
    )
    assert response.status_code == 302
    assert as_mara.get("/caseload/").status_code == 302
    assert Message.objects.filter(kind=services.PASSWORD_CHANGED).count() == 1


@pytest.mark.parametrize(
    "password", ["short", "14-characters!", "mara lindqvist mara", "1q2w3e4r5t6y7u8i9o0p"]
)
def test_weak_passwords_are_refused(mara: User, password: str) -> None:
    choose(reset_link(mara), password)
    mara.refresh_from_db()
    assert mara.check_password(people.PASSWORD)


@pytest.mark.parametrize("password", ["eine ruhige Bucht bei Nacht 🌙", "x y z " * 20])
def test_long_passwords_of_any_letters_are_taken_whole(mara: User, password: str) -> None:
    choose(reset_link(mara), password)
    mara.refresh_from_db()
    assert mara.check_password(password.strip()) or mara.check_password(password)
    assert not mara.check_password(password.strip()[:-1])


def test_no_mail_names_the_password_or_the_clinic_s_work(mara: User) -> None:
    reset_link(mara)
    body = mail.outbox[-1].body.lower()
    assert people.PASSWORD not in body
    for word in ("therap", "client", "session", "patient", "alliance"):
        assert word not in body.replace("alliance@clinic.example", "")


def test_logging_in_needs_no_session_before(db: None) -> None:
    Browser().get("/accounts/login/")
    assert Session.objects.count() <= 1
