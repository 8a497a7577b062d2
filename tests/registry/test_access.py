"""Who gets what at every address: the whole policy, and the proof that nothing is missing in it.

Object addresses are asked for with Ana's ids. `link` holds the cookie of Ana's open form.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import time_machine
from django.db import transaction
from django.http import HttpResponse
from django.test import Client as Browser

from accounts import services as accounts
from tests.registry import world as worlds
from tests.registry.addresses import Address, all_addresses, ids_for, random_ids
from tests.registry.database import fingerprint
from tests.registry.world import World
from trends import reasons

# `login` means: sent to the log-in page. Every POST has a body that no form accepts.
TABLE = """
route                                              method nobody link  mara  jonas vera  ruth  noor  root
/                                                  GET    login  login 302   302   302   302   302   200
/                                                  POST   login  login 405   405   405   405   405   405
caseload/                                          GET    login  login 200   200   200   403   403   403
caseload/                                          POST   login  login 405   405   405   405   405   405
clients/add/                                       GET    login  login 200   200   200   403   403   403
clients/add/                                       POST   login  login 422   422   422   403   403   403
clients/<uuid:client_id>/                          GET    login  login 200   404   404   403   403   403
clients/<uuid:client_id>/                          POST   login  login 405   405   405   405   405   405
clients/<uuid:client_id>/edit/                     GET    login  login 200   404   404   404   200   404
clients/<uuid:client_id>/edit/                     POST   login  login 422   404   404   404   422   404
clients/<uuid:client_id>/start/                    GET    login  login 405   405   405   405   405   405
clients/<uuid:client_id>/start/                    POST   login  login 302   404   404   403   403   403
treatments/<uuid:treatment_id>/end/                GET    login  login 405   405   405   405   405   405
treatments/<uuid:treatment_id>/end/                POST   login  login 302   404   404   403   403   403
sessions/record/                                   GET    login  login 200   200   200   403   403   403
sessions/record/                                   POST   login  login 422   422   422   403   403   403
requests/<uuid:request_id>/send-again/             GET    login  login 405   405   405   405   405   405
requests/<uuid:request_id>/send-again/             POST   login  login 302   404   404   403   302   403
flags/<uuid:flag_id>/acknowledge/                  GET    login  login 405   405   405   405   405   405
flags/<uuid:flag_id>/acknowledge/                  POST   login  login 302   404   404   403   403   403
front-desk/                                        GET    login  login 403   403   403   403   200   403
front-desk/                                        POST   login  login 405   405   405   405   405   405
clinic/                                            GET    login  login 403   403   403   200   403   403
clinic/                                            POST   login  login 405   405   405   405   405   405
clinic/people/                                     GET    login  login 403   403   403   200   403   403
clinic/people/                                     POST   login  login 405   405   405   405   405   405
clinic/people/invite/                              GET    login  login 405   405   405   405   405   405
clinic/people/invite/                              POST   login  login 403   403   403   422   403   403
clinic/people/<uuid:user_id>/deactivate/           GET    login  login 405   405   405   405   405   405
clinic/people/<uuid:user_id>/deactivate/           POST   login  login 403   403   403   302   403   403
clinic/people/<uuid:user_id>/reactivate/           GET    login  login 405   405   405   405   405   405
clinic/people/<uuid:user_id>/reactivate/           POST   login  login 403   403   403   302   403   403
clinic/settings/                                   GET    login  login 403   403   403   200   403   403
clinic/settings/                                   POST   login  login 403   403   403   422   403   403
settings/tokens/                                   GET    login  login 200   200   200   403   403   403
settings/tokens/                                   POST   login  login 422   422   422   403   403   403
settings/tokens/<str:token_key>/revoke/            GET    login  login 405   405   405   405   405   405
settings/tokens/<str:token_key>/revoke/            POST   login  login 302   404   404   403   403   403
r/<str:token>/                                     GET    303    303   303   303   303   303   303   303
r/<str:token>/                                     POST   405    405   405   405   405   405   405   405
rate/<uuid:request_id>/                            GET    404    200   404   404   404   404   404   404
rate/<uuid:request_id>/                            POST   404    422   404   404   404   404   404   404
rate/<uuid:request_id>/thanks/                     GET    404    302   404   404   404   404   404   404
rate/<uuid:request_id>/thanks/                     POST   405    405   405   405   405   405   405   405
join/<str:token>/                                  GET    303    303   303   303   303   303   303   303
join/<str:token>/                                  POST   405    405   405   405   405   405   405   405
join/                                              GET    410    410   410   410   410   410   410   410
join/                                              POST   410    410   410   410   410   410   410   410
accounts/login/                                    GET    200    200   302   302   302   302   302   302
accounts/login/                                    POST   200    200   302   302   302   302   302   302
accounts/logout/                                   GET    login  login 200   200   200   200   200   200
accounts/logout/                                   POST   login  login 302   302   302   302   302   302
accounts/inactive/                                 GET    200    200   200   200   200   200   200   200
accounts/inactive/                                 POST   405    405   405   405   405   405   405   405
accounts/signup/                                   GET    200    200   302   302   302   302   302   302
accounts/signup/                                   POST   200    200   302   302   302   302   302   302
accounts/reauthenticate/                           GET    login  login 200   200   200   200   200   200
accounts/reauthenticate/                           POST   login  login 200   200   200   200   200   200
accounts/password/change/                          GET    login  login 200   200   200   200   200   200
accounts/password/change/                          POST   login  login 200   200   200   200   200   200
accounts/password/reset/                           GET    200    200   200   200   200   200   200   200
accounts/password/reset/                           POST   200    200   200   200   200   200   200   200
accounts/password/reset/done/                      GET    200    200   200   200   200   200   200   200
accounts/password/reset/done/                      POST   405    405   405   405   405   405   405   405
accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$ GET  200 200 200 200 200 200 200 200
accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$ POST 200 200 200 200 200 200 200 200
accounts/password/reset/key/done/                  GET    200    200   200   200   200   200   200   200
accounts/password/reset/key/done/                  POST   405    405   405   405   405   405   405   405
api/v1/^clients/$                                  GET    401    401   200   200   200   403   403   403
api/v1/^clients/$                                  POST   401    401   405   405   405   403   403   403
api/v1/^clients/(?P<pk>[^/.]+)/$                   GET    401    401   200   404   404   403   403   403
api/v1/^clients/(?P<pk>[^/.]+)/$                   POST   401    401   405   405   405   403   403   403
api/v1/^sessions/$                                 GET    401    401   200   200   200   403   403   403
api/v1/^sessions/$                                 POST   401    401   400   400   400   403   403   403
api/v1/^sessions/(?P<pk>[^/.]+)/$                  GET    401    401   200   404   404   403   403   403
api/v1/^sessions/(?P<pk>[^/.]+)/$                  POST   401    401   405   405   405   403   403   403
api/v1/^trajectories/$                             GET    401    401   200   200   200   403   403   403
api/v1/^trajectories/$                             POST   401    401   405   405   405   403   403   403
api/v1/^trajectories/(?P<pk>[^/.]+)/$              GET    401    401   200   404   404   403   403   403
api/v1/^trajectories/(?P<pk>[^/.]+)/$              POST   401    401   405   405   405   403   403   403
api/v1/^flags/$                                    GET    401    401   200   200   200   403   403   403
api/v1/^flags/$                                    POST   401    401   405   405   405   403   403   403
api/v1/^flags/(?P<pk>[^/.]+)/$                     GET    401    401   200   404   404   403   403   403
api/v1/^flags/(?P<pk>[^/.]+)/$                     POST   401    401   405   405   405   403   403   403
api/v1/schema/                                     GET    200    200   200   200   200   200   200   200
api/v1/schema/                                     POST   405    405   405   405   405   405   405   405
healthz                                            GET    200    200   200   200   200   200   200   200
healthz                                            POST   405    405   405   405   405   405   405   405
readyz                                             GET    200    200   200   200   200   200   200   200
readyz                                             POST   405    405   405   405   405   405   405   405
"""  # noqa: E501  a table is read across

HEADING, *ROWS = (line.split() for line in TABLE.strip().splitlines())
PEOPLE = HEADING[2:]
EXPECTED = {
    (route.removeprefix("/"), method): dict(zip(PEOPLE, cells, strict=True))
    for route, method, *cells in ROWS
}
ADDRESSES = {address.route: address for address in all_addresses()}


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with time_machine.travel(worlds.NOW, tick=False):
        yield worlds.build()


@contextmanager
def undone() -> Iterator[None]:
    """Whatever a request writes is gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(
    world: World,
    person: str,
    method: str,
    address: Address,
    ids: dict[str, object] | None = None,
    *,
    checks_csrf: bool = False,
) -> HttpResponse:
    browser = world.browser(person, checks_csrf=checks_csrf)
    send = getattr(browser, method.lower())
    body = {"no": "field"} if method == "POST" else None
    kind = {"content_type": "application/json"} if address.is_api and body else {}
    headers = world.headers(person) if address.is_api else {}
    path = address.path(ids or ids_for(address, world))
    response: HttpResponse = send(path, body, headers=headers, **kind)
    return response


