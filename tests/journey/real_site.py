"""A real web server and a real worker on the test database, and a real mail server behind them."""

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from django.db import connection

from alliance.local.children import Child
from alliance.local.demo import ALONE, CELERY, WEB
from alliance.local.environment import PROJECT
from alliance.local.mailbox.server import Mail, MailServer
from alliance.local.ports import LOOPBACK, free_port
from alliance.local.processes import DEATH_SIGNALS, wait_until_ready
from tests.journey.clock import Clock

WORKER = (*CELERY, "worker", "--concurrency=1", "--loglevel=INFO", *ALONE)


@dataclass
class RealSite:
    """`with RealSite(...) as site:` serves on `site.url`; the worker only on demand."""

    folder: Path
    static: Path
    port: int = field(default_factory=free_port)
    children: list[Child] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.clock = Clock(self.folder / "clock")
        self.mail = MailServer(self.folder / "mail")

    def __enter__(self) -> Self:
        self.mail.__enter__()
        web = self._start("web", *WEB, "--bind", f"{LOOPBACK}:{self.port}")
        wait_until_ready(web, self.port, "/readyz")
        return self

    def __exit__(self, *exception: object) -> None:
        for child in self.children:
            child.end(0)  # killed: nothing that they still had to do is of interest
        self.mail.__exit__()

    def start_worker(self) -> None:
        """It takes its first task when it is ready: what is asked of it before that waits."""
        self._start("worker", *WORKER)

    def _start(self, name: str, *arguments: str) -> Child:
        child = Child(
            name=name,
            command=[sys.executable, *arguments],
            log=self.folder / f"{name}.log",
            environment=self._variables(),
            cwd=PROJECT,
            death_signal=DEATH_SIGNALS[name],
        )
        self.children.append(child)
        child.start()
        return child

    def _variables(self) -> dict[str, str]:
        return variables(self.static, self.folder / "clock") | {
            "SITE_URL": self.url,
            "EMAIL_URL": f"smtp://{LOOPBACK}:{self.mail.port}",
            "WEB_CONCURRENCY": "1",
        }

    def mails_to(self, address: str) -> list[Mail]:
        """Oldest first."""
        mails = reversed(self.mail.folder.mails())
        return [mail for mail in mails if mail.message["X-Envelope-To"] == address]

    def wait_for_mail(self, address: str, number: int, seconds: float = 90) -> Mail:
        """The mail of this number to this address, as the mail server received it."""
        deadline = time.monotonic() + seconds
        while len(mails := self.mails_to(address)) < number:
            assert time.monotonic() < deadline, f"Mail {number} to {address} did not arrive."
            time.sleep(0.1)
        return mails[number - 1]


def variables(static: Path, clock_file: Path) -> dict[str, str]:
    """Those of this test run, but with the database that the tests write to."""
    name = str(connection.settings_dict["NAME"])
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.journey.settings",
        "DATABASE_URL": re.sub(
            r"/[^/?]*(\?|$)", rf"/{name}\1", os.environ["DATABASE_URL"], count=1
        ),
        "STATIC_ROOT": str(static),
        "CLOCK_FILE": str(clock_file),
    }


def collect_static(folder: Path) -> Path:
    """The hashed and compressed files of a production, apart from those of the project's folder."""
    values = variables(folder / "static", Clock(folder / "clock").file)
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"]
    subprocess.run(command, env=values, cwd=PROJECT, check=True)
    return folder / "static"
