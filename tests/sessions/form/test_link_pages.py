"""Links that have ended and their next step, the second check, and people who guess."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from accounts import misses
from accounts.models import Clinic
from clients.models import Client, Treatment
from outbox import links
from outbox import services as outbox
from outbox.models import Message
from sessions import services
from sessions.models import OWN_LINK, Rating, RatingRequest, RequestLink
from tests import people
from tests.registry.database import fingerprint

WANTS = {"wants": "yes"}

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def form(ana: Treatment) -> RatingRequest:
    return people.hold(ana).request


@pytest.fixture
def phone(form: RatingRequest) -> Browser:
    return people.open_form(form)


def page_of(form: RatingRequest, more: str = "") -> str:
    return f"/rate/{form.pk}/{more}"


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


# --- Asking for a new link


def test_an_ended_link_asks_for_a_new_one(
    phone: Browser, form: RatingRequest, clock: time_machine.Traveller
) -> None:
    assert form.expires_at
    clock.move_to(form.expires_at)
    assert page_of(form, "ask/") in text(phone.get(page_of(form)))
    assert phone.post(page_of(form, "ask/")).status_code == 422, "a robot presses every button"
    page = phone.post(page_of(form, "ask/"), WANTS)
    assert (page.status_code, "Mara Lindqvist now knows" in text(page)) == (200, True)
    form.refresh_from_db()
    assert form.link_asked_at == form.expires_at


def test_an_open_link_asks_for_nothing(phone: Browser, form: RatingRequest) -> None:
    assert phone.post(page_of(form, "ask/"), WANTS).headers["Location"] == page_of(form)
    form.refresh_from_db()
    assert form.link_asked_at is None


def test_asking_twice_is_asking_once(
    phone: Browser, form: RatingRequest, clock: time_machine.Traveller
) -> None:
    clock.move_to(people.end_of(form))
    phone.post(page_of(form, "ask/"), WANTS)
    before = fingerprint(without=())
    phone.post(page_of(form, "ask/"), WANTS)
    assert fingerprint(without=()) == before


def test_a_new_link_or_an_answer_settles_it(
    phone: Browser, form: RatingRequest, clock: time_machine.Traveller
) -> None:
    ended = people.end_of(form)
    clock.move_to(ended)
    phone.post(page_of(form, "ask/"), WANTS)
    Message.objects.update(state="failed")
    services.send_again(form, by=form.session.recorded_by, at=ended)
    form.refresh_from_db()
    assert form.link_asked_at is None
    services.ask_for_new_link(form, at=ended)
    people.answer(form.session)
    form.refresh_from_db()
    assert form.link_asked_at is None


def test_a_stranger_can_ask_for_nothing(form: RatingRequest) -> None:
    for more in ("ask/", "own/", "check/", "draft/", "later/", "language/", "change/"):
        assert Browser().post(page_of(form, more)).status_code == 404
    form.refresh_from_db()
    assert form.link_asked_at is None


# --- The second check


@pytest.fixture
def checked_form(form: RatingRequest) -> RatingRequest:
    client = form.session.treatment.client
    client.pin, client.checks_link = "2468", Client.Check.ALWAYS
    client.save()
    return form


def answer_check(phone: Browser, form: RatingRequest, answer: str) -> Any:
    return phone.post(page_of(form, "check/"), {"answer": answer})


def test_the_form_opens_after_the_right_answer(phone: Browser, checked_form: RatingRequest) -> None:
    before = text(phone.get(page_of(checked_form)))
    assert "Your PIN" in before
    assert "felt understood" not in before
    assert answer_check(phone, checked_form, " 2468 ").status_code == 303
    assert "felt understood" in text(phone.get(page_of(checked_form)))
    sent = phone.post(page_of(checked_form), people.filled_in(checked_form))
    assert sent.status_code == 303


def test_nothing_is_taken_before_the_right_answer(
    phone: Browser, checked_form: RatingRequest
) -> None:
    phone.post(page_of(checked_form), people.filled_in(checked_form))
    phone.post(page_of(checked_form, "draft/"), people.filled_in(checked_form))
    phone.post(page_of(checked_form, "later/"), people.filled_in(checked_form))
    phone.post(page_of(checked_form, "language/"), {"to": "de", "comment": "x"})
    assert not Rating.objects.exists()
    assert "felt understood" not in text(phone.get(page_of(checked_form)))


def test_what_was_typed_waits_behind_the_question(
    phone: Browser, checked_form: RatingRequest, clock: time_machine.Traveller
) -> None:
    """The question comes back after half a day; whoever was typing meanwhile loses nothing."""
    answer_check(phone, checked_form, "2468")
    clock.shift(timedelta(hours=12))
    typed = people.filled_in(checked_form, comment="Half a day of words.")
    assert "Your PIN" in text(phone.post(page_of(checked_form), typed))
    answer_check(phone, checked_form, "2468")
    assert "Half a day of words." in text(phone.get(page_of(checked_form)))


def test_five_wrong_answers_close_the_link_and_the_staff_opens_it(
    phone: Browser, checked_form: RatingRequest
) -> None:
    for _try in range(4):
        assert answer_check(phone, checked_form, "1111").status_code == 422
    closed = answer_check(phone, checked_form, "1111")
    assert (closed.status_code, "too many wrong tries" in text(closed)) == (410, True)
    assert answer_check(phone, checked_form, "2468").status_code == 410
    assert phone.get(page_of(checked_form)).status_code == 410

    Message.objects.update(state="failed")
    at = people.MONDAY + timedelta(hours=2)
    services.send_again(checked_form, by=checked_form.session.recorded_by, at=at)
    again = people.open_form(checked_form)
    assert answer_check(again, checked_form, "2468").status_code == 303


def test_a_browser_that_was_let_in_is_asked_again_after_half_a_day(
    phone: Browser, checked_form: RatingRequest, clock: time_machine.Traveller
) -> None:
    answer_check(phone, checked_form, "2468")
    clock.shift(timedelta(hours=12))
    assert "Your PIN" in text(phone.get(page_of(checked_form)))


def test_the_clinic_can_ask_everybody(phone: Browser, form: RatingRequest) -> None:
    Clinic.objects.update(checks_links=True)
    assert "felt understood" in text(phone.get(page_of(form))), "nothing is known to ask for"
    client = form.session.treatment.client
    client.refresh_from_db()
    client.birth_year = "1984"
    client.save()
    assert "The year you were born" in text(phone.get(page_of(form)))
    Client.objects.update(checks_link=Client.Check.NEVER)
    assert "felt understood" in text(phone.get(page_of(form)))


# --- A link to one's own answers


def test_the_link_to_one_s_answers_goes_to_the_own_address_once(
    phone: Browser, checked_form: RatingRequest
) -> None:
    answer_check(phone, checked_form, "2468")
    phone.post(page_of(checked_form), people.filled_in(checked_form))
    for _click in range(3):
        page = phone.post(page_of(checked_form, "own/"))
        assert "Please look at your e-mail" in text(page)
    assert Message.objects.filter(kind=OWN_LINK).count() == 1


def test_without_anything_to_ask_for_there_is_no_such_link(
    phone: Browser, form: RatingRequest
) -> None:
    phone.post(page_of(form), people.filled_in(form))
    assert "Please ask the clinic" in text(phone.get(page_of(form, "thanks/")))
    assert phone.post(page_of(form, "own/")).status_code == 303
    assert not Message.objects.filter(kind=OWN_LINK).exists()


# --- Guessing


def test_guesses_are_slowed_down_and_the_real_link_is_not(form: RatingRequest) -> None:
    """L10. Whoever holds the real link gets in all the while, from the same address."""
    token = people.link_for(form)
    guesser = Browser()
    statuses = [guesser.get(f"/r/{number:043d}/").status_code for number in range(100)]
    assert statuses == [404] * misses.MOST + [429] * (100 - misses.MOST)
    assert Browser().get(f"/r/{token}/", follow=True).status_code == 200


def test_ten_thousand_guesses_are_no_link(form: RatingRequest) -> None:
    people.link_for(form)
    guesses = [links.digest(links.new_token()) for _guess in range(10_000)]
    assert len(set(guesses)) == 10_000
    assert not RequestLink.objects.filter(digest__in=guesses).exists()


def test_guesses_are_counted_for_each_address_block(db: None) -> None:
    def guess(address: str) -> int:
        status: int = Browser(REMOTE_ADDR=address).get("/r/no-such-link/").status_code
        return status

    for number in range(misses.MOST + 1):
        guess(f"2001:db8::{number:x}")
    assert guess("2001:db8::ffff") == 429, "one household"
    assert guess("2001:db8:0:1::1") == 404
    assert guess("192.0.2.1") == 404


def test_after_a_while_one_may_guess_again(db: None, clock: time_machine.Traveller) -> None:
    for _guess in range(misses.MOST + 1):
        Browser().get("/r/no-such-link/")
    assert Browser().get("/r/no-such-link/").status_code == 429
    clock.shift(timedelta(seconds=misses.SECONDS + 1))
    assert Browser().get("/r/no-such-link/").status_code == 404


def test_mails_say_how_to_stop_them(form: RatingRequest) -> None:
    outbox.deliver_due(at=people.MONDAY + timedelta(hours=1))
    from django.core import mail  # noqa: PLC0415

    headers = mail.outbox[0].extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = headers["List-Unsubscribe"].strip("<>").removeprefix("http://localhost")
    assert Browser().post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Client.objects.get().stopped_at is not None
