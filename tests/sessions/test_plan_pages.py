"""The next appointment is seen, moved and taken away, without recording a session."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import User
from audit.models import Event
from clients import services as clients
from clients.models import Treatment
from sessions import planning
from sessions import services as sessions
from tests import people
from tests.conftest import logged_in

pytestmark = pytest.mark.usefixtures("clock")  # it is Monday, 7 September 2026, 15:00 UTC

NEXT = people.MONDAY + timedelta(days=7, hours=1)
TYPED = {"next_on": "2026-09-14", "next_time": "15:00"}


def page_of(treatment: Treatment) -> str:
    return f"/treatments/{treatment.pk}/next/"


def test_planned_seen_and_taken_away(as_mara: Browser, ana: Treatment) -> None:
    client_page = f"/clients/{ana.client_id}/"
    before = as_mara.get(client_page).content.decode()
    assert "No next appointment" in before
    assert f'href="{page_of(ana)}"' in before
    after = as_mara.post(page_of(ana), TYPED, follow=True)
    assert after.redirect_chain == [(client_page, 302)]
    assert "Next: Mon 14 Sep, 15:00" in after.content.decode()
    ana.refresh_from_db()
    assert ana.next_at == NEXT
    form = as_mara.get(page_of(ana)).content.decode()
    assert 'value="2026-09-14"' in form
    as_mara.post(page_of(ana), TYPED | {"none_planned": "on"})
    ana.refresh_from_db()
    assert ana.next_at is None
    events = Event.objects.filter(action="sessions.plan_next", about_id=ana.pk)
    assert [event.by_id for event in events] == [ana.therapist_id] * 2


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "On which day? Or tick that none is planned."),
        ({"next_on": "2026-09-14"}, "At what time? Or tick that none is planned."),
        ({"next_on": "2026-09-07", "next_time": "14:59"}, "is in the past"),
        ({"next_on": "2027-09-14", "next_time": "09:00"}, "more than a year away"),
    ],
)
def test_what_cannot_be_planned_comes_back_as_typed(
    as_mara: Browser, ana: Treatment, typed: dict[str, str], words: str
) -> None:
    answer = as_mara.post(page_of(ana), typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert all(f'value="{each}"' in page for each in typed.values())
    ana.refresh_from_db()
    assert ana.next_at is None


def test_nothing_is_planned_in_a_treatment_that_ended(as_mara: Browser, ana: Treatment) -> None:
    clients.end_treatment(ana, by=ana.therapist, at=people.MONDAY)
    for answer in (as_mara.get(page_of(ana)), as_mara.post(page_of(ana), TYPED)):
        assert answer.headers["Location"] == f"/clients/{ana.client_id}/?treatment={ana.pk}"
    page = as_mara.get(f"/clients/{ana.client_id}/").content.decode()
    assert "This treatment ended on 7 September." in page
    assert "Next:" not in page
    assert "No next appointment" not in page
    with pytest.raises(clients.AlreadyEnded):
        sessions.plan_next(ana, next_at=NEXT, by=ana.therapist, at=people.MONDAY)


def test_ended_in_another_window_meanwhile(
    as_mara: Browser, ana: Treatment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(*_: object) -> None:
        raise clients.AlreadyEnded

    monkeypatch.setattr(planning, "check", check)
    answer = as_mara.post(page_of(ana), TYPED)
    assert answer.status_code == 409
    assert 'value="2026-09-14"' in answer.content.decode()


def test_one_that_went_by_without_a_record_is_said_to_have(
    mara: User, ana: Treatment, clock: time_machine.Traveller
) -> None:
    Treatment.objects.update(next_at=people.MONDAY)
    address = f"/clients/{ana.client_id}/"
    assert "Next: Mon 7 Sep" in logged_in(mara).get(address).content.decode()
    clock.shift(timedelta(days=1))
    page = logged_in(mara).get(address).content.decode()
    assert "Planned for Mon 7 Sep, 14:00, not recorded" in page
