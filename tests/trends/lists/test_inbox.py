"""What waits for a therapist, on one page: nothing hangs on a mail."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import User
from clients import services as clients
from clients import transferring
from clients.models import Client, Treatment
from outbox.models import Message
from sessions.models import Rating, RatingRequest, TherapySession
from tests import people
from tests.conftest import logged_in
from trends.flags import moves
from trends.lists import inbox
from trends.models import Flag

WEEK = timedelta(weeks=1)
NOW = people.MONDAY + 4 * WEEK
STEADY, LOW = (4, 4, 4), (4, 4, 1)


@pytest.fixture(autouse=True)
def now() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def low(ana: Treatment) -> Flag:
    people.course(ana, STEADY, STEADY, LOW)
    return Flag.objects.get()


def told(ana: Treatment) -> inbox.Inbox:
    """And what the head of every page says is the same."""
    made = inbox.inbox(ana.therapist, NOW)
    assert inbox.count(ana.therapist, NOW) == made.needing
    return made


def page(browser: Browser) -> str:
    return browser.get("/inbox/").content.decode()


def test_an_empty_inbox_says_what_will_stand_there(as_mara: Browser, ana: Treatment) -> None:
    assert told(ana).is_empty
    assert "Nothing waits for you" in page(as_mara)
    assert "site-nav__count" not in page(as_mara)


def test_an_open_flag_waits_with_the_way_to_it(as_mara: Browser, ana: Treatment, low: Flag) -> None:
    assert [each.flag for each in told(ana).flags] == [low]
    html = page(as_mara)
    assert f'href="/flags/{low.pk}/"' in html
    assert "Bond fell to 1.0" in html
    assert '<span class="site-nav__count">1</span>' in html


@pytest.mark.parametrize(
    ("state", "told_as"),
    [
        (Flag.State.ACKNOWLEDGED, (0, 0)),
        (Flag.State.IN_REPAIR, (0, 0)),
        (Flag.State.NOT_YET, (0, 1)),
        (Flag.State.CAME_BACK, (0, 0)),
        (Flag.State.DISMISSED, (0, 0)),
        (Flag.State.WITHDRAWN, (0, 0)),
    ],
)
def test_of_the_flags_that_were_seen_those_not_back_are_told(
    as_mara: Browser, ana: Treatment, low: Flag, state: str, told_as: tuple[int, int]
) -> None:
    Flag.objects.update(state=state)
    made = told(ana)
    assert (len(made.flags), len(made.not_back)) == told_as
    assert ("In repair, and not back yet" in page(as_mara)) == bool(made.not_back)


def test_a_wish_to_talk_waits_until_it_is_read(as_mara: Browser, ana: Treatment) -> None:
    rating = people.answer(people.hold(ana), comment="Please ask me.", follow_up="raise")
    assert [each.rating for each in told(ana).wishes] == [rating]
    html = page(as_mara)
    assert "Please ask me." in html
    assert f'id="rating-{rating.pk}"' in html
    done = as_mara.post(f"/ratings/{rating.pk}/read/", follow=True)
    assert done.redirect_chain == [("/inbox/", 302)]
    assert "Noted: you have read this." in done.content.decode()
    assert told(ana).is_empty


def test_a_newer_rating_takes_no_wish_back(as_mara: Browser, ana: Treatment) -> None:
    rating = people.answer(people.hold(ana, NOW - 2 * WEEK), comment="Early.", follow_up="raise")
    assert "not read yet" not in page(as_mara)
    people.answer(people.hold(ana, NOW - WEEK))
    made = told(ana)
    assert ([each.rating for each in made.wishes], made.said) == ([rating], [])
    assert [each.about for each in inbox.waiting(ana.therapist, NOW)] == [rating]
    assert "Asked on 21 September, not read yet." in page(as_mara)


def test_after_30_days_a_wish_that_a_newer_rating_followed_waits_no_more(ana: Treatment) -> None:
    people.answer(people.hold(ana, NOW - 5 * WEEK), comment="Early.", follow_up="raise")
    assert told(ana).needing == 1
    people.answer(people.hold(ana, NOW - WEEK))
    assert told(ana).is_empty


def test_just_so_you_know_is_shown_and_pushed_to_nobody(as_mara: Browser, ana: Treatment) -> None:
    rating = people.answer(people.hold(ana, NOW - WEEK), comment="It rained.", follow_up="know")
    made = told(ana)
    assert (made.needing, [each.rating for each in made.said]) == (0, [rating])
    assert inbox.waiting(ana.therapist, NOW) == []
    html = page(as_mara)
    assert "It rained." in html
    assert "site-nav__count" not in html
    assert "card--needs" not in html


def test_ratings_without_words_and_old_words_are_not_listed(ana: Treatment) -> None:
    people.answer(people.hold(ana, NOW - WEEK))
    people.answer(people.hold(ana, NOW - 5 * WEEK), comment="Long ago.")
    assert told(ana).said == []


@pytest.mark.parametrize("field", ["voided_at", "session__voided_at"])
def test_what_does_not_count_does_not_wait(ana: Treatment, field: str) -> None:
    people.answer(people.hold(ana, NOW - WEEK), comment="Words.", follow_up="raise")
    rows: Any = TherapySession.objects if "session" in field else Rating.objects
    rows.update(voided_at=NOW)
    assert told(ana).is_empty


# --- Forms


def test_a_form_that_did_not_arrive_waits_with_its_reason(as_mara: Browser, ana: Treatment) -> None:
    session = people.hold(ana, NOW - timedelta(hours=2))
    Message.objects.update(state="failed", reason="The mail server does not know this address.")
    [trouble] = told(ana).troubles
    assert trouble.client == ana.client
    html = page(as_mara)
    assert "The mail server does not know this address." in html
    assert f'action="/requests/{session.request.pk}/send-again/"' in html


def test_a_trouble_that_a_newer_form_has_overtaken_is_over(ana: Treatment) -> None:
    people.hold(ana, NOW - WEEK)
    Message.objects.update(state="failed")
    assert told(ana).needing == 1
    people.hold(ana, NOW - timedelta(hours=2))
    assert told(ana).needing == 0


def test_who_asks_for_a_link_and_has_a_notice_is_told_once(ana: Treatment) -> None:
    people.hold(ana, NOW - WEEK)
    RatingRequest.objects.update(link_asked_at=NOW)
    Client.objects.update(failed_checks=5, erasure_asked_at=NOW)
    [trouble] = told(ana).troubles
    assert [note.words for note in trouble.notes] == [
        "asks for a new link",
        "Asked on 5 October 2026 to have all data deleted",
        "Locked after 5 wrong answers",
    ]


def test_a_client_who_wants_no_mail_is_no_trouble(ana: Treatment) -> None:
    Client.objects.update(stopped_at=NOW)
    assert told(ana).is_empty


def test_after_the_end_what_came_in_waits_until_it_is_seen(
    as_mara: Browser, ana: Treatment, low: Flag
) -> None:
    rating = people.answer(people.hold(ana, NOW - timedelta(hours=2)), follow_up="raise")
    Treatment.objects.update(ended_on=NOW.date() - timedelta(days=1))
    Flag.objects.update(raised_at=NOW)
    made = told(ana)
    assert ([each.flag for each in made.flags], made.needing) == ([low], 2)
    html = page(as_mara)
    assert html.count("Arrived after the treatment ended on 4 October 2026.") == 2
    assert f'href="/clients/{ana.client_id}/?treatment={ana.pk}"' in html
    Treatment.objects.update(ended_on=NOW.date())
    html = page(as_mara)
    assert html.count("The treatment ended on 5 October 2026.") == 2, "which was first?"
    as_mara.post(f"/ratings/{rating.pk}/read/")
    moves.acknowledge(low, note="", by=ana.therapist, at=NOW)
    assert told(ana).is_empty


def test_after_the_end_forms_trouble_nobody_and_repairs_are_over(ana: Treatment, low: Flag) -> None:
    Flag.objects.update(state=Flag.State.NOT_YET)
    people.hold(ana, NOW - timedelta(hours=2))
    Message.objects.update(state="failed")
    clients.end_treatment(ana, by=ana.therapist, at=NOW)
    assert told(ana).is_empty
    clients.ask_erasure(ana.client, at=NOW)
    assert told(ana).needing == 1


def test_a_client_who_was_handed_over_is_told_until_the_first_session(
    ana: Treatment, low: Flag, jonas: User
) -> None:
    following = transferring.transfer(ana, to=jonas, history_agreed=False, by=ana.therapist, at=NOW)
    browser = logged_in(jonas)
    html = page(browser)
    assert "Mara Lindqvist handed Ana R. to you on 5 October." in html
    assert f'href="/clients/{ana.client_id}/">Look' in html
    assert "card--needs" not in html
    assert inbox.count(jonas, NOW) == inbox.inbox(jonas, NOW).needing == 0
    assert [each.flag for each in told(ana).flags] == [low], "hers stays with her"
    session = people.hold(following)
    assert inbox.inbox(jonas, NOW).is_empty
    TherapySession.objects.filter(pk=session.pk).update(voided_at=NOW)
    assert inbox.inbox(jonas, NOW).handed == [following]


# --- Whose, and how much


def test_nobody_else_s(ana: Treatment, low: Flag, jonas: User, ruth: User, noor: User) -> None:
    people.answer(people.hold(ana, NOW - timedelta(hours=2)), comment="Words.", follow_up="raise")
    for user in (jonas, ruth, noor):
        assert inbox.inbox(user, NOW).is_empty
        assert inbox.count(user, NOW) == 0
        assert inbox.waiting(user, NOW) == []


def test_what_mails_may_tell_of_is_flags_and_wishes_the_oldest_first(
    ana: Treatment, low: Flag
) -> None:
    other = people.take_on(ana.therapist, "Petra K.")
    rating = people.answer(people.hold(other), follow_up="raise")
    Client.objects.update(bounced_at=NOW)
    waiting = inbox.waiting(ana.therapist, NOW)
    assert {each.about for each in waiting} == {low, rating}
    assert [each.since for each in waiting] == sorted(each.since for each in waiting)


def test_a_rating_of_somebody_else_s_client_cannot_be_marked(ana: Treatment, jonas: User) -> None:
    rating = people.answer(people.hold(ana), follow_up="raise")
    assert logged_in(jonas).post(f"/ratings/{rating.pk}/read/").status_code == 404
    rating.refresh_from_db()
    assert rating.read_at is None


def test_queries_do_not_grow_with_the_inbox(
    as_mara: Browser, mara: User, count_queries: Any
) -> None:
    def fill(count: int) -> None:
        for number in range(count):
            treatment = people.take_on(mara, f"Client {number}")
            people.course(treatment, STEADY, STEADY, LOW)
            last = people.hold(treatment, NOW - timedelta(hours=3))
            people.answer(last, comment="Words.", follow_up="raise")
            people.hold(people.take_on(mara, f"Lost {number}"), NOW - timedelta(hours=2))
        Message.objects.filter(created_at__gte=NOW - timedelta(hours=1)).update(state="failed")

    fill(1)
    few = count_queries(lambda: as_mara.get("/inbox/"))
    fill(3)
    assert count_queries(lambda: as_mara.get("/inbox/")) == few
    assert few < 15
