"""What the access table cannot show: changes of access, cookies against tokens, foreign owners."""

import pytest
from django.test import Client as Browser

from accounts import services as accounts
from accounts.models import User
from accounts.permissions import Role
from audit.models import Event
from tests import people
from tests.registry import world as worlds
from tests.registry.addresses import all_addresses, ids_for
from tests.registry.database import fingerprint
from tests.registry.requests import ask
from tests.registry.test_access import EXPECTED, PEOPLE
from tests.registry.world import World

ADDRESSES = all_addresses()


# Where a program posts, without any cookie: neither can have a token from a page of ours.
BY_PROGRAMS = {"open_mail": "400", "mail_webhook": "404"}


@pytest.mark.parametrize("person", PEOPLE)
def test_a_post_without_csrf_token_is_refused(world: World, person: str) -> None:
    """The API is left out: it takes no cookie, see below."""
    before = fingerprint()
    for address in ADDRESSES:
        if not address.is_api:
            answer = ask(world, person, "POST", address, checks_csrf=True)
            expected = BY_PROGRAMS.get(address.name, "403")
            assert (address.route, answer.status) == (address.route, expected)
    assert fingerprint() == before


def test_the_api_takes_no_cookie(world: World) -> None:
    browser = world.browser("mara")
    for address in ADDRESSES:
        if address.is_api and address.name != "schema":
            path = address.path(ids_for(address, world))
            assert browser.get(path).status_code == 401
            assert browser.post(path, {}, content_type="application/json").status_code == 401


def test_a_token_opens_no_page(world: World) -> None:
    response = Browser().get("/caseload/", headers=world.headers("mara"))
    assert response.headers["Location"].startswith("/accounts/login/")


def test_rows_after_a_walk_through_every_get_are_the_same(world: World) -> None:
    before = fingerprint()
    for address in ADDRESSES:
        for method in ("get", "head"):
            path = address.path(ids_for(address, world))
            getattr(world.browser("mara"), method)(path, headers=world.headers("mara"))
            getattr(world.browser("link"), method)(path)
    assert fingerprint() == before


def test_a_supervisor_s_walk_leaves_that_it_was_read_and_nothing_else(world: World) -> None:
    """The one page that writes when it is shown, and only once an hour."""
    before = fingerprint()
    events = Event.objects.count()
    for address in ADDRESSES:
        for method in ("get", "head"):
            path = address.path(ids_for(address, world))
            getattr(world.browser("sven"), method)(path)
    after = fingerprint()
    changed = {table for table in before if before[table] != after[table]}
    assert changed == {"clients_share", "audit_event"}
    assert Event.objects.count() == events + 1
    assert Event.objects.latest("pk").action == "clients.read_shared"


def test_an_admin_reaches_only_people_of_the_own_clinic(world: World) -> None:
    vera = world.people["vera"]
    for action in ("deactivate", "reactivate"):
        browser = world.browser("ruth")
        assert browser.post(f"/clinic/people/{vera.pk}/{action}/").status_code == 404
    vera.refresh_from_db()
    assert vera.is_active


@pytest.mark.parametrize("owner", ["jonas", "vera"])
def test_the_rows_of_others_are_closed_to_mara_too(world: World, owner: str) -> None:
    theirs = people.take_on(world.people[owner], "Petra K.")
    mara = world.browser("mara")
    assert mara.get(f"/clients/{theirs.client_id}/").status_code == 404
    assert mara.post(f"/treatments/{theirs.pk}/end/").status_code == 404
    assert mara.post(f"/clients/{theirs.client_id}/start/").status_code == 404


def test_a_session_cannot_be_recorded_in_the_treatment_of_another(world: World) -> None:
    body = {
        "treatment": str(world.ana.pk),
        "held_on": "2026-09-27",
        "held_time": "09:00",
        "attendance": "attended",
        "format": "video",
        "minutes": "50",
    }
    before = fingerprint()
    for person in ("jonas", "vera"):
        assert world.browser(person).post("/sessions/record/", body).status_code == 422
    assert fingerprint() == before


def test_the_front_desk_of_another_clinic_does_not_know_ana(world: World) -> None:
    elsewhere = world.people["vera"].clinic
    assert elsewhere
    desk = people.hire(elsewhere, "Otto Frank", Role.FRONT_DESK)
    browser = logged_in(desk)
    assert "Ana R." not in browser.get("/front-desk/").content.decode()
    assert browser.get(f"/clients/{world.ana.client_id}/edit/").status_code == 404
    assert browser.post(f"/requests/{world.request.pk}/send-again/").status_code == 404


def test_a_deactivated_therapist_is_nobody_from_the_next_request_on(world: World) -> None:
    accounts.deactivate(world.people["mara"], by=world.people["ruth"], at=worlds.NOW)
    for address in ADDRESSES:
        for method in ("GET", "POST"):
            answer = ask(world, "mara", method, address)
            expected = EXPECTED[address.route, method]["nobody"]
            assert (address.route, method, answer.status) == (address.route, method, expected)


def test_a_role_taken_away_counts_from_the_next_request_on(world: World) -> None:
    mara = world.people["mara"]
    browser = world.browser("mara")
    assert browser.get("/caseload/").status_code == 200
    mara.roles = ["front_desk"]
    mara.save()
    assert browser.get("/caseload/").status_code == 403
    assert browser.get("/front-desk/").status_code == 200


def test_two_roles_have_the_rights_of_both(world: World) -> None:
    mara = world.people["mara"]
    mara.roles = ["therapist", "admin"]
    mara.save()
    browser = world.browser("mara")
    for path in ("/caseload/", "/clinic/", "/clinic/people/", f"/clients/{world.ana.client_id}/"):
        assert browser.get(path).status_code == 200


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser
