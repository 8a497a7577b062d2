"""Who gets what at every address: the whole policy, and the proof that nothing is missing in it.

Object addresses are asked for with Ana's ids. `link` holds the cookie of Ana's open form.
"""

from collections.abc import Iterator

import pytest
import time_machine
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from tests.registry import world as worlds
from tests.registry.addresses import all_addresses
from tests.registry.requests import Answer, Row, walk
from tests.registry.world import World
from trends import reasons

Walks = tuple[World, dict[str, dict[Row, Answer]]]

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
accounts/logout/                                   GET    302    302   200   200   200   200   200   200
accounts/logout/                                   POST   302    302   302   302   302   302   302   302
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


@pytest.fixture(scope="module")
def everything(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Walks]:
    """Every person has asked for everything, once for all tests of this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        with time_machine.travel(worlds.NOW, tick=False):
            world = worlds.build()
            yield world, {person: walk(world, person) for person in PEOPLE}
        transaction.set_rollback(True)


@pytest.fixture
def world(everything: Walks) -> World:
    return everything[0]


@pytest.fixture(params=PEOPLE)
def person(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def answers(
    everything: Walks, person: str
) -> dict[Row, Answer]:
    """What this person got; a test with it runs for every person."""
    return everything[1][person]


def test_every_address_has_a_row_for_get_and_post() -> None:
    assert {(route, method) for route in ADDRESSES for method in ("GET", "POST")} == set(EXPECTED)


def test_every_answer_is_as_in_the_table(answers: dict[Row, Answer], person: str) -> None:
    got = {row: answers[row].status for row in EXPECTED}
    assert got == {row: cells[person] for row, cells in EXPECTED.items()}


def test_head_answers_like_get_without_a_body(answers: dict[Row, Answer]) -> None:
    for route in ADDRESSES:
        head = answers[route, "HEAD"]
        assert (route, head.status) == (route, answers[route, "GET"].status)
        assert head.content == ""


def test_absent_and_forbidden_rows_are_the_same_404(
    answers: dict[Row, Answer], person: str
) -> None:
    for (route, method), cells in EXPECTED.items():
        if cells[person] == "404" and ADDRESSES[route].parameters:
            forbidden, absent = answers[route, method], answers[route, f"{method} ABSENT"]
            assert (route, absent.status) == (route, "404")
            assert absent.content == forbidden.content
            assert absent.headers == forbidden.headers


def test_get_and_head_write_nothing(answers: dict[Row, Answer]) -> None:
    for (route, method), answer in answers.items():
        if not method.startswith("POST"):
            assert (route, method, answer.written) == (route, method, [])


def test_posts_that_are_let_through_do_write(
    everything: Walks,
) -> None:
    """So that the test above looks for something that can be seen."""
    answers = everything[1]["mara"]
    assert answers["treatments/<uuid:treatment_id>/end/", "POST"].written


HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # nothing to others; our own forms need their origin
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
}


@pytest.mark.parametrize("header", HEADERS)
def test_every_answer_has_the_headers_of_a_private_page(
    answers: dict[Row, Answer], header: str
) -> None:
    for row, answer in answers.items():
        assert (row, HEADERS[header] in answer.headers.get(header, "")) == (row, True)


def test_no_answer_allows_scripts_or_styles_in_the_page(answers: dict[Row, Answer]) -> None:
    for row, answer in answers.items():
        assert (row, "unsafe-" in answer.headers["Content-Security-Policy"]) == (row, False)


def test_every_cookie_is_closed_to_scripts_and_to_other_sites(answers: dict[Row, Answer]) -> None:
    for row, answer in answers.items():
        for name, cookie in answer.cookies.items():
            if cookie.value:  # else it is being deleted
                assert (row, name, cookie["httponly"]) == (row, name, True)
                assert (row, name, cookie["samesite"] in ("Lax", "Strict")) == (row, name, True)


def clinical_words(world: World) -> list[str]:
    said = reasons.one_line(world.flag.why)
    return [worlds.NOTE, worlds.COMMENT, said, "bond_understood", "score--bond"]


def test_what_is_clinical_reaches_only_the_therapist(
    world: World, answers: dict[Row, Answer], person: str
) -> None:
    found = {
        words
        for answer in answers.values()
        for words in clinical_words(world)
        if words in answer.content
    }
    asked_in_the_form = {"bond_understood"}  # the client sees the questions, and no answer
    expected = {"mara": set(clinical_words(world)), "link": asked_in_the_form}
    assert found == expected.get(person, set())


def test_the_name_and_address_reach_only_those_with_the_roster(
    answers: dict[Row, Answer], person: str
) -> None:
    found = {
        words
        for answer in answers.values()
        for words in ("Ana R.", "ana@mail.example")
        if words in answer.content
    }
    assert bool(found) == (person in ("mara", "noor"))


def test_no_cookie_names_a_client(answers: dict[Row, Answer]) -> None:
    for row, answer in answers.items():
        for name, cookie in answer.cookies.items():
            assert (row, name, "Ana" in cookie.value) == (row, name, False)

