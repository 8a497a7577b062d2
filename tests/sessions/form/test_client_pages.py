"""The client's pages: one link, one form, and nothing to be learnt from it."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client as Browser

from accounts import services as accounts
from accounts.models import Clinic, User
from clients.models import Client, Treatment
from outbox import services as outbox
from outbox.models import Message
from sessions import services
from sessions.models import Rating, RatingRequest, TherapySession
from tests import people
from tests.conftest import logged_in
from tests.registry.database import fingerprint

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def form(ana: Treatment) -> RatingRequest:
    return people.hold(ana, note="CANARY note").request


@pytest.fixture
def phone(form: RatingRequest) -> Browser:
    """Ana's, after she tapped the link in her mail."""
    return people.open_form(form)


def page_of(form: RatingRequest) -> str:
    return f"/rate/{form.pk}/"


def send(phone: Browser, form: RatingRequest, **changed: str) -> Any:
    return phone.post(page_of(form), people.filled_in(form, **changed))


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


# --- From the mail to the form


def test_the_link_in_the_mail_leads_to_the_form(form: RatingRequest) -> None:
    outbox.deliver_due(at=people.MONDAY + timedelta(hours=1))
    found = re.search(r"http://localhost(/r/\S+)", str(mail.outbox[0].body))
    assert found
    page = Browser().get(found[1], follow=True)
    assert page.redirect_chain == [(page_of(form), 303)]
    assert "I felt understood today." in text(page)


def test_the_token_leaves_the_address_bar(form: RatingRequest) -> None:
    token = people.link_for(form)
    response = Browser().get(f"/r/{token}/")
    assert (response.status_code, response.headers["Location"]) == (303, page_of(form))
    cookie = response.cookies[f"form-{form.pk.hex}"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == (token, True, "Lax")
    assert 0 < cookie["max-age"] - (people.end_of(form) - people.MONDAY).total_seconds() <= 86_400


def test_two_forms_can_be_open_side_by_side(form: RatingRequest, ana: Treatment) -> None:
    other = people.hold(ana, people.MONDAY - timedelta(days=7), at=people.MONDAY).request
    phone = people.open_form(form)
    phone.get(f"/r/{people.link_for(other)}/")
    assert send(phone, form).status_code == 303
    assert send(phone, other).status_code == 303
    assert Rating.objects.count() == 2


def test_the_page_says_who_asks_about_which_day(phone: Browser, form: RatingRequest) -> None:
    page = text(phone.get(page_of(form)))
    for words in ("Northside Clinic", "Mara Lindqvist", "Monday 7 September", "Call 112."):
        assert words in page


def test_the_page_asks_the_questions_in_the_client_s_language(ana: Treatment) -> None:
    Client.objects.update(language="de")
    form = people.hold(ana).request
    page = text(people.open_form(form).get(page_of(form)))
    assert "Ich habe mich heute verstanden gefühlt." in page
    assert '<html lang="de"' in page


def test_the_day_is_the_clinic_s_day(ana: Treatment) -> None:
    Clinic.objects.update(time_zone="Pacific/Auckland")
    form = people.hold(ana).request
    assert "Tuesday 8 September" in text(people.open_form(form).get(page_of(form)))


def test_no_answer_is_chosen_before(phone: Browser, form: RatingRequest) -> None:
    assert " checked" not in text(phone.get(page_of(form)))


# --- What a scanner does changes nothing (L5, L6)


def test_looking_changes_nothing(form: RatingRequest) -> None:
    token = people.link_for(form)
    before = fingerprint()
    for _visit in range(3):
        scanner = Browser()
        for method in ("get", "head"):
            look = getattr(scanner, method)
            assert look(f"/r/{token}/").status_code == 303
            assert look(page_of(form)).status_code == 200
            look(f"/rate/{form.pk}/thanks/")
    assert fingerprint() == before
    assert send(people.open_form(form), form).status_code == 303


def test_an_empty_form_is_refused_and_the_link_lives(phone: Browser, form: RatingRequest) -> None:
    assert phone.post(page_of(form)).status_code in (200, 422)
    assert phone.post(page_of(form), {"csrfmiddlewaretoken": "x"}).status_code == 422
    assert not Rating.objects.exists()
    assert send(phone, form).status_code == 303


def test_a_truly_empty_post_is_refused_like_any_other(phone: Browser, form: RatingRequest) -> None:
    assert phone.post(page_of(form)).status_code == 422


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_refused(phone: Browser, form: RatingRequest, method: str) -> None:
    assert getattr(phone, method)(page_of(form)).status_code == 405


# --- Links that do not lead to a form


def test_an_unknown_link_says_what_to_do(db: None) -> None:
    response = Browser().get("/r/no-such-token/")
    assert response.status_code == 404
    assert "Open the e-mail once more" in text(response)


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 5000, "..", "%00", "ä", "' OR 1=1"])
def test_all_unknown_links_look_the_same(db: None, token: str) -> None:
    response, other = Browser().get(f"/r/{token}/"), Browser().get("/r/another/")
    assert (response.status_code, response.content) == (404, other.content)
    assert not response.cookies


