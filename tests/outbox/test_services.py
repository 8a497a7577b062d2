"""What becomes of a mail that is owed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, close_old_connections, connection, transaction

from accounts.models import User
from audit.models import Event
from outbox import composers, services, transport
from outbox.composers import Email
from outbox.models import CLAIM, Message
from tests.outbox.conftest import KIND, Registers, Told, greet

AT = datetime.fromisoformat("2026-09-07T14:00:00+00:00")
State = Message.State

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("writes")]


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


def owe(*, slot: int = 0, about: UUID | None = None, at: datetime = AT) -> Message:
    return services.queue(KIND, about or uuid4(), clinic_id=None, by=None, at=at, slot=slot)


def answers_with(monkeypatch: pytest.MonkeyPatch, state: State, reason: str = "") -> list[str]:
    """Let the mail server end every attempt like this; returns the Message-IDs it is given."""
    seen: list[str] = []

    def send(email: Email, *, message_id: str) -> transport.Outcome:
        seen.append(message_id)
        return transport.Outcome(state, reason)

    monkeypatch.setattr(transport, "send", send)
    return seen


def test_queue_owes_a_mail_now() -> None:
    message = owe()
    assert (message.state, message.attempts, message.due_at) == (State.QUEUED, 0, AT)
    assert list(Message.objects.due(AT)) == [message]


def test_queue_twice_for_one_reason_owes_one_mail() -> None:
    about = uuid4()
    assert owe(about=about) == owe(about=about)
    assert Message.objects.count() == 1
    assert Event.objects.filter(action="outbox.queue").count() == 1


def test_queue_in_another_slot_owes_another_mail() -> None:
    about = uuid4()
    assert owe(about=about) != owe(about=about, slot=1)


def test_a_mail_can_be_owed_for_later(clock: time_machine.Traveller) -> None:
    tomorrow = AT + timedelta(days=1)
    message = services.queue(KIND, uuid4(), clinic_id=None, by=None, at=AT, due_at=tomorrow)
    assert (message.due_at, message.created_at, message.state_at) == (tomorrow, AT, AT)
    assert services.deliver_due(at=tomorrow - timedelta(seconds=1)) == 0
    assert services.deliver_due(at=tomorrow) == 1


@pytest.mark.rings
def test_nobody_rings_for_a_mail_of_tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[UUID] = []
    monkeypatch.setattr(services, "ring_on_commit", lambda task, pk: rung.append(pk))
    services.queue(KIND, uuid4(), clinic_id=None, by=None, at=AT, due_at=AT + timedelta(minutes=1))
    assert rung == []
    assert [owe().pk] == rung


def test_one_mail_for_each_reason_is_a_constraint() -> None:
    message = owe()
    message.pk = uuid4()
    with pytest.raises(IntegrityError), transaction.atomic():
        message.save(force_insert=True)


def test_next_slot_counts_up() -> None:
    about = uuid4()
    assert services.next_slot(KIND, about) == 0
    owe(about=about)
    assert services.next_slot(KIND, about) == 1
    owe(about=about, slot=1)
    assert services.next_slot(KIND, about) == 2


def test_deliver_sends_and_says_so() -> None:
    message = owe()
    assert services.deliver(message.pk, at=AT) == State.SENT
    message.refresh_from_db()
    assert (message.state, message.attempts, message.reason) == (State.SENT, 1, "")
    [sent] = mail.outbox
    assert sent.to == ["lena@mail.example"]
    assert sent.extra_headers["Message-ID"] == message.message_id


def test_deliver_again_does_nothing() -> None:
    message = owe()
    services.deliver(message.pk, at=AT)
    assert services.deliver(message.pk, at=AT) is None
    assert len(mail.outbox) == 1


def test_deliver_before_it_is_due_does_nothing() -> None:
    message = owe(at=AT + timedelta(minutes=1))
    assert services.deliver(message.pk, at=AT) is None
    assert mail.outbox == []


def test_deliver_of_an_unknown_message_does_nothing() -> None:
    assert services.deliver(uuid4(), at=AT) is None


def test_a_message_is_claimed_before_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies while sending must leave a row that tells of it."""
    message = owe()
    seen = []

    def send(email: Email, *, message_id: str) -> transport.Outcome:
        row = Message.objects.get(pk=message.pk)
        seen.append((row.state, row.claimed_at, row.attempts))
        return transport.Outcome(State.SENT)

    monkeypatch.setattr(transport, "send", send)
    services.deliver(message.pk, at=AT)
    assert seen == [(State.SENDING, AT, 1)]


