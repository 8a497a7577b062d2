"""A mail server that remembers what it took, and can be slow to say so."""

import asyncio
import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from queue import Queue
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from alliance.local.ports import LOOPBACK

logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd tells every line it reads
LINK = re.compile(r"https?://[^/\s]+(/r/\S+/)")


@dataclass
class Sink:
    """Takes its time before it keeps a mail, and as long again before it says "250".

    A worker that is killed in the first half has not sent the mail: who noted it as sent too
    early has lost it. One that is killed in the second half has, and does not know: who is
    careless sends it twice.
    """

    port: int
    slowness: float = 0.0
    begun: int = 0
    message_ids: list[str] = field(default_factory=list)
    links: Queue[str] = field(default_factory=Queue)
    _change: threading.Condition = field(default_factory=threading.Condition)

    def __enter__(self) -> Self:
        self._controller = Controller(self, hostname=LOOPBACK, port=self.port)
        self._controller.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._controller.stop()

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        with self._change:
            self.begun += 1
            self._change.notify_all()
        await asyncio.sleep(self.slowness)
        self._keep(message_from_bytes(envelope.original_content or b"", policy=policy.default))
        await asyncio.sleep(self.slowness)
        return "250 Kept"

    def _keep(self, mail: EmailMessage) -> None:
        text = mail.get_body(("plain",))
        link = LINK.search(text.get_content()) if text else None
        with self._change:
            self.message_ids.append(str(mail["Message-ID"]))
            if link:
                self.links.put(link[1])
            self._change.notify_all()

    @property
    def count(self) -> int:
        return len(self.message_ids)

    def wait_for_mails(self, count: int) -> None:
        """Until so many are kept; the last one's sender still waits for its "250"."""
        self._wait(lambda: self.count >= count)

    def wait_for_the_next(self) -> None:
        """Until one more begins to come; it is not kept yet."""
        wanted = self.begun + 1
        self._wait(lambda: self.begun >= wanted)

    def _wait(self, is_so: Callable[[], bool], seconds: float = 45) -> None:
        with self._change:
            assert self._change.wait_for(is_so, seconds), f"only {self.count} mails came"