def test_a_form_without_its_cookie_is_an_unknown_link(form: RatingRequest) -> None:
    stranger, unknown = Browser().get(page_of(form)), Browser().get("/r/another/")
    assert (stranger.status_code, stranger.content) == (404, unknown.content)
    assert Browser().post(page_of(form), people.filled_in(form)).status_code == 404
    assert Browser().get(f"/rate/{form.pk}/thanks/").status_code == 404


def test_the_cookie_of_one_form_opens_no_other(
    phone: Browser, form: RatingRequest, ana: Treatment
) -> None:
    other = people.hold(ana, people.MONDAY - timedelta(days=7), at=people.MONDAY).request
    phone.cookies[f"form-{other.pk.hex}"] = phone.cookies[f"form-{form.pk.hex}"].value
    assert phone.get(page_of(other)).status_code == 404
    assert phone.post(page_of(other), people.filled_in(other)).status_code == 404


def test_an_expired_link_says_what_to_do(
    phone: Browser, form: RatingRequest, clock: time_machine.Traveller
) -> None:
    clock.move_to(people.end_of(form))
    page = phone.get(page_of(form))
    assert page.status_code == 410
    assert "Ask for a new link" in text(page)


def test_a_link_opened_after_its_time_says_so_too(
    form: RatingRequest, clock: time_machine.Traveller
) -> None:
    token = people.link_for(form)
    clock.move_to(people.end_of(form) + timedelta(days=30))
    page = Browser().get(f"/r/{token}/", follow=True)
    assert (page.status_code, "This link has ended" in text(page)) == (410, True)


def test_whoever_opened_the_form_in_time_may_finish_it(
    phone: Browser, form: RatingRequest, clock: time_machine.Traveller
) -> None:
    clock.move_to(people.end_of(form) + form.TIME_TO_FINISH - timedelta(seconds=1))
    assert send(phone, form, tension="").status_code == 422
    assert send(phone, form).status_code == 303


def test_answers_that_are_too_late_are_told_so(
    phone: Browser, form: RatingRequest, clock: time_machine.Traveller
) -> None:
    clock.move_to(people.end_of(form) + form.TIME_TO_FINISH)
    late = send(phone, form)
    assert (late.status_code, "This link has ended" in text(late)) == (410, True)
    assert not Rating.objects.exists()


def test_an_incomplete_form_that_is_too_late_is_not_asked_for_again(
    phone: Browser, form: RatingRequest, clock: time_machine.Traveller
) -> None:
    clock.move_to(people.end_of(form) + form.TIME_TO_FINISH)
    assert send(phone, form, tension="").status_code == 410


def test_a_form_that_nobody_would_read_is_closed(
    phone: Browser, form: RatingRequest, ruth: User
) -> None:
    accounts.deactivate(form.session.recorded_by, by=ruth, at=people.MONDAY)
    assert phone.get(page_of(form)).status_code == 410
    assert send(phone, form).status_code == 410
    assert not Rating.objects.exists()


def test_an_answered_link_says_so(phone: Browser, form: RatingRequest) -> None:
    send(phone, form)
    page = phone.get(page_of(form))
    assert page.status_code == 410
    assert "This form is already answered" in text(page)


def test_an_answered_link_shows_no_answer(phone: Browser, form: RatingRequest) -> None:
    send(phone, form, comment="CANARY comment", tension="strong")
    for path in (page_of(form), f"/rate/{form.pk}/thanks/"):
        page = text(phone.get(path))
        assert "CANARY" not in page
        assert " checked" not in page