@pytest.mark.parametrize("state", [State.SENT, State.FAILED, State.BOUNCED, State.UNCERTAIN])
def test_a_final_outcome_is_kept_with_its_reason(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = owe()
    answers_with(monkeypatch, state, "Said the server.")
    assert services.deliver(message.pk, at=AT) == state
    message.refresh_from_db()
    assert (message.state, message.reason) == (state, "Said the server.")
    assert services.deliver_due(at=AT + timedelta(days=30)) == 0


def test_a_passing_refusal_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    message = owe()
    answers_with(monkeypatch, State.QUEUED, transport.BUSY)
    assert services.deliver(message.pk, at=AT) == State.QUEUED
    message.refresh_from_db()
    assert (message.state, message.reason, message.attempts) == (State.QUEUED, transport.BUSY, 1)
    assert AT < message.due_at <= AT + 2 * services.FIRST_PAUSE


def test_pauses_double_up_to_the_longest(
    clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = owe()
    answers_with(monkeypatch, State.QUEUED, transport.BUSY)
    pauses = []
    for _attempt in range(services.MAX_ATTEMPTS - 1):
        now = message.due_at
        clock.move_to(now)
        services.deliver(message.pk, at=now)
        message.refresh_from_db()
        pauses.append((message.due_at - now) / services.FIRST_PAUSE)
    assert pauses == pytest.approx([1, 2, 4, 8, 16, 32, 64], rel=0.11)


def test_a_pause_is_never_longer_than_the_longest() -> None:
    assert services._pause(20) <= services.LONGEST_PAUSE * 1.1


def test_pauses_spread_out() -> None:
    assert len({services._pause(3) for _ in range(20)}) > 10


def test_the_eighth_attempt_is_the_last(
    clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = owe()
    ids = answers_with(monkeypatch, State.QUEUED, transport.BUSY)
    for _hour in range(100):
        clock.shift(timedelta(hours=3))
        services.deliver_due(at=datetime.now(AT.tzinfo))
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.FAILED, transport.BUSY)
    assert len(ids) == message.attempts == services.MAX_ATTEMPTS == 8
    assert set(ids) == {message.message_id}, "every attempt has the same Message-ID"


def test_a_mail_that_is_not_wanted_any_more_is_cancelled(writes: Registers) -> None:
    def answered(about: UUID, at: datetime) -> Email:
        raise composers.NotWanted("It was answered.")

    writes(answered)
    message = owe()
    assert services.deliver(message.pk, at=AT) is None
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.CANCELLED, "It was answered.")
    assert message.attempts == 0
    assert mail.outbox == []


def wait_until(until: datetime) -> composers.Composer:
    """A composer who says until then that this is not the hour."""

    def compose(about: UUID, at: datetime) -> Email:
        if at < until:
            raise composers.NotNow(until)
        return greet(about, at)

    return compose


def test_a_mail_that_comes_at_a_bad_hour_waits(writes: Registers) -> None:
    morning = AT + timedelta(hours=9)
    writes(wait_until(morning))
    message = owe()
    assert services.deliver(message.pk, at=AT) is None
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.QUEUED, composers.QUIET_HOURS)
    assert (message.due_at, message.attempts) == (morning, 0)
    assert services.deliver_due(at=morning - timedelta(seconds=1)) == 0
    assert services.deliver_due(at=morning) == 1
    message.refresh_from_db()
    assert (message.state, message.reason, message.attempts) == (State.SENT, "", 1)


def test_a_waiting_mail_moves_once_however_often_it_is_swept(writes: Registers) -> None:
    writes(wait_until(AT + timedelta(hours=9)))
    message = owe()
    for minutes in range(60):
        services.deliver_due(at=AT + timedelta(minutes=minutes))
    moves = Event.objects.filter(action="outbox.move", about_id=message.pk)
    assert [move.details for move in moves] == [{"state": "queued", "attempts": 0}]


def test_what_a_composer_wrote_before_it_said_not_now_is_undone(writes: Registers) -> None:
    def write_and_wait(about: UUID, at: datetime) -> Email:
        owe(slot=7)
        raise composers.NotNow(at + timedelta(hours=1))

    writes(write_and_wait)
    services.deliver(owe().pk, at=AT)
    assert not Message.objects.filter(slot=7).exists()


