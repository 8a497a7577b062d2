"""One reminder, at a decent hour, and only to whoever it still makes sense to remind."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.test import Client as Browser

from accounts.models import Clinic
from clients import services as clients
from clients.models import Client, Treatment
from outbox import services as outbox
from outbox.models import Message
from sessions import services
from sessions.models import REMINDER, RatingRequest, RequestLink
from sessions.sending import unanswered
from tests import people

AT = people.MONDAY
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def reminding(ana: Treatment) -> None:
    Clinic.objects.update(reminder_days=2)
    ana.client.clinic.refresh_from_db()


def reminders() -> list[Message]:
    return list(Message.objects.filter(kind=REMINDER))


def sweep(days: float) -> list[str]:
    """What has been mailed in all, by subject."""
    with time_machine.travel(AT + timedelta(days=days), tick=False):
        outbox.deliver_due(at=AT + timedelta(days=days))
    return [str(each.subject) for each in mail.outbox]


def test_nobody_is_reminded_before_the_time_and_everybody_once(ana: Treatment) -> None:
    people.hold(ana, at=AT)
    first = "A short form from Northside Clinic"
    assert sweep(0) == [first]
    assert sweep(1.99) == [first]
    assert sweep(2) == [first, f"Reminder: {first}"]
    assert sweep(3) == [first, f"Reminder: {first}"]


def test_who_has_answered_is_not_reminded(ana: Treatment) -> None:
    session = people.hold(ana, at=AT)
    sweep(0)
    people.answer(session)
    assert len(sweep(2)) == 1
    [reminder] = reminders()
    assert (reminder.state, reminder.reason) == ("cancelled", "The form was already answered.")


def test_both_links_open_the_form(ana: Treatment) -> None:
    """The reminder's link is one more; whoever looks for the first mail finds it working."""
    form = people.hold(ana, at=AT).request
    sweep(0)
    with time_machine.travel(AT + 2 * DAY, tick=False):
        sweep(2)
        assert RequestLink.objects.filter(request=form, replaced_at=None).count() == 2
        for sent in mail.outbox:
            token = str(sent.body).split("/r/")[1].split("/")[0]
            assert Browser().get(f"/r/{token}/", follow=True).status_code == 200


def test_without_a_reminder_the_clinic_sends_none(ana: Treatment) -> None:
    Clinic.objects.update(reminder_days=None)
    people.hold(ana, at=AT)
    assert reminders() == []


def test_a_change_of_the_settings_counts_for_future_forms(ana: Treatment) -> None:
    people.hold(ana, at=AT)
    clinic = ana.client.clinic
    Clinic.objects.filter(pk=clinic.pk).update(reminder_days=1, link_valid_days=9)
    [reminder] = reminders()
    form = RatingRequest.objects.get()
    assert (reminder.due_at, form.expires_at) == (AT + 2 * DAY, AT + 4 * DAY)


def test_sending_again_is_reminder_enough(ana: Treatment) -> None:
    form = people.hold(ana, at=AT).request
    sweep(0)
    services.send_again(form, by=ana.therapist, at=AT + DAY)
    [reminder] = reminders()
    assert reminder.state == "cancelled"


@pytest.mark.parametrize("why", ["stopped", "ended", "bounced"])
def test_nobody_is_reminded_who_should_not_be_mailed(ana: Treatment, why: str) -> None:
    people.hold(ana, at=AT)
    sweep(0)
    if why == "stopped":
        clients.stop_mail(ana.client, at=AT)
    elif why == "bounced":
        clients.note_bounce(ana.client, at=AT)
    else:
        clients.end_treatment(ana, by=ana.therapist, at=AT)
    assert len(sweep(2)) == 1
    assert reminders()[0].state == "cancelled"


# --- Three in a row


def hold_weekly(ana: Treatment, *answered: bool) -> datetime:
    """Sessions a week apart; returns when the next one would be."""
    for week, is_answered in enumerate(answered):
        at = AT + timedelta(weeks=week)
        session = people.hold(ana, at, at=at)
        if is_answered:
            people.answer(session, at=at)
    return AT + timedelta(weeks=len(answered))


@pytest.mark.parametrize(
    ("answered", "count"),
    [
        ((), 0),
        ((True,), 0),
        ((False,), 1),
        ((False, True), 0),
        ((True, False, False), 2),
        ((True, False, False, False), 3),
        ((False, False, False, False, False), 4),
    ],
)
def test_forms_in_a_row_without_answer_are_counted(
    ana: Treatment, answered: tuple[bool, ...], count: int
) -> None:
    assert unanswered.in_a_row(ana, hold_weekly(ana, *answered)) == count


def test_a_form_that_is_still_open_does_not_count(ana: Treatment) -> None:
    people.hold(ana, at=AT)
    assert unanswered.in_a_row(ana, AT + DAY) == 0


