"""Mails to therapists: soon, neutral, one a day at most, and never in their quiet hours.

Everything runs by the sweep, as without any broker. The clinic's clock shows UTC unless a test says
otherwise; quiet hours are from 19:00 to 7:00, as for everybody who decided nothing.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from accounts import services as accounts
from accounts.models import Clinic, MailWishes, User
from alliance.sweep import sweep as sweep_all
from clients.models import Treatment
from outbox import services as outbox
from outbox.models import Message
from sessions.models import Rating
from tests import people
from tests.conftest import CountsQueries
from trends.flags import moves
from trends.lists import inbox
from trends.mails import mail_hours, telling
from trends.models import Flag

WEDNESDAY = datetime(2026, 9, 23, tzinfo=UTC)
DAY = timedelta(days=1)
CLIENTS_WORDS = {
    "ana",
    "mara",
    "lindqvist",
    "therap",
    "client",
    "rupture",
    "flag",
    "session",
    "alert",
    "risk",
    "rating",
    "urgent",
}


def on(days: int, clock: str) -> datetime:
    """So many days after that Wednesday."""
    return datetime.combine(WEDNESDAY + days * DAY, time.fromisoformat(clock), UTC)


def fall(treatment: Treatment, at: datetime) -> Flag:
    """Three weekly ratings, the third one low: it is flagged at this moment."""
    for week, bond in enumerate([5, 5, 1]):
        session = people.hold(treatment, at - timedelta(weeks=3 - week))
        people.answer(session, 5, 5, bond)
    people.compute(treatment, at=at)
    return Flag.objects.get(treatment=treatment, state=Flag.State.OPEN)


def sweep(at: datetime) -> int:
    """How many mails to therapists have left in all."""
    with time_machine.travel(at, tick=False):
        sweep_all(at)
    return len(told())


def told() -> list[Any]:
    return [each for each in mail.outbox if each.subject == "Something to review"]


def wish(person: User, **changed: Any) -> None:
    usual: dict[str, Any] = {
        "tells": True,
        "reminds": True,
        "digest": True,
        "quiet_from": time(19),
        "quiet_until": time(7),
    }
    accounts.set_mail_wishes(**usual | changed, by=person, at=people.MONDAY)


def see(flag: Flag, at: datetime) -> None:
    moves.acknowledge(flag, note="", by=flag.treatment.therapist, at=at)


@pytest.fixture
def ben(mara: User) -> Treatment:
    return people.take_on(mara, "Ben K.", email="ben@mail.example")


# --- Something new


def test_a_new_flag_is_told_within_minutes(ana: Treatment) -> None:
    fall(ana, on(0, "10:00"))
    assert sweep(on(0, "10:01")) == 1
    [sent] = told()
    assert sent.to == ["mara@northside.example"]
    assert "http://localhost/inbox/" in sent.body
    assert "http://localhost/settings/mail/" in sent.body


def test_the_mail_says_nothing_but_where_to_look(ana: Treatment) -> None:
    Clinic.objects.update(name="Northside")
    fall(ana, on(0, "10:00"))
    sweep(on(0, "10:01"))
    [sent] = told()
    words = f"{sent.subject} {sent.body} {sent.alternatives[0][0]}".lower()
    assert {word for word in CLIENTS_WORDS if word in words} == set()
    assert str(ana.pk) not in words
    assert str(ana.client_id) not in words
    assert sent.from_email == "Northside <alliance@clinic.example>"


def test_there_is_one_a_day_at_most(ana: Treatment, ben: Treatment) -> None:
    fall(ana, on(0, "10:00"))
    assert sweep(on(0, "10:01")) == 1
    fall(ben, on(0, "11:00"))
    assert sweep(on(0, "11:01")) == 1
    assert sweep(on(0, "23:59")) == 1
    assert sweep(on(1, "06:59")) == 1
    assert sweep(on(1, "07:00")) == 2, "the other client's, as soon as it is another day"
    assert sweep(on(1, "18:59")) == 2


def test_a_night_with_many_flags_is_one_mail(ana: Treatment, ben: Treatment, mara: User) -> None:
    for treatment in (ana, ben, people.take_on(mara, "Cleo M.")):
        fall(treatment, on(0, "03:00"))
    assert sweep(on(0, "03:01")) == 0
    assert sweep(on(0, "07:00")) == 1
    assert sweep(on(0, "18:59")) == 1
    assert Message.objects.filter(kind=telling.REVIEW).count() == 1


def test_what_was_told_is_not_told_again_as_new(ana: Treatment) -> None:
    """A mail that is owed for tomorrow, when all that waits was there before today's."""
    fall(ana, on(0, "10:00"))
    sweep(on(0, "10:01"))
    outbox.queue(
        telling.REVIEW,
        ana.therapist_id,
        clinic_id=None,
        by=None,
        at=on(1, "09:00"),
        slot=mail_hours.slot_of(on(1, "09:00").date()),
    )
    assert sweep(on(1, "09:00")) == 1
    assert Message.objects.filter(kind=telling.REVIEW, state="cancelled").count() == 1