def outcome(response: HttpResponse) -> str:
    to_login = response.headers.get("Location", "").startswith("/accounts/login/?next=")
    return "login" if response.status_code == 302 and to_login else str(response.status_code)


def test_every_address_has_a_row_for_get_and_post() -> None:
    assert {(route, method) for route in ADDRESSES for method in ("GET", "POST")} == set(EXPECTED)


@pytest.mark.parametrize("person", PEOPLE)
def test_every_answer_is_as_in_the_table(world: World, person: str) -> None:
    got = {}
    for route, method in EXPECTED:
        with undone():
            got[route, method] = outcome(ask(world, person, method, ADDRESSES[route]))
    assert got == {row: cells[person] for row, cells in EXPECTED.items()}


@pytest.mark.parametrize("person", PEOPLE)
def test_head_answers_like_get_without_a_body(world: World, person: str) -> None:
    for route, method in EXPECTED:
        if method == "GET":
            with undone():
                response = ask(world, person, "HEAD", ADDRESSES[route])
            assert (route, outcome(response)) == (route, EXPECTED[route, "GET"][person])
            assert not response.content


@pytest.mark.parametrize("person", ["jonas", "vera", "ruth", "noor"])
def test_absent_and_forbidden_rows_are_the_same_404(world: World, person: str) -> None:
    compared = 0
    for (route, method), cells in EXPECTED.items():
        address = ADDRESSES[route]
        if cells[person] != "404" or not address.parameters:
            continue
        with undone():
            forbidden = ask(world, person, method, address)
        with undone():
            absent = ask(world, person, method, address, random_ids(address, world))
        assert (route, absent.status_code) == (route, forbidden.status_code)
        assert absent.content == forbidden.content
        assert absent.headers == forbidden.headers
        compared += 1
    assert compared >= 3


