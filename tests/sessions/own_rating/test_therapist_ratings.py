"""The therapist's own rating: given blind, once, and shown to nobody before it is revealed."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from audit.refusals import Refused
from clients.models import Treatment
from measures import catalogue
from outbox.models import Message
from sessions import services
from sessions.at_clinic.in_clinic import DidNotTakePlace
from sessions.form.answering import AnswersMissing
from sessions.models import Rating, RatingRequest, TherapistRating, TherapySession
from sessions.own_rating import revealed, therapist_ratings
from sessions.own_rating.therapist_views import OPENED
from tests import people
from tests.conftest import logged_in
from tests.registry.database import fingerprint
from tests.registry.loud import loud_templates, missing_in
from trends.models import Trajectory

HOUR = timedelta(hours=1)
SOON = people.MONDAY + HOUR
DAY = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def session(ana: Treatment) -> TherapySession:
    return people.hold(ana)


def page_of(session: TherapySession) -> str:
    return f"/sessions/{session.pk}/own-rating/"


def filled_in(session: TherapySession, point: int = 3, **changed: str) -> dict[str, str]:
    items = therapist_ratings.form_for(session).items
    opened = signing.dumps([session.pk.hex, timezone.now().timestamp()], salt=OPENED)
    return {f"item_{item.key}": str(point) for item in items} | {"opened": opened} | changed


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


def chosen(response: Any) -> list[str]:
    return re.findall(r'<input type="radio"[^>]* checked', text(response))


def refused(session: TherapySession, **about: Any) -> Refused:
    before = fingerprint()
    with pytest.raises(Refused) as told:
        people.rate(session, **about)
    assert fingerprint() == before
    return told.value


# --- The service


def test_it_is_kept_with_its_scores_and_blind(session: TherapySession, mara: User) -> None:
    people.rate(session, 2, 3, 4, at=SOON)
    own = TherapistRating.objects.get()
    assert (own.goal, own.task, own.bond) == (2.0, 3.0, 4.0)
    assert (own.instrument, own.instrument_version) == ("alliance-6-therapist", 1)
    assert (own.is_blind, own.rated_at, own.rated_by) == (True, SOON, mara)


def test_it_mirrors_the_form_that_the_client_was_asked(session: TherapySession) -> None:
    RatingRequest.objects.update(instrument="alliance-12")
    session.refresh_from_db()
    people.rate(session)
    own = TherapistRating.objects.get()
    assert own.instrument == "alliance-12-therapist"
    assert len(own.answers) == 12


def test_without_a_form_it_mirrors_the_short_one(mara: User) -> None:
    unasked = people.hold(people.take_on(mara, "Bo K.", email="", contact="none"))
    assert people.rate(unasked).instrument == "alliance-6-therapist"


def test_a_form_without_a_mirror_cannot_be_rated(
    session: TherapySession, as_mara: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms = {key: form for key, form in catalogue.catalogue().items() if not form.mirror_of}
    monkeypatch.setattr(catalogue, "catalogue", lambda: forms)
    with pytest.raises(therapist_ratings.NoMirror):
        therapist_ratings.form_for(session)
    page = text(as_mara.get(page_of(session)))
    assert "has no counterpart for therapists" in page


def test_it_is_audited_without_a_score(session: TherapySession, mara: User) -> None:
    own = people.rate(session, 2, 3, 4)
    event = Event.objects.get(action="sessions.rate_as_therapist")
    assert (event.by_id, event.about_id) == (mara.pk, own.pk)
    assert event.details == {"blind": True}


def test_what_is_not_rated(ana: Treatment, session: TherapySession) -> None:
    missed = people.hold(ana, people.MONDAY - DAY, attendance="no_show")
    assert isinstance(refused_without_form(missed), DidNotTakePlace)
    TherapySession.objects.filter(pk=session.pk).update(voided_at=SOON)
    assert isinstance(refused(session), therapist_ratings.SessionDoesNotCount)


def refused_without_form(session: TherapySession) -> Refused:
    with pytest.raises(Refused) as told:
        therapist_ratings.rate(session, answers={}, by=session.treatment.therapist, at=SOON)
    return told.value


@pytest.mark.parametrize("answers", [{}, {"goal_same": 3}])
def test_every_question_needs_an_answer(session: TherapySession, answers: dict[str, int]) -> None:
    with pytest.raises(AnswersMissing):
        therapist_ratings.rate(session, answers=answers, by=session.treatment.therapist, at=SOON)


def test_the_first_one_is_kept_and_a_double_click_is_no_second(session: TherapySession) -> None:
    first = people.rate(session, 2, 2, 2)
    before = fingerprint()
    assert people.rate(session, 2, 2, 2).pk == first.pk
    assert fingerprint() == before
    assert isinstance(refused(session, goal=5), therapist_ratings.AlreadyRated)


def test_with_the_answers_in_it_cannot_be_blind(session: TherapySession) -> None:
    people.answer(session, at=SOON)
    assert isinstance(refused(session), therapist_ratings.AnswersAreIn)
    later = SOON + HOUR
    assert isinstance(refused(session, opened_at=later), therapist_ratings.AnswersAreIn)


def test_answers_that_were_voided_were_read_before(session: TherapySession) -> None:
    people.answer(session, at=SOON)
    Rating.objects.update(voided_at=SOON)
    assert isinstance(refused(session), therapist_ratings.AnswersAreIn)


def test_answers_that_came_in_meanwhile_make_it_not_blind_and_lose_nothing(
    session: TherapySession,
) -> None:
    people.answer(session, at=SOON + HOUR)
    own = people.rate(session, opened_at=SOON, at=SOON + 2 * HOUR)
    assert not own.is_blind


# --- When the course is computed anew


def is_due() -> bool:
    return Trajectory.objects.get().due_at is not None


def test_while_it_is_closed_nothing_is_computed_with_it(
    ana: Treatment, session: TherapySession
) -> None:
    people.compute(ana)
    people.rate(session)
    assert not is_due()


def test_with_no_form_it_is_used_at_once(mara: User) -> None:
    bo = people.take_on(mara, "Bo K.", email="", contact="none")
    unasked = people.hold(bo)
    people.compute(bo)
    people.rate(unasked)
    assert is_due()


def test_one_that_is_not_blind_is_never_used(ana: Treatment, session: TherapySession) -> None:
    people.answer(session, at=SOON + HOUR)
    people.compute(ana)
    people.rate(session, opened_at=SOON)
    assert not is_due()


# --- The one rule


def is_revealed(session: TherapySession, after: timedelta) -> bool:
    request = RatingRequest.objects.get(session=session)
    rating = Rating.objects.filter(session=session).first()
    return revealed.is_revealed(request, rating, people.end_of(request) + after)


def test_it_is_revealed_by_the_answers(session: TherapySession) -> None:
    people.rate(session)
    assert not is_revealed(session, -DAY)
    people.answer(session, at=SOON)
    assert is_revealed(session, -DAY)
    Rating.objects.update(voided_at=SOON)
    assert not is_revealed(session, -DAY)


def test_it_is_revealed_when_no_answer_can_come_any_more(session: TherapySession) -> None:
    grace = RatingRequest.TIME_TO_FINISH
    assert not is_revealed(session, grace - timedelta(seconds=1))
    assert is_revealed(session, grace)


def test_it_waits_for_whoever_is_typing(session: TherapySession) -> None:
    RatingRequest.objects.update(active_at=people.end_of(session.request) + HOUR)
    assert not is_revealed(session, 2 * HOUR)
    assert is_revealed(session, 3 * HOUR)


@pytest.mark.parametrize("is_mailed", [True, False])
def test_of_a_form_without_limit_it_is_revealed_after_two_weeks(
    session: TherapySession, is_mailed: bool
) -> None:
    RatingRequest.objects.update(expires_at=None, is_mailed=is_mailed)
    request = RatingRequest.objects.get()
    over = request.created_at + RatingRequest.SILENT_AFTER
    assert not revealed.is_revealed(request, None, over - HOUR)
    assert revealed.is_revealed(request, None, over)


def test_it_is_revealed_when_the_form_is_withdrawn_or_there_is_none(
    session: TherapySession,
) -> None:
    assert revealed.is_revealed(None, None, SOON)
    RatingRequest.objects.update(withdrawn_at=SOON)
    assert is_revealed(session, -DAY)


def test_of_a_session_that_does_not_count_nothing_is_shown(session: TherapySession) -> None:
    people.rate(session)
    people.answer(session, at=SOON)
    assert revealed.shown(TherapySession.objects.get(), SOON)
    TherapySession.objects.update(voided_at=SOON)
    assert revealed.shown(TherapySession.objects.get(), SOON) is None


# --- The page


def test_the_page_asks_the_mirrored_questions(session: TherapySession, as_mara: Browser) -> None:
    with loud_templates():
        response = as_mara.get(page_of(session))
    page = text(response)
    assert missing_in(page) == set()
    assert "My client felt understood today." in page
    assert "6 short questions" in page
    assert page.count('type="radio"') == 30
    assert page.count(f'href="/clients/{session.treatment.client_id}/">Not now</a>') == 1
    assert "It cannot be changed afterwards." in page
    assert "Ana R. never sees it." in page


def test_looking_at_it_changes_nothing(session: TherapySession, as_mara: Browser) -> None:
    before = fingerprint(without=())
    as_mara.get(page_of(session))
    as_mara.head(page_of(session))
    assert fingerprint(without=()) == before


def test_it_is_kept_and_leads_on_to_the_client(session: TherapySession, as_mara: Browser) -> None:
    response = as_mara.post(page_of(session), filled_in(session), follow=True)
    assert response.redirect_chain == [(f"/clients/{session.treatment.client_id}/", 302)]
    assert "Kept. You see it beside Ana R.&#x27;s answers once they are in." in text(response)
    assert TherapistRating.objects.get().is_blind


def test_what_is_missing_is_said_and_the_rest_is_kept(
    session: TherapySession, as_mara: Browser
) -> None:
    sent = filled_in(session, item_goal_same="")
    response = as_mara.post(page_of(session), sent)
    assert response.status_code == 422
    assert len(chosen(response)) == 5
    assert "Please look at these once more" in text(response)
    assert not TherapistRating.objects.exists()


def test_with_the_answers_in_the_page_says_so_and_offers_nothing(
    session: TherapySession, as_mara: Browser
) -> None:
    people.answer(session, at=SOON)
    response = as_mara.get(page_of(session))
    assert response.status_code == 200
    assert "could not be blind any more" in text(response)
    assert "item_" not in text(response)


def test_what_was_typed_while_the_answers_came_in_is_kept(
    session: TherapySession, as_mara: Browser
) -> None:
    sent = filled_in(session)
    with time_machine.travel(SOON + HOUR / 2, tick=False):
        people.answer(session, at=SOON + HOUR / 4)
        response = as_mara.post(page_of(session), sent, follow=True)
    assert "counts as not blind" in text(response)
    assert not TherapistRating.objects.get().is_blind


@pytest.mark.parametrize("opened", ["", "forged", "of another session"])
def test_a_page_that_was_never_opened_in_time_keeps_nothing(
    session: TherapySession, as_mara: Browser, opened: str
) -> None:
    if opened == "of another session":
        opened = signing.dumps(["0" * 32, 0.0], salt=OPENED)
    people.answer(session, at=SOON)
    response = as_mara.post(page_of(session), filled_in(session, opened=opened))
    assert response.status_code == 409
    assert "What you chose is still below" in text(response)
    assert len(chosen(response)) == 6
    assert not TherapistRating.objects.exists()


def test_the_page_of_a_given_rating_keeps_it_closed_then_leads_to_both(
    session: TherapySession, as_mara: Browser
) -> None:
    people.rate(session)
    page = text(as_mara.get(page_of(session)))
    assert "answers once they are in." in page
    assert "item_" not in page
    people.answer(session, at=SOON)
    assert f"/sessions/{session.pk}/side-by-side/" in text(as_mara.get(page_of(session)))


@pytest.mark.parametrize("status", [404])
def test_it_is_the_therapist_s_alone(
    session: TherapySession, jonas: User, stranger: User, status: int
) -> None:
    for other in (jonas, stranger):
        browser = logged_in(other)
        assert browser.get(page_of(session)).status_code == status
        assert browser.post(page_of(session), filled_in(session)).status_code == status
    assert not TherapistRating.objects.exists()


def test_a_saved_session_leads_to_it_and_one_click_leads_on(
    ana: Treatment, as_mara: Browser
) -> None:
    typed = {
        "treatment": str(ana.pk),
        "held_on": "2026-09-07",
        "held_time": "14:00",
        "attendance": "attended",
        "format": "in_person",
        "minutes": "50",
    }
    response = as_mara.post("/sessions/record/", typed, follow=True)
    session = TherapySession.objects.get()
    assert response.redirect_chain == [(page_of(session), 302)]
    assert "Session saved. The form for Ana R. is on its way." in text(response)
    assert re.search(rf'href="/clients/{ana.client_id}/">Not now', text(response))
    missed = typed | {"held_on": "2026-09-06", "attendance": "no_show"}
    response = as_mara.post("/sessions/record/", missed)
    assert response.headers["Location"] == f"/clients/{ana.client_id}/"


def test_a_form_that_is_sent_again_closes_the_rating_again(session: TherapySession) -> None:
    """It was used when no answers were expected any more, so the course is computed anew."""
    people.rate(session)
    at = people.MONDAY + timedelta(weeks=8)
    Message.objects.update(state="failed", state_at=people.MONDAY)
    Trajectory.objects.update(due_at=None)
    services.send_again(session.request, by=session.treatment.therapist, at=at)
    assert Trajectory.objects.get().due_at is not None