def test_what_the_program_opens_again_is_new(ana: Treatment) -> None:
    flag = fall(ana, on(0, "10:00"))
    sweep(on(0, "10:01"))
    see(flag, on(0, "11:00"))
    flag.refresh_from_db()
    flag.state, flag.state_at = Flag.State.OPEN, on(1, "12:00")
    flag.save()
    telling.owe(flag, at=on(1, "12:00"))
    assert sweep(on(1, "12:01")) == 2


def test_long_ago_is_no_news(ana: Treatment) -> None:
    """A course that is computed anew from its beginning mails nobody."""
    at = on(0, "10:00")
    for week, bond in enumerate([5, 5, 1]):
        people.answer(people.hold(ana, at - timedelta(weeks=12 - week)), 5, 5, bond)
    people.compute(ana, at=at, since=at - timedelta(days=365))
    assert Flag.objects.filter(state="open").exists()
    assert not Message.objects.filter(kind=telling.REVIEW).exists()


# --- What clients ask for


@pytest.mark.parametrize(("follow_up", "mails"), [("raise", 1), ("know", 0), ("", 0)])
def test_only_a_wish_to_talk_is_pushed(ana: Treatment, follow_up: str, mails: int) -> None:
    """ "Just so you know" is shown, and never mailed: not on a Monday either."""
    session = people.hold(ana, on(0, "09:00"))
    people.answer(session, comment="Quite a lot.", follow_up=follow_up, at=on(0, "10:00"))
    assert sweep(on(0, "10:01")) == mails
    if follow_up != Rating.FollowUp.RAISE:
        assert sweep(on(5, "07:00")) == 0


def test_a_wish_that_was_read_is_told_no_more(ana: Treatment) -> None:
    session = people.hold(ana, on(0, "09:00"))
    rating = people.answer(session, follow_up="raise", at=on(0, "20:00"))
    rating.read_at = on(0, "21:00")
    rating.save()
    assert sweep(on(1, "07:00")) == 0


# --- Quiet hours


def test_quiet_hours_delay_it_and_count_for_the_day_on_which_it_leaves(
    ana: Treatment, ben: Treatment
) -> None:
    fall(ana, on(0, "19:00"))
    assert sweep(on(0, "19:01")) == 0
    assert sweep(on(1, "06:59")) == 0
    assert sweep(on(1, "07:00")) == 1
    fall(ben, on(1, "12:00"))
    assert sweep(on(1, "12:01")) == 1, "there was one on this day"
    assert sweep(on(2, "07:00")) == 2


def test_quiet_hours_are_the_therapist_s_on_the_clinic_s_clock(ana: Treatment) -> None:
    Clinic.objects.update(time_zone="America/New_York")  # four hours behind UTC in September
    wish(ana.therapist, quiet_from=time(12), quiet_until=time(14))
    fall(ana, on(0, "16:30"))
    assert sweep(on(0, "16:31")) == 0
    assert sweep(on(0, "17:59")) == 0
    assert sweep(on(0, "18:00")) == 1


def test_a_mail_that_is_due_in_hours_that_became_quiet_waits(ana: Treatment) -> None:
    fall(ana, on(0, "10:00"))
    wish(ana.therapist, quiet_from=time(9), quiet_until=time(12))
    assert sweep(on(0, "10:01")) == 0
    message = Message.objects.get(kind=telling.REVIEW)
    assert (message.state, message.due_at) == ("queued", on(0, "12:00"))
    assert message.reason == "Waits until the therapist's quiet hours are over."
    assert sweep(on(0, "12:00")) == 1


def test_what_was_seen_meanwhile_is_not_mailed_and_does_not_use_up_the_day(
    ana: Treatment, ben: Treatment
) -> None:
    see(fall(ana, on(0, "20:00")), on(0, "21:00"))
    assert sweep(on(1, "07:00")) == 0
    message = Message.objects.get(kind=telling.REVIEW)
    assert message.state == "cancelled"
    assert message.reason == "Nothing waits for them that they want a mail about."
    fall(ben, on(1, "10:00"))
    assert sweep(on(1, "10:01")) == 1


