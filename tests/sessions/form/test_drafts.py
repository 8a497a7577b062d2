"""What was typed comes back to whoever typed it, and to nobody else with the link."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser

from clients.models import Client, Treatment
from sessions.form import answering
from sessions.models import Draft, Rating, RatingRequest
from tests import people

pytestmark = pytest.mark.usefixtures("clock")

HALF = {"item_goal_same": "2", "comment": "CANARY half a sentence", "language": "en"}


@pytest.fixture
def form(ana: Treatment) -> RatingRequest:
    return people.hold(ana).request


@pytest.fixture
def phone(form: RatingRequest) -> Browser:
    phone = people.open_form(form)
    phone.get(page_of(form))
    return phone


def page_of(form: RatingRequest, more: str = "") -> str:
    return f"/rate/{form.pk}/{more}"


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


def keep(phone: Browser, form: RatingRequest, **typed: str) -> int:
    status: int = phone.post(page_of(form, "draft/"), HALF | typed).status_code
    return status


def test_a_draft_comes_back_in_the_same_browser(phone: Browser, form: RatingRequest) -> None:
    assert keep(phone, form) == 204
    page = text(phone.get(page_of(form)))
    assert "CANARY half a sentence" in page
    assert page.count(" checked") == 1


def test_the_link_alone_shows_no_draft(phone: Browser, form: RatingRequest) -> None:
    """L7: a link that was passed on, or that a scanner published, tells nothing."""
    keep(phone, form)
    other = Browser()
    other.cookies[f"form-{form.pk.hex}"] = phone.cookies[f"form-{form.pk.hex}"].value
    assert "CANARY" not in text(other.get(page_of(form)))
    assert "CANARY" not in text(people.open_form(form).get(page_of(form)))


def test_a_draft_is_no_rating_and_the_link_lives(phone: Browser, form: RatingRequest) -> None:
    keep(phone, form)
    assert not Rating.objects.exists()
    assert phone.post(page_of(form), people.filled_in(form)).status_code == 303


def test_a_draft_is_encrypted(phone: Browser, form: RatingRequest) -> None:
    keep(phone, form)
    with connection.cursor() as cursor:
        cursor.execute("SELECT typed FROM therapy_sessions_draft")
        assert b"CANARY" not in bytes(cursor.fetchone()[0])


def test_a_draft_holds_only_what_belongs_into_the_form(phone: Browser, form: RatingRequest) -> None:
    keep(phone, form, csrfmiddlewaretoken="x", other="y", comment="x" * 9000)
    typed = json.loads(Draft.objects.get().typed)
    assert set(typed) == {"item_goal_same", "comment", "language"}
    assert len(typed["comment"]) == Rating.COMMENT_MAX


def test_a_refused_form_is_kept_as_a_draft(phone: Browser, form: RatingRequest) -> None:
    assert phone.post(page_of(form), HALF).status_code == 422
    assert "CANARY half a sentence" in text(phone.get(page_of(form)))


def test_without_scripts_there_is_a_button_for_later(phone: Browser, form: RatingRequest) -> None:
    page = phone.post(page_of(form, "later/"), HALF)
    assert "Your answers are kept" in text(page)
    assert "CANARY half a sentence" in text(phone.get(page_of(form)))


def test_an_empty_page_leaves_no_draft(phone: Browser, form: RatingRequest) -> None:
    assert phone.post(page_of(form, "draft/"), {"language": "en"}).status_code == 204
    assert not Draft.objects.exists()


def test_drafts_go_when_the_answers_come(phone: Browser, form: RatingRequest) -> None:
    keep(phone, form)
    phone.post(page_of(form), people.filled_in(form))
    assert not Draft.objects.exists()
    assert keep(phone, form) == 410, "a tab that was left open"
    assert not Draft.objects.exists()


def test_two_tabs_make_one_rating_and_one_thanks(phone: Browser, form: RatingRequest) -> None:
    keep(phone, form)
    first = phone.post(page_of(form), people.filled_in(form))
    second = phone.post(page_of(form), people.filled_in(form))
    assert first.headers["Location"] == second.headers["Location"]
    assert Rating.objects.count() == 1


def test_drafts_of_ended_forms_are_deleted(
    phone: Browser, form: RatingRequest, clock: time_machine.Traveller
) -> None:
    keep(phone, form)
    assert form.expires_at
    assert answering.purge_drafts(at=form.expires_at) == 0
    assert answering.purge_drafts(at=form.expires_at + form.TIME_TO_FINISH) == 1
    assert not Draft.objects.exists()


def test_drafts_of_a_form_without_end_stay(phone: Browser, form: RatingRequest) -> None:
    """A month; then nobody comes back to half a sentence."""
    RatingRequest.objects.update(expires_at=None)
    keep(phone, form)
    assert answering.purge_drafts(at=people.MONDAY + timedelta(days=29)) == 0
    assert answering.purge_drafts(at=people.MONDAY + timedelta(days=31)) == 1


def test_a_year_of_forms_fits_into_one_browser(ana: Treatment, form: RatingRequest) -> None:
    """Browsers send all cookies with each page, and servers refuse more than 8 kB of them."""
    browser = Browser()
    for week in range(1, 60):
        at = people.MONDAY + timedelta(weeks=week)
        with time_machine.travel(at, tick=False):
            request = people.hold(ana, at, at=at).request
            browser.get(f"/r/{people.link_for(request)}/")
            assert browser.get(page_of(request)).status_code == 200
            held = {name: kept.value for name, kept in browser.cookies.items() if kept.value}
            assert sum(len(f"__Host-{name}={value}; ") for name, value in held.items()) < 6000


def test_a_form_has_so_many_drafts_and_no_more(form: RatingRequest) -> None:
    for number in range(answering.MOST_DRAFTS + 3):
        at = people.MONDAY + timedelta(minutes=number)
        answering.keep_draft(form, browser=f"browser {number}", typed={"comment": "x"}, at=at)
    assert Draft.objects.count() == answering.MOST_DRAFTS
    assert answering.draft_of(form, "browser 0") == {}


# --- The time runs from the last word, while somebody types


def test_while_somebody_types_the_form_stays_open(
    phone: Browser, form: RatingRequest, clock: time_machine.Traveller
) -> None:
    assert form.expires_at
    clock.move_to(form.expires_at - timedelta(minutes=1))
    keep(phone, form)
    clock.move_to(form.expires_at + timedelta(minutes=90))
    assert phone.get(page_of(form)).status_code == 200
    keep(phone, form)
    clock.move_to(form.expires_at + timedelta(hours=3))
    assert phone.post(page_of(form), people.filled_in(form)).status_code == 303


def test_looking_alone_does_not_keep_it_open(
    phone: Browser, form: RatingRequest, clock: time_machine.Traveller
) -> None:
    assert form.expires_at
    clock.move_to(form.expires_at - timedelta(minutes=1))
    phone.get(page_of(form))
    phone.post(page_of(form, "draft/"), {"language": "en"})
    clock.move_to(form.expires_at)
    assert phone.get(page_of(form)).status_code == 410


def test_typing_for_ever_does_not_keep_it_open_for_ever(form: RatingRequest) -> None:
    assert form.expires_at
    at = form.expires_at
    while at < form.expires_at + form.LONGEST_GRACE:
        answering.keep_draft(form, browser="b", typed={"comment": "x"}, at=at)
        at += timedelta(hours=1)
    with pytest.raises(answering.RequestExpired):
        answering.keep_draft(form, browser="b", typed={"comment": "x"}, at=at)


# --- Another language on the page


def test_another_language_takes_along_what_was_typed(phone: Browser, form: RatingRequest) -> None:
    moved = phone.post(page_of(form, "language/"), HALF | {"to": "de"})
    assert (moved.status_code, moved.headers["Location"]) == (303, page_of(form))
    page = text(phone.get(page_of(form)))
    assert '<html lang="de"' in page
    assert "Ich habe mich heute verstanden gefühlt." in page
    assert "CANARY half a sentence" in page


def test_arabic_runs_from_right_to_left(phone: Browser, form: RatingRequest) -> None:
    phone.post(page_of(form, "language/"), {"to": "ar", "language": "en"})
    assert '<html lang="ar" dir="rtl"' in text(phone.get(page_of(form)))


@pytest.mark.parametrize("language", ["xx", "", "../../etc", "de" * 500])
def test_an_unknown_language_changes_nothing(
    phone: Browser, form: RatingRequest, language: str
) -> None:
    assert phone.post(page_of(form, "language/"), {"to": language}).status_code == 303
    assert '<html lang="en"' in text(phone.get(page_of(form)))


def test_an_error_speaks_the_language_of_the_page(phone: Browser, form: RatingRequest) -> None:
    refused = phone.post(page_of(form), {"language": "de"})
    assert (refused.status_code, '<html lang="de"' in text(refused)) == (422, True)


def test_the_language_of_the_answer_is_kept_and_used_from_then_on(
    phone: Browser, form: RatingRequest
) -> None:
    phone.post(page_of(form), people.filled_in(form, language="de"))
    assert Rating.objects.get().language == "de"
    assert Client.objects.get().language == "de"
    assert '<html lang="de"' in text(phone.get(page_of(form, "thanks/")))


@pytest.mark.parametrize("language", ["", "xx", "\x00", "de" * 500])
def test_answers_do_not_get_lost_with_a_language_that_nobody_can_see(
    phone: Browser, form: RatingRequest, language: str
) -> None:
    assert phone.post(page_of(form), people.filled_in(form, language=language)).status_code == 303
    assert Rating.objects.get().language == "en"
