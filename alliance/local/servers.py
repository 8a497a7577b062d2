"""PostgreSQL and Valkey: those that the environment names, else our own."""

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from alliance.local import postgres, valkey
from alliance.local.postgres import Postgres
from alliance.local.valkey import Valkey

Step = Callable[[str], AbstractContextManager[object]]


@dataclass
class Servers:
    addresses: dict[str, str] = field(default_factory=dict)
    running: list[Postgres | Valkey] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)  # the variables that named one

    def stop(self) -> None:
        for server in reversed(self.running):
            server.stop()


def start(
    folder: Path, *, durable: bool, keep_open: Sequence[int] = (), step: Step = nullcontext
) -> Servers:
    """Both are ready when this returns; if the second fails, the first is stopped."""
    servers = Servers()
    try:
        for variable, launcher in (("DATABASE_URL", postgres), ("REDIS_URL", valkey)):
            if address := os.environ.get(variable):
                servers.addresses[variable] = address
                servers.foreign.append(variable)
                continue
            name = launcher.__name__.rpartition(".")[2]
            with step(name):
                server = launcher.start(
                    folder / name,
                    log=folder / "log" / f"{name}.log",
                    durable=durable,
                    keep_open=keep_open,
                )
            servers.running.append(server)
            servers.addresses[variable] = server.url
    except BaseException:
        servers.stop()
        raise
    return servers
