"""A PostgreSQL of our own: a data folder, a Unix socket, no network.

Who may connect: the socket lies in a folder that only PostgreSQL's account can enter, and the
server asks the kernel who is there ("peer"): the user who started it, nobody else. So there is
no password to keep.
"""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from alliance.local import account as accounts
from alliance.local.account import Account
from alliance.local.binaries import Binaries, find_postgres, within_reach
from alliance.local.children import Child
from alliance.local.problem import Problem, last_lines
from alliance.local.sockets import forget, socket_folder

NAME = "alliance"  # of the role, which is no superuser, and of the database
ADMIN = "postgres"
HAS_OWN_LOCALE = 17  # the version from which it sorts without the system's help
SECONDS_TO_START = 60  # after a crash it replays its log first
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "timezone": "UTC",
    "logging_collector": "off",
    "shared_buffers": "128MB",
    "jit": "off",
}
# Survives the death of its processes, not of the machine. Commits still wait for the log.
FORGETFUL = {"fsync": "off", "full_page_writes": "off"}
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}  # no PGDATA or PGHOST of the caller


@dataclass
class Postgres:
    binaries: Binaries
    account: Account
    home: Path
    sockets: Path
    child: Child

    @property
    def url(self) -> str:
        return f"postgres://{NAME}@/{self.sockets}/{NAME}"

    def stop(self) -> None:
        self.child.ask_to_stop()
        self.child.end(time.monotonic() + 5)
        self.clean_up()

    def clean_up(self) -> None:
        forget(self.sockets, self.home)


def start(
    folder: Path, *, log: Path, durable: bool = True, keep_open: Sequence[int] = ()
) -> Postgres:
    """Start it on the data in `folder`, made the first time, and wait until it answers."""
    account = accounts.for_postgres(folder / "data")
    home = accounts.reachable_home(folder, account)
    data = home / "data"
    binaries = within_reach(find_postgres(data), account, home)
    _write_rules(home)
    if not data.exists():
        _make_data(binaries, account, data, log=log, durable=durable)
    sockets = socket_folder(home, account)
    child = Child(
        name="PostgreSQL",
        command=_command(binaries, home, sockets, durable=durable),
        log=log,
        environment=ENVIRONMENT,
        account=account,
        stop_signal=signal.SIGINT,  # "fast": ends the connections, writes a checkpoint
        death_signal=signal.SIGQUIT,  # "immediate": at once; the log is replayed at the next start
        keep_open=keep_open,
    )
    child.start()
    postgres = Postgres(binaries, account, home, sockets, child)
    try:
        _prepare_database(_first_connection(postgres))
    except BaseException:
        postgres.stop()
        raise
    return postgres


def _write_rules(home: Path) -> None:
    """Written anew at each start, outside the data folder, so that only we can change them."""
    user = accounts.mine().name
    rules = {
        "pg_hba.conf": "local all all peer map=starter\n",
        "pg_ident.conf": "".join(f'starter "{user}" {role}\n' for role in (ADMIN, NAME)),
    }
    for name, text in rules.items():
        path = home / name
        path.write_text(text)
        path.chmod(0o644)


def _make_data(
    binaries: Binaries, account: Account, data: Path, *, log: Path, durable: bool
) -> None:
    """Under another name until complete, so that a killed start leaves nothing half made."""
    unfinished = data.with_name("data.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    account.own(unfinished)
    command = [
        str(binaries.folder / "initdb"),
        f"--pgdata={unfinished}",
        f"--username={ADMIN}",
        "--auth=peer",
        "--encoding=UTF8",
        *_locale(binaries),
        *([] if durable else ["--no-sync"]),
    ]
    with log.open("ab") as output:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=ENVIRONMENT,
            cwd="/",
            check=False,
            **account.for_popen(),
        )
    if done.returncode:
        raise Problem(f"PostgreSQL could not make its data folder:\n{last_lines(log)}")
    unfinished.rename(data)


def _locale(binaries: Binaries) -> list[str]:
    """The same order of texts everywhere: by code point, with Unicode's letters."""
    if binaries.major >= HAS_OWN_LOCALE:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C" if sys.platform == "darwin" else "--locale=C.UTF-8"]


def _command(binaries: Binaries, home: Path, sockets: Path, *, durable: bool) -> list[str]:
    settings = SETTINGS | ({} if durable else FORGETFUL)
    settings |= {
        "unix_socket_directories": str(sockets),
        "hba_file": str(home / "pg_hba.conf"),
        "ident_file": str(home / "pg_ident.conf"),
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(binaries.folder / "postgres"), "-D", str(home / "data"), *options]


def _first_connection(postgres: Postgres) -> psycopg.Connection[tuple[object, ...]]:
    """As the administrator, as soon as the server takes one."""
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            return psycopg.connect(
                host=str(postgres.sockets), user=ADMIN, dbname=ADMIN, autocommit=True
            )
        except psycopg.OperationalError as error:
            if not postgres.child.is_running or time.monotonic() > deadline:
                log = postgres.child.log
                raise Problem(f"PostgreSQL did not start:\n{last_lines(log)}") from error
            time.sleep(0.05)


def _prepare_database(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """The role and its database; tests make more of them, hence CREATEDB."""
    with connection:
        roles = connection.execute("SELECT rolname FROM pg_roles").fetchall()
        if (NAME,) not in roles:
            connection.execute(f"CREATE ROLE {NAME} LOGIN CREATEDB")
        databases = connection.execute("SELECT datname FROM pg_database").fetchall()
        if (NAME,) not in databases:
            connection.execute(f"CREATE DATABASE {NAME} OWNER {NAME}")
