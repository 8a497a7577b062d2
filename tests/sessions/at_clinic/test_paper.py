"""Answers that a client gave on paper, typed in by the therapist."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import Clinic, User
from audit.models import Event
from clients import services as clients
from clients.models import Treatment
from measures import catalogue
from outbox.models import Message
from sessions.models import Rating, RatingRequest, TherapySession
from tests import people
from tests.conftest import logged_in
from tests.registry.database import fingerprint
from tests.registry.loud import loud_templates, missing_in

COMMENT = "CANARY-comment-on-paper"
DAY = people.MONDAY.date()

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def session(ana: Treatment) -> TherapySession:
    return people.hold(ana)


@pytest.fixture
def unasked(mara: User) -> TherapySession:
    """Of a client who gets no forms by e-mail."""
    return people.hold(people.take_on(mara, "Bo K.", email="", contact="none"))


def page_of(session: TherapySession) -> str:
    return f"/sessions/{session.pk}/paper/"


def paper(session: TherapySession, **changed: str) -> dict[str, str]:
    newest = catalogue.newest("alliance-6")
    form = getattr(session, "request", None) or RatingRequest(
        session=session, instrument=newest.key, instrument_version=newest.version
    )
    written = {"answered_on": DAY.isoformat(), "comment": COMMENT}
    return people.filled_in(form) | written | changed


def type_in(browser: Browser, session: TherapySession, **changed: str) -> Any:
    return browser.post(page_of(session), paper(session, **changed))


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


def test_the_page_asks_what_the_form_asks(as_mara: Browser, session: TherapySession) -> None:
    page = as_mara.get(page_of(session))
    assert page.status_code == 200
    for words in ("I felt understood today.", "Was there any tension", "Ana R.", "Answered on"):
        assert words in text(page)
    assert re.search(rf'name="answered_on" value="{DAY}"', text(page))


def test_opening_the_page_makes_no_form(as_mara: Browser, unasked: TherapySession) -> None:
    before = fingerprint()
    assert as_mara.get(page_of(unasked)).status_code == 200
    assert fingerprint() == before


def test_the_page_is_given_what_it_asks_for(as_mara: Browser, session: TherapySession) -> None:
    with loud_templates():
        pages = [as_mara.get(page_of(session)), as_mara.post(page_of(session), {})]
    assert [page.status_code for page in pages] == [200, 422]
    assert [missing_in(text(page)) for page in pages] == [set(), set()]


def test_the_answers_are_kept_with_who_typed_them_in(
    as_mara: Browser, session: TherapySession, mara: User
) -> None:
    saved = type_in(as_mara, session, tension="some", settled="partly", follow_up="know")
    page = f"/clients/{session.treatment.client_id}/"
    assert (saved.status_code, saved.headers["Location"]) == (302, page)
    assert "given on paper" in text(as_mara.get(page))
    rating = Rating.objects.get()
    assert (rating.provenance, rating.entered_by, rating.language) == ("paper", mara, "en")
    assert (rating.goal, rating.task, rating.bond) == (4, 4, 4)
    assert (rating.tension, rating.settled) == ("some", "partly")
    assert (rating.comment, rating.follow_up, rating.seconds) == (COMMENT, "know", None)
    event = Event.objects.get(action="sessions.submit_rating")
    assert (event.by_id, event.client_id) == (mara.pk, session.treatment.client_id)


def test_a_session_without_form_gets_one_that_is_not_mailed(
    as_mara: Browser, unasked: TherapySession
) -> None:
    type_in(as_mara, unasked)
    assert Rating.objects.get().session == unasked
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("day", "answered_at"),
    [
        ("2026-09-07", people.MONDAY),  # noon was before the session
        ("2026-09-09", datetime(2026, 9, 9, 12, tzinfo=UTC)),
        ("2026-09-10", datetime(2026, 9, 10, 9, tzinfo=UTC)),  # today, and it is not noon yet
    ],
)
def test_the_day_on_the_paper_counts(
    session: TherapySession, clock: time_machine.Traveller, day: str, answered_at: datetime
) -> None:
    clock.move_to(datetime(2026, 9, 10, 9, tzinfo=UTC))
    type_in(logged_in(session.treatment.therapist), session, answered_on=day)
    assert Rating.objects.get().submitted_at == answered_at


def test_the_day_is_that_of_the_clinic(mara: User, clock: time_machine.Traveller) -> None:
    """In Auckland it is Tuesday already when the session begins."""
    Clinic.objects.update(time_zone="Pacific/Auckland")
    session = people.hold(people.take_on(mara))
    browser = logged_in(mara)
    assert 'name="answered_on" value="2026-09-08"' in text(browser.get(page_of(session)))
    assert type_in(browser, session, answered_on="2026-09-07").status_code == 422
    assert type_in(browser, session, answered_on="2026-09-08").status_code == 302


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"answered_on": "2026-09-06"}, "This is before the session."),
        ({"answered_on": "2026-09-08"}, "This day has not come yet."),
        ({"answered_on": ""}, "This field is required."),
        ({"answered_on": "soon"}, "Enter a valid date."),
        ({"tension": ""}, "Please choose one answer."),
    ],
)
def test_what_is_wrong_is_said_and_everything_typed_stays(
    as_mara: Browser, session: TherapySession, changed: dict[str, str], words: str
) -> None:
    page = type_in(as_mara, session, **changed)
    assert page.status_code == 422
    assert words in text(page)
    assert COMMENT in text(page)
    assert text(page).count(" checked") >= len(session.request.form_instrument().items)
    assert not Rating.objects.exists()


def test_nothing_is_written_for_a_paper_with_gaps(
    as_mara: Browser, unasked: TherapySession
) -> None:
    before = fingerprint()
    assert type_in(as_mara, unasked, tension="").status_code == 422
    assert fingerprint() == before


def test_a_double_click_is_one_rating(as_mara: Browser, session: TherapySession) -> None:
    assert [type_in(as_mara, session).status_code for _ in range(2)] == [302, 302]
    assert Rating.objects.count() == 1


def test_what_is_already_answered_is_refused(as_mara: Browser, session: TherapySession) -> None:
    people.answer(session, 1, 1, 1, at=people.MONDAY + timedelta(minutes=30))
    page = as_mara.get(page_of(session), follow=True)
    assert "The form about this session is already answered." in html.unescape(text(page))
    refused = type_in(as_mara, session)
    assert refused.status_code == 422
    assert "This form was already answered. The first answers are kept." in text(refused)
    assert COMMENT in text(refused)
    assert Rating.objects.get().provenance == "link"


def test_a_session_that_did_not_take_place_has_no_paper(as_mara: Browser, ana: Treatment) -> None:
    session = people.hold(ana, attendance="no_show")
    page = as_mara.get(page_of(session), follow=True)
    assert "did not take place" in text(page)
    assert type_in(as_mara, session).status_code == 422
    assert not RatingRequest.objects.exists()


def test_paper_may_come_after_the_treatment_has_ended(
    as_mara: Browser, session: TherapySession, mara: User
) -> None:
    clients.end_treatment(session.treatment, by=mara, at=people.MONDAY + timedelta(hours=1))
    assert type_in(as_mara, session).status_code == 302


def test_nobody_else_types_anything_in(
    as_noor: Browser, as_ruth: Browser, jonas: User, stranger: User, session: TherapySession
) -> None:
    others = [(as_noor, 403), (as_ruth, 403), (logged_in(jonas), 404), (logged_in(stranger), 404)]
    for browser, status in others:
        assert browser.get(page_of(session)).status_code == status
        assert type_in(browser, session).status_code == status
    assert not Rating.objects.exists()


def test_the_client_cannot_change_what_the_therapist_typed_in(
    as_mara: Browser, session: TherapySession
) -> None:
    type_in(as_mara, session)
    phone = people.open_form(session.request)
    page = phone.get(f"/rate/{session.request.pk}/thanks/")
    assert "Change my answers" not in text(page)
