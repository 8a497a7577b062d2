"""What the engine is told of the therapist's own ratings, and of what does not count any more."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from accounts.models import Clinic
from clients.models import Treatment
from sessions.models import Rating, RatingRequest, TherapistRating, TherapySession
from sessions.own_rating.revealed import is_revealed
from tests import people
from trends.computing import histories, storing
from trends.computing.calibrations import InUse
from trends.engine import DEFAULT, DEFAULT_THRESHOLD
from trends.models import Trajectory

WEEK, HOUR = timedelta(weeks=1), timedelta(hours=1)
STEADY = [(4, 4, 4), (4, 5, 4), (5, 4, 4), (4, 4, 5)]
LATER = people.MONDAY + 8 * WEEK


def given(treatment: Treatment, at: datetime = LATER) -> list[float | None]:
    """The therapist's goal scores as the engine gets them."""
    scores = histories.of_treatment(treatment.pk, at).history.therapist[:, 0].tolist()
    return [None if np.isnan(each) else each for each in scores]


def points(treatment: Treatment, at: datetime) -> Any:
    course = histories.of_treatment(treatment.pk, at)
    return storing.computed(course, InUse(DEFAULT, DEFAULT_THRESHOLD))["points"]


def test_both_in_it_is_evidence(ana: Treatment) -> None:
    held = people.course(ana, *STEADY)
    assert given(ana) == [None] * 4
    without = points(ana, LATER)
    for session, point in zip(held, (3, 4, 3, 1), strict=True):
        rate_before(session, point)
    assert given(ana) == [3.0, 4.0, 3.0, 1.0]
    assert points(ana, LATER) != without


def rate_before(session: TherapySession, point: int) -> TherapistRating:
    """As if it had been given before the answers came in."""
    own = people.rate(session, point, point, point, opened_at=session.held_at)
    TherapistRating.objects.filter(pk=own.pk).update(is_blind=True)
    return own


def test_one_that_is_closed_changes_nothing_at_all(ana: Treatment) -> None:
    people.course(ana, *STEADY, None)
    for session in TherapySession.objects.order_by("held_at")[:4]:
        rate_before(session, 4)
    newest = TherapySession.objects.latest("held_at")
    now = newest.held_at + 2 * HOUR
    before = points(ana, now)
    own = people.rate(newest, 1, 1, 1)
    assert points(ana, now) == before
    over = people.end_of(newest.request) + RatingRequest.TIME_TO_FINISH
    open_until = points(ana, over - HOUR)
    assert given(ana, over - HOUR)[-1] is None
    assert given(ana, over)[-1] == 1.0
    assert points(ana, over) != open_until
    own.delete()


def test_the_newest_night_takes_one_that_time_has_revealed(ana: Treatment, clinic: Clinic) -> None:
    """No answer came, nothing rings: the night computes all courses anyway."""
    people.course(ana, *STEADY, None)
    for session in TherapySession.objects.order_by("held_at")[:4]:
        rate_before(session, 4)
    newest = TherapySession.objects.latest("held_at")
    people.compute(ana, at=newest.held_at + HOUR)
    people.rate(newest, 1, 1, 1)
    assert Trajectory.objects.get().due_at is None
    people.trends.nightly(clinic.pk, at=people.end_of(newest.request) + timedelta(days=1))
    with_it = Trajectory.objects.get().points[-1]["point"]["p_rupture"]
    TherapistRating.objects.filter(session=newest).delete()
    people.trends.nightly(clinic.pk, at=people.end_of(newest.request) + timedelta(days=2))
    assert with_it > Trajectory.objects.get().points[-1]["point"]["p_rupture"]


def test_one_that_is_not_blind_is_no_evidence(ana: Treatment) -> None:
    [session] = people.course(ana, (4, 4, 4))
    people.rate(session, opened_at=session.held_at)
    assert given(ana) == [None]


