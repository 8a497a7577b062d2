"""What is known after an attempt through a provider, here one that speaks as Postmark does."""

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from outbox import transport
from outbox.composers import Email
from outbox.models import Message
from tests.outbox import postmark as fake
from tests.outbox.mail_servers import free_port
from tests.outbox.postmark import TAKEN, Postmark

MESSAGE_ID = "<11111111@clinic.example>"
STOP = "https://clinic.example/stop/k3y/"
LENA = Email("lena@mail.example", "A short form", "In words", "<p>In words</p>", "Praxis Müller")
State = Message.State
Outcome = transport.Outcome


@pytest.fixture
def postmark(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Postmark]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with fake.running() as server:
        use(settings, server.url)
        yield server


def use(settings: Settings, url: str, **more: object) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {
        "POSTMARK_SERVER_TOKEN": "the-key",
        "POSTMARK_API_URL": url,
        "REQUESTS_TIMEOUT": 5,
        **more,
    }


def send(email: Email = LENA) -> Outcome:
    return transport.send(email, message_id=MESSAGE_ID)


def test_taken_is_sent_and_its_id_is_known(postmark: Postmark) -> None:
    assert send() == Outcome(State.SENT, provider_id=str(TAKEN["MessageID"]))
    [mail] = postmark.mails
    assert mail["To"] == "lena@mail.example"
    assert mail["From"] == "Praxis Müller <alliance@clinic.example>"
    assert (mail["Subject"], mail["TextBody"]) == ("A short form", "In words")
    assert mail["HtmlBody"] == "<p>In words</p>"
    assert postmark.header("Message-ID") == [MESSAGE_ID]
    assert postmark.keys == ["the-key"]