def test_an_hour_that_has_passed_is_a_defect_that_ends(
    writes: Registers, clock: time_machine.Traveller
) -> None:
    """A composer that always says "now is not the hour, but now is" must not go round for ever."""

    def never(about: UUID, at: datetime) -> Email:
        raise composers.NotNow(at)

    writes(never)
    message = owe()
    for _hour in range(100):
        clock.shift(timedelta(hours=3))
        services.deliver_due(at=datetime.now(AT.tzinfo))
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.FAILED, services.MAX_ATTEMPTS)


def test_a_composer_that_crashes_is_tried_again(
    writes: Registers, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(about: UUID, at: datetime) -> Email:
        raise ZeroDivisionError("a defect")

    writes(crash)
    message = owe()
    services.deliver(message.pk, at=AT)
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.QUEUED, 1)
    assert message.reason == services.NOT_WRITTEN
    assert str(message.pk) in caplog.text
    writes(greet)
    assert services.deliver(message.pk, at=message.due_at) == State.SENT


def test_what_a_crashed_composer_wrote_is_undone(writes: Registers) -> None:
    def write_and_crash(about: UUID, at: datetime) -> Email:
        owe(slot=7)
        raise ZeroDivisionError

    writes(write_and_crash)
    services.deliver(owe().pk, at=AT)
    assert not Message.objects.filter(slot=7).exists()


def test_a_composer_that_crashes_the_database_is_tried_again(writes: Registers) -> None:
    def crash(about: UUID, at: datetime) -> Email:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
        raise AssertionError

    writes(crash)
    message = owe()
    services.deliver(message.pk, at=AT)
    message.refresh_from_db()
    assert message.state == State.QUEUED


def test_a_composer_that_always_crashes_ends_as_failed(
    writes: Registers, clock: time_machine.Traveller
) -> None:
    def crash(about: UUID, at: datetime) -> Email:
        raise ZeroDivisionError

    writes(crash)
    message = owe()
    for _hour in range(10):
        clock.shift(timedelta(hours=3))
        services.deliver_due(at=datetime.now(AT.tzinfo))
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.FAILED, 8)


def test_a_kind_without_composer_is_not_lost() -> None:
    message = services.queue("tests.unknown", uuid4(), clinic_id=None, by=None, at=AT)
    services.deliver(message.pk, at=AT)
    message.refresh_from_db()
    assert message.state == State.QUEUED


def test_deliver_due_sends_all_that_is_due() -> None:
    for _ in range(3):
        owe()
    later = owe(at=AT + timedelta(hours=1))
    assert services.deliver_due(at=AT) == 3
    assert len(mail.outbox) == 3
    later.refresh_from_db()
    assert later.state == State.QUEUED


def test_deliver_due_takes_no_more_than_its_limit() -> None:
    for _ in range(3):
        owe()
    assert services.deliver_due(at=AT, limit=2) == 2
    assert services.deliver_due(at=AT) == 1


def test_one_mail_that_cannot_be_sent_does_not_hold_up_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An unforeseen error while sending one mail: the others go out in the same sweep."""
    first, second = owe(), owe(at=AT + timedelta(seconds=1))
    real = transport.send

    def fails_once(email: Email, *, message_id: str) -> transport.Outcome:
        if message_id == first.message_id:
            raise ZeroDivisionError("a defect")
        return real(email, message_id=message_id)

    monkeypatch.setattr(transport, "send", fails_once)
    services.deliver_due(at=AT + timedelta(seconds=2))
    second.refresh_from_db()
    assert second.state == State.SENT


def abandoned() -> Message:
    message = owe()
    Message.objects.filter(pk=message.pk).update(
        state=State.SENDING, claimed_at=AT, attempts=1, state_at=AT
    )
    return message


def test_a_mail_whose_worker_died_becomes_uncertain() -> None:
    message = abandoned()
    assert services.set_aside_abandoned(at=AT + CLAIM + timedelta(seconds=1)) == 1
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.UNCERTAIN, services.LOST_WORKER)


def test_a_mail_that_is_being_sent_is_left_alone() -> None:
    message = abandoned()
    assert services.set_aside_abandoned(at=AT + CLAIM) == 0
    message.refresh_from_db()
    assert message.state == State.SENDING


def test_an_uncertain_mail_is_never_sent_again_by_itself() -> None:
    message = abandoned()
    for days in range(1, 30):
        services.deliver_due(at=AT + timedelta(days=days))
    message.refresh_from_db()
    assert message.state == State.UNCERTAIN
    assert mail.outbox == []


def test_a_slow_worker_may_still_tell_how_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set aside while the server took its time: then the mail is known to be sent after all."""
    message = owe()

    def send_slowly(email: Email, *, message_id: str) -> transport.Outcome:
        services.set_aside_abandoned(at=AT + CLAIM + timedelta(seconds=1))
        return transport.Outcome(State.SENT)

    monkeypatch.setattr(transport, "send", send_slowly)
    assert services.deliver(message.pk, at=AT) == State.SENT


