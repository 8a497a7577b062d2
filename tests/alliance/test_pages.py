"""Pages that belong to no app: errors, health, and what is too large."""

from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client as Browser

from accounts.models import User
from clients.models import Treatment
from tests import people


def test_404_says_what_it_may_be(as_mara: Browser) -> None:
    response = as_mara.get("/no/such/page/")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_404_does_not_repeat_the_address(as_mara: Browser) -> None:
    assert "CANARY" not in as_mara.get("/CANARY/").content.decode()


def test_403_says_whom_to_ask(as_mara: Browser) -> None:
    response = as_mara.get("/clinic/")
    assert response.status_code == 403
    assert "ask a clinic admin" in response.content.decode()


def test_a_form_that_was_open_too_long_says_what_to_do(mara: User) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(mara)
    response = browser.post("/clients/add/", {"name": "Ana"})
    assert response.status_code == 403
    assert "Please try once more" in response.content.decode()


def test_500_tells_nothing_of_the_error(mara: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise ValueError("CANARY in an exception")

    monkeypatch.setattr("trends.lists.caseload.rows", fail)
    browser = Browser(raise_request_exception=False)
    browser.force_login(mara)
    response = browser.get("/caseload/")
    assert response.status_code == 500
    page = response.content.decode()
    assert "The fault is ours" in page
    assert "CANARY" not in page
    assert "Traceback" not in page


def test_what_is_too_large_is_refused_with_a_page(as_mara: Browser, ana: Treatment) -> None:
    body = {"note": "x" * 1_100_000}
    response = as_mara.post("/sessions/record/", body)
    assert response.status_code == 413
    assert "larger than this page can take" in response.content.decode()


def test_too_many_fields_are_refused(as_mara: Browser) -> None:
    body = {f"field{number}": "x" for number in range(1001)}
    assert as_mara.post("/clients/add/", body).status_code in (400, 413)


def test_healthz_asks_nobody() -> None:
    """No database: a test without `db` fails if it is opened."""
    response = Browser().get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_readyz_asks_the_database(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Browser().get("/readyz").status_code == 200

    def refuse(*args: Any) -> None:
        raise DatabaseError

    with monkeypatch.context() as patch:
        patch.setattr("alliance.views.connection.cursor", refuse)
        assert Browser(raise_request_exception=False).get("/readyz").status_code >= 500


def test_a_request_for_another_host_is_refused(db: None) -> None:
    response = Browser(raise_request_exception=False).get("/", headers={"Host": "evil.example"})
    assert response.status_code == 400


NOTE = "A long note that nobody wants to type twice."
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


def test_a_form_that_is_sent_after_the_log_in_ended_is_not_lost(db: None) -> None:
    response = Browser().post("/sessions/record/", {"note": NOTE}, headers=SAME_SITE)
    assert response.status_code == 403
    assert NOTE in response.content.decode()


def test_a_form_without_its_token_is_not_lost(mara: User) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(mara)
    response = browser.post("/sessions/record/", {"note": NOTE}, headers=SAME_SITE)
    assert response.status_code == 403
    assert NOTE in response.content.decode()


@pytest.mark.parametrize("origin", ["cross-site", "same-site", "none", ""])
def test_words_of_another_site_are_not_repeated(mara: User, origin: str) -> None:
    """A foreign page could otherwise put them before somebody with our name above."""
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(mara)
    for sender in (browser, Browser()):
        response = sender.post(
            "/sessions/record/", {"note": NOTE}, headers={"Sec-Fetch-Site": origin}
        )
        assert response.status_code == 403
        assert NOTE not in response.content.decode()


def test_a_password_is_never_written_into_a_page(db: None) -> None:
    browser = Browser(enforce_csrf_checks=True)
    body = {"login": "mara@northside.example", "password": people.PASSWORD}
    response = browser.post("/accounts/login/", body, headers=SAME_SITE)
    assert response.status_code == 403
    assert people.PASSWORD not in response.content.decode()
