"""Taking a course along: who may, what comes, and that it is written down."""

from datetime import timedelta

import pytest
from django.test import Client as Browser

from accounts.models import User
from audit.models import Event
from clients.models import Treatment
from tests import people
from tests.conftest import logged_in

pytestmark = pytest.mark.usefixtures("clock")


def path(treatment: Treatment) -> str:
    return f"/treatments/{treatment.pk}/take-along/"


def taken() -> list[dict[str, object]]:
    return [event.details for event in Event.objects.filter(action="trends.take_along")]


def test_the_page_offers_a_choice_and_writes_nothing(as_mara: Browser, ana: Treatment) -> None:
    page = as_mara.get(path(ana)).content.decode()
    assert 'value="pdf"' in page
    assert 'value="csv"' in page
    assert 'value="steps"' in page
    assert taken() == []


@pytest.mark.parametrize(
    ("kind", "content_type", "begins"),
    [
        ("pdf", "application/pdf", b"%PDF-"),
        ("csv", "text/csv; charset=utf-8", b"\xef\xbb\xbftreatment,session"),
        ("steps", "text/csv; charset=utf-8", b"\xef\xbb\xbftreatment,at"),
    ],
)
def test_the_file_is_sent_and_written_down(
    as_mara: Browser, ana: Treatment, kind: str, content_type: str, begins: bytes
) -> None:
    people.answer(people.hold(ana))
    response = as_mara.post(path(ana), {"kind": kind, "with_words": "on"})
    assert response.status_code == 200
    assert response.content.startswith(begins)
    assert response.headers["Content-Type"] == content_type
    ending = {"steps": "-steps.csv"}.get(kind, f".{kind}")
    assert response.headers["Content-Disposition"] == (
        f'attachment; filename="course-2026-09-07{ending}"'
    )
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert taken() == [{"kind": kind, "with_words": True}]
    [event] = Event.objects.filter(action="trends.take_along")
    assert (event.by_id, event.about_id, event.client_id) == (
        ana.therapist_id,
        ana.pk,
        ana.client_id,
    )


def test_days_in_the_wrong_order_are_refused_and_kept(as_mara: Browser, ana: Treatment) -> None:
    typed = {"kind": "csv", "since": "2026-09-08", "until": "2026-09-01"}
    response = as_mara.post(path(ana), typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert "The last day lies before the first." in page
    assert 'value="2026-09-08"' in page
    assert taken() == []


def test_a_colleague_a_stranger_and_an_absent_treatment_are_alike(
    ana: Treatment, jonas: User, stranger: User
) -> None:
    for user in (jonas, stranger):
        assert logged_in(user).post(path(ana), {"kind": "pdf"}).status_code == 404
    assert taken() == []


def test_what_is_shared_is_read_and_not_taken_along(ana: Treatment, jonas: User) -> None:
    """Also not by a therapist who goes on with the client and may read what was before."""
    ana.ended_on = people.MONDAY.date() + timedelta(days=1)
    ana.save()
    following = people.take_on(jonas, "Ana R.")
    following.client, following.follows, following.history_agreed = ana.client, ana, True
    following.save()
    assert Treatment.objects.read_by(jonas).filter(pk=ana.pk).exists()
    assert logged_in(jonas).post(path(ana), {"kind": "pdf"}).status_code == 404


def test_the_client_page_leads_there(as_mara: Browser, ana: Treatment) -> None:
    assert path(ana) in as_mara.get(f"/clients/{ana.client_id}/").content.decode()