def test_another_scale_is_moved_to_this_one(
    ana: Treatment, monkeypatch: pytest.MonkeyPatch
) -> None:
    [session] = people.course(ana, (4, 4, 4))
    rate_before(session, 3)
    real = histories.form

    def form(key: str, version: int) -> histories.Form:
        is_own = key == "alliance-6-therapist"
        return histories.Form((1.0, 9.0), 2) if is_own else real(key, version)

    monkeypatch.setattr(histories, "form", form)
    assert given(ana) == [2.0]


# Everything that can have become of the client's form, as changes of its rows.
Change = Callable[[TherapySession], object]


def request_with(**values: Any) -> Change:
    return lambda session: RatingRequest.objects.filter(session=session).update(**values)


def no_request(session: TherapySession) -> None:
    RatingRequest.objects.filter(session=session).delete()


def answered(session: TherapySession) -> None:
    people.answer(session, at=session.held_at + HOUR)


def answer_voided(session: TherapySession) -> None:
    answered(session)
    Rating.objects.update(voided_at=session.held_at + 2 * HOUR)


CASES: dict[str, Change] = {
    "open": request_with(),
    "typing": request_with(active_at=people.MONDAY + timedelta(days=14, hours=1)),
    "typed long before the end": request_with(active_at=people.MONDAY + HOUR),
    "without limit": request_with(expires_at=None),
    "without limit, never mailed": request_with(expires_at=None, is_mailed=False),
    "never mailed": request_with(is_mailed=False),
    "withdrawn": request_with(withdrawn_at=people.MONDAY + 2 * HOUR),
    "none": no_request,
    "answered": answered,
    "voided": answer_voided,
}


@pytest.mark.parametrize("case", CASES)
def test_a_night_says_the_same_as_the_one_rule(ana: Treatment, case: str) -> None:
    session = people.hold(ana)
    people.rate(session)
    CASES[case](session)
    request = RatingRequest.objects.filter(session=session).first()
    rating = Rating.objects.filter(session=session).first()
    begin = people.MONDAY + 3 * HOUR
    moments = [begin + step * HOUR for step in range(0, 24 * 17, 1)]
    by_rule = [is_revealed(request, rating, at) for at in moments]
    rows = list(histories.rows(TherapySession.objects.filter(treatment=ana)))
    by_night = [
        bool(np.isfinite(histories.course(ana.pk, rows, at).history.therapist).all())
        for at in moments
    ]
    assert by_night == by_rule


# --- What does not count any more


def scores(treatment: Treatment) -> list[list[float]]:
    found: list[list[float]] = histories.of_treatment(treatment.pk, LATER).history.scores.tolist()
    return found


def test_a_session_that_was_voided_is_not_there(ana: Treatment, clinic: Clinic) -> None:
    held = people.course(ana, (4, 4, 4), (1, 1, 1), (5, 5, 5))
    TherapySession.objects.filter(pk=held[1].pk).update(voided_at=LATER)
    assert scores(ana) == [[4, 4, 4], [5, 5, 5]]
    [course] = histories.of_clinic(clinic.pk, LATER)
    assert len(course) == 2


def test_a_rating_that_was_voided_is_none_and_no_silence_either(ana: Treatment) -> None:
    held = people.course(ana, (4, 4, 4), (1, 1, 1), (4, 4, 4))
    Rating.objects.filter(session=held[1]).update(
        voided_at=LATER, tension=Rating.Tension.STRONG, seconds=1.0
    )
    history = histories.of_treatment(ana.pk, LATER).history
    assert np.isnan(history.scores[1]).all()
    assert history.asked.tolist() == [True, False, True]
    assert history.tension.tolist()[1] == 0
    assert not history.little[1]


def test_a_form_that_was_withdrawn_is_no_silence(ana: Treatment) -> None:
    held = people.course(ana, (4, 4, 4), None, None)
    RatingRequest.objects.filter(session=held[1]).update(withdrawn_at=LATER)
    history = histories.of_treatment(ana.pk, LATER).history
    assert history.asked.tolist() == [True, False, True]