def test_a_mail_that_was_cancelled_leaves_the_day_to_what_gets_late(
    ana: Treatment, ben: Treatment
) -> None:
    fall(ana, on(0, "10:00"))
    assert sweep(on(0, "10:01")) == 1
    see(fall(ben, on(1, "20:00")), on(1, "21:00"))
    assert sweep(on(2, "07:00")) == 1
    assert Message.objects.filter(kind=telling.REVIEW, state="cancelled").count() == 1
    assert sweep(on(2, "09:59")) == 1
    assert telling.remind_due(at=on(2, "10:00")) == 1
    assert sweep(on(2, "10:00")) == 2
    assert telling.remind_due(at=on(2, "12:00")) == 0


def test_a_day_is_not_opened_again_by_what_was_late_before(ana: Treatment) -> None:
    """Else each sweep would owe, and cancel, the same mail once more."""
    fall(ana, on(0, "10:00"))
    sweep(on(0, "10:01"))
    assert telling.remind_due(at=on(2, "10:00")) == 1
    mails = Message.objects.filter(kind=telling.REVIEW, state="queued")
    mails.update(state="cancelled", state_at=on(2, "10:01"))
    assert telling.remind_due(at=on(2, "10:02")) == 0


def test_a_flag_of_a_session_that_does_not_count_waits_for_nobody(ana: Treatment) -> None:
    flag = fall(ana, on(0, "10:00"))
    assert sweep(on(0, "10:01")) == 1
    flag.session.voided_at = on(1, "10:00")
    flag.session.save()
    assert inbox.waiting(ana.therapist, on(2, "10:00")) == []
    assert telling.remind_due(at=on(2, "10:00")) == 0
    assert telling.remind_due(at=on(5, "10:00")) == 0


# --- Reminders, and Mondays


def test_it_is_reminded_of_after_48_hours_and_each_working_day_until_seen(ana: Treatment) -> None:
    flag = fall(ana, on(0, "10:00"))
    assert sweep(on(0, "10:01")) == 1
    assert sweep(on(1, "10:00")) == 1, "Thursday"
    assert sweep(on(2, "09:59")) == 1
    assert sweep(on(2, "10:00")) == 2, "Friday, two days later to the minute"
    assert sweep(on(3, "10:00")) == 2, "Saturday"
    assert sweep(on(4, "23:59")) == 2, "Sunday"
    assert sweep(on(5, "06:59")) == 2
    assert sweep(on(5, "07:00")) == 3, "Monday, as soon as nobody sleeps"
    assert sweep(on(5, "12:00")) == 3
    assert sweep(on(6, "07:00")) == 4
    see(flag, on(6, "08:00"))
    assert sweep(on(7, "12:00")) == 4


def test_a_reminder_that_is_no_longer_needed_does_not_leave(ana: Treatment) -> None:
    flag = fall(ana, on(0, "10:00"))
    sweep(on(0, "10:01"))
    telling.remind_due(at=on(2, "10:00"))
    see(flag, on(2, "10:00"))
    assert sweep(on(2, "10:01")) == 1


def test_on_mondays_a_repair_under_way_is_enough(ana: Treatment) -> None:
    flag = fall(ana, on(0, "10:00"))
    sweep(on(0, "10:01"))
    moves.log_repair(
        flag,
        kind="unclear",
        tried=[],
        words="",
        raise_when="next",
        by=ana.therapist,
        at=on(0, "12:00"),
    )
    assert sweep(on(2, "12:00")) == 1
    assert sweep(on(5, "06:59")) == 1
    assert sweep(on(5, "07:00")) == 2
    assert sweep(on(6, "12:00")) == 2


def test_on_mondays_nothing_is_said_about_nothing(ana: Treatment) -> None:
    see(fall(ana, on(0, "10:00")), on(0, "10:00"))
    assert sweep(on(5, "12:00")) == 0


def test_monday_begins_on_the_clinic_s_clock(ana: Treatment) -> None:
    Clinic.objects.update(time_zone="Pacific/Auckland")  # twelve hours ahead until 27 September
    wish(ana.therapist, tells=False, reminds=False, quiet_from=time(0), quiet_until=time(0))
    fall(ana, on(0, "10:00"))
    assert sweep(on(4, "10:59")) == 0, "Sunday, 23:59: summer time has begun that day"
    assert sweep(on(4, "11:00")) == 1


def test_a_flag_that_comes_after_the_end_is_told_and_reminded_of(ana: Treatment) -> None:
    flag = fall(ana, on(0, "10:00"))
    Treatment.objects.update(ended_on=WEDNESDAY.date() - DAY)
    assert sweep(on(0, "10:01")) == 1
    assert sweep(on(2, "10:00")) == 2, "after 48 hours"
    see(flag, on(2, "11:00"))
    assert sweep(on(5, "12:00")) == 2