def test_a_replaced_link_points_to_the_newest_mail(
    phone: Browser, form: RatingRequest, clock: time_machine.Traveller
) -> None:
    Message.objects.update(state="failed")
    services.send_again(form, by=form.session.recorded_by, at=people.MONDAY + timedelta(hours=1))
    newest = people.open_form(form)
    page = phone.get(page_of(form))
    assert page.status_code == 410
    assert "Only the link in the newest e-mail works." in text(page)
    assert newest.get(page_of(form)).status_code == 200


def test_a_replaced_link_submits_nothing(phone: Browser, form: RatingRequest) -> None:
    """It may have gone to a wrong address, and been sent again for that reason."""
    people.link_for(form)
    response = send(phone, form)
    assert response.status_code == 410
    assert not Rating.objects.exists()


# --- What is wrong is said, and nothing is lost


def test_a_missing_answer_keeps_the_others(phone: Browser, form: RatingRequest) -> None:
    page = send(
        phone,
        form,
        item_bond_open="",
        comment="A long comment.",
        tension="strong",
        follow_up="raise",
    )
    assert page.status_code == 422
    html = text(page)
    assert "Please choose one answer." in html
    assert "A long comment." in html
    assert checked(html) == {
        ("item_goal_same", "4"),
        ("item_goal_matters", "4"),
        ("item_task_sense", "4"),
        ("item_task_helps", "4"),
        ("item_bond_understood", "4"),
        ("tension", "strong"),
        ("follow_up", "raise"),
    }
    assert send(phone, form).status_code == 303


def checked(html: str) -> set[tuple[str, str]]:
    inputs = re.findall(r"<input[^>]*>", html)
    return {
        (attribute(tag, "name"), attribute(tag, "value")) for tag in inputs if " checked" in tag
    }


def attribute(tag: str, name: str) -> str:
    found = re.search(rf'{name}="([^"]*)"', tag)
    return found[1] if found else ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("item_bond_open", "0"),
        ("item_bond_open", "6"),
        ("item_bond_open", "-1"),
        ("item_bond_open", "4.5"),
        ("item_bond_open", "four"),
        ("item_bond_open", " 4"),
        ("tension", "maybe"),
        ("follow_up", "call me"),
    ],
)
def test_a_forged_answer_is_refused(
    phone: Browser, form: RatingRequest, field: str, value: str
) -> None:
    assert send(phone, form, **{field: value}).status_code == 422
    assert not Rating.objects.exists()


def test_an_unknown_item_changes_nothing(phone: Browser, form: RatingRequest) -> None:
    """A field that the form does not have is not even looked at."""
    response = send(phone, form, item_other="5", goal="5", session="x", submitted_at="2001-01-01")
    assert response.status_code == 303
    rating = Rating.objects.get()
    assert set(rating.answers) == {item.key for item in form.form_instrument().items}
    assert (rating.goal, rating.submitted_at.year) == (4.0, 2026)


def test_a_comment_that_is_too_long_is_not_cut(phone: Browser, form: RatingRequest) -> None:
    comment = "x" * (Rating.COMMENT_MAX + 1)
    page = send(phone, form, comment=comment)
    assert page.status_code == 422
    assert comment in text(page)
    assert not Rating.objects.exists()


def test_a_comment_as_long_as_allowed_is_kept(phone: Browser, form: RatingRequest) -> None:
    comment = "ü" * Rating.COMMENT_MAX
    assert send(phone, form, comment=comment).status_code == 303
    assert Rating.objects.get().comment == comment


def test_lines_of_a_comment_count_as_one_character_each(
    phone: Browser, form: RatingRequest
) -> None:
    """Browsers send two for each line's end, and count one."""
    comment = "\r\n".join(["line"] * 400)
    assert len(comment) > Rating.COMMENT_MAX > len(comment.replace("\r\n", "\n"))
    assert send(phone, form, comment=comment).status_code == 303
    assert Rating.objects.get().comment == comment.replace("\r\n", "\n")


def test_a_comment_with_nul_is_refused_and_not_an_error(
    phone: Browser, form: RatingRequest
) -> None:
    assert send(phone, form, comment="a\x00b").status_code == 422


# --- Once


