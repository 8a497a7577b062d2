"""Servers of the benchmark's own: PostgreSQL as durable as the demo's, Valkey, gunicorn."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django
from django.core.management import call_command

from alliance.local import environment, servers
from alliance.local.children import Child, stop_together
from alliance.local.demo import WEB
from alliance.local.environment import PROJECT
from alliance.local.ports import LOOPBACK, free_port
from alliance.local.postgres import Postgres
from alliance.local.processes import wait_until_ready
from alliance.local.servers import Servers

BARE = {"DJANGO_SETTINGS_MODULE": "benchmarks.bare.settings"}
BARE_BEHIND_OURS = BARE | {"BARE_MIDDLEWARE": "ours"}


@dataclass(frozen=True)
class Web:
    """One gunicorn, with the project's own configuration."""

    port: int
    child: Child

    @property
    def pid(self) -> int:
        assert self.child.process
        return self.child.process.pid


@dataclass(frozen=True)
class Site:
    folder: Path
    servers: Servers
    values: Mapping[str, str]

    @property
    def postgres_pid(self) -> int:
        postgres = next(each for each in self.servers.running if isinstance(each, Postgres))
        assert postgres.child.process
        return postgres.child.process.pid

    @contextmanager
    def web(self, name: str, path: str, variables: Mapping[str, str]) -> Iterator[Web]:
        port = free_port()
        child = Child(
            name,
            [sys.executable, *WEB, "--bind", f"{LOOPBACK}:{port}"],
            self.folder / "log" / f"{name}.log",
            environment={**os.environ, **self.values, **variables},
            cwd=PROJECT,
            death_signal=signal.SIGQUIT,
        )
        child.start()
        try:
            wait_until_ready(child, port, path)
            yield Web(port, child)
        finally:
            stop_together([child])


def prepare(servers: Site) -> None:
    """As for the demo, without its clinic."""
    os.environ.update(servers.values)
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


@contextmanager
def started() -> Iterator[Site]:
    """Never the servers that the environment names: the benchmark fills its database."""
    for variable in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(variable, None)
    environment.FOLDER.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=environment.FOLDER))  # the demo's disk
    environment.make_folder(folder)
    own = Servers()
    try:
        own = servers.start(folder, durable=True)
        values = environment.new_secrets() | environment.addresses(f"http://{LOOPBACK}", 1)
        yield Site(folder, own, values | own.addresses | {"LOG_LEVEL": "WARNING"})
    finally:
        own.stop()
        for home in {*(server.home for server in own.running), folder}:
            shutil.rmtree(home, ignore_errors=True)
