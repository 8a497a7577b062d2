"""A ring never delays what rings, whatever the broker does."""

import logging
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings
from django.db import transaction

from clients.models import Treatment
from outbox import doorbell as module
from outbox.doorbell import WAITING_RINGS, Doorbell, ring_on_commit
from outbox.models import Message
from sessions.models import RATING_REQUEST, TherapySession
from tests import people
from trends.models import Trajectory

pytestmark = pytest.mark.rings

SOON = 1.0  # seconds that a request may take beside a broken broker, on a busy machine


@pytest.fixture
def bell(monkeypatch: pytest.MonkeyPatch) -> Doorbell:
    """One of our own: its thread may hang without holding up other tests."""
    fresh = Doorbell()
    monkeypatch.setattr(module, "doorbell", fresh)
    return fresh


class Publisher:
    """Stands in for the broker: keeps what is published, or fails, or hangs."""

    def __init__(self, publish: Callable[[], None] = lambda: None) -> None:
        self.rings: list[tuple[str, tuple[str, ...]]] = []
        self.publish = publish

    def send_task(self, task: str, args: tuple[str, ...], **options: object) -> None:
        self.publish()
        self.rings.append((task, args))


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch, bell: Doorbell) -> Publisher:
    made = Publisher()
    monkeypatch.setattr(module, "current_app", made)
    return made


def test_a_ring_is_published_with_its_ids(bell: Doorbell, publisher: Publisher) -> None:
    bell.ring(("outbox.deliver", ("1",)))
    bell.wait()
    assert publisher.rings == [("outbox.deliver", ("1",))]


def test_a_muted_bell_tells_nobody(bell: Doorbell, publisher: Publisher) -> None:
    with bell.muted():
        bell.ring(("outbox.deliver", ("1",)))
    bell.ring(("outbox.deliver", ("2",)))
    bell.wait()
    assert publisher.rings == [("outbox.deliver", ("2",))]


def test_a_ring_that_fails_is_logged_and_the_next_one_rings(
    bell: Doorbell, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse() -> None:
        publisher.publish = lambda: None
        raise ConnectionError("no broker")

    publisher.publish = refuse
    with caplog.at_level(logging.WARNING):
        bell.ring(("first", ()))
        bell.ring(("second", ()))
        bell.wait()
    assert publisher.rings == [("second", ())]
    assert "Broker not reached" in caplog.text


def test_a_full_bell_drops_rings_and_does_not_wait(
    bell: Doorbell, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    released = threading.Event()

    def hang() -> None:
        released.wait(30)

    publisher.publish = hang
    started = time.monotonic()
    with caplog.at_level(logging.WARNING):
        for number in range(WAITING_RINGS + 10):
            bell.ring(("outbox.deliver", (str(number),)))
    assert time.monotonic() - started < SOON
    assert "Doorbell full" in caplog.text
    released.set()
    bell.wait()
    assert WAITING_RINGS <= len(publisher.rings) <= WAITING_RINGS + 1


@pytest.mark.django_db(transaction=True)
def test_nothing_rings_before_the_commit(bell: Doorbell, publisher: Publisher) -> None:
    with transaction.atomic():
        ring_on_commit("outbox.deliver", 7)
        bell.ring(("witness", ()))
        bell.wait()
        assert publisher.rings == [("witness", ())]
    bell.wait()
    assert publisher.rings[1:] == [("outbox.deliver", ("7",))]


@pytest.mark.django_db(transaction=True)
def test_nothing_rings_after_a_rollback(bell: Doorbell, publisher: Publisher) -> None:
    with transaction.atomic():
        ring_on_commit("outbox.deliver", 7)
        transaction.set_rollback(True)
    bell.ring(("witness", ()))
    bell.wait()
    assert publisher.rings == [("witness", ())]


@pytest.mark.django_db(transaction=True)
def test_a_session_rings_for_its_mail_and_its_trajectory(
    bell: Doorbell, publisher: Publisher
) -> None:
    session = people.hold(treatment())
    bell.wait()
    message = Message.objects.of_kind(RATING_REQUEST).get(about=session.request.pk)
    assert ("outbox.deliver", (str(message.pk),)) in publisher.rings
    assert ("trends.recompute_treatment", (str(session.treatment_id),)) in publisher.rings


@pytest.mark.django_db(transaction=True)
def test_a_ring_carries_ids_and_nothing_else(bell: Doorbell, publisher: Publisher) -> None:
    people.answer(people.hold(treatment()), comment="CANARY comment")
    bell.wait()
    for _task, args in publisher.rings:
        assert [len(value) for value in args] == [36]


def treatment() -> Treatment:
    clinic = people.open_clinic()
    return people.take_on(people.hire(clinic, "Mara Lindqvist", people.Role.THERAPIST))


def broker_at(monkeypatch: pytest.MonkeyPatch, url: str) -> Celery:
    """Celery with the settings of production, and this broker."""
    app = Celery("elsewhere", broker=url, set_as_current=False)
    app.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    monkeypatch.setattr(module, "current_app", app)
    return app


@contextmanager
def socket_path() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield str(Path(folder) / "broker")


@contextmanager
def hung_broker() -> Iterator[str]:
    """Accepts every connection and never answers."""
    with socket_path() as path, socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(50)
        yield path


@pytest.mark.django_db(transaction=True)
def test_a_refusing_broker_delays_nobody(bell: Doorbell, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = treatment()
    with socket_path() as path:
        broker_at(monkeypatch, f"redis+socket://{path}")
        assert seconds_to_hold_and_answer(ana) < SOON
    assert_all_is_owed(ana)


@pytest.mark.django_db(transaction=True)
def test_a_hung_broker_delays_nobody(bell: Doorbell, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = treatment()
    with hung_broker() as path:
        broker_at(monkeypatch, f"redis+socket://{path}")
        assert seconds_to_hold_and_answer(ana) < SOON
    assert_all_is_owed(ana)


def seconds_to_hold_and_answer(ana: Treatment) -> float:
    started = time.monotonic()
    people.answer(people.hold(ana))
    return time.monotonic() - started


def assert_all_is_owed(ana: Treatment) -> None:
    session = TherapySession.objects.get(treatment=ana)
    assert Message.objects.filter(about=session.request.pk, state="queued").exists()
    assert Trajectory.objects.filter(treatment=ana, due_at__isnull=False).exists()


def test_a_real_broker_gets_the_ring(bell: Doorbell, monkeypatch: pytest.MonkeyPatch) -> None:
    app = broker_at(monkeypatch, settings.CELERY_BROKER_URL)
    app.conf.task_default_queue = "doorbell-test"
    bell.ring(("outbox.deliver", ("1234",)))
    bell.wait()
    with app.connection_for_read() as connection:
        message = connection.SimpleQueue("doorbell-test").get(timeout=5)
        message.ack()
    assert message.headers["task"] == "outbox.deliver"
    assert message.payload[0] == ["1234"]