def test_after_three_in_a_row_nobody_is_reminded_any_more(ana: Treatment) -> None:
    at = hold_weekly(ana, False, False, False)
    people.hold(ana, at, at=at)
    assert len(reminders()) == 3
    assert Message.objects.exclude(kind=REMINDER).count() == 4, "the forms themselves go on"


def test_a_waiting_reminder_sees_at_the_last_moment_that_it_is_too_much(ana: Treatment) -> None:
    """Forms were recorded late, all at once: none was over when the reminders were owed."""
    for week in range(4):
        people.hold(ana, AT - timedelta(weeks=week), at=AT)
    RatingRequest.objects.exclude(session__held_at=AT).update(expires_at=AT)
    sweep(2)
    newest = RatingRequest.objects.get(session__held_at=AT)
    assert Message.objects.get(kind=REMINDER, about=newest.pk).state == "cancelled"


# --- Quiet hours, on the client's clock


@pytest.mark.parametrize(
    ("zone", "until"),
    [
        ("Europe/Berlin", datetime(2026, 9, 7, 14, 0, tzinfo=UTC)),  # 16:00 there: now
        ("Asia/Tokyo", datetime(2026, 9, 7, 23, 0, tzinfo=UTC)),  # 23:00 there: 8:00 next day
        ("America/Los_Angeles", datetime(2026, 9, 7, 15, 0, tzinfo=UTC)),  # 7:00 there
    ],
)
def test_no_mail_comes_in_the_client_s_night(ana: Treatment, zone: str, until: datetime) -> None:
    Clinic.objects.update(quiet_from=time(21), quiet_until=time(8))
    Client.objects.update(time_zone=zone)
    people.hold(ana, at=AT)
    outbox.deliver_due(at=AT)
    message = Message.objects.exclude(kind=REMINDER).get()
    if until == AT:
        assert message.state == "sent"
    else:
        assert (message.state, message.due_at, message.attempts) == ("queued", until, 0)
        outbox.deliver_due(at=until)
        assert until.astimezone(ZoneInfo(zone)).hour == 8
    assert len(mail.outbox) == 1


def test_the_time_in_the_mail_is_the_client_s(ana: Treatment) -> None:
    Client.objects.update(time_zone="Asia/Tokyo")
    people.hold(ana, at=AT)
    sweep(0)
    assert "JST" in str(mail.outbox[0].body)


# --- Which form


def test_the_long_form_comes_first_and_every_so_often(ana: Treatment) -> None:
    Clinic.objects.update(long_form_every=3)
    ana.client.clinic.refresh_from_db()
    hold_weekly(ana, True, True, True, True, True, True, True)
    forms = RatingRequest.objects.order_by("session__held_at").values_list("instrument", flat=True)
    long, short = "alliance-12", "alliance-6"
    assert list(forms) == [long, short, long, short, short, long, short]


def test_a_clinic_without_words_for_need_sends_no_form(ana: Treatment) -> None:
    Clinic.objects.update(crisis_text="  ")
    people.hold(ana, at=AT)
    assert not RatingRequest.objects.exists()
    assert not Message.objects.exists()


def test_a_form_without_end_is_unanswered_after_two_weeks(ana: Treatment) -> None:
    Clinic.objects.update(link_valid_days=None)
    ana.client.clinic.refresh_from_db()
    at = hold_weekly(ana, False, False, False)
    assert unanswered.in_a_row(ana, at) == 2, "the newest is a week old"
    assert unanswered.in_a_row(ana, at + 7 * DAY) == 3


def test_a_form_that_nobody_was_sent_is_not_unanswered(ana: Treatment) -> None:
    Client.objects.update(contact=Client.Contact.IN_ROOM)
    at = hold_weekly(ana, False, False, False)
    assert unanswered.in_a_row(ana, at + 30 * DAY) == 0


def test_an_answer_takes_the_reminder_off_the_list(ana: Treatment) -> None:
    people.answer(people.hold(ana, at=AT))
    assert reminders()[0].state == "cancelled"


def test_who_answers_at_the_clinic_has_a_form_there_and_gets_no_mail(ana: Treatment) -> None:
    Client.objects.update(contact=Client.Contact.IN_ROOM)
    people.hold(ana, at=AT)
    assert RatingRequest.objects.count() == 1
    assert not Message.objects.exists()


def test_a_form_without_end_stays_open(ana: Treatment) -> None:
    Clinic.objects.update(link_valid_days=None, reminder_days=None)
    session = people.hold(ana, at=AT)
    assert session.request.expires_at is None
    sweep(0)
    assert "works until" not in str(mail.outbox[0].body)
    assert people.answer(session, at=AT + timedelta(days=300)).provenance == "late"
