"""A session is voided, or its answers are moved, while the client sends the form."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import connection, transaction

from accounts.permissions import Role
from audit.refusals import Refused
from sessions.correcting import corrections
from sessions.form import answering
from sessions.models import Correction, Rating, RatingRequest, TherapySession
from tests import people

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 8


def together(*steps: Callable[[], object]) -> list[object]:
    start = Barrier(len(steps))

    def run(step: Callable[[], object]) -> object:
        try:
            start.wait()
            return step()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(steps)) as threads:
        return list(threads.map(run, steps))


def test_a_void_and_an_answer_one_is_first(transactional_db: None) -> None:
    mara = people.hire(people.open_clinic(), "Mara Lindqvist", Role.THERAPIST)
    for number in range(ROUNDS):
        session = people.hold(people.take_on(mara, f"Client {number}"))
        answered, void = together(
            partial(people.answer, session),
            partial(corrections.void_session, session, reason="x", by=mara, at=people.MONDAY),
        )
        assert isinstance(void, Correction)
        is_answered = isinstance(answered, Rating)
        request = RatingRequest.objects.get(session=session)
        assert (request.withdrawn_at is None) is is_answered
        assert is_answered or isinstance(answered, answering.NoLongerNeeded)
        assert Rating.objects.filter(session=session).exists() is is_answered
        assert not Rating.objects.standing().filter(session=session).exists()


def test_another_client_s_answer_never_goes_along(transactional_db: None) -> None:
    mara = people.hire(people.open_clinic(), "Mara Lindqvist", Role.THERAPIST)
    other = people.take_on(mara, "Bo K.")
    for number in range(ROUNDS):
        treatment = people.take_on(mara, f"Client {number}")
        session = people.hold(treatment, people.MONDAY.replace(hour=number))
        answered, moved = together(
            partial(people.answer, session),
            partial(
                corrections.reassign,
                session,
                treatment=other,
                reason="x",
                by=mara,
                at=people.MONDAY,
            ),
        )
        is_answered = isinstance(answered, Rating)
        assert isinstance(moved, corrections.HasAnswered) is is_answered
        there = TherapySession.objects.filter(treatment=other, held_at=session.held_at)
        assert there.exists() is not is_answered
        assert not Rating.objects.filter(session__treatment=other).exists()


def test_answers_to_a_form_that_is_moved_away_meanwhile(transactional_db: None) -> None:
    """They wait for the move, and find a form that is no longer needed."""
    mara = people.hire(people.open_clinic(), "Mara Lindqvist", Role.THERAPIST)
    ana = people.take_on(mara, "Ana R.")
    here, there = people.hold(ana), people.hold(ana, people.MONDAY + timedelta(days=1))
    at = people.MONDAY + timedelta(days=2)
    rating = people.answer(here, at=at)

    def send() -> object:
        try:
            return people.answer(there, at=at)
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            corrections.move_rating(rating, session=there, reason="x", by=mara, at=at)
            sent = thread.submit(send)
            with pytest.raises(TimeoutError):  # it waits for the lock
                sent.result(timeout=0.5)
        assert isinstance(sent.result(timeout=20), answering.NoLongerNeeded)
