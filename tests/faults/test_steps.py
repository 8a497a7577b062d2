"""A worker is killed at each step of one mail. (Half way through a mail: see test_kills.)

What has certainly not left goes out once. What may have left waits for a person, who can see it.
"""

import socket

import pytest
from django.db import connection, transaction
from django.utils import timezone

from alliance.local.children import Child
from alliance.sweep import sweep
from clients.models import Treatment
from outbox import services
from outbox.models import Message
from sessions.models import RATING_REQUEST, RatingRequest
from tests import people
from tests.faults import promises
from tests.faults.practice import day, later, wait_until
from tests.faults.sink import Sink
from tests.faults.site import Broker, Site, is_ready, kill, ring

State = Message.State
WAITING = "SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"


@pytest.fixture
def owed(ana: Treatment) -> Message:
    """Ana's form is owed, and nobody was told."""
    request = people.hold(ana, day(0), at=timezone.now()).request
    return Message.objects.about(request.pk).of_kind(RATING_REQUEST).get()


def state_of(message: Message) -> State:
    message.refresh_from_db()
    return State(message.state)


def test_killed_while_it_writes_the_mail(
    site: Site, broker: Broker, sink: Sink, owed: Message
) -> None:
    """The claim was not committed: nothing has happened, and the next sweep sends it."""
    worker = site.start_worker()
    wait_until(lambda: is_ready(worker))
    with transaction.atomic():
        RatingRequest.objects.select_for_update(no_key=True).get(pk=owed.about)
        ring(broker, "outbox.deliver", owed.pk)
        wait_until(is_somebody_waiting)
        kill(worker)
    assert (state_of(owed), owed.attempts) == (State.QUEUED, 0)
    wait_until(lambda: sweep(timezone.now())["messages"] == 1)  # once PostgreSQL has missed it
    assert (state_of(owed), owed.attempts, sink.count) == (State.SENT, 1, 1)


def is_somebody_waiting() -> bool:
    """For a row that our transaction holds."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return bool(cursor.fetchone()[0])


def wait_until_done(worker: Child, *, tasks: int) -> None:
    wait_until(lambda: worker.log.read_text().count(" succeeded in ") >= tasks)


@pytest.mark.usefixtures("one_mail_server")
def test_killed_between_the_claim_and_the_first_byte(
    site: Site, broker: Broker, owed: Message
) -> None:
    """Nothing has left, but nobody can know: it is listed, and never sent by itself."""
    worker = site.start_worker()
    with socket.create_server(("127.0.0.1", site.smtp_port)):  # it connects, and is not greeted
        ring(broker, "outbox.deliver", owed.pk)
        wait_until(lambda: state_of(owed) == State.SENDING)
        kill(worker)
    with Sink(site.smtp_port) as sink:
        again = site.start_worker("again")
        wait_until(lambda: is_ready(again))
        for _ in range(3):
            ring(broker, "outbox.deliver", owed.pk)
            sweep(later())
        wait_until_done(again, tasks=3)
        assert sink.count == 0
    assert (state_of(owed), owed.reason) == (State.UNCERTAIN, services.LOST_WORKER)
    assert owed.clinic_id
    assert list(Message.objects.in_clinic(owed.clinic_id, *Message.TROUBLED)) == [owed]


def test_killed_after_it_noted_the_end(
    site: Site, broker: Broker, sink: Sink, owed: Message
) -> None:
    """Its ring comes again, for it was not acknowledged perhaps; the mail does not."""
    worker = site.start_worker()
    ring(broker, "outbox.deliver", owed.pk)
    wait_until(lambda: state_of(owed) == State.SENT)
    kill(worker)
    again = site.start_worker("again")
    wait_until(lambda: is_ready(again))
    ring(broker, "outbox.deliver", owed.pk)
    sweep(later())
    wait_until_done(again, tasks=1)
    assert (state_of(owed), owed.attempts) == (State.SENT, 1)
    assert sink.count == 1
    promises.no_mail_came_twice(sink)
