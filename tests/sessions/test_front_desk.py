from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import User
from clients import services as clients
from clients.models import Treatment
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


def test_the_number_of_queries_does_not_grow(
    as_noor: Browser, mara: User, count_queries: Any
) -> None:
    people.hold(people.take_on(mara, "Ana R."))
    few = count_queries(lambda: page(as_noor))
    for number in range(10):
        treatment = people.take_on(mara, f"Client {number}")
        people.hold(treatment)
        people.answer(people.hold(treatment, people.MONDAY - timedelta(days=7), at=people.MONDAY))
    assert RatingRequest.objects.count() == 21
    assert count_queries(lambda: page(as_noor)) == few
