from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import User
from clients import services
from clients.models import Client, Treatment
from tests import people
from tests.conftest import logged_in

pytestmark = pytest.mark.usefixtures("clock")

PETRA = {
    "name": "Petra K.",
    "email": "petra@mail.example",
    "language": "de",
    "contact": "email",
}
WRONG = [
    ({"name": ""}, "This field is required."),
    ({"name": "x" * 121}, "at most 120 characters"),
    ({"email": "not an address"}, "Enter a valid email address."),
    ({"email": ""}, "Enter an e-mail address, or choose to send nothing."),
    ({"contact": "pigeon"}, "Select a valid choice."),
    ({"language": "tlh"}, "Select a valid choice."),
    ({"time_zone": "Mars/Olympus"}, "Select a valid choice."),
    ({"birth_year": "84"}, "Enter a year with four digits"),
    ({"birth_year": "1880"}, "Enter a year with four digits"),
    ({"birth_year": "2027"}, "Enter a year with four digits"),
    ({"pin": "123"}, "Enter 4 to 8 digits."),
    ({"pin": "123456789"}, "Enter 4 to 8 digits."),
    ({"pin": "12a4"}, "Enter 4 to 8 digits."),
    ({"checks_link": "sometimes"}, "Select a valid choice."),
    ({"checks_link": "always"}, "Enter a PIN or a year of birth, or do not always ask."),
]
RARELY = {
    "time_zone": "America/Lima",
    "birth_year": "1984",
    "pin": "4711",
    "checks_link": "always",
}


def test_add_client_leads_to_the_client_s_page(as_mara: Browser, mara: User) -> None:
    page = as_mara.post("/clients/add/", PETRA, follow=True)
    client = Client.objects.get()
    assert page.redirect_chain == [(f"/clients/{client.pk}/", 302)]
    assert "Petra K. is on your caseload." in page.content.decode()
    assert client.language == "de"


def test_add_client_with_all_that_is_rarely_said(as_mara: Browser) -> None:
    as_mara.post("/clients/add/", PETRA | RARELY)
    client = Client.objects.get()
    assert {name: getattr(client, name) for name in RARELY} == RARELY
    assert (str(client.zone), client.secret, client.is_checked) == ("America/Lima", "4711", True)


def test_what_is_rarely_said_may_be_left_out(as_mara: Browser) -> None:
    as_mara.post("/clients/add/", PETRA)
    client = Client.objects.get()
    assert (str(client.zone), client.secret, client.checks_link) == ("UTC", "", "clinic")


@pytest.mark.parametrize("contact", ["email", "in_room", "none"])
def test_there_are_three_ways_to_send_the_form(as_mara: Browser, contact: str) -> None:
    as_mara.post("/clients/add/", PETRA | {"contact": contact})
    client = Client.objects.get()
    assert client.contact == contact
    assert client.can_be_mailed is (contact == "email")


@pytest.mark.parametrize(
    ("changed", "is_open"), [({"pin": "1"}, True), ({"language": "x"}, True), ({"name": ""}, False)]
)
def test_what_is_rarely_needed_is_open_when_it_has_errors(
    as_mara: Browser, changed: dict[str, str], is_open: bool
) -> None:
    page = as_mara.post("/clients/add/", PETRA | RARELY | changed).content.decode()
    assert ('<details class="more more--fields" open>' in page) is is_open
    assert 'value="1984"' in page, "what was typed is kept, seen or not"


def test_add_client_puts_no_name_into_a_cookie(as_mara: Browser) -> None:
    """Django's messages may travel in a cookie, signed but readable, and stay in the browser."""
    response = as_mara.post("/clients/add/", PETRA)
    assert set(response.cookies) == {"session"}


@pytest.mark.parametrize(("changed", "sentence"), WRONG)
def test_add_client_says_what_is_wrong_and_keeps_what_was_typed(
    as_mara: Browser, changed: dict[str, str], sentence: str
) -> None:
    body = PETRA | changed
    response = as_mara.post("/clients/add/", body)
    assert response.status_code == 422
    page = response.content.decode()
    assert sentence in page
    for field in ("name", "email"):
        assert body[field] in page
    assert not Client.objects.exists()


def test_fields_that_are_not_in_the_form_are_ignored(
    as_mara: Browser, mara: User, stranger: User
) -> None:
    extra = {
        "id": "00000000-0000-4000-8000-000000000001",
        "clinic": str(stranger.clinic_id),
        "clinic_id": str(stranger.clinic_id),
        "therapist": str(stranger.pk),
        "created_at": "2001-01-01",
    }
    as_mara.post("/clients/add/", PETRA | extra)
    client = Client.objects.get()
    assert (client.clinic, client.created_at) == (mara.clinic, client.created_at)
    assert str(client.pk) != extra["id"]
    assert client.created_at.year == 2026
    assert Treatment.objects.get().therapist == mara


