"""Mail servers of every temper, for tests that want to know what is known afterwards."""

import asyncio
import email.policy
import socket
from email.message import EmailMessage
from typing import Any

from pytest_django import Settings


class Accepting:
    """Takes every mail, unless a subclass answers otherwise."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.lines: list[list[str]] = []  # as they came, not unfolded
        self.recipients: list[list[str]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        self.lines.append(envelope.original_content.decode().split("\r\n"))
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


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def point_to(settings: Settings, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
