from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from accounts import services as accounts
from accounts.models import User
from clients import services
from clients.models import Treatment
from tests import people

pytestmark = pytest.mark.usefixtures("clock")


def api(user: User) -> Browser:
    _token, secret = accounts.create_token(by=user, days=30, at=people.MONDAY)
    return Browser(headers={"Authorization": f"Bearer {secret}"})


def results(browser: Browser) -> list[dict[str, Any]]:
    body: dict[str, Any] = browser.get("/api/v1/clients/").json()
    rows: list[dict[str, Any]] = body["results"]
    assert body["count"] == len(rows)
    return rows


def test_a_client_with_the_own_treatments(ana: Treatment, jonas: User) -> None:
    services.start_treatment(ana.client, by=jonas, at=people.MONDAY)
    assert results(api(ana.therapist)) == [
        {
            "id": str(ana.client_id),
            "name": "Ana R.",
            "email": "ana@mail.example",
            "language": "en",
            "contact": "email",
            "treatments": [
                {"id": str(ana.pk), "started_on": ana.started_on.isoformat(), "ended_on": None}
            ],
        }
    ]


def test_list_has_only_the_own_clients(ana: Treatment, jonas: User, stranger: User) -> None:
    people.take_on(jonas, "Petra K.")
    assert [row["name"] for row in results(api(ana.therapist))] == ["Ana R."]
    assert results(api(stranger)) == []


def test_list_is_in_the_order_of_their_coming(mara: User) -> None:
    for days, name in enumerate(["C", "A", "B"]):
        people.take_on(mara, name, at=people.MONDAY + timedelta(days=days))
    assert [row["name"] for row in results(api(mara))] == ["C", "A", "B"]


def test_list_comes_in_pages(mara: User) -> None:
    for name in "ABC":
        people.take_on(mara, name)
    page = api(mara).get("/api/v1/clients/?limit=2").json()
    assert (page["count"], len(page["results"])) == (3, 2)
    assert "offset=2" in page["next"]


def test_nothing_can_be_changed(ana: Treatment) -> None:
    browser = api(ana.therapist)
    for method in ("post", "put", "patch", "delete"):
        send = getattr(browser, method)
        path = f"/api/v1/clients/{ana.client_id}/"
        assert send(path, {}, content_type="application/json").status_code == 405


@pytest.mark.parametrize("pk", ["nonsense", "00000000-0000-4000-8000-000000000000", "1", "%00"])
def test_an_id_that_nothing_has_is_a_404(ana: Treatment, pk: str) -> None:
    assert api(ana.therapist).get(f"/api/v1/clients/{pk}/").status_code == 404
