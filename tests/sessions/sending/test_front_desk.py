from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Clinic, User
from clients import services as clients
from clients.models import Client, Treatment
from outbox.models import Message
from sessions.models import RatingRequest
from tests import people
from tests.conftest import logged_in

pytestmark = pytest.mark.usefixtures("clock")


def page(browser: Browser) -> str:
    html: str = browser.get("/front-desk/").content.decode()
    return html


def test_everybody_of_the_clinic_is_on_the_list(
    as_noor: Browser, ana: Treatment, jonas: User, stranger: User
) -> None:
    people.take_on(jonas, "Petra K.", email="petra@mail.example")
    people.take_on(stranger, "Foreign F.")
    html = page(as_noor)
    for words in ("Ana R.", "Mara Lindqvist", "ana@mail.example", "Petra K.", "Jonas Okafor"):
        assert words in html
    assert "Foreign F." not in html


def test_the_list_is_by_name(as_noor: Browser, mara: User) -> None:
    for name in ("petra K.", "Zoe A.", "Ana R."):
        people.take_on(mara, name)
    html = page(as_noor)
    assert html.index("Ana R.") < html.index("petra K.") < html.index("Zoe A.")


def test_ended_treatments_are_not_on_the_list(as_noor: Browser, ana: Treatment) -> None:
    clients.end_treatment(ana, by=ana.therapist, at=people.MONDAY)
    assert "Ana R." not in page(as_noor)


def test_who_asks_to_be_forgotten_is_listed_after_the_end_too(
    as_noor: Browser, ana: Treatment, stranger: User
) -> None:
    foreign = people.take_on(stranger, "Foreign F.")
    assert "Asked to be forgotten" not in page(as_noor)
    for treatment in (ana, foreign):
        clients.ask_erasure(treatment.client, at=people.MONDAY)
    clients.end_treatment(ana, by=ana.therapist, at=people.MONDAY)
    html = page(as_noor)
    assert "Asked to be forgotten" in html
    assert f'href="/clients/{ana.client_id}/edit/#notice-erasure">Ana R.</a>' in html
    assert "Foreign F." not in html
    as_noor.post(f"/clients/{ana.client_id}/settle-erasure/")
    assert "Ana R." not in page(as_noor)


def test_an_empty_clinic_says_so(as_noor: Browser) -> None:
    assert "No clients yet" in page(as_noor)


def test_the_state_of_the_newest_form_is_told(as_noor: Browser, ana: Treatment) -> None:
    people.answer(people.hold(ana))
    assert "answered" in page(as_noor)
    people.hold(ana, people.MONDAY + timedelta(hours=1))
    assert "form on its way" in page(as_noor)


def test_a_form_that_did_not_arrive_shows_why(as_noor: Browser, ana: Treatment) -> None:
    people.hold(ana)
    reason = "The mail server does not know this address."
    Message.objects.update(state=Message.State.FAILED, reason=reason)
    html = page(as_noor)
    assert "not sent" in html
    assert reason in html
    assert "Send again" in html


@pytest.mark.parametrize(("name", "home"), [("noor", "/front-desk/"), ("mara", None)])
def test_send_again_by_page(
    ana: Treatment, name: str, home: str | None, request: pytest.FixtureRequest
) -> None:
    form = people.hold(ana).request
    Message.objects.update(state=Message.State.FAILED)
    browser = logged_in(request.getfixturevalue(name))
    response: Any = browser.post(f"/requests/{form.pk}/send-again/", follow=True)
    assert response.redirect_chain == [(home or f"/clients/{ana.client_id}/", 302)]
    assert "A new link is on its way." in response.content.decode()
    assert Message.objects.filter(about=form.pk).count() == 2


def test_send_again_after_the_answer_says_why_not(as_noor: Browser, ana: Treatment) -> None:
    form = people.hold(ana).request
    people.answer(form.session)
    response = as_noor.post(f"/requests/{form.pk}/send-again/", follow=True)
    assert "This form was answered" in response.content.decode()
    assert Message.objects.count() == 1


def test_it_is_told_since_when(as_noor: Browser, ana: Treatment) -> None:
    people.hold(ana)
    Message.objects.update(state=Message.State.SENT, state_at=people.MONDAY)
    assert "7 Sep 2026, 14:00" in page(as_noor)


def test_a_client_who_asks_for_a_new_link_is_told(as_noor: Browser, ana: Treatment) -> None:
    form = people.hold(ana).request
    assert "asks for a new link" not in page(as_noor)
    RatingRequest.objects.filter(pk=form.pk).update(link_asked_at=people.MONDAY)
    assert page(as_noor).count("asks for a new link") == 1
    people.hold(ana, people.MONDAY + timedelta(minutes=30))
    assert page(as_noor).count("asks for a new link") == 1, "for an earlier form too"


def test_what_stands_between_a_client_and_the_mails_is_told(
    as_noor: Browser, ana: Treatment
) -> None:
    at = people.MONDAY
    Client.objects.update(stopped_at=at, bounced_at=at, failed_checks=5, erasure_asked_at=at)
    html = page(as_noor)
    for words in ("Stopped all", "have come back", "Locked after 5", "all data deleted"):
        assert words in html


def test_an_open_form_can_be_filled_in_on_a_device(as_noor: Browser, ana: Treatment) -> None:
    session = people.hold(ana)
    button = f'action="/sessions/{session.pk}/hand-over/"'
    assert button in page(as_noor)
    assert "Fill in on this device" in page(as_noor)
    assert "/paper/" not in page(as_noor)
    people.answer(session)
    assert button not in page(as_noor)


def test_without_words_for_need_nothing_is_filled_in(as_noor: Browser, ana: Treatment) -> None:
    people.hold(ana)
    Clinic.objects.update(crisis_text="")
    html = page(as_noor)
    assert "No forms go out yet." in html
    assert "Fill in on this device" not in html


def test_what_clients_answered_is_not_told(as_noor: Browser, ana: Treatment) -> None:
    people.answer(people.hold(ana), 4, 4, 4)
    assert "says little" not in page(as_noor)
    assert "score--" not in page(as_noor)


def test_the_number_of_queries_does_not_grow(
    as_noor: Browser, mara: User, count_queries: Any
) -> None:
    people.hold(people.take_on(mara, "Ana R."))
    few = count_queries(lambda: page(as_noor))
    for number in range(10):
        treatment = people.take_on(mara, f"Client {number}")
        clients.ask_erasure(treatment.client, at=people.MONDAY)
        people.hold(treatment)
        people.answer(people.hold(treatment, people.MONDAY - timedelta(days=7), at=people.MONDAY))
    assert RatingRequest.objects.count() == 21
    assert count_queries(lambda: page(as_noor)) == few