def test_a_wish_that_comes_after_the_end_is_told_and_a_repair_is_over_with_it(
    ana: Treatment, ben: Treatment
) -> None:
    session = people.hold(ana, on(0, "09:00"))
    Flag.objects.filter(pk=fall(ben, on(0, "08:00")).pk).update(state=Flag.State.IN_REPAIR)
    Treatment.objects.update(ended_on=WEDNESDAY.date() - DAY)
    rating = people.answer(session, follow_up="raise", at=on(0, "10:00"))
    assert sweep(on(0, "10:01")) == 1
    assert sweep(on(5, "07:00")) == 2, "on Monday, for nobody has read it"
    Rating.objects.filter(pk=rating.pk).update(read_at=on(5, "08:00"))
    assert sweep(on(12, "12:00")) == 2


# --- What each therapist wants


def test_who_wants_no_news_gets_the_reminder_only(ana: Treatment) -> None:
    wish(ana.therapist, tells=False, digest=False)
    fall(ana, on(0, "10:00"))
    assert sweep(on(0, "10:01")) == 0
    assert sweep(on(2, "10:00")) == 1


def test_who_wants_no_reminder_gets_news_and_mondays(ana: Treatment) -> None:
    wish(ana.therapist, reminds=False)
    fall(ana, on(0, "10:00"))
    assert sweep(on(0, "10:01")) == 1
    assert sweep(on(2, "12:00")) == 1
    assert sweep(on(5, "07:00")) == 2
    assert sweep(on(6, "07:00")) == 2


def test_who_wants_none_gets_none(ana: Treatment) -> None:
    wish(ana.therapist, tells=False, reminds=False, digest=False)
    fall(ana, on(0, "10:00"))
    assert [sweep(on(day, "12:00")) for day in range(8)] == [0] * 8
    assert not Message.objects.filter(kind=telling.REVIEW).exists()


def test_a_wish_changed_in_time_counts_for_the_mail_that_waits(ana: Treatment) -> None:
    fall(ana, on(0, "20:00"))
    wish(ana.therapist, tells=False, reminds=False, digest=False)
    assert sweep(on(1, "07:00")) == 0


def test_each_therapist_is_told_of_their_own(ana: Treatment, jonas: User) -> None:
    fall(ana, on(0, "10:00"))
    fall(people.take_on(jonas, "Petra K."), on(0, "10:00"))
    assert sweep(on(0, "10:01")) == 2
    assert {each.to[0] for each in told()} == {"mara@northside.example", "jonas@northside.example"}


def test_whoever_left_is_not_mailed(ana: Treatment, ruth: User) -> None:
    fall(ana, on(0, "20:00"))
    accounts.deactivate(ana.therapist, by=ruth, at=on(0, "21:00"))
    assert sweep(on(1, "12:00")) == 0
    assert Message.objects.get(kind=telling.REVIEW).reason == "The account was deactivated."
    assert sweep(on(5, "12:00")) == 0


def test_whoever_calls_it_spam_is_mailed_no_more(ana: Treatment) -> None:
    fall(ana, on(0, "10:00"))
    sweep(on(0, "10:01"))
    Message.objects.filter(kind=telling.REVIEW).update(provider_id="p-1")
    outbox.report_refusal("p-1", reason="The recipient wants no more.", at=on(0, "11:00"))
    wishes = MailWishes.objects.get(user=ana.therapist)
    assert (wishes.tells, wishes.reminds, wishes.digest) == (False, False, False)
    assert [sweep(on(day, "12:00")) for day in range(2, 7)] == [1] * 5


# --- The queue


def test_a_mail_that_stays_behind_does_not_come_beside_the_next_day_s(
    ana: Treatment, ben: Treatment
) -> None:
    """The mail server was away on Wednesday. On Thursday one mail says it all."""
    fall(ana, on(0, "10:00"))
    Message.objects.filter(kind=telling.REVIEW).update(due_at=on(1, "09:00"))
    fall(ben, on(1, "08:00"))
    assert sweep(on(1, "08:01")) == 1
    assert sweep(on(1, "09:00")) == 1
    assert sweep(on(2, "07:00")) == 1
    states = Message.objects.filter(kind=telling.REVIEW).order_by("slot").values_list("state")
    assert [state for (state,) in states] == ["cancelled", "sent"]


def test_the_sweep_asks_twice_when_all_is_done(
    mara: User, jonas: User, count_queries: CountsQueries
) -> None:
    for number, therapist in enumerate((mara, mara, jonas)):
        fall(people.take_on(therapist, f"Client {number}"), on(0, "10:00"))
    monday = on(5, "12:00")
    assert telling.remind_due(at=monday) == 2
    assert telling.remind_due(at=monday) == 0
    assert count_queries(lambda: telling.remind_due(at=monday)) == 4, "with the savepoint"
