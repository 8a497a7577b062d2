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

from audit.models import Event
from outbox import composers, services, smtp
from outbox.composers import Email
from outbox.models import CLAIM, Message
from tests.outbox.conftest import KIND, Registers, greet

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

    def send(email: Email, *, message_id: str) -> smtp.Outcome:
        seen.append(message_id)
        return smtp.Outcome(state, reason)

    monkeypatch.setattr(smtp, "send", send)
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

    def send(email: Email, *, message_id: str) -> smtp.Outcome:
        row = Message.objects.get(pk=message.pk)
        seen.append((row.state, row.claimed_at, row.attempts))
        return smtp.Outcome(State.SENT)

    monkeypatch.setattr(smtp, "send", send)
    services.deliver(message.pk, at=AT)
    assert seen == [(State.SENDING, AT, 1)]


@pytest.mark.parametrize("state", [State.SENT, State.FAILED, State.UNCERTAIN])
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
    answers_with(monkeypatch, State.QUEUED, smtp.BUSY)
    assert services.deliver(message.pk, at=AT) == State.QUEUED
    message.refresh_from_db()
    assert (message.state, message.reason, message.attempts) == (State.QUEUED, smtp.BUSY, 1)
    assert AT < message.due_at <= AT + 2 * services.FIRST_PAUSE


def test_pauses_double_up_to_the_longest(
    clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = owe()
    answers_with(monkeypatch, State.QUEUED, smtp.BUSY)
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
    ids = answers_with(monkeypatch, State.QUEUED, smtp.BUSY)
    for _hour in range(100):
        clock.shift(timedelta(hours=3))
        services.deliver_due(at=datetime.now(AT.tzinfo))
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.FAILED, smtp.BUSY)
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
    real = smtp.send

    def fails_once(email: Email, *, message_id: str) -> smtp.Outcome:
        if message_id == first.message_id:
            raise ZeroDivisionError("a defect")
        return real(email, message_id=message_id)

    monkeypatch.setattr(smtp, "send", fails_once)
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

    def send_slowly(email: Email, *, message_id: str) -> smtp.Outcome:
        services.set_aside_abandoned(at=AT + CLAIM + timedelta(seconds=1))
        return smtp.Outcome(State.SENT)

    monkeypatch.setattr(smtp, "send", send_slowly)
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

    def send(email: Email, *, message_id: str) -> smtp.Outcome:
        with ThreadPoolExecutor(1) as elsewhere:
            seen.append(elsewhere.submit(look).result())
        return smtp.Outcome(State.SENT)

    monkeypatch.setattr(smtp, "send", send)
    services.deliver(message.pk, at=AT)
    assert seen == [State.SENDING]
