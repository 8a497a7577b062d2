"""Three no-shows in a row: said once, gently, and the same for one client as for a caseload."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.test import Client as Browser

from accounts.models import User
from clients import services as clients
from clients.models import Treatment
from sessions.models import TherapySession
from sessions.sending import missed
from tests import people
from tests.conftest import CountsQueries

CASES: dict[tuple[str, ...], bool] = {
    ("no_show", "no_show", "no_show"): True,
    ("attended", "no_show", "no_show", "no_show"): True,
    ("no_show", "no_show", "cancelled", "no_show"): True,
    ("no_show", "no_show", "no_show", "attended"): False,
    ("no_show", "attended", "no_show", "no_show"): False,
    ("cancelled", "cancelled", "cancelled"): False,
    ("no_show", "no_show"): False,
    (): False,
}


def plan(treatment: Treatment, attendances: Sequence[str]) -> None:
    for week, attendance in enumerate(attendances):
        held_at = people.MONDAY + timedelta(weeks=week)
        people.hold(treatment, held_at, attendance=attendance)


@pytest.mark.parametrize("attendances", CASES)
def test_three_in_a_row(ana: Treatment, attendances: tuple[str, ...]) -> None:
    plan(ana, attendances)
    newest_first = TherapySession.objects.filter(treatment=ana).order_by("-held_at")
    assert missed.is_missed(newest_first) is CASES[attendances]
    assert missed.treatments(ana.therapist) == ({ana.pk} if CASES[attendances] else set())


def test_one_that_does_not_count_is_none(ana: Treatment) -> None:
    plan(ana, ("no_show",) * 3)
    last = TherapySession.objects.filter(treatment=ana).latest("held_at")
    TherapySession.objects.filter(pk=last.pk).update(voided_at=people.MONDAY)
    assert missed.treatments(ana.therapist) == set()
    assert not missed.is_missed(TherapySession.objects.order_by("-held_at"))


def test_not_of_others_and_not_once_it_has_ended(
    ana: Treatment, jonas: User, count_queries: CountsQueries
) -> None:
    plan(ana, ("no_show",) * 3)
    plan(people.take_on(ana.therapist, "Bo K."), ("no_show",) * 3)
    assert missed.treatments(jonas) == set()
    assert count_queries(lambda: missed.treatments(ana.therapist)) == 1
    clients.end_treatment(ana, by=ana.therapist, at=people.MONDAY)
    assert ana.pk not in missed.treatments(ana.therapist)


def test_the_prompt_stands_on_the_client_s_page(ana: Treatment, as_mara: Browser) -> None:
    plan(ana, ("no_show",) * 3)
    page = as_mara.get(f"/clients/{ana.client_id}/").content.decode()
    assert "3 appointments missed in a row" in page
    assert "without reproach" in page