def test_answers_are_stored_and_thanked_for(phone: Browser, form: RatingRequest) -> None:
    response = send(phone, form, item_bond_open="1", comment="Thanks.", follow_up="know")
    assert (response.status_code, response.headers["Location"]) == (
        303,
        f"/rate/{form.pk}/thanks/",
    )
    assert "Your answers are in." in text(phone.get(response.headers["Location"]))
    rating = Rating.objects.get()
    assert (rating.goal, rating.task, rating.bond) == (4.0, 4.0, 2.5)
    assert (rating.comment, rating.follow_up) == ("Thanks.", "know")


def test_the_thanks_come_only_after_the_answers(phone: Browser, form: RatingRequest) -> None:
    response = phone.get(f"/rate/{form.pk}/thanks/")
    assert response.headers["Location"] == page_of(form)


def test_the_same_answers_again_get_the_same_thanks(phone: Browser, form: RatingRequest) -> None:
    first = send(phone, form, comment="One line\r\nand another")
    again = send(phone, form, comment="One line\r\nand another")
    assert (again.status_code, again.headers["Location"]) == (303, first.headers["Location"])
    assert Rating.objects.count() == 1


def test_other_answers_say_that_the_first_are_kept(phone: Browser, form: RatingRequest) -> None:
    send(phone, form)
    response = send(phone, form, item_bond_open="1")
    assert response.status_code == 409
    assert "We kept the first ones." in text(response)
    assert Rating.objects.get().bond == 4.0


# --- Who looks over the shoulder learns nothing (L7, L8, L14)


def test_the_form_names_no_client_and_no_score(ana: Treatment) -> None:
    people.course(ana, (5, 5, 5), (5, 5, 5), (5, 5, 1))
    newest = TherapySession.objects.latest("held_at")
    form = people.hold(ana, newest.held_at + timedelta(days=7)).request
    with time_machine.travel(form.created_at):
        phone = people.open_form(form)
        pages = [text(phone.get(page_of(form))), text(send(phone, form, tension=""))]
        send(phone, form)
        pages += [text(phone.get(page_of(form))), text(phone.get(f"/rate/{form.pk}/thanks/"))]
    for page in pages:
        for words in ("Ana R.", "ana@mail.example", "upture", "score", str(ana.pk)):
            assert words not in page


def test_the_form_loads_nothing_from_elsewhere(phone: Browser, form: RatingRequest) -> None:
    html = text(phone.get(page_of(form)))
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', html)
    assert not re.findall(r"<a [^>]*href=", html.replace('href="#', 'data-here="#'))


def test_a_logged_in_therapist_is_nobody_here(form: RatingRequest) -> None:
    browser = logged_in(form.session.recorded_by)
    assert browser.get(page_of(form)).status_code == 404
    browser.get(f"/r/{people.link_for(form)}/")
    page = text(browser.get(page_of(form)))
    assert "Log out" not in page
    assert 'href="/caseload/"' not in page
    assert "mara@northside.example" not in page


def test_the_link_s_cookie_opens_nothing_else(phone: Browser, ana: Treatment) -> None:
    for path in ("/", "/caseload/", f"/clients/{ana.client_id}/"):
        assert phone.get(path).headers["Location"].startswith("/accounts/login/")
    assert phone.get("/api/v1/clients/").status_code == 401


def test_a_form_needs_the_csrf_token_of_its_page(form: RatingRequest) -> None:
    phone = Browser(enforce_csrf_checks=True)
    phone.get(f"/r/{people.link_for(form)}/")
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text(phone.get(page_of(form))))
    assert found
    body = people.filled_in(form)
    assert phone.post(page_of(form), body).status_code == 403
    assert phone.post(page_of(form), body | {"csrfmiddlewaretoken": found[1]}).status_code == 303


def test_markup_in_what_is_sent_comes_back_as_text(phone: Browser, form: RatingRequest) -> None:
    page = text(send(phone, form, comment='"><svg onload=alert(1)>', tension=""))
    assert "<svg onload" not in page
    assert "&lt;svg onload=alert(1)&gt;" in page


# --- No token in a log (L9)


def test_no_token_in_any_log(
    form: RatingRequest, caplog: pytest.LogCaptureFixture, printed_logs: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    token = people.link_for(form)
    phone = Browser(raise_request_exception=False)
    phone.get(f"/r/{token}/", follow=True)
    phone.get(f"/r/{token}x/")  # "Not Found: /r/..."
    phone.post(f"/r/{token}/")  # "Method Not Allowed: /r/..."
    phone.get(f"/join/{token}/x/")
    assert "/r/***" in printed_logs.getvalue()
    assert token not in printed_logs.getvalue()