def test_a_person_is_needed_where_a_mail_did_not_arrive_or_nobody_knows() -> None:
    assert set(Message.TROUBLED) == {State.FAILED, State.BOUNCED, State.UNCERTAIN}


@pytest.mark.parametrize(
    ("state", "under_way"),
    [
        (State.QUEUED, True),
        (State.SENDING, True),
        (State.SENT, True),
        (State.FAILED, False),
        (State.UNCERTAIN, False),
        (State.CANCELLED, False),
    ],
)
def test_is_under_way(state: State, under_way: bool) -> None:
    message = owe()
    Message.objects.update(state=state, state_at=AT)
    since = AT - timedelta(minutes=10)
    assert services.is_under_way(KIND, message.about, since=since) is under_way


def test_a_mail_sent_before_is_not_under_way() -> None:
    message = owe()
    services.deliver(message.pk, at=AT)
    assert not services.is_under_way(KIND, message.about, since=AT)


def test_a_slow_mail_server_ends_the_sweep_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next sweep goes on; the worker is not killed in the middle of a mail."""
    for _ in range(3):
        owe()
    seconds = iter(range(0, 1000, services.SWEEP_SECONDS))
    monkeypatch.setattr(services, "monotonic", lambda: next(seconds))
    assert services.deliver_due(at=AT) == 2
    assert Message.objects.filter(state=State.QUEUED).count() == 1


def withdraw(message: Message, kind: str = KIND) -> int:
    return services.withdraw(kind=kind, about=message.about, reason="Answered.", by=None, at=AT)


def test_a_mail_that_lost_its_purpose_is_withdrawn(told: Told) -> None:
    message, other = owe(at=AT + timedelta(days=2)), owe(at=AT + timedelta(days=2))
    again = owe(about=message.about, slot=1, at=AT + timedelta(days=4))
    assert withdraw(message) == 2
    for mail_ in (message, again):
        mail_.refresh_from_db()
        assert (mail_.state, mail_.reason, mail_.state_at) == (State.CANCELLED, "Answered.", AT)
    other.refresh_from_db()
    assert other.state == State.QUEUED
    assert services.deliver_due(at=AT + timedelta(days=9)) == 1
    moves = Event.objects.filter(action="outbox.move", details__state="cancelled")
    assert {move.about_id for move in moves} == {message.pk, again.pk}
    assert told == []


def test_withdraw_names_who_did_it(mara: User) -> None:
    message = owe()
    services.withdraw(kind=KIND, about=message.about, reason="Sent again.", by=mara, at=AT)
    assert Event.objects.get(action="outbox.move", about_id=message.pk).by_id == mara.pk


def test_a_mail_of_another_kind_is_not_withdrawn() -> None:
    message = owe()
    assert withdraw(message, "tests.other") == 0
    message.refresh_from_db()
    assert message.state == State.QUEUED


@pytest.mark.parametrize("state", [state for state in State if state != State.QUEUED])
def test_only_what_waits_can_be_withdrawn(state: State) -> None:
    message = owe()
    Message.objects.filter(pk=message.pk).update(state=state)
    assert withdraw(message) == 0
    message.refresh_from_db()
    assert message.state == state


def test_what_was_cancelled_can_be_owed_again(told: Told) -> None:
    message, later = owe(), AT + timedelta(hours=1)
    withdraw(message)
    assert services.renew(message, by=None, at=AT, due_at=later)
    assert services.deliver_due(at=AT) == 0
    assert services.deliver_due(at=later) == 1
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.SENT, "")
    moves = Event.objects.filter(action="outbox.move", about_id=message.pk).order_by("pk")
    states = [move.details["state"] for move in moves]
    assert states == ["cancelled", "queued", "sending", "sent"]


@pytest.mark.parametrize("state", [state for state in State if state != State.CANCELLED])
def test_only_what_was_cancelled_is_owed_again(state: State) -> None:
    message = owe()
    Message.objects.filter(pk=message.pk).update(state=state)
    assert not services.renew(message, by=None, at=AT, due_at=AT)
    message.refresh_from_db()
    assert message.state == state


@pytest.mark.django_db(transaction=True)
def test_withdraw_does_not_wait_for_a_worker_that_writes_the_mail(writes: Registers) -> None:
    """The worker's composer may itself wait for the rows that the withdrawer has changed."""
    message = owe()
    counts: list[int] = []

    def elsewhere() -> int:
        try:
            return withdraw(message)
        finally:
            connection.close()

    def compose(about: UUID, at: datetime) -> Email:
        with ThreadPoolExecutor(1) as other:
            counts.append(other.submit(elsewhere).result(timeout=1))
        return greet(about, at)

    writes(compose)
    assert services.deliver(message.pk, at=AT) == State.SENT
    assert counts == [0]


