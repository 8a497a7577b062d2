"""Pages of the clinic admin, the API tokens, and where everybody's home is."""

import re

import pytest
from django.test import Client as Browser
from django.utils import timezone
from knox.models import AuthToken

from accounts.models import Clinic, Invitation, User
from accounts.permissions import Role
from tests import people
from tests.conftest import logged_in
from tests.registry.database import dump, holds

pytestmark = pytest.mark.usefixtures("clock")


@pytest.mark.parametrize(
    ("roles", "home"),
    [
        ([Role.THERAPIST], "/caseload/"),
        ([Role.ADMIN], "/clinic/"),
        ([Role.FRONT_DESK], "/front-desk/"),
        ([Role.SUPERVISOR], "/supervision/"),
        ([Role.ADMIN, Role.THERAPIST], "/caseload/"),
        ([Role.SUPERVISOR, Role.THERAPIST], "/caseload/"),
        ([Role.SUPERVISOR, Role.ADMIN], "/clinic/"),
        ([Role.ADMIN, Role.FRONT_DESK], "/front-desk/"),
    ],
)
def test_home_is_where_the_work_is(clinic: Clinic, roles: list[Role], home: str) -> None:
    browser = logged_in(people.hire(clinic, "Lena Berg", *roles))
    assert browser.get("/").headers["Location"] == home


def test_home_of_somebody_without_role_says_what_to_do(clinic: Clinic) -> None:
    page = logged_in(people.hire(clinic, "Lena Berg")).get("/")
    assert page.status_code == 200
    assert "Somebody who runs the clinic can invite you" in page.content.decode()


def test_navigation_shows_only_where_one_may_go(as_mara: Browser) -> None:
    page = as_mara.get("/caseload/").content.decode()
    assert 'href="/caseload/" aria-current="page"' in page
    assert 'href="/clinic/"' not in page
    assert 'href="/settings/tokens/"' in page


def test_navigation_says_where_one_is_also_on_pages_below(as_mara: Browser, mara: User) -> None:
    ana = people.take_on(mara)
    for path in (f"/clients/{ana.client_id}/", "/clients/add/", "/sessions/record/"):
        assert 'href="/caseload/" aria-current="page"' in as_mara.get(path).content.decode()


def test_navigation_of_an_admin(as_ruth: Browser) -> None:
    page = as_ruth.get("/clinic/").content.decode()
    for path in ("/clinic/", "/clinic/people/", "/clinic/settings/"):
        assert f'href="{path}"' in page
    assert 'href="/caseload/"' not in page
    assert 'href="/settings/tokens/"' not in page


def test_people_shows_the_clinic_s_people_and_invitations(
    as_ruth: Browser, ruth: User, mara: User, stranger: User
) -> None:
    people.invite(ruth)
    page = as_ruth.get("/clinic/people/").content.decode()
    assert "Mara Lindqvist" in page
    assert "lena@northside.example" in page
    assert "waiting to be sent" in page
    assert "Vera Stone" not in page


def test_invite_by_page(as_ruth: Browser) -> None:
    body = {"email": "lena@northside.example", "roles": ["therapist", "front_desk"]}
    page = as_ruth.post("/clinic/people/invite/", body, follow=True)
    assert "An invitation to lena@northside.example is on its way." in page.content.decode()
    assert Invitation.objects.get().roles == ["therapist", "front_desk"]


def test_a_supervisor_can_be_invited(as_ruth: Browser) -> None:
    page = as_ruth.get("/clinic/people/").content.decode()
    assert "A supervisor reads what therapists share with them, and nothing else." in page
    body = {"email": "sven@northside.example", "roles": ["supervisor"]}
    assert as_ruth.post("/clinic/people/invite/", body).status_code == 302
    token = people.join_token(Invitation.objects.get(), at=timezone.now())
    answers = {"display_name": "Sven Dahl", "password": people.PASSWORD}
    browser = Browser()
    browser.get(f"/join/{token}/")
    browser.post("/join/", answers)
    assert User.objects.get(email="sven@northside.example").roles == ["supervisor"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"email": "not an address", "roles": ["therapist"]}, "Enter a valid email address."),
        ({"email": "lena@x.example", "roles": []}, "Choose at least one role."),
        ({"email": "lena@x.example", "roles": ["root"]}, "Select a valid choice."),
        (
            {"email": "mara@northside.example", "roles": ["admin"]},
            "Somebody with this e-mail address already has an account.",
        ),
    ],
)
def test_invite_by_page_says_what_is_wrong(
    as_ruth: Browser, mara: User, body: dict[str, object], sentence: str
) -> None:
    response = as_ruth.post("/clinic/people/invite/", body)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert str(body["email"]) in response.content.decode()
    assert not Invitation.objects.exists()


def test_withdraw_an_invitation_by_page(as_ruth: Browser, ruth: User) -> None:
    invitation = people.invite(ruth)
    page = as_ruth.post(f"/clinic/invitations/{invitation.pk}/withdraw/", follow=True)
    assert "The invitation no longer works." in page.content.decode()
    assert "lena@northside.example" not in page.content.decode()


def test_the_invitation_of_another_clinic_cannot_be_withdrawn(
    as_ruth: Browser, stranger: User
) -> None:
    stranger.roles = ["admin"]
    stranger.save()
    invitation = people.invite(stranger, at=timezone.now())
    response = as_ruth.post(f"/clinic/invitations/{invitation.pk}/withdraw/")
    assert response.status_code == 404
    assert Invitation.objects.open(timezone.now()).count() == 1


