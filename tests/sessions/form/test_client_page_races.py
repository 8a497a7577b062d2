"""Submissions that arrive together."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client as Browser

from accounts.permissions import Role
from audit.models import Event
from clients.models import Treatment
from sessions.models import Rating, RatingRequest, TherapySession
from tests import people

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]

TOGETHER = 50


@pytest.fixture
def form(transactional_db: None) -> RatingRequest:
    mara = people.hire(people.open_clinic(), "Mara Lindqvist", Role.THERAPIST)
    return people.hold(people.take_on(mara)).request


def all_at_once(form: RatingRequest, bodies: list[dict[str, str]]) -> list[tuple[int, str]]:
    phone = people.open_form(form)
    start = Barrier(len(bodies))

    def submit(body: dict[str, str]) -> tuple[int, str]:
        try:
            tab = Browser()
            tab.cookies = SimpleCookie(phone.cookies.output(header="", sep=";"))
            start.wait()
            response = tab.post(f"/rate/{form.pk}/", body)
            return response.status_code, response.headers.get("Location", "")
        finally:
            connection.close()

    with ThreadPoolExecutor(len(bodies)) as phones:
        return list(phones.map(submit, bodies))


def test_fifty_equal_submissions_make_one_row_and_fifty_equal_answers(form: RatingRequest) -> None:
    answers = all_at_once(form, [people.filled_in(form, comment="Yes.")] * TOGETHER)
    assert Counter(answers) == {(303, f"/rate/{form.pk}/thanks/"): TOGETHER}
    assert Rating.objects.count() == 1
    assert Event.objects.filter(action="sessions.submit_rating").count() == 1


def test_of_submissions_that_differ_one_is_kept_and_the_others_are_told(
    form: RatingRequest,
) -> None:
    bodies = [people.filled_in(form, comment=f"Comment {number}") for number in range(10)]
    answers = all_at_once(form, bodies)
    assert Counter(status for status, _ in answers) == {303: 1, 409: 9}
    kept = next(index for index, (status, _) in enumerate(answers) if status == 303)
    assert Rating.objects.get().comment == f"Comment {kept}"


def test_a_session_saved_by_many_clicks_at_once_is_one_session(form: RatingRequest) -> None:
    treatment = Treatment.objects.get()
    start = Barrier(10)

    def save(_click: int) -> bool:
        try:
            start.wait()
            people.hold(treatment, people.MONDAY.replace(hour=9))
        except people.sessions.SessionExists:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as clicks:
        assert sum(clicks.map(save, range(10))) == 1
    assert TherapySession.objects.count() == 2
    assert RatingRequest.objects.count() == 2
