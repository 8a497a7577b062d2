"""The first ratings on the client page: where they lie, in words, and when nothing is said."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client as Browser

from clients.models import Treatment
from tests import people
from trends.client_page import course, early
from trends.client_page.early import Early, First
from trends.engine import DEFAULT
from trends.engine.trends import VERSION
from trends.models import Calibration, Trajectory


def said(treatment: Treatment) -> Early | None:
    trajectory = Trajectory.objects.get(treatment=treatment)
    at = people.MONDAY + timedelta(weeks=9)
    rows = course.session_rows(treatment, trajectory, treatment.therapist, at)
    return early.of_course(treatment, rows)


@pytest.mark.parametrize(
    ("score", "words"),
    [(4.0, "lies where most"), (3.2, "lies where most"), (2.9, "lower than 9"), (5.0, "higher")],
)
@pytest.mark.parametrize("is_learned", [True, False])
def test_the_place_in_words(score: float, words: str, is_learned: bool) -> None:
    """A score that is shown as the end of the range lies inside it."""
    told = early.told(First(1, score, 3.24, 4.82), is_learned=is_learned)
    assert words in told
    assert ("at this clinic" in told) is is_learned
    assert "3.2 to 4.8" in told


def test_only_while_there_are_few_ratings(ana: Treatment) -> None:
    people.course(ana, None, None)
    assert said(ana) is None
    people.answer(people.hold(ana, people.MONDAY + timedelta(weeks=2)), 2, 2, 2)
    first = said(ana)
    assert first is not None
    assert "session 3 (2.0) is lower than 9 of 10" in first.words
    for week in (3, 4):
        people.answer(people.hold(ana, people.MONDAY + timedelta(weeks=week)), 4, 4, 4)
    second = said(ana)
    assert second is not None
    assert second.words == first.words
    people.answer(people.hold(ana, people.MONDAY + timedelta(weeks=5)), 4, 4, 4)
    assert said(ana) is None


def test_a_first_rating_late_in_the_treatment_is_none(ana: Treatment) -> None:
    people.course(ana, None, None, None, (2, 2, 2))
    assert said(ana) is None


def test_where_the_range_comes_from(ana: Treatment) -> None:
    people.course(ana, (4, 4, 4))
    published = said(ana)
    assert published is not None
    assert "published data" in published.source
    learned = replace(DEFAULT, mean=0.5, between=0.05, version="learned")
    Calibration.objects.create(
        clinic=ana.client.clinic,
        engine=VERSION,
        prior=learned.as_dict(),
        version=learned.version,
        treatments=50,
        sessions=500,
        past={},
        budget=5,
        threshold=0.5,
        rated=500,
        fitted_at=people.MONDAY,
        created_at=people.MONDAY,
    )
    own = said(ana)
    assert own is not None
    assert "ratings of your clinic" in own.source
    assert "higher than 9 of 10" in own.words


def test_the_page_promises_nothing(ana: Treatment, as_mara: Browser) -> None:
    people.course(ana, (2, 2, 2))
    page = as_mara.get(f"/clients/{ana.client_id}/").content.decode()
    assert "worth asking early what would help" in page
    assert "no forecast" in page
    assert "8 of 10 ratings of these sessions" in page
