"""The mail server: it takes every mail and keeps it as a file."""

import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from alliance.local.ports import LOOPBACK, free_port
from alliance.local.problem import Problem

REFUSED_DOMAIN = "@undeliverable.example"


@dataclass(frozen=True)
class Mail:
    """One kept mail; its name is the time of its arrival and a random word."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.path.read_bytes(), policy=policy.default)

    @property
    def arrived_at(self) -> datetime:
        return datetime.strptime(self.name[:22], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)

    def part(self, kind: str) -> str:
        """The text of its 'plain' or 'html' part, or nothing."""
        body = self.message.get_body((kind,))
        return str(body.get_content()) if body else ""


class Folder:
    """The kept mails, as .eml files that any mail program opens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def keep(self, content: bytes, sender: str, recipients: Sequence[str]) -> None:
        arrived = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
        name = f"{arrived}-{secrets.token_hex(4)}"
        envelope = f"X-Envelope-From: {sender}\r\nX-Envelope-To: {', '.join(recipients)}\r\n"
        unfinished = self.path / f"{name}.new"
        unfinished.write_bytes(envelope.encode() + content)
        unfinished.rename(self.path / f"{name}.eml")

    def mails(self) -> list[Mail]:
        """Newest first."""
        return [Mail(path) for path in sorted(self.path.glob("*.eml"), reverse=True)]

    def find(self, name: str) -> Mail | None:
        """By comparing, never by making a path out of what a browser sent."""
        return next((mail for mail in self.mails() if mail.name == name), None)


class Handler:
    """aiosmtpd calls it for each command of the sending program."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.lower().endswith(REFUSED_DOMAIN):  # to see what becomes of a refused mail
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.original_content or b""
        self.folder.keep(content, envelope.mail_from or "", envelope.rcpt_tos)
        return "250 Kept"


class MailServer:
    """`with MailServer(folder) as server:` receives on `server.port`, in a thread."""

    def __init__(self, folder: Path, port: int = 0, host: str = LOOPBACK) -> None:
        require_loopback(host)
        self.folder = Folder(folder)
        self.port = port or free_port()
        handler = Handler(self.folder)
        self._controller = Controller(handler, hostname=host, port=self.port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._controller.stop()


def require_loopback(host: str) -> None:
    if not ipaddress.ip_address(host).is_loopback:
        raise Problem(f"The mailbox shows clients' links, so it does not listen on {host}.")
