"""The product as it runs in a clinic: web server, workers and a broker, each a real process."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from django.db import connection
from redis import Redis

from alliance.celery import app
from alliance.local import valkey
from alliance.local.children import Child
from alliance.local.demo import BEAT, WEB, WORKER
from alliance.local.environment import PROJECT
from alliance.local.ports import LOOPBACK, free_port
from alliance.local.processes import wait_until_ready
from alliance.local.valkey import Valkey


@dataclass
class Broker:
    """A Valkey that forgets everything when it dies, always at the same address."""

    folder: Path
    valkey: Valkey = field(init=False)

    def start(self) -> None:
        log = self.folder.parent / "log" / "valkey.log"
        self.valkey = valkey.start(self.folder, log=log, durable=False)

    @property
    def url(self) -> str:
        return self.valkey.url

    def kill(self) -> None:
        kill(self.valkey.child)

    def restart_empty(self) -> None:
        self.kill()
        self.start()

    def stop_and_start(self) -> None:
        """As for an update: it says good-bye to its clients."""
        self.valkey.stop()
        self.start()

    @property
    def is_empty(self) -> bool:
        with Redis(unix_socket_path=str(self.valkey.socket)) as client:
            return not client.exists("alli:celery", "alli:unacked")

    def hang(self) -> None:
        """It takes connections and never answers."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self.valkey.child.process
        self.valkey.child.process.send_signal(number)


@dataclass
class Site:
    """One web server, and as many workers as a test starts."""

    folder: Path
    broker: Broker
    port: int = field(default_factory=free_port)
    smtp_port: int = field(default_factory=free_port)
    children: list[Child] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def variables(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": database_url(),
            "REDIS_URL": self.broker.url,
            "SITE_URL": self.address,
            "EMAIL_URL": f"smtp://{LOOPBACK}:{self.smtp_port}",
            "SWEEP_SECONDS": "1",  # how often a beat rings
            "DEBUG": "true",  # only so that static files need not be collected
            "SKIP_CHECKS": "1",  # Celery would check the whole project at each start
        }

    def start_web(self) -> None:
        web = self.start("web", *WEB, "--bind", f"{LOOPBACK}:{self.port}")
        wait_until_ready(web, self.port, "/readyz")

    def start_worker(self, name: str = "worker") -> Child:
        return self.start(name, *WORKER, f"--hostname={name}@%h")

    def start_beat(self, name: str) -> Child:
        return self.start(name, *BEAT, f"--schedule={self.folder / name}")

    def start(self, name: str, *arguments: str) -> Child:
        """The program in a process group of its own."""
        child = Child(
            name,
            [sys.executable, *arguments],
            self.folder / "log" / f"{name}.log",
            environment=self.variables(),
            cwd=PROJECT,
            death_signal=signal.SIGKILL,
        )
        child.start()
        self.children.append(child)
        return child

    def sweep(self) -> None:
        """As an administrator would, from a shell."""
        command = [sys.executable, "manage.py", "sweep", "--skip-checks"]
        subprocess.run(
            command, env=self.variables(), cwd=PROJECT, check=True, stdout=subprocess.DEVNULL
        )

    def stop_all(self, children: Sequence[Child]) -> None:
        for child in children:
            kill(child)
            self.children.remove(child)


def ring(broker: Broker, task: str, *ids: UUID) -> None:
    """From a connection of its own, as a program would that has just started."""
    with app.connection_for_write(broker.url) as line:
        app.send_task(task, args=[str(each) for each in ids], connection=line, retry=False)


def is_ready(worker: Child) -> bool:
    return " ready." in worker.log.read_text()


def kill(child: Child) -> None:
    """SIGKILL for the program and its whole group: it gets no time to tidy up."""
    child.end(0)


def restart(child: Child) -> None:
    kill(child)
    child.start()


def database_url() -> str:
    """The database of this test run, which the tests' own process has made."""
    url = urlsplit(os.environ["DATABASE_URL"])
    before, _, _ = url.path.rpartition("/")
    return url._replace(path=f"{before}/{connection.settings_dict['NAME']}").geturl()
