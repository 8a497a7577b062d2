"""Who may not see a client's answers cannot get at them by changing address, PIN or year."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from clients import notices, services
from clients.models import Client, ClientLink, Treatment
from outbox.models import Message
from sessions import services as sessions
from sessions.form import asked
from sessions.models import OWN_LINK, RatingRequest
from tests import people
from tests.conftest import logged_in

pytestmark = pytest.mark.usefixtures("clock")

AT = people.MONDAY
FIELDS = {"name": "Ana R.", "email": "ana@mail.example", "language": "en", "contact": "email"}
SECRETS = {"birth_year": "1984", "pin": "4711"}
OWN = ClientLink.Purpose.OWN


@pytest.fixture
def known(ana: Treatment) -> Client:
    """Ana, with a PIN and a year of birth that her therapist entered."""
    return services.change_client(ana.client, **FIELDS, **SECRETS, by=ana.therapist, at=AT)


def stored() -> Client:
    return Client.objects.get()


def edit(browser: Browser, client: Client, **changed: str) -> Any:
    return browser.post(f"/clients/{client.pk}/edit/", FIELDS | changed)


def confirm(browser: Browser, client: Client) -> int:
    status: int = browser.post(f"/clients/{client.pk}/confirm/").status_code
    return status


def test_the_front_desk_never_sees_pin_or_year(as_noor: Browser, known: Client) -> None:
    place = f"/clients/{known.pk}/edit/"
    answers = [
        as_noor.get(place),
        edit(as_noor, known, name=""),
        edit(as_noor, known, checks_link="always", follow="x"),
        as_noor.get("/front-desk/"),
        as_noor.get(place),
    ]
    assert [answer.status_code for answer in answers] == [200, 422, 302, 200, 200]
    for answer in answers:
        shown = answer.content.decode()
        assert 'value="1984"' not in shown
        assert "4711" not in shown
    assert answers[0].content.decode().count("It is set, and only the therapist sees it.") == 2


def test_the_therapist_sees_both_and_may_remove_them(as_mara: Browser, known: Client) -> None:
    shown = as_mara.get(f"/clients/{known.pk}/edit/").content.decode()
    assert 'value="1984"' in shown
    assert 'value="4711"' in shown
    edit(as_mara, known)
    assert stored().secret == ""
    assert stored().own_link_blocked_at is None


def test_what_the_front_desk_leaves_empty_stays(as_noor: Browser, known: Client) -> None:
    edit(as_noor, known, name="Ana S.", birth_year="", pin="", checks_link="always")
    client = stored()
    assert (client.name, client.pin, client.birth_year) == ("Ana S.", "4711", "1984")
    assert (client.checks_link, client.own_link_blocked_at) == ("always", None)


@pytest.mark.parametrize(
    "changed",
    [{"email": "desk@mail.example"}, {"pin": "1111"}, {"birth_year": "1990"}],
    ids=lambda changed: next(iter(changed)),
)
def test_the_way_to_the_answers_by_the_front_desk_ends(
    as_noor: Browser, known: Client, ana: Treatment, changed: dict[str, str]
) -> None:
    """Change the contact, send the form again, and ask by its link for all answers."""
    people.answer(people.hold(ana))
    form = people.hold(ana, AT + timedelta(minutes=30)).request
    now = timezone.now()
    token = services.issue_link(known, purpose=OWN, at=now, valid=timedelta(days=1))
    assert ClientLink.objects.opened_by(token, purpose=OWN, at=now).exists()
    assert edit(as_noor, known, **changed).status_code == 302
    assert not ClientLink.objects.opened_by(token, purpose=OWN, at=now).exists()
    phone = people.open_form(form)
    phone.post(f"/rate/{form.pk}/", people.filled_in(form))
    phone.post(f"/rate/{form.pk}/own/")
    assert not Message.objects.filter(kind=OWN_LINK).exists()
    with pytest.raises(sessions.NothingToSend):
        sessions.mail_own_link(stored(), at=AT)
    assert as_noor.post(f"/clients/{known.pk}/own-answers/").status_code == 403
    assert confirm(as_noor, known) == 403
    assert stored().why_no_own_link == "confirm"


def test_a_guess_that_is_right_looks_like_one_that_is_wrong(
    as_noor: Browser, known: Client
) -> None:
    edit(as_noor, known, pin="4711")
    assert stored().own_link_blocked_at is not None


def test_the_links_at_the_foot_of_mails_stay(as_noor: Browser, known: Client) -> None:
    mail = ClientLink.Purpose.MAIL
    token = services.issue_link(known, purpose=mail, at=AT)
    edit(as_noor, known, pin="1111")
    assert ClientLink.objects.opened_by(token, purpose=mail, at=AT).exists()


def test_the_therapist_is_told_and_confirms(as_mara: Browser, known: Client, noor: User) -> None:
    services.change_client(known, **FIELDS, pin="1111", by=noor, at=AT)
    button = f'action="/clients/{known.pk}/confirm/"'
    for place in ("/caseload/", f"/clients/{known.pk}/", f"/clients/{known.pk}/edit/"):
        assert "The front desk changed the address or PIN" in as_mara.get(place).content.decode()
    assert button in as_mara.get(f"/clients/{known.pk}/edit/").content.decode()
    assert button not in logged_in(noor).get(f"/clients/{known.pk}/edit/").content.decode()
    assert confirm(as_mara, known) == 302
    assert confirm(as_mara, known) == 302, "twice is as once"
    [event] = Event.objects.filter(action="clients.confirm_contact")
    assert event.client_id == known.pk
    assert notices.of_client(stored()) == []
    sessions.mail_own_link(stored(), at=AT)


def test_nobody_else_confirms(known: Client, noor: User, jonas: User, ruth: User) -> None:
    services.change_client(known, **FIELDS, pin="1111", by=noor, at=AT)
    for person in (noor, jonas, ruth):
        with pytest.raises(services.OnlyTherapistConfirms):
            services.confirm_contact(known, by=person, at=AT)
        assert confirm(logged_in(person), known) in (403, 404)
    assert stored().own_link_blocked_at is not None


def test_a_front_desk_therapist_is_trusted_with_own_clients_only(
    known: Client, jonas: User
) -> None:
    jonas.roles = ["therapist", "front_desk"]
    jonas.save()
    own = people.take_on(jonas, "Petra K.").client
    for client in (own, known):
        services.change_client(client, **FIELDS, pin="1111", by=jonas, at=AT)
    assert own.own_link_blocked_at is None
    assert known.own_link_blocked_at is not None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, ""),
        ({"stopped_at": AT}, ""),
        ({"contact": Client.Contact.IN_ROOM}, ""),
        ({"email": ""}, "address"),
        ({"bounced_at": AT}, "address"),
        ({"pin": "", "birth_year": ""}, "secret"),
        ({"own_link_blocked_at": AT}, "confirm"),
    ],
)
def test_why_no_link_is_mailed(
    as_mara: Browser, known: Client, changed: dict[str, Any], why: str
) -> None:
    for name, value in changed.items():
        setattr(known, name, value)
    known.save()
    client = stored()
    assert (client.why_no_own_link, client.may_get_own_link) == (why, not why)
    button = f'action="/clients/{client.pk}/own-answers/"'
    page = as_mara.get(f"/clients/{client.pk}/edit/").content.decode()
    assert (button in page) is not bool(why)
    assert ("To mail the client a link" in page) is bool(why)
    as_mara.post(f"/clients/{client.pk}/own-answers/")
    assert Message.objects.filter(kind=OWN_LINK).count() == (not why)


def test_the_therapist_sends_the_link_once_an_hour(
    as_mara: Browser, known: Client, mara: User
) -> None:
    place = f"/clients/{known.pk}/own-answers/"
    sent = as_mara.post(place, follow=True).content.decode()
    again = as_mara.post(place, follow=True).content.decode()
    assert "is on its way to the client" in sent
    assert "within the last hour" in again
    [event] = Event.objects.filter(action="outbox.queue")
    assert (event.by_id, event.details["kind"]) == (mara.pk, OWN_LINK)


def test_others_cannot_send_it(known: Client, noor: User, jonas: User, ruth: User) -> None:
    for person in (noor, jonas, ruth):
        answer = logged_in(person).post(f"/clients/{known.pk}/own-answers/")
        assert answer.status_code in (403, 404)
    assert not Message.objects.exists()


@pytest.mark.parametrize("changed", [{"email": "desk@mail.example"}, {"checks_link": "never"}])
def test_no_form_shows_goals_before_the_therapist_has_confirmed(
    as_noor: Browser, known: Client, ana: Treatment, changed: dict[str, str]
) -> None:
    """Nor to whoever asks nobody any more, or answers with a year of their own."""
    people.agree(ana, "Sleep through the night")
    form = people.hold(ana).request
    assert edit(as_noor, known, **changed).status_code == 302
    assert stored().own_link_blocked_at is not None
    assert asked.of_request(RatingRequest.objects.get(pk=form.pk)) == asked.NOTHING
    services.confirm_contact(stored(), by=ana.therapist, at=AT)
    assert asked.of_request(RatingRequest.objects.get(pk=form.pk)).wordings


def test_a_laxer_check_by_the_front_desk_is_to_be_confirmed(
    as_noor: Browser, known: Client
) -> None:
    edit(as_noor, known, checks_link="always")
    assert stored().own_link_blocked_at is None
    edit(as_noor, known, checks_link="never")
    assert stored().own_link_blocked_at is not None
