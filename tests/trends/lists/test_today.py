"""Who comes today, and what to have in mind of them."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import Clinic, User
from clients import services as clients
from clients.models import Client, Treatment
from sessions import reading
from sessions.form.said import OnAgreement
from sessions.models import Rating, RatingRequest
from tests import people
from tests.conftest import logged_in
from trends.flags import moves
from trends.lists import before, today
from trends.models import Flag, RepairEntry

WEEK = timedelta(weeks=1)
NOW = people.MONDAY + 4 * WEEK  # Monday, 14:00 UTC
STEADY, LOW = (4, 4, 4), (4, 4, 1)


@pytest.fixture(autouse=True)
def now() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def plan(treatment: Treatment, at: datetime) -> Treatment:
    Treatment.objects.filter(pk=treatment.pk).update(next_at=at)
    return treatment


def planned(mara: User, **hours: float) -> None:
    for name, ahead in hours.items():
        plan(people.take_on(mara, name), NOW + timedelta(hours=ahead))


def names(cards: list[before.Card]) -> list[str]:
    return [card.client.name for card in cards]


def words(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_today_stands_in_the_order_of_the_hours(mara: User) -> None:
    planned(mara, Late=9.9, Early=-13.9, Noon=-2, Yesterday=-14.1, Tomorrow=10.1, Later=24 * 5)
    people.take_on(mara, "Without a plan")
    plan_ = today.plan(mara, NOW)
    assert names(plan_.today) == ["Early", "Noon", "Late"]
    assert [row.client.name for row in plan_.missed] == ["Yesterday"]
    ahead = [(f"{day:%d}", [row.client.name for row in rows]) for day, rows in plan_.ahead]
    assert ahead == [("06", ["Tomorrow"]), ("10", ["Later"])]


def test_a_day_is_one_on_the_clinic_s_wall(as_mara: Browser, mara: User) -> None:
    """In Auckland it is three in the night of Tuesday."""
    Clinic.objects.update(time_zone="Pacific/Auckland")
    planned(mara, Monday=-4, Tuesday=20, Wednesday=22)
    plan_ = as_mara.get("/today/").context["plan"]
    assert names(plan_.today) == ["Tuesday"]
    assert [row.client.name for row in plan_.missed] == ["Monday"]


def test_what_is_far_ahead_is_not_listed(mara: User) -> None:
    planned(mara, Near=24 * 14, Far=24 * 15)
    assert [row.client.name for _day, rows in today.plan(mara, NOW).ahead for row in rows] == [
        "Near"
    ]


def test_without_plans_the_page_says_how_to_make_one(as_mara: Browser, ana: Treatment) -> None:
    page = words(as_mara.get("/today/"))
    assert "Nobody is planned for today" in page
    assert "When you record a session, you may write down the next appointment." in page


def test_ended_treatments_and_those_of_others_are_not_planned(
    mara: User, jonas: User, ana: Treatment
) -> None:
    plan(ana, NOW)
    assert today.plan(jonas, NOW).is_empty
    clients.end_treatment(ana, by=mara, at=NOW)
    assert today.plan(mara, NOW).is_empty


def test_a_missed_plan_leads_to_recording(as_mara: Browser, ana: Treatment) -> None:
    plan(ana, NOW - WEEK)
    page = as_mara.get("/today/").content.decode()
    assert f'href="/sessions/record/?treatment={ana.pk}"' in page
    assert "Planned for an earlier day, not recorded" in page


# --- The card of one client


def card_of(ana: Treatment) -> before.Card:
    own = Treatment.objects.filter(pk=ana.pk)
    [card] = before.cards(own, ana.therapist, NOW)
    return card


@pytest.fixture
def low(ana: Treatment) -> Flag:
    people.course(ana, STEADY, STEADY, LOW)
    return Flag.objects.get()


def log(
    flag: Flag, by: User, when: str = RepairEntry.When.NEXT, words: str = "I was late."
) -> None:
    moves.log_repair(
        flag,
        kind=RepairEntry.Kind.WITHDRAWAL,
        tried=["bond_named"],
        words=words,
        raise_when=when,
        by=by,
        at=NOW,
    )


def test_an_open_flag_stands_on_top_with_the_way_to_it(
    as_mara: Browser, ana: Treatment, low: Flag
) -> None:
    plan(ana, NOW)
    page = as_mara.get("/today/").content.decode()
    assert "Possible rupture, not yet seen." in page
    assert f'href="/flags/{low.pk}/"' in page


def test_an_open_repair_tells_what_was_tried_and_that_it_is_to_be_raised(
    as_mara: Browser, ana: Treatment, low: Flag, mara: User
) -> None:
    log(low, mara, RepairEntry.When.LATER, words="An earlier entry.")
    moves.log_repair(
        low,
        kind=RepairEntry.Kind.UNCLEAR,
        tried=["bond_named", "gone_since"],
        words="I was late.",
        raise_when=RepairEntry.When.NEXT,
        by=mara,
        at=NOW + timedelta(minutes=1),
    )
    page = words(as_mara.get(f"/sessions/record/?treatment={ana.pk}"))
    assert "To be raised in this session Both, or unclear. Tried: Named the strain" in page
    assert "I was late." in page
    assert "An earlier entry." not in page, "the newest entry alone"
    [repair] = card_of(ana).repairs
    assert repair.tried == ["Named the strain between us, gently", "gone_since"]


@pytest.mark.parametrize("state", [Flag.State.CAME_BACK, Flag.State.DISMISSED])
def test_a_repair_that_is_over_is_no_longer_told(
    ana: Treatment, low: Flag, mara: User, state: str
) -> None:
    log(low, mara)
    assert len(card_of(ana).repairs) == 1
    Flag.objects.update(state=state)
    assert card_of(ana).repairs == []


def test_what_the_client_said_last_is_told_with_a_button_until_it_is_read(
    as_mara: Browser, ana: Treatment
) -> None:
    plan(ana, NOW)
    rating = people.answer(people.hold(ana), comment="You seemed away.", follow_up="raise")
    page = as_mara.get("/today/").content.decode()
    assert "You seemed away." in page
    assert f'action="/ratings/{rating.pk}/read/"' in page
    done = as_mara.post(f"/ratings/{rating.pk}/read/", {"back": "today"})
    assert done.headers["Location"] == "/today/"
    page = as_mara.get("/today/").content.decode()
    assert "You seemed away." in page
    assert "I have read this" not in page


def test_an_earlier_wish_that_nobody_read_is_told_with_its_words(
    as_mara: Browser, ana: Treatment
) -> None:
    plan(ana, NOW)
    rating = people.answer(people.hold(ana), comment="You seemed away.", follow_up="raise")
    people.answer(people.hold(ana, people.MONDAY + WEEK))
    page = as_mara.get("/today/").content.decode()
    assert "You seemed away." in page
    assert "Asked on 7 September, not read yet." in page
    as_mara.post(f"/ratings/{rating.pk}/read/")
    assert card_of(ana).asked is None


def test_a_wish_is_told_once(as_mara: Browser, ana: Treatment) -> None:
    plan(ana, NOW)
    people.answer(people.hold(ana), follow_up="raise")
    assert words(as_mara.get("/today/")).count("raise") == 1


def test_the_dot_of_an_open_flag_is_marked_and_no_other(
    as_mara: Browser, ana: Treatment, low: Flag
) -> None:
    plan(ana, NOW)
    assert "before__course--open" in as_mara.get("/today/").content.decode()
    Flag.objects.update(state=Flag.State.ACKNOWLEDGED)
    assert "before__course--open" not in as_mara.get("/today/").content.decode()


def test_a_rating_that_says_no_more_than_scores_is_not_quoted(ana: Treatment) -> None:
    people.answer(people.hold(ana))
    assert card_of(ana).said is None
    assert [score.score for score in card_of(ana).scores] == ["4.0"] * 3


def test_what_was_said_earlier_is_not_told_again(ana: Treatment) -> None:
    people.answer(people.hold(ana), comment="Early words.")
    people.answer(people.hold(ana, people.MONDAY + WEEK))
    assert card_of(ana).said is None


@pytest.mark.parametrize(("answer", "told"), [("yes", 0), ("unsure", 1), ("otherwise", 1)])
def test_agreements_that_the_client_doubts_are_told(ana: Treatment, answer: str, told: int) -> None:
    wording = people.agree(ana)
    session = people.hold(ana)
    RatingRequest.objects.update(asks_agreements=True)
    session.request.refresh_from_db()
    about = {wording.pk.hex: OnAgreement(answer, "In other words" * (answer == "otherwise"))}
    people.answer(session, agreements=about)
    assert len(card_of(ana).doubted) == told


def test_silence_is_told(ana: Treatment) -> None:
    people.course(ana, STEADY, None)
    RatingRequest.objects.update(expires_at=NOW)
    assert "no rating for 1 session" in card_of(ana).states


def test_contact_troubles_are_told(ana: Treatment) -> None:
    Client.objects.update(bounced_at=NOW)
    assert [note.needs_person for note in card_of(ana).notes] == [True]


def test_queries_do_not_grow_with_the_day(mara: User, clinic: Clinic, count_queries: Any) -> None:
    browser = logged_in(mara)

    def fill(count: int) -> None:
        for number in range(count):
            treatment = plan(people.take_on(mara, f"Client {number}"), NOW)
            people.course(treatment, STEADY, STEADY, LOW)
            people.agree(treatment)
            log(Flag.objects.get(treatment=treatment), mara)
        Rating.objects.update(tension="some")

    fill(1)
    few = count_queries(lambda: browser.get("/today/"))
    fill(3)
    assert count_queries(lambda: browser.get("/today/")) == few
    assert few < 24


def test_reading_a_page_marks_nothing_as_read(as_mara: Browser, ana: Treatment) -> None:
    plan(ana, NOW)
    rating = people.answer(people.hold(ana), comment="Words.", follow_up="raise")
    for path in ("/today/", "/inbox/", "/caseload/", f"/clients/{ana.client_id}/"):
        as_mara.get(path)
    rating.refresh_from_db()
    assert rating.read_at is None
    reading.mark_read(rating, by=ana.therapist, at=NOW)
    reading.mark_read(rating, by=ana.therapist, at=NOW + WEEK)
    rating.refresh_from_db()
    assert rating.read_at == NOW, "the first time counts"