def test_markup_in_a_name_is_shown_as_typed(as_mara: Browser) -> None:
    name = '"><svg onload=alert(1)>'
    page = as_mara.post("/clients/add/", PETRA | {"name": name}, follow=True).content.decode()
    assert "<svg onload" not in page
    assert "&lt;svg onload=alert(1)&gt;" in page


def edit(browser: Browser, ana: Treatment, **changed: str) -> Any:
    return browser.post(f"/clients/{ana.client_id}/edit/", PETRA | changed)


def test_edit_shows_what_is_stored(as_mara: Browser, ana: Treatment) -> None:
    page = as_mara.get(f"/clients/{ana.client_id}/edit/").content.decode()
    assert 'value="Ana R."' in page
    assert 'value="ana@mail.example"' in page


def test_edit_shows_and_changes_what_is_rarely_said(as_mara: Browser, ana: Treatment) -> None:
    edit(as_mara, ana, **RARELY)
    page = as_mara.get(f"/clients/{ana.client_id}/edit/").content.decode()
    assert 'value="4711"' in page
    assert '<option value="America/Lima" selected>' in page
    edit(as_mara, ana, **RARELY | {"pin": "", "checks_link": "never", "time_zone": ""})
    client = Client.objects.get()
    assert (client.secret, client.is_checked, str(client.zone)) == ("1984", False, "UTC")


def test_an_empty_form_is_refused_too(as_mara: Browser, ana: Treatment) -> None:
    for path in ("/clients/add/", f"/clients/{ana.client_id}/edit/"):
        assert as_mara.post(path, {}).status_code == 422


def test_edit_by_the_therapist_leads_back_to_the_client(as_mara: Browser, ana: Treatment) -> None:
    response = edit(as_mara, ana)
    assert response.headers["Location"] == f"/clients/{ana.client_id}/"
    assert Client.objects.get().name == "Petra K."


def test_edit_by_the_front_desk_leads_back_to_its_list(as_noor: Browser, ana: Treatment) -> None:
    response = edit(as_noor, ana, contact="none", email="")
    assert response.headers["Location"] == "/front-desk/"
    assert Client.objects.get().contact == "none"


def test_edit_by_a_front_desk_therapist_leads_to_where_the_client_has_a_page(
    ana: Treatment, jonas: User
) -> None:
    """Own clients have one; those of colleagues are only on the list."""
    jonas.roles = ["therapist", "front_desk"]
    jonas.save()
    own = people.take_on(jonas, "Petra K.")
    browser = logged_in(jonas)
    assert edit(browser, own).headers["Location"] == f"/clients/{own.client_id}/"
    assert edit(browser, ana).headers["Location"] == "/front-desk/"


@pytest.mark.parametrize(("changed", "sentence"), WRONG)
def test_edit_says_what_is_wrong_and_changes_nothing(
    as_mara: Browser, ana: Treatment, changed: dict[str, str], sentence: str
) -> None:
    response = edit(as_mara, ana, **changed)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert Client.objects.get().name == "Ana R."


def test_end_and_start_again(as_mara: Browser, ana: Treatment) -> None:
    page = as_mara.post(f"/treatments/{ana.pk}/end/", {"reason": "agreed"}, follow=True)
    assert "The treatment has ended." in page.content.decode()
    page = as_mara.post(f"/clients/{ana.client_id}/start/", follow=True)
    assert "A new treatment has started." in page.content.decode()
    assert Treatment.objects.open().count() == 1


def test_end_twice_says_so(as_mara: Browser, ana: Treatment) -> None:
    as_mara.post(f"/treatments/{ana.pk}/end/", {"reason": "agreed"})
    page = as_mara.post(f"/treatments/{ana.pk}/end/", {"reason": "moved"})
    assert page.status_code == 409
    assert "This treatment has already ended." in page.content.decode()


def test_start_twice_says_so(as_mara: Browser, ana: Treatment) -> None:
    page = as_mara.post(f"/clients/{ana.client_id}/start/", follow=True)
    assert "is already open" in page.content.decode()
    assert Treatment.objects.count() == 1


def test_the_front_desk_cannot_start_or_end(as_noor: Browser, ana: Treatment) -> None:
    assert as_noor.post(f"/clients/{ana.client_id}/start/").status_code == 403
    assert as_noor.post(f"/treatments/{ana.pk}/end/").status_code == 403


def test_the_other_therapist_of_a_client_may_edit_contact_data(ana: Treatment, jonas: User) -> None:
    services.start_treatment(ana.client, by=jonas, at=people.MONDAY)
    assert edit(logged_in(jonas), ana).status_code == 302
