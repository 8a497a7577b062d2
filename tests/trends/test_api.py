from typing import Any

import pytest

from accounts.models import User
from clients.models import Treatment
from tests import people
from tests.clients.test_api import api
from trends.flags import moves, reasons
from trends.models import Flag, Trajectory

pytestmark = pytest.mark.usefixtures("clock")

STEADY, LOW = (4, 4, 4), (4, 4, 1)
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def flag(ana: Treatment) -> Flag:
    people.course(ana, STEADY, STEADY, LOW)
    return Flag.objects.get()


def test_a_trajectory_has_its_points(ana: Treatment, flag: Flag) -> None:
    [row] = api(ana.therapist).get("/api/v1/trajectories/").json()["results"]
    assert row["treatment"] == str(ana.pk)
    assert (row["sessions"], row["rated"], row["missing"]) == (3, 3, 0)
    assert (row["last_goal"], row["last_task"], row["last_bond"]) == (4.0, 4.0, 1.0)
    assert [point["point"]["flag"] for point in row["points"]] == [False, False, True]
    assert row["points"][2]["session"] == str(flag.session_id)


def test_a_flag_has_the_sentence_of_the_pages_and_its_numbers(ana: Treatment, flag: Flag) -> None:
    moves.acknowledge(flag, note="Seen.", by=ana.therapist, at=people.MONDAY)
    [row] = api(ana.therapist).get("/api/v1/flags/").json()["results"]
    assert row == {
        "id": str(flag.pk),
        "treatment": str(ana.pk),
        "session": str(flag.session_id),
        "origin": "engine",
        "engine": flag.engine,
        "prior": flag.prior,
        "state": "acknowledged",
        "state_at": "2026-09-07T14:00:00Z",
        "closed_as": "",
        "judged": "",
        "sentence": reasons.one_line(flag.why),
        "reason": flag.reason,
        "raised_at": "2026-09-28T14:00:00Z",
        "acknowledged_at": "2026-09-07T14:00:00Z",
        "note": "Seen.",
    }


def test_flags_can_be_narrowed_by_state(ana: Treatment, flag: Flag) -> None:
    browser = api(ana.therapist)
    assert browser.get("/api/v1/flags/?state=open").json()["count"] == 1
    assert browser.get("/api/v1/flags/?state=withdrawn").json()["count"] == 0
    assert browser.get("/api/v1/flags/?state=junk").status_code == 400


@pytest.mark.parametrize("kind", ["trajectories", "flags"])
def test_rows_can_be_narrowed_by_treatment(ana: Treatment, flag: Flag, kind: str) -> None:
    petra = people.take_on(ana.therapist, "Petra K.")
    people.course(petra, STEADY, STEADY, LOW)
    [row] = api(ana.therapist).get(f"/api/v1/{kind}/?treatment={petra.pk}").json()["results"]
    assert row["treatment"] == str(petra.pk)


@pytest.mark.parametrize("kind", ["trajectories", "flags"])
def test_narrowing_by_the_treatment_of_another_tells_nothing(
    flag: Flag, jonas: User, kind: str
) -> None:
    browser = api(jonas)
    foreign = browser.get(f"/api/v1/{kind}/?treatment={flag.treatment_id}")
    absent = browser.get(f"/api/v1/{kind}/?treatment={NOBODY}")
    assert (foreign.status_code, foreign.json().get("results")) == (
        absent.status_code,
        absent.json().get("results"),
    )


def test_nobody_else_reaches_them(flag: Flag, jonas: User, stranger: User) -> None:
    trajectory = Trajectory.objects.get()
    for user in (jonas, stranger):
        browser = api(user)
        assert browser.get("/api/v1/flags/").json()["results"] == []
        assert browser.get("/api/v1/trajectories/").json()["results"] == []
        assert browser.get(f"/api/v1/flags/{flag.pk}/").status_code == 404
        assert browser.get(f"/api/v1/trajectories/{trajectory.pk}/").status_code == 404


@pytest.mark.parametrize("kind", ["trajectories", "flags"])
def test_the_number_of_queries_does_not_grow(
    ana: Treatment, flag: Flag, kind: str, count_queries: Any
) -> None:
    browser = api(ana.therapist)
    few = count_queries(lambda: browser.get(f"/api/v1/{kind}/"))
    for number in range(5):
        treatment = people.take_on(ana.therapist, f"Client {number}")
        people.course(treatment, STEADY, STEADY, LOW)
    assert browser.get(f"/api/v1/{kind}/").json()["count"] == 6
    assert count_queries(lambda: browser.get(f"/api/v1/{kind}/")) == few
