"""What is known after an attempt, against a real SMTP server on this machine."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytest_django import Settings

from outbox import transport
from outbox.composers import Email
from outbox.models import Message
from tests.outbox.conftest import Serves
from tests.outbox.mail_servers import (
    Accepting,
    AnswersData,
    AnswersRecipient,
    ClosesAfterData,
    HangsAfterData,
    free_port,
    point_to,
)

MESSAGE_ID = "<11111111@clinic.example>"
LENA = Email("lena@mail.example", "A short form", "In words", "<p>In words</p>", "The clinic")
State = Message.State


def send(message: Email = LENA) -> transport.Outcome:
    return transport.send(message, message_id=MESSAGE_ID)


def test_accepted_is_sent(serves: Serves) -> None:
    server = serves(Accepting())
    assert send() == transport.Outcome(State.SENT)
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
        ("550 no such user", transport.Outcome(State.BOUNCED, transport.REFUSED_ADDRESS)),
        ("550 5.1.1 no such user", transport.Outcome(State.BOUNCED, transport.REFUSED_ADDRESS)),
        ("551 not here", transport.Outcome(State.BOUNCED, transport.REFUSED_ADDRESS)),
        ("553 not a mailbox", transport.Outcome(State.BOUNCED, transport.REFUSED_ADDRESS)),
        ("556 takes no mail", transport.Outcome(State.BOUNCED, transport.REFUSED_ADDRESS)),
        ("554 relaying denied", transport.Outcome(State.FAILED, transport.REFUSED)),
        ("550 5.7.1 you are on a list", transport.Outcome(State.FAILED, transport.REFUSED)),
        ("530 log in first", transport.Outcome(State.FAILED, transport.REFUSED)),
        ("450 greylisted", transport.Outcome(State.QUEUED, transport.BUSY)),
        ("451 try later", transport.Outcome(State.QUEUED, transport.BUSY)),
    ],
)
def test_refused_recipient(serves: Serves, answer: str, outcome: transport.Outcome) -> None:
    server = serves(AnswersRecipient(answer))
    assert send() == outcome
    assert server.mails == []


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("550 looks like spam", transport.Outcome(State.FAILED, transport.REFUSED)),
        ("554 not wanted", transport.Outcome(State.FAILED, transport.REFUSED)),
        ("552 too large", transport.Outcome(State.FAILED, transport.REFUSED)),
        ("451 try later", transport.Outcome(State.QUEUED, transport.BUSY)),
    ],
)
def test_refused_after_the_text(serves: Serves, answer: str, outcome: transport.Outcome) -> None:
    serves(AnswersData(answer))
    assert send() == outcome


def test_closed_before_the_answer_is_uncertain(serves: Serves) -> None:
    server = serves(ClosesAfterData())
    assert send() == transport.Outcome(State.UNCERTAIN, transport.BROKE_OFF)
    assert len(server.mails) == 1, "it did arrive: sending it again would be a second mail"


def test_silence_after_the_text_is_uncertain(serves: Serves, settings: Settings) -> None:
    serves(HangsAfterData())
    settings.EMAIL_TIMEOUT = 0.5
    assert send() == transport.Outcome(State.UNCERTAIN, transport.BROKE_OFF)


def test_refused_connection_is_tried_again(settings: Settings) -> None:
    point_to(settings, free_port())
    assert send() == transport.Outcome(State.QUEUED, transport.UNREACHABLE)


def test_unknown_host_is_tried_again(settings: Settings) -> None:
    point_to(settings, 25)
    settings.EMAIL_HOST = "no-such-host.invalid"
    assert send() == transport.Outcome(State.QUEUED, transport.UNREACHABLE)


@contextmanager
def silent_server() -> Iterator[int]:
    """Lets itself be connected to, and never greets."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_server_that_never_greets_is_tried_again(settings: Settings) -> None:
    with silent_server() as port:
        point_to(settings, port)
        settings.EMAIL_TIMEOUT = 0.3
        assert send() == transport.Outcome(State.QUEUED, transport.UNREACHABLE)


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


@pytest.mark.parametrize(
    "name", ["Adler, Ruth", 'The "Old" Practice', "Praxis (Mitte)", "Müller; Söhne", "a@b.example"]
)
def test_a_sender_name_is_shown_as_it_is_written(serves: Serves, name: str) -> None:
    server = serves(Accepting())
    assert send(Email("lena@mail.example", "S", "T", "H", name)).state == State.SENT
    [sender] = server.mails[0]["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "alliance@clinic.example")


def test_letters_of_all_languages_arrive(serves: Serves) -> None:
    server = serves(Accepting())
    send(Email("lena@mail.example", "Übermäßig 🙂", "Grüße\n", "<p>Grüße</p>", "Praxis Müller"))
    [mail] = server.mails
    assert mail["Subject"] == "Übermäßig 🙂"
    assert mail["From"].addresses[0].display_name == "Praxis Müller"
    body = mail.get_body(["plain"])
    assert body is not None
    assert "Grüße" in body.get_content()


FAR = "https://alliance.clinic.example/stop/" + "k3y-" * 60 + "/"
A_FORM = Email("lena@mail.example", "S", "T", "H", "The clinic", unsubscribe_url=FAR)


def test_one_click_ends_these_mails(serves: Serves) -> None:
    """RFC 8058, 3.1: an address in angle brackets, and the one key-value pair."""
    server = serves(Accepting())
    assert send(A_FORM).state == State.SENT
    [mail] = server.mails
    assert mail.get_all("List-Unsubscribe") == [f"<{FAR}>"]
    assert mail.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]


def test_the_headers_of_a_click_are_on_one_line_each(serves: Serves) -> None:
    """Servers on the way that fold and unfold them anew have broken signatures."""
    server = serves(Accepting())
    send(A_FORM)
    [lines] = server.lines
    assert f"List-Unsubscribe: <{FAR}>" in lines
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    assert f"Message-ID: {MESSAGE_ID}" in lines


def test_a_mail_without_an_address_to_stop_it_has_no_such_header(serves: Serves) -> None:
    server = serves(Accepting())
    send()
    [mail] = server.mails
    assert not [name for name in mail if name.startswith("List-")]


def test_no_line_is_too_long_for_a_server(serves: Serves) -> None:
    """RFC 5322, 2.1.1: 998 characters."""
    server = serves(Accepting())
    send(Email("lena@mail.example", "Ü" * 2000, "T", "H", "Praxis " * 300, unsubscribe_url=FAR))
    [lines] = server.lines
    assert max(map(len, lines)) <= 998


def test_an_address_to_stop_it_adds_no_header(serves: Serves) -> None:
    server = serves(Accepting())
    evil = Email(
        "lena@mail.example", "S", "T", "H", unsubscribe_url="https://x/\r\nBcc: e@e.example"
    )
    assert send(evil).state == State.FAILED
    assert server.mails == []