def test_deactivate_and_let_in_again_by_page(as_ruth: Browser, mara: User) -> None:
    page = as_ruth.post(f"/clinic/people/{mara.pk}/deactivate/", follow=True)
    assert "Mara Lindqvist can no longer log in." in page.content.decode()
    mara.refresh_from_db()
    assert not mara.is_active
    as_ruth.post(f"/clinic/people/{mara.pk}/reactivate/")
    mara.refresh_from_db()
    assert mara.is_active


def test_deactivate_oneself_by_page_is_refused(as_ruth: Browser, ruth: User) -> None:
    page = as_ruth.post(f"/clinic/people/{ruth.pk}/deactivate/", follow=True)
    assert "You cannot deactivate your own account." in page.content.decode()
    assert f"/clinic/people/{ruth.pk}/deactivate/" not in page.content.decode()


SETTINGS = {
    "name": "Northside",
    "time_zone": "Europe/Stockholm",
    "crisis_text": "Call 112 at once.",
}


def test_settings_show_what_is_set(as_ruth: Browser) -> None:
    page = as_ruth.get("/clinic/settings/").content.decode()
    assert 'value="Northside Clinic"' in page
    assert "Call 112." in page


def test_settings_are_saved(as_ruth: Browser, clinic: Clinic) -> None:
    assert as_ruth.post("/clinic/settings/", SETTINGS).status_code == 302
    clinic.refresh_from_db()
    assert (clinic.name, clinic.time_zone, clinic.crisis_text) == tuple(SETTINGS.values())


def test_settings_of_forms_stand_on_a_page_of_their_own(as_ruth: Browser, clinic: Clinic) -> None:
    """What is not in the form is not changed by sending it."""
    as_ruth.post("/clinic/settings/", SETTINGS | {"link_valid_days": "9", "sender_name": "Desk"})
    clinic.refresh_from_db()
    assert (clinic.link_valid_days, clinic.sender_name) == (4, "")


def test_without_words_for_those_in_need_the_page_says_that_no_form_goes_out(
    as_ruth: Browser, clinic: Clinic
) -> None:
    told = "No forms are sent yet."
    assert told not in as_ruth.get("/clinic/settings/").content.decode()
    Clinic.objects.update(crisis_text="")
    assert told in as_ruth.get("/clinic/settings/").content.decode()
    page = as_ruth.post("/clinic/settings/", SETTINGS | {"crisis_text": " "})
    assert page.status_code == 422
    assert "Write whom clients can call." in page.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("crisis_text", "x" * 1001),
    ],
)
def test_settings_that_cannot_be_are_refused_and_kept_in_the_form(
    as_ruth: Browser, clinic: Clinic, field: str, value: str
) -> None:
    response = as_ruth.post("/clinic/settings/", SETTINGS | {field: value})
    assert response.status_code == 422
    assert (value or SETTINGS["time_zone"]) in response.content.decode()
    clinic.refresh_from_db()
    assert clinic.name == "Northside Clinic"


def test_times_are_shown_on_the_clinic_s_clock(
    as_ruth: Browser, as_mara: Browser, mara: User
) -> None:
    ana = people.take_on(mara)
    as_ruth.post("/clinic/settings/", SETTINGS | {"time_zone": "Pacific/Auckland"})
    people.hold(ana)  # Monday 14:00 in London, Tuesday in Auckland
    assert "Tue" in as_mara.get(f"/clients/{ana.client_id}/").content.decode()


def new_secret(browser: Browser) -> str:
    page = browser.post("/settings/tokens/", {"days": "30"}).content.decode()
    found = re.search(r"<code>(\w{40,})</code>", page)
    assert found
    return found[1]


def test_a_new_token_is_shown_once(as_mara: Browser) -> None:
    secret = new_secret(as_mara)
    assert secret not in as_mara.get("/settings/tokens/").content.decode()


def test_a_token_is_stored_only_as_a_digest(as_mara: Browser) -> None:
    secret = new_secret(as_mara)
    token = AuthToken.objects.get()
    assert secret.startswith(token.token_key)
    assert not holds(secret, in_dump=dump())


def test_a_token_opens_the_api(as_mara: Browser) -> None:
    headers = {"Authorization": f"Bearer {new_secret(as_mara)}"}
    assert Browser().get("/api/v1/clients/", headers=headers).status_code == 200


@pytest.mark.parametrize("days", ["0", "-1", "10000", "", "x"])
def test_a_token_has_one_of_the_offered_ends(as_mara: Browser, days: str) -> None:
    assert as_mara.post("/settings/tokens/", {"days": days, "x": "y"}).status_code == 422
    assert not AuthToken.objects.exists()


def test_a_revoked_token_opens_nothing(as_mara: Browser) -> None:
    headers = {"Authorization": f"Bearer {new_secret(as_mara)}"}
    token = AuthToken.objects.get()
    as_mara.post(f"/settings/tokens/{token.token_key}/revoke/")
    assert Browser().get("/api/v1/clients/", headers=headers).status_code == 401


def test_the_token_of_another_cannot_be_revoked(as_mara: Browser, jonas: User) -> None:
    new_secret(as_mara)
    token = AuthToken.objects.get()
    response = logged_in(jonas).post(f"/settings/tokens/{token.token_key}/revoke/")
    assert response.status_code == 404
    assert AuthToken.objects.exists()


def test_tokens_of_others_are_not_listed(as_mara: Browser, jonas: User) -> None:
    new_secret(as_mara)
    key = AuthToken.objects.get().token_key
    assert key in as_mara.get("/settings/tokens/").content.decode()
    assert key not in logged_in(jonas).get("/settings/tokens/").content.decode()
