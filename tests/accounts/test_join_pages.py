"""From the invitation's mail to the first log-in."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client as Browser

from accounts.models import User
from outbox import services as outbox
from tests import people

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def token(ruth: User) -> str:
    return people.join_token(people.invite(ruth))


def opened(token: str) -> Browser:
    browser = Browser()
    browser.get(f"/join/{token}/")
    return browser


def fill_in(browser: Browser, **changed: str) -> Any:
    answers = {"display_name": "Lena Berg", "password": people.PASSWORD} | changed
    return browser.post("/join/", answers)


def test_the_link_of_the_mail_leads_to_an_account(ruth: User) -> None:
    people.invite(ruth)
    outbox.deliver_due(at=people.MONDAY + timedelta(minutes=1))
    path = mail.outbox[0].body.split("http://localhost")[1].split()[0]
    browser = Browser()
    page = browser.get(path, follow=True)
    assert page.redirect_chain == [("/join/", 303)]
    assert "Northside Clinic" in page.content.decode()
    fill_in(browser)
    login = {"login": "lena@northside.example", "password": people.PASSWORD}
    assert browser.post("/accounts/login/", login).headers["Location"] == "/"
    assert browser.get("/caseload/").status_code == 200


def test_the_mail_names_clinic_and_inviter_and_goes_to_one_address(ruth: User) -> None:
    people.invite(ruth)
    outbox.deliver_due(at=people.MONDAY + timedelta(minutes=1))
    [sent] = mail.outbox
    assert sent.to == ["lena@northside.example"]
    assert "Ruth Adler" in sent.body
    assert "Northside Clinic" in sent.body


def test_the_token_leaves_the_address_bar(token: str) -> None:
    response = Browser().get(f"/join/{token}/")
    assert response.headers["Location"] == "/join/"
    cookie = response.cookies["join"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == (token, True, "Lax")


def test_the_link_can_be_opened_many_times(token: str) -> None:
    for _visit in range(3):
        assert opened(token).get("/join/").status_code == 200
    assert fill_in(opened(token)).status_code == 302


def test_the_link_works_once(token: str) -> None:
    browser = opened(token)
    again = opened(token)
    assert fill_in(browser).headers["Location"] == "/accounts/login/"
    assert fill_in(again, display_name="Eve").status_code == 410
    assert not User.objects.filter(display_name="Eve").exists()


def test_a_used_link_says_what_to_do(token: str) -> None:
    fill_in(opened(token))
    page = opened(token).get("/join/")
    assert page.status_code == 410
    assert "ask your clinic for a new invitation" in page.content.decode()


def test_the_link_ends_after_a_week(token: str, clock: time_machine.Traveller) -> None:
    browser = opened(token)
    clock.shift(timedelta(days=7))
    assert browser.get("/join/").status_code == 410
    assert fill_in(browser).status_code == 410


def test_an_unknown_link_is_the_same_page_as_an_ended_one(
    token: str, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(days=7))
    ended, unknown = opened(token).get("/join/"), opened("x" * 43).get("/join/")
    assert ended.status_code == unknown.status_code == 410
    assert ended.content == unknown.content


@pytest.mark.parametrize(
    ("field", "value"),
    [("display_name", ""), ("display_name", "x" * 81), ("password", "short"), ("password", "")],
)
def test_what_is_wrong_is_said_and_the_link_lives(token: str, field: str, value: str) -> None:
    browser = opened(token)
    response = fill_in(browser, **{field: value})
    assert response.status_code == 422
    assert "Please check what you entered" in response.content.decode()
    assert fill_in(browser).status_code == 302


@pytest.mark.parametrize("password", ["lena-maria-bergstroem", "lena@northside.example"])
def test_neither_name_nor_address_is_a_password(token: str, password: str) -> None:
    answer = fill_in(opened(token), display_name="Lena-Maria Bergstroem", password=password)
    assert answer.status_code == 422
    assert "too similar" in answer.content.decode()


def test_the_password_is_not_shown_again(token: str) -> None:
    response = fill_in(opened(token), display_name="")
    assert people.PASSWORD not in response.content.decode()


def test_roles_cannot_be_chosen_by_oneself(token: str) -> None:
    fill_in(opened(token), roles="admin", is_superuser="on", clinic="1")
    lena = User.objects.get(email="lena@northside.example")
    assert (lena.roles, lena.is_superuser) == (["therapist"], False)
