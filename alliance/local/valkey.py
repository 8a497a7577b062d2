"""A Valkey (or Redis) of our own: a Unix socket, no network, nothing evicted when it is full."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from alliance.local import account as accounts
from alliance.local.binaries import find_valkey
from alliance.local.children import Child
from alliance.local.problem import Problem, last_lines
from alliance.local.sockets import forget, socket_folder

DATABASES = 64  # each process of a parallel test run has one of its own
SECONDS_TO_START = 20


@dataclass
class Valkey:
    home: Path
    sockets: Path
    child: Child

    @property
    def socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        """Celery's spelling. It is redis:// for Valkey too: kombu knows no other."""
        return f"redis+socket://{self.socket}?virtual_host=0"

    def stop(self) -> None:
        self.child.ask_to_stop()
        self.child.end(time.monotonic() + 3)
        self.clean_up()

    def clean_up(self) -> None:
        forget(self.sockets, self.home)


def start(
    folder: Path, *, log: Path, durable: bool = True, keep_open: Sequence[int] = ()
) -> Valkey:
    """Start it with its data in `folder` and wait until it answers."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sockets = socket_folder(folder, accounts.mine())
    child = Child("Valkey", [], log, keep_open=keep_open)
    valkey = Valkey(folder, sockets, child)
    child.command = _command(valkey, durable=durable)
    child.start()
    try:
        _wait_until_it_answers(valkey)
    except BaseException:
        valkey.stop()
        raise
    return valkey


def _command(valkey: Valkey, *, durable: bool) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(valkey.socket),
        "unixsocketperm": "700",
        "dir": str(valkey.home),
        "databases": str(DATABASES),
        "save": "",
        "appendonly": "yes" if durable else "no",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    parts = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [str(find_valkey()), *parts]


def _wait_until_it_answers(valkey: Valkey) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            with Redis(unix_socket_path=str(valkey.socket)) as client:
                client.ping()
            return
        except RedisError as error:
            if not valkey.child.is_running or time.monotonic() > deadline:
                raise Problem(f"Valkey did not start:\n{last_lines(valkey.child.log)}") from error
            time.sleep(0.02)
