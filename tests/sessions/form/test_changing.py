"""Thinking better of it: for a while, in the browser that sent the answers, and nowhere else."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import Clinic
from audit.models import Event
from clients.models import Treatment
from sessions.form import answering
from sessions.models import EarlierAnswers, Rating, RatingRequest
from tests import people
from trends.models import Trajectory

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def form(ana: Treatment) -> RatingRequest:
    return people.hold(ana).request


@pytest.fixture
def phone(form: RatingRequest) -> Browser:
    """Has sent the answers."""
    phone = people.open_form(form)
    first = people.filled_in(form, comment="CANARY first words", tension="some", settled="no")
    assert phone.post(f"/rate/{form.pk}/", first).status_code == 303
    return phone


def change_page(form: RatingRequest) -> str:
    return f"/rate/{form.pk}/change/"


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


def test_the_answers_come_back_to_be_changed(phone: Browser, form: RatingRequest) -> None:
    assert change_page(form) in text(phone.get(f"/rate/{form.pk}/thanks/"))
    page = text(phone.get(change_page(form)))
    assert "CANARY first words" in page
    assert page.count(" checked") == 8


def test_the_new_answers_count_and_the_first_are_kept(phone: Browser, form: RatingRequest) -> None:
    people.compute(form.session.treatment)
    changed = people.filled_in(form, item_bond_open="1", comment="Second thoughts.")
    assert phone.post(change_page(form), changed).status_code == 303
    rating = Rating.objects.get()
    assert (rating.bond, rating.comment, rating.tension) == (2.5, "Second thoughts.", "none")
    assert rating.changed_at == people.MONDAY + timedelta(hours=1) or rating.changed_at
    kept = json.loads(EarlierAnswers.objects.get().said)
    assert (kept["comment"], kept["answers"]["bond_open"]) == ("CANARY first words", 4)
    assert Trajectory.objects.get().due_at is not None
    event = Event.objects.get(action="sessions.change_rating")
    assert (event.by_id, event.details) == (None, {})


def test_the_first_answers_sent_again_after_a_change_are_thanked_for(
    phone: Browser, form: RatingRequest
) -> None:
    """They got lost on the way, and the phone tries once more: nothing is undone."""
    first = people.filled_in(form, comment="CANARY first words", tension="some", settled="no")
    phone.post(change_page(form), people.filled_in(form, item_bond_open="1"))
    assert phone.post(f"/rate/{form.pk}/", first).status_code == 303
    assert Rating.objects.get().bond == 2.5


def test_an_incomplete_change_is_refused_and_keeps_what_was_typed(
    phone: Browser, form: RatingRequest
) -> None:
    page = phone.post(change_page(form), people.filled_in(form, tension="", comment="New."))
    assert (page.status_code, "New." in text(page)) == (422, True)
    assert Rating.objects.get().comment == "CANARY first words"


def test_after_the_time_it_is_over(
    phone: Browser, form: RatingRequest, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(minutes=15))
    late = people.filled_in(form, comment="Too late, but mine.")
    for page in (phone.get(change_page(form)), phone.post(change_page(form), late)):
        assert (page.status_code, "The time to change is over" in text(page)) == (410, True)
        assert "CANARY" not in text(page)
    assert "Too late, but mine." in text(page), "to be copied, for it was not sent"
    assert change_page(form) not in text(phone.get(f"/rate/{form.pk}/thanks/"))


def test_the_clinic_decides_how_long(ana: Treatment, clock: time_machine.Traveller) -> None:
    Clinic.objects.update(change_minutes=0)
    form = people.hold(ana).request
    browser = people.open_form(form)
    browser.post(f"/rate/{form.pk}/", people.filled_in(form))
    assert browser.get(change_page(form)).status_code == 410


def test_the_link_alone_shows_no_answers(phone: Browser, form: RatingRequest) -> None:
    other = Browser()
    other.cookies[f"form-{form.pk.hex}"] = phone.cookies[f"form-{form.pk.hex}"].value
    assert other.get(change_page(form)).headers["Location"] == f"/rate/{form.pk}/"
    posted = other.post(change_page(form), people.filled_in(form, comment="Not mine."))
    assert posted.headers["Location"] == f"/rate/{form.pk}/"
    assert Rating.objects.get().comment == "CANARY first words"


def test_another_browser_does_not_find_out_by_trying(phone: Browser, form: RatingRequest) -> None:
    """Right or wrong, the answer is the same page: no receipt, and no "they differ"."""
    right = people.filled_in(form, comment="CANARY first words", tension="some", settled="no")
    other = people.open_form(form)
    answers = [other.post(f"/rate/{form.pk}/", body) for body in (right, people.filled_in(form))]
    assert [answer.status_code for answer in answers] == [410, 410]
    assert answers[0].content == answers[1].content
    assert f"sent-{form.pk.hex}" not in other.cookies


@pytest.mark.parametrize("forged", ["", "x", "InJhdGluZyI:1vabc:signature"])
def test_a_forged_receipt_opens_nothing(phone: Browser, form: RatingRequest, forged: str) -> None:
    phone.cookies[f"sent-{form.pk.hex}"] = forged
    assert phone.get(change_page(form)).status_code == 303


def test_the_receipt_is_closed_to_scripts(phone: Browser, form: RatingRequest) -> None:
    cookie = phone.cookies[f"sent-{form.pk.hex}"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert cookie["max-age"] > 15 * 60, "the server tells when it is over, not the browser"
    assert form.pk.hex not in cookie.value


def test_what_came_from_paper_is_not_changed_by_the_client(form: RatingRequest) -> None:
    came = answering.Came(provenance=Rating.Provenance.PAPER)
    rating = people.answer(form.session, came=came)
    assert not answering.can_be_changed(rating, at=people.MONDAY)