def test_an_admin_reaches_only_people_of_the_own_clinic(world: World) -> None:
    for action in ("deactivate", "reactivate"):
        path = f"/clinic/people/{world.people['vera'].pk}/{action}/"
        assert world.browser("ruth").post(path).status_code == 404
    world.people["vera"].refresh_from_db()
    assert world.people["vera"].is_active


@pytest.mark.parametrize("person", PEOPLE)
def test_get_and_head_change_nothing(world: World, person: str) -> None:
    before = fingerprint()
    for (route, method), _cells in EXPECTED.items():
        if method == "GET":
            ask(world, person, "GET", ADDRESSES[route])
            ask(world, person, "HEAD", ADDRESSES[route])
            assert (route, fingerprint()) == (route, before)


def test_a_post_without_csrf_token_is_refused(world: World) -> None:
    """The API is left out: it takes no cookie, see below."""
    for person in PEOPLE:
        for address in ADDRESSES.values():
            if not address.is_api:
                response = ask(world, person, "POST", address, checks_csrf=True)
                assert (person, address.route, response.status_code) == (person, address.route, 403)


def test_the_api_takes_no_cookie(world: World) -> None:
    browser = world.browser("mara")
    for address in ADDRESSES.values():
        if address.is_api and address.name != "schema":
            path = address.path(ids_for(address, world))
            assert browser.get(path).status_code == 401
            assert browser.post(path, {}, content_type="application/json").status_code == 401