def test_one_click_ends_these_mails(postmark: Postmark) -> None:
    send(Email("lena@mail.example", "S", "T", "H", unsubscribe_url=STOP))
    assert postmark.header("List-Unsubscribe") == [f"<{STOP}>"]
    assert postmark.header("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]


def test_taken_for_later_is_sent(postmark: Postmark) -> None:
    postmark.answer["Message"] = "Message accepted, but delivery may be delayed."
    assert send().state == State.SENT


INACTIVE = {
    "ErrorCode": 406,
    "Message": "You tried to send to a recipient that has been marked as inactive.\n"
    "Found inactive addresses: lena@mail.example.\n"
    "Inactive recipients are ones that have generated a hard bounce or a spam complaint. ",
}
BAD_ADDRESS = {"ErrorCode": 300, "Message": "Invalid 'To' address: 'lena@mail.example'."}
BAD_SENDER = {"ErrorCode": 300, "Message": "Invalid 'From' address: 'alliance@clinic.example'."}
NO_MORE = {"ErrorCode": 405, "Message": "You have run out of credits, lena@mail.example."}
NO_KEY = {"ErrorCode": 10, "Message": "No Account or Server API tokens were supplied."}


@pytest.mark.parametrize(
    ("status", "answer", "outcome"),
    [
        (422, INACTIVE, Outcome(State.BOUNCED, transport.BLOCKED_ADDRESS)),
        (422, BAD_ADDRESS, Outcome(State.BOUNCED, transport.BLOCKED_ADDRESS)),
        (422, BAD_SENDER, Outcome(State.FAILED, transport.REFUSED)),
        (422, NO_MORE, Outcome(State.FAILED, transport.REFUSED)),
        (413, {}, Outcome(State.FAILED, transport.REFUSED)),
        (401, NO_KEY, Outcome(State.QUEUED, transport.NO_KEY)),
        (403, {}, Outcome(State.QUEUED, transport.NO_KEY)),
        (429, {}, Outcome(State.QUEUED, transport.BUSY)),
        (500, {}, Outcome(State.UNCERTAIN, transport.BROKE_OFF)),
        (503, {}, Outcome(State.UNCERTAIN, transport.BROKE_OFF)),
        (200, {"ErrorCode": 0}, Outcome(State.UNCERTAIN, transport.BROKE_OFF)),
        (200, {"ErrorCode": 0, "Message": "OK"}, Outcome(State.UNCERTAIN, transport.BROKE_OFF)),
    ],
)
def test_what_an_answer_means(
    postmark: Postmark, status: int, answer: dict[str, object], outcome: Outcome
) -> None:
    postmark.status, postmark.answer = status, answer
    assert send() == outcome


def test_an_answer_about_somebody_else_leaves_it_uncertain(postmark: Postmark) -> None:
    postmark.answer["To"] = "somebody.else@mail.example"
    assert send().state == State.UNCERTAIN


def test_silence_after_the_mail_is_uncertain(postmark: Postmark, settings: Settings) -> None:
    use(settings, postmark.url, REQUESTS_TIMEOUT=0.3)
    postmark.seconds = 1
    assert send() == Outcome(State.UNCERTAIN, transport.BROKE_OFF)
    assert len(postmark.mails) == 1, "it did arrive: sending it again would be a second mail"


def test_closed_before_the_answer_is_uncertain(postmark: Postmark) -> None:
    postmark.hangs_up = True
    assert send() == Outcome(State.UNCERTAIN, transport.BROKE_OFF)


def test_nobody_there_is_tried_again(postmark: Postmark, settings: Settings) -> None:
    use(settings, f"http://127.0.0.1:{free_port()}/")
    assert send() == Outcome(State.QUEUED, transport.UNREACHABLE)


def test_an_unknown_host_is_tried_again(postmark: Postmark, settings: Settings) -> None:
    use(settings, "http://no-such-host.invalid/")
    assert send() == Outcome(State.QUEUED, transport.UNREACHABLE)


def test_nobody_who_lifts_is_tried_again(postmark: Postmark, settings: Settings) -> None:
    """The queue of connections is full: the connection itself times out."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        address = server.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for line in waiting:
            line.setblocking(False)
            line.connect_ex(address)
        use(settings, f"http://127.0.0.1:{address[1]}/", REQUESTS_TIMEOUT=0.3)
        assert send() == Outcome(State.QUEUED, transport.UNREACHABLE)
        for line in waiting:
            line.close()


def test_somebody_who_only_says_to_be_the_provider_gets_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with fake.running(fake.own_certificate(tmp_path)) as impostor:
        use(settings, impostor.url)
        assert send() == Outcome(State.QUEUED, transport.UNREACHABLE)
        assert impostor.mails == []


@pytest.mark.parametrize(
    "address", ["lena@mail.example, eve@evil.example", "", "lena", "lena@mail.example\nX: y"]
)
def test_what_is_not_one_address_fails_and_nothing_is_sent(
    postmark: Postmark, address: str
) -> None:
    assert send(Email(address, "S", "T", "H")) == Outcome(State.FAILED, transport.NO_ADDRESS)
    assert postmark.mails == []


def test_what_the_provider_cannot_do_fails(postmark: Postmark, settings: Settings) -> None:
    use(settings, postmark.url, SEND_DEFAULTS={"tags": ["one", "two"]})
    assert send() == Outcome(State.FAILED, transport.UNABLE)
    assert postmark.mails == []


def test_a_provider_without_a_key_is_tried_again(postmark: Postmark, settings: Settings) -> None:
    """Certainly nothing has left; and a restart with the key is all that it needs."""
    settings.ANYMAIL = {}
    assert send() == Outcome(State.QUEUED, transport.UNREACHABLE)


@pytest.mark.parametrize("answer", [INACTIVE, BAD_ADDRESS, NO_MORE])
def test_the_log_names_nobody(
    postmark: Postmark, answer: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    postmark.status, postmark.answer = 422, answer
    with caplog.at_level(logging.DEBUG):
        send()
    assert "lena" not in caplog.text
    assert "Lena" not in caplog.text
