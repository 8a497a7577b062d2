"""The page that puts a session right, the button that takes it back, and what everybody sees."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import User
from clients.models import Treatment
from sessions.correcting import corrections
from sessions.models import Correction, Rating, RatingRequest, TherapySession
from tests import people

NOW = people.MONDAY + timedelta(weeks=4)


@pytest.fixture
def held(ana: Treatment, clock: time_machine.Traveller) -> list[TherapySession]:
    """Four weekly sessions; the second and the fourth are not answered."""
    held = people.course(ana, (5, 5, 5), None, (2, 3, 4), None)
    clock.move_to(NOW)
    return held


def correct(browser: Browser, session: TherapySession, /, **said: str) -> int:
    sent = {"reason": "A mistake of mine.", **said}
    return browser.post(f"/sessions/{session.pk}/correct/", sent).status_code


def page_of(browser: Browser, session: TherapySession) -> str:
    return browser.get(f"/clients/{session.treatment.client_id}/").content.decode()


def test_only_what_makes_sense_is_offered(held: list[TherapySession], as_mara: Browser) -> None:
    unanswered = as_mara.get(f"/sessions/{held[3].pk}/correct/").content.decode()
    assert "The date or the time is wrong" in unanswered
    assert "The answers" not in unanswered
    assert "It was another client" not in unanswered  # there is no other
    people.take_on(held[0].treatment.therapist, "Bo K.")
    answered = as_mara.get(f"/sessions/{held[2].pk}/correct/").content.decode()
    assert "The answers are about another session" in answered
    assert "It was another client" not in answered
    assert (
        "It was another client" in as_mara.get(f"/sessions/{held[3].pk}/correct/").content.decode()
    )


def test_a_session_is_struck_out_and_comes_back(
    held: list[TherapySession], as_mara: Browser
) -> None:
    assert correct(as_mara, held[2], kind="void") == 302
    page = page_of(as_mara, held[2])
    assert "does not count" in page
    assert "A mistake of mine." in page
    assert "Mara Lindqvist" in page
    assert f"/sessions/{held[2].pk}/correct/" not in page
    [made] = Correction.objects.all()
    assert f"/corrections/{made.pk}/undo/" in page
    assert as_mara.post(f"/corrections/{made.pk}/undo/").status_code == 302
    page = page_of(as_mara, held[2])
    assert "does not count" not in page
    assert "/undo/" not in page


def test_the_button_is_gone_after_ten_minutes(
    held: list[TherapySession], as_mara: Browser, clock: time_machine.Traveller
) -> None:
    correct(as_mara, held[2], kind="void")
    made = Correction.objects.get()
    clock.move_to(NOW + Correction.UNDO_WITHIN)
    assert "/undo/" not in page_of(as_mara, held[2])
    answer = as_mara.post(f"/corrections/{made.pk}/undo/", follow=True)
    assert "no longer be undone" in answer.content.decode()


def test_what_was_typed_survives(held: list[TherapySession], as_mara: Browser) -> None:
    url = f"/sessions/{held[2].pk}/correct/"
    answer = as_mara.post(url, {"kind": "redate", "held_on": "", "reason": "Typed before."})
    assert answer.status_code == 422
    assert "Typed before." in answer.content.decode()
    first = held[0].held_at.astimezone(held[0].treatment.client.clinic.zone)
    taken = {"held_on": f"{first:%Y-%m-%d}", "held_time": f"{first:%H:%M}"}
    answer = as_mara.post(url, {"kind": "redate", "reason": "Typed too.", **taken})
    assert answer.status_code == 409
    assert "Typed too." in answer.content.decode()
    assert as_mara.post(url, {"kind": "void", "reason": " "}).status_code == 422
    assert not Correction.objects.exists()


def test_every_choice_by_the_page(held: list[TherapySession], as_mara: Browser) -> None:
    bo = people.take_on(held[0].treatment.therapist, "Bo K.")
    day = held[0].held_at - timedelta(days=7)
    redate = {"kind": "redate", "held_on": day.strftime("%Y-%m-%d"), "held_time": "09:00"}
    assert correct(as_mara, held[0], **redate) == 302
    assert correct(as_mara, held[3], kind="reassign", treatment=str(bo.pk)) == 302
    assert correct(as_mara, held[2], kind="dispute") == 302
    assert "rating is doubted" in page_of(as_mara, held[2]).lower()
    assert correct(as_mara, held[2], kind="settle", reason="") == 302
    assert correct(as_mara, held[2], kind="move", session=str(held[1].pk)) == 302
    assert correct(as_mara, held[1], kind="void_rating") == 302
    assert Correction.objects.count() == 5
    assert not Rating.objects.standing().filter(session=held[1]).exists()


def test_what_does_not_count_is_not_corrected(held: list[TherapySession], as_mara: Browser) -> None:
    correct(as_mara, held[2], kind="void")
    page = as_mara.get(f"/sessions/{held[2].pk}/correct/").content.decode()
    assert "does not count any more" in page
    assert "<button" in page  # of the undo
    assert correct(as_mara, held[2], kind="void") == 409


def test_nobody_else_may(held: list[TherapySession], jonas: User, as_noor: Browser) -> None:
    made = corrections.void_session(held[2], reason="x", by=held[0].treatment.therapist, at=NOW)
    colleague = Browser()
    colleague.force_login(jonas)
    for browser, status in ((colleague, 404), (as_noor, 403)):
        assert browser.get(f"/sessions/{held[1].pk}/correct/").status_code == status
        assert browser.post(f"/corrections/{made.pk}/undo/").status_code == status


# --- What clients see


@pytest.fixture
def withdrawn(ana: Treatment, clock: time_machine.Traveller) -> tuple[Browser, RatingRequest]:
    """Ana has her form open when the session turns out to be a mistake."""
    session = people.hold(ana)
    browser = people.open_form(session.request)
    corrections.void_session(session, reason="x", by=ana.therapist, at=people.MONDAY)
    return browser, session.request


def test_a_link_to_a_form_that_is_not_needed(
    withdrawn: tuple[Browser, RatingRequest],
) -> None:
    browser, request = withdrawn
    answer = browser.get(f"/rate/{request.pk}/")
    assert answer.status_code == 410
    assert "no longer needed" in answer.content.decode()
    assert "112" in answer.content.decode()


def test_words_that_come_too_late_are_shown_once_more(
    withdrawn: tuple[Browser, RatingRequest],
) -> None:
    browser, request = withdrawn
    sent = people.filled_in(request, comment="I wrote this for long.")
    answer = browser.post(f"/rate/{request.pk}/", sent)
    assert answer.status_code == 410
    assert "I wrote this for long." in answer.content.decode()
    assert not Rating.objects.exists()
    asked = browser.post(f"/rate/{request.pk}/ask/", {"wants": "yes"})
    assert asked.status_code == 303
    assert browser.post(f"/rate/{request.pk}/draft/", {"comment": "x"}).status_code == 410


def test_the_device_says_so_too(
    ana: Treatment, as_mara: Browser, clock: time_machine.Traveller
) -> None:
    session = people.hold(ana)
    as_mara.post(f"/sessions/{session.pk}/hand-over/")
    corrections.void_session(session, reason="x", by=ana.therapist, at=people.MONDAY)
    answer = as_mara.get("/device/")
    assert answer.status_code == 410
    assert "Please give the device back" in answer.content.decode()


def test_nothing_lists_a_form_that_is_not_needed(
    ana: Treatment, as_mara: Browser, as_noor: Browser, clock: time_machine.Traveller
) -> None:
    session = people.hold(ana)
    request = session.request
    RatingRequest.objects.filter(pk=request.pk).update(link_asked_at=people.MONDAY)
    assert "asks for a new link" in as_noor.get("/front-desk/").content.decode()
    corrections.void_session(session, reason="x", by=ana.therapist, at=people.MONDAY)
    for browser, url in (
        (as_noor, "/front-desk/"),
        (as_noor, "/delivery/?show=all"),
        (as_mara, "/caseload/"),
        (as_mara, f"/clients/{ana.client_id}/"),
    ):
        page = browser.get(url).content.decode()
        assert "asks for a new link" not in page
        assert f"/requests/{request.pk}/send-again/" not in page
        assert "Fill in together" not in page