def test_a_token_opens_no_page(world: World) -> None:
    response = Browser().get("/caseload/", headers=world.headers("mara"))
    assert outcome(response) == "login"


@pytest.mark.parametrize("person", PEOPLE)
def test_every_answer_has_the_headers_of_a_private_page(world: World, person: str) -> None:
    for route, method in EXPECTED:
        with undone():
            response = ask(world, person, method, ADDRESSES[route])
        assert "no-store" in response.headers["Cache-Control"], route
        assert "default-src 'none'" in response.headers["Content-Security-Policy"], route
        assert "unsafe-" not in response.headers["Content-Security-Policy"], route
        assert response.headers["X-Content-Type-Options"] == "nosniff", route
        assert response.headers["Referrer-Policy"] == "no-referrer", route
        assert response.headers["X-Frame-Options"] == "DENY", route
        assert "noindex" in response.headers["X-Robots-Tag"], route


@pytest.mark.parametrize("person", PEOPLE)
def test_every_cookie_is_closed_to_scripts_and_other_sites(world: World, person: str) -> None:
    for route, method in EXPECTED:
        with undone():
            response = ask(world, person, method, ADDRESSES[route])
        for name, cookie in response.cookies.items():
            assert (route, name, cookie["httponly"]) == (route, name, True)
            assert (route, name, cookie["samesite"]) in [
                (route, name, "Lax"),
                (route, name, "Strict"),
            ]


@pytest.mark.parametrize("person", ["ruth", "noor", "root", "jonas", "vera"])
def test_nothing_clinical_of_ana_reaches_anybody_but_her_therapist(
    world: World, person: str
) -> None:
    clinical = [
        worlds.NOTE,
        worlds.COMMENT,
        reasons.one_line(world.flag.why),
        "bond_understood",
        "score--bond",
    ]
    for route, method in EXPECTED:
        with undone():
            content = ask(world, person, method, ADDRESSES[route]).content.decode()
        assert (route, [words for words in clinical if words in content]) == (route, [])


def test_her_therapist_reads_what_the_others_do_not(world: World) -> None:
    """So that the test above looks for words that stand somewhere."""
    page = world.browser("mara").get(f"/clients/{world.ana.client_id}/").content.decode()
    assert worlds.NOTE in page
    assert worlds.COMMENT in page
    assert reasons.one_line(world.flag.why) in page
    assert "score--bond" in page


@pytest.mark.parametrize("person", ["jonas", "vera", "ruth", "root"])
def test_not_even_the_name_reaches_those_without_the_roster(world: World, person: str) -> None:
    for route, method in EXPECTED:
        with undone():
            content = ask(world, person, method, ADDRESSES[route]).content.decode()
        assert "Ana R." not in content, route
        assert "ana@mail.example" not in content, route


def test_a_deactivated_therapist_is_nobody_from_the_next_request_on(world: World) -> None:
    world.browser("mara")  # logged in before
    accounts.deactivate(world.people["mara"], by=world.people["ruth"], at=worlds.NOW)
    got = {
        row: outcome(ask(world, "mara", row[1], ADDRESSES[row[0]]))
        for row in EXPECTED
        if row[0] != "accounts/login/"
    }
    assert got == {row: EXPECTED[row]["nobody"] for row in got}


def test_a_role_taken_away_counts_from_the_next_request_on(world: World) -> None:
    mara = world.people["mara"]
    browser = world.browser("mara")
    assert browser.get("/caseload/").status_code == 200
    mara.roles = ["front_desk"]
    mara.save()
    assert browser.get("/caseload/").status_code == 403
    assert browser.get("/front-desk/").status_code == 200
