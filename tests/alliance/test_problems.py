"""Errors of the API are problem details (RFC 9457), whatever went wrong."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client as Browser
from rest_framework.exceptions import Throttled
from rest_framework.throttling import AnonRateThrottle, UserRateThrottle
from time_machine import Traveller

from accounts import services as accounts
from accounts.models import User
from alliance.api import Pages
from alliance.problems import as_problem
from audit.refusals import Refused
from clients.models import Treatment
from tests import people
from tests.clients.test_api import api

pytestmark = pytest.mark.usefixtures("clock")

SESSIONS = "/api/v1/sessions/"


def problem(response: Any) -> dict[str, Any]:
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(response.content)
    assert body.keys() - {"fields"} == {"type", "title", "status", "detail", "code"}
    assert body["status"] == response.status_code
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"]
    return body


def test_400_names_the_fields(ana: Treatment) -> None:
    body = problem(api(ana.therapist).post(SESSIONS, {}, content_type="application/json"))
    assert (body["status"], body["code"]) == (400, "invalid")
    assert set(body["fields"]) == {"treatment", "held_at"}


@pytest.mark.parametrize("sent", ["{", "", "[]", "null", '"x"', "{'a': 1}", "\x00"])
def test_400_for_what_is_not_json(ana: Treatment, sent: str) -> None:
    response = api(ana.therapist).post(SESSIONS, sent, content_type="application/json")
    assert problem(response)["status"] == 400


def test_401_says_what_to_send(db: None) -> None:
    response = Browser().get(SESSIONS)
    body = problem(response)
    assert (body["status"], body["code"]) == (401, "not_authenticated")
    assert body["detail"] == "Send a token: Authorization: Bearer <token>."
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer x",
        "Bearer a b",
        "Basic bWFyYTp4",
        "Token x",
        "Bearer " + "x" * 64,
        "Bearer \xff\xfe",
    ],
)
def test_401_for_a_wrong_token(ana: Treatment, header: str) -> None:
    response = Browser().get(SESSIONS, headers={"Authorization": header})
    assert problem(response)["status"] == 401


def test_401_after_the_token_ended(ana: Treatment, clock: Traveller) -> None:
    browser = api(ana.therapist)
    assert browser.get(SESSIONS).status_code == 200
    clock.shift(31 * 24 * 3600)
    assert problem(browser.get(SESSIONS))["status"] == 401


def test_403_for_a_role_without_api(ruth: User) -> None:
    assert problem(api(ruth).get(SESSIONS))["status"] == 403


def test_404(ana: Treatment) -> None:
    body = problem(api(ana.therapist).get(f"{SESSIONS}{ana.pk}/"))
    assert (body["status"], body["code"]) == (404, "not_found")


def test_405_says_what_is_allowed(ana: Treatment) -> None:
    response = api(ana.therapist).delete(SESSIONS)
    assert problem(response)["status"] == 405
    assert response.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_406_for_what_we_do_not_speak(ana: Treatment) -> None:
    response = api(ana.therapist).get(SESSIONS, headers={"Accept": "text/csv"})
    assert problem(response)["status"] == 406


def test_409_and_422_are_the_refusals_of_services(ana: Treatment) -> None:
    people.hold(ana)
    browser = api(ana.therapist)
    body = {"treatment": str(ana.pk), "attendance": "attended", "format": "video", "minutes": 50}
    twice = browser.post(
        SESSIONS, body | {"held_at": "2026-09-07T14:00:00Z"}, content_type="application/json"
    )
    future = browser.post(
        SESSIONS, body | {"held_at": "2026-09-09T14:00:00Z"}, content_type="application/json"
    )
    assert problem(twice)["status"] == 409
    assert problem(future)["status"] == 422


def test_413_for_a_body_of_more_than_a_megabyte(ana: Treatment) -> None:
    sent = {"note": "x" * 1_000_001}
    response = api(ana.therapist).post(SESSIONS, sent, content_type="application/json")
    assert problem(response)["status"] == 413


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000, "[" * 50_000 + "]" * 50_000])
def test_400_for_what_is_nested_beyond_reason(ana: Treatment, deep: str) -> None:
    response = api(ana.therapist).post(SESSIONS, deep, content_type="application/json")
    assert problem(response)["status"] == 400


def test_a_list_is_never_longer_than_it_may_be(ana: Treatment) -> None:
    page = api(ana.therapist).get(f"{SESSIONS}?limit=1000000")
    assert page.status_code == 200
    assert Pages.max_limit == 500


@pytest.mark.parametrize("query", ["limit=x", "limit=-1", "offset=-5", "offset=x", "limit=0"])
def test_junk_in_the_query_is_no_error_of_the_server(ana: Treatment, query: str) -> None:
    assert api(ana.therapist).get(f"{SESSIONS}?{query}").status_code in (200, 400)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data"])
def test_415_for_what_is_not_json(ana: Treatment, kind: str) -> None:
    response = api(ana.therapist).post(SESSIONS, b"<x/>", content_type=kind)
    assert problem(response)["status"] == 415


def test_429_says_when_to_come_back(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(AnonRateThrottle.THROTTLE_RATES, "anon", "1/min")
    schema = "/api/v1/schema/?format=json"
    assert Browser().get(schema).status_code == 200
    response = Browser().get(schema)
    assert problem(response)["status"] == 429
    assert 0 < int(response.headers["Retry-After"]) <= 60


def test_429_of_one_person_is_not_another_s(
    ana: Treatment, jonas: User, clock: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(UserRateThrottle.THROTTLE_RATES, "user", "3/min")
    busy, other = api(ana.therapist), api(jonas)
    answers = [busy.get("/api/v1/flags/").status_code for _request in range(4)]
    assert answers == [200, 200, 200, 429]
    assert other.get("/api/v1/flags/").status_code == 200
    clock.shift(61)
    assert busy.get("/api/v1/flags/").status_code == 200


def test_a_deactivated_person_s_token_is_a_401(ana: Treatment, ruth: User) -> None:
    browser = api(ana.therapist)
    accounts.deactivate(ana.therapist, by=ruth, at=people.MONDAY)
    assert problem(browser.get(SESSIONS))["status"] == 401


class NotToday(Refused):
    sentence = "Not today."
    code = "not_today"
    field = "held_at"
    status = 409


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotToday(), 409, "not_today"),
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "permission_denied"),
        (Throttled(wait=7), 429, "throttled"),
    ],
)
def test_as_problem(error: Exception, status: int, code: str) -> None:
    response = as_problem(error, {})
    assert response is not None
    assert (response.status_code, response.data["code"]) == (status, code)


@pytest.mark.parametrize(
    ("sent", "fields"),
    [({"held_at": "x"}, {"held_at": ["Not today."]}), ({"held_on": "x"}, None), ([], None)],
)
def test_a_refusal_names_its_field_if_it_was_sent(sent: object, fields: object) -> None:
    """A page may ask for it by another name than a program."""
    response = as_problem(NotToday(), {"request": SimpleNamespace(data=sent)})
    assert response is not None
    assert response.data.get("fields") == fields


def test_an_unknown_error_stays_an_error_of_the_server() -> None:
    assert as_problem(ZeroDivisionError(), {}) is None
