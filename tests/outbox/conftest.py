from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from pytest_django import Settings

from outbox import composers
from outbox.composers import Composer, Email
from tests.outbox.mail_servers import Accepting, free_port, point_to

KIND = "tests.greeting"

Registers = Callable[[Composer], None]
Serves = Callable[[Accepting], Accepting]
Told = list[tuple[UUID, datetime]]


def greet(about: UUID, at: datetime) -> Email:
    return Email("lena@mail.example", f"Hello {about}", "Text", "<p>Text</p>", "The clinic")


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> Registers:
    """Put another composer in the place of the one for greetings."""

    def register(composer: Composer) -> None:
        monkeypatch.setitem(composers._composers, KIND, composer)

    register(greet)
    return register


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, writes: Registers) -> Told:
    """What the owner of the greetings is told about those that came back."""
    heard: Told = []
    monkeypatch.setitem(composers._bounced, KIND, lambda about, at: heard.append((about, at)))
    return heard


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, writes: Registers) -> Told:
    """The same of readers who want no more."""
    heard: Told = []
    monkeypatch.setitem(composers._refused, KIND, lambda about, at: heard.append((about, at)))
    return heard


@pytest.fixture
def serves(settings: Settings) -> Iterator[Serves]:
    """Start a mail server with this behaviour and let Django use it."""
    running: list[Controller] = []

    def start(handler: Accepting) -> Accepting:
        controller = Controller(handler, hostname="127.0.0.1", port=free_port())
        controller.start()
        running.append(controller)
        point_to(settings, controller.port)
        return handler

    yield start
    for controller in running:
        controller.stop()
