"""What is known after an attempt, against a real SMTP server on this machine."""

import asyncio
import email.policy
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pytest_django import Settings

from outbox import smtp
from outbox.composers import Email
from outbox.models import Message

MESSAGE_ID = "<11111111@clinic.example>"
LENA = Email("lena@mail.example", "A short form", "In words", "<p>In words</p>", "The clinic")
State = Message.State


class Accepting:
    """Takes every mail, unless a subclass answers otherwise."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        self.recipients.append(envelope.rcpt_tos)
        return "250 taken"


class AnswersRecipient(Accepting):
    def __init__(self, answer: str) -> None:
        super().__init__()
        self.answer = answer

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        return self.answer


class AnswersData(Accepting):
    def __init__(self, answer: str) -> None:
        super().__init__()
        self.answer = answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        await super().handle_DATA(server, session, envelope)
        return self.answer


class ClosesAfterData(Accepting):
    """Takes the mail and is gone before it says so."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        await super().handle_DATA(server, session, envelope)
        server.transport.abort()
        return "250 nobody hears it"


class HangsAfterData(Accepting):
    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        await asyncio.sleep(3)
        return "250 too late"


Serves = Callable[[Accepting], Accepting]


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


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def point_to(settings: Settings, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


def send(message: Email = LENA) -> smtp.Outcome:
    return smtp.send(message, message_id=MESSAGE_ID)


def test_accepted_is_sent(serves: Serves) -> None:
    server = serves(Accepting())
    assert send() == smtp.Outcome(State.SENT)
    [mail] = server.mails
    assert mail["To"] == "lena@mail.example"
    assert mail["From"] == "The clinic <alliance@clinic.example>"
    assert mail["Subject"] == "A short form"
    assert mail["Message-ID"] == MESSAGE_ID
    assert mail["Auto-Submitted"] == "auto-generated"


def test_mail_has_a_text_and_an_html_part(serves: Serves) -> None:
    server = serves(Accepting())
    send()
    [mail] = server.mails
    text, html = mail.get_body(["plain"]), mail.get_body(["html"])
    assert text is not None
    assert html is not None
    assert text.get_content().strip() == "In words"
    assert html.get_content().strip() == "<p>In words</p>"


def test_message_id_is_the_same_for_every_attempt(serves: Serves) -> None:
    server = serves(Accepting())
    send()
    send()
    assert [mail["Message-ID"] for mail in server.mails] == [MESSAGE_ID] * 2


def test_without_sender_name_only_the_address_is_shown(serves: Serves) -> None:
    server = serves(Accepting())
    send(Email("lena@mail.example", "S", "T", "H"))
    assert server.mails[0]["From"] == "alliance@clinic.example"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("550 no such user", smtp.Outcome(State.FAILED, smtp.REFUSED_ADDRESS)),
        ("553 not a mailbox", smtp.Outcome(State.FAILED, smtp.REFUSED_ADDRESS)),
        ("450 greylisted", smtp.Outcome(State.QUEUED, smtp.BUSY)),
        ("451 try later", smtp.Outcome(State.QUEUED, smtp.BUSY)),
    ],
)
def test_refused_recipient(serves: Serves, answer: str, outcome: smtp.Outcome) -> None:
    server = serves(AnswersRecipient(answer))
    assert send() == outcome
    assert server.mails == []


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("550 looks like spam", smtp.Outcome(State.FAILED, smtp.REFUSED)),
        ("552 too large", smtp.Outcome(State.FAILED, smtp.REFUSED)),
        ("451 try later", smtp.Outcome(State.QUEUED, smtp.BUSY)),
    ],
)
def test_refused_after_the_text(serves: Serves, answer: str, outcome: smtp.Outcome) -> None:
    serves(AnswersData(answer))
    assert send() == outcome


def test_closed_before_the_answer_is_uncertain(serves: Serves) -> None:
    server = serves(ClosesAfterData())
    assert send() == smtp.Outcome(State.UNCERTAIN, smtp.BROKE_OFF)
    assert len(server.mails) == 1, "it did arrive: sending it again would be a second mail"


def test_silence_after_the_text_is_uncertain(serves: Serves, settings: Settings) -> None:
    serves(HangsAfterData())
    settings.EMAIL_TIMEOUT = 0.5
    assert send() == smtp.Outcome(State.UNCERTAIN, smtp.BROKE_OFF)


def test_refused_connection_is_tried_again(settings: Settings) -> None:
    point_to(settings, free_port())
    assert send() == smtp.Outcome(State.QUEUED, smtp.UNREACHABLE)


def test_unknown_host_is_tried_again(settings: Settings) -> None:
    point_to(settings, 25)
    settings.EMAIL_HOST = "no-such-host.invalid"
    assert send() == smtp.Outcome(State.QUEUED, smtp.UNREACHABLE)


@contextmanager
def silent_server() -> Iterator[int]:
    """Lets itself be connected to, and never greets."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_server_that_never_greets_is_tried_again(settings: Settings) -> None:
    with silent_server() as port:
        point_to(settings, port)
        settings.EMAIL_TIMEOUT = 0.3
        assert send() == smtp.Outcome(State.QUEUED, smtp.UNREACHABLE)


@pytest.mark.parametrize("name", ["Clinic\r\nBcc: eve@evil.example", "Clinic\nX-Evil: 1"])
def test_line_breaks_in_the_sender_name_add_no_header(serves: Serves, name: str) -> None:
    server = serves(Accepting())
    assert send(Email("lena@mail.example", "S", "T", "H", name)).state == State.SENT
    [mail] = server.mails
    assert "Bcc" not in mail
    assert "X-Evil" not in mail
    assert server.recipients == [["lena@mail.example"]]


def test_line_breaks_in_the_subject_add_no_header(serves: Serves) -> None:
    server = serves(Accepting())
    send(Email("lena@mail.example", "A form\r\nBcc: eve@evil.example", "T", "H"))
    [mail] = server.mails
    assert "Bcc" not in mail
    assert mail["Subject"] == "A form Bcc: eve@evil.example"


def test_a_comma_in_the_sender_name_adds_no_address(serves: Serves) -> None:
    server = serves(Accepting())
    send(Email("lena@mail.example", "S", "T", "H", "Adler, Ruth <eve@evil.example>"))
    [sender] = server.mails[0]["From"].addresses
    assert sender.addr_spec == "alliance@clinic.example"


@pytest.mark.parametrize(
    "address",
    [
        "lena@mail.example\r\nBcc: eve@evil.example",
        "lena@mail.example\nX: y",
        "lena@mail.example, eve@evil.example",
        "",
    ],
)
def test_what_is_not_one_address_fails_and_nothing_is_sent(serves: Serves, address: str) -> None:
    """Certainly not sent, and never will be: that is a state, not an error of the worker."""
    server = serves(Accepting())
    assert send(Email(address, "S", "T", "H")).state == State.FAILED
    assert server.mails == []


def test_letters_of_all_languages_arrive(serves: Serves) -> None:
    server = serves(Accepting())
    send(Email("lena@mail.example", "Übermäßig 🙂", "Grüße\n", "<p>Grüße</p>", "Praxis Müller"))
    [mail] = server.mails
    assert mail["Subject"] == "Übermäßig 🙂"
    assert mail["From"].addresses[0].display_name == "Praxis Müller"
    body = mail.get_body(["plain"])
    assert body is not None
    assert "Grüße" in body.get_content()