def test_the_owner_is_told_when_a_mail_comes_back(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = owe()
    answers_with(monkeypatch, State.BOUNCED, transport.REFUSED_ADDRESS)
    services.deliver(message.pk, at=AT)
    assert told == [(message.about, AT)]


@pytest.mark.parametrize("state", [State.SENT, State.FAILED, State.UNCERTAIN, State.QUEUED])
def test_the_owner_is_told_of_nothing_else(
    state: State, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers_with(monkeypatch, state)
    services.deliver(owe().pk, at=AT)
    assert told == []


def test_the_owner_is_told_in_the_same_transaction(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the owner does about it happens together with the move, or neither does."""
    message = taken("p-1")
    monkeypatch.setitem(composers._bounced, KIND, lambda about, at: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.report("p-1", state=State.BOUNCED, reason="Back.", at=AT)
    message.refresh_from_db()
    assert message.state == State.SENT
    assert not Event.objects.filter(action="outbox.move", details__state="bounced").exists()


def taken(provider_id: str, state: State = State.SENT) -> Message:
    message = owe()
    Message.objects.filter(pk=message.pk).update(provider_id=provider_id, state=state)
    return message


def test_the_id_of_the_provider_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    message = owe()
    outcome = transport.Outcome(State.SENT, provider_id="p" * 300)
    monkeypatch.setattr(transport, "send", lambda email, *, message_id: outcome)
    services.deliver(message.pk, at=AT)
    message.refresh_from_db()
    assert message.provider_id == "p" * 255
    assert services.report("p" * 300, state=State.BOUNCED, reason="Back.", at=AT), "it is found"


@pytest.mark.parametrize(
    ("before", "told_state", "after"),
    [
        (State.SENT, State.BOUNCED, State.BOUNCED),
        (State.UNCERTAIN, State.BOUNCED, State.BOUNCED),
        (State.UNCERTAIN, State.SENT, State.SENT),
        (State.SENT, State.SENT, State.SENT),
        (State.BOUNCED, State.SENT, State.BOUNCED),
        (State.FAILED, State.BOUNCED, State.BOUNCED),
        (State.SENT, State.FAILED, State.FAILED),
        (State.UNCERTAIN, State.FAILED, State.FAILED),
        (State.BOUNCED, State.FAILED, State.BOUNCED),
        (State.FAILED, State.SENT, State.FAILED),
        (State.CANCELLED, State.BOUNCED, State.CANCELLED),
        (State.QUEUED, State.BOUNCED, State.QUEUED),
        (State.SENDING, State.BOUNCED, State.SENDING),
    ],
)
def test_what_a_provider_reports_later(before: State, told_state: State, after: State) -> None:
    message = taken("p-1", before)
    news = services.report("p-1", state=told_state, reason="They said.", at=AT)
    message.refresh_from_db()
    assert message.state == after
    assert news is (before != after)
    assert message.reason == ("They said." if news else "")


def test_the_same_report_again_is_no_news(told: Told) -> None:
    message = taken("p-1")
    news = [services.report("p-1", state=State.BOUNCED, reason="Back.", at=AT) for _ in range(3)]
    assert news == [True, False, False]
    assert told == [(message.about, AT)]
    assert Event.objects.filter(action="outbox.move", about_id=message.pk).count() == 1


@pytest.mark.parametrize(
    ("before", "reason", "is_news"),
    [
        (State.SENT, "", True),
        (State.UNCERTAIN, "Perhaps.", True),
        (State.SENT, "No more.", False),
        (State.BOUNCED, "Back.", False),
        (State.FAILED, "", False),
        (State.QUEUED, "", False),
    ],
)
def test_a_refusal_proves_that_the_mail_arrived(
    before: State, reason: str, is_news: bool, told: Told, refused: Told
) -> None:
    message = taken("p-1", before)
    Message.objects.filter(pk=message.pk).update(reason=reason)
    assert services.report_refusal("p-1", reason="No more.", at=AT) is is_news
    message.refresh_from_db()
    assert message.state == (State.SENT if is_news else before)
    assert message.reason == ("No more." if is_news else reason)
    assert refused == ([(message.about, AT)] if is_news else [])
    assert told == []


def test_a_refusal_is_told_in_the_same_transaction(
    refused: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = taken("p-1")
    monkeypatch.setitem(composers._refused, KIND, lambda about, at: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.report_refusal("p-1", reason="No more.", at=AT)
    message.refresh_from_db()
    assert message.reason == ""


@pytest.mark.parametrize("provider_id", ["", "p-2"])
def test_a_report_about_no_mail_of_ours_changes_nothing(provider_id: str) -> None:
    """Mails without an id are not one another's."""
    taken("p-1")
    taken("")
    assert not services.report(provider_id, state=State.BOUNCED, reason="Back.", at=AT)
    assert not Message.objects.filter(state=State.BOUNCED).exists()


def test_the_history_of_rows_is_in_order() -> None:
    first, other = owe(), owe()
    second = owe(about=first.about, slot=1, at=AT + timedelta(days=1))
    kind = services.queue("tests.other", first.about, clinic_id=None, by=None, at=AT)
    Message.objects.filter(pk=kind.pk).update(created_at=AT + timedelta(hours=1))
    assert list(Message.objects.about(first.about)) == [first, kind, second]
    assert list(Message.objects.about(first.about).of_kind(KIND)) == [first, second]
    assert set(Message.objects.about(first.about, other.about)) == {first, kind, second, other}


def test_the_mails_of_a_clinic_are_listed_newest_first() -> None:
    ours, elsewhere = uuid4(), uuid4()
    mails = [
        services.queue(KIND, uuid4(), clinic_id=clinic, by=None, at=AT + timedelta(hours=hour))
        for hour, clinic in enumerate([ours, elsewhere, ours, ours])
    ]
    old, _theirs, sent, new = mails
    Message.objects.filter(pk=sent.pk).update(state=State.SENT)
    Message.objects.filter(pk=old.pk).update(state=State.UNCERTAIN)
    assert list(Message.objects.in_clinic(ours)) == [new, sent, old]
    assert list(Message.objects.in_clinic(ours, *Message.TROUBLED)) == [old]
    assert list(Message.objects.in_clinic(ours, State.QUEUED, State.SENT)) == [new, sent]


def test_every_move_is_recorded() -> None:
    message = owe()
    services.deliver(message.pk, at=AT)
    moves = Event.objects.filter(action="outbox.move", about_id=message.pk).order_by("pk")
    assert [move.details["state"] for move in moves] == ["sending", "sent"]


def test_a_row_holds_neither_address_nor_text() -> None:
    message = owe()
    services.deliver(message.pk, at=AT)
    stored = str(Message.objects.values().get(pk=message.pk))
    assert "lena" not in stored
    assert "Hello" not in stored


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_once(monkeypatch: pytest.MonkeyPatch) -> None:
    message = owe()
    ids = answers_with(monkeypatch, State.SENT)
    start = Barrier(8)

    def work(_worker: int) -> State | None:
        close_old_connections()
        try:
            start.wait()
            return services.deliver(message.pk, at=AT)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as workers:
        ends = list(workers.map(work, range(8)))
    assert sorted(map(str, ends)) == sorted([str(State.SENT), *["None"] * 7])
    assert ids == [message.message_id]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_send_each_mail_once(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [owe() for _ in range(10)]
    ids = answers_with(monkeypatch, State.SENT)
    start = Barrier(4)

    def sweep(_worker: int) -> int:
        try:
            start.wait()
            return services.deliver_due(at=AT)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(sweep, range(4))) == 10
    assert sorted(ids) == sorted(message.message_id for message in messages)


@pytest.mark.django_db(transaction=True)
def test_the_claim_is_committed_before_a_byte_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen from another connection, as after a crash of this one."""
    message = owe()
    seen = []

    def look() -> str:
        try:
            return Message.objects.get(pk=message.pk).state
        finally:
            connection.close()

    def send(email: Email, *, message_id: str) -> transport.Outcome:
        with ThreadPoolExecutor(1) as elsewhere:
            seen.append(elsewhere.submit(look).result())
        return transport.Outcome(State.SENT)

    monkeypatch.setattr(transport, "send", send)
    services.deliver(message.pk, at=AT)
    assert seen == [State.SENDING]
