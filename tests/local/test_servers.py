"""The launchers, with the real programs of every kind that this machine has."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import create_autospec

import environ
import psycopg
import pytest
from kombu import Connection
from redis import Redis

from alliance.local import binaries, postgres, servers, valkey
from alliance.local.environment import PROJECT
from alliance.local.postgres import Postgres
from alliance.local.problem import Problem
from tests.local.processes import is_running

KINDS = sorted({each.kind for each in binaries._candidates()})


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ALLIANCE_POSTGRES", request.param)
    return str(request.param)


def start_postgres(folder: Path, *, durable: bool = False) -> Postgres:
    return postgres.start(folder / "postgres", log=folder / "log" / "p.log", durable=durable)


def ask(server: Postgres, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(
        host=str(server.sockets), user="alliance", dbname="alliance", autocommit=True
    ) as connection:
        cursor = connection.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def test_the_wheel_is_always_there() -> None:
    assert "wheel" in KINDS


def test_postgres_keeps_its_data_over_a_restart(folder: Path, kind: str) -> None:
    (folder / "postgres" / "data.new" / "base").mkdir(parents=True)  # of a start that was killed
    (folder / "postgres").chmod(0o711)
    first = start_postgres(folder)
    assert not (folder / "postgres" / "data.new").exists()
    ask(first, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('Grüße')")
    first.stop()
    assert first.binaries.kind == kind
    assert not first.child.is_running
    assert (first.account.uid == 0) is False  # root gives it to an account with few rights

    second = start_postgres(folder)
    try:
        assert ask(second, "SELECT word FROM kept") == [("Grüße",)]
    finally:
        second.stop()


def test_postgres_is_closed_to_others_and_waits_for_the_disk(folder: Path) -> None:
    server = start_postgres(folder, durable=True)
    try:
        settings = "listen_addresses", "fsync", "full_page_writes", "synchronous_commit"
        values = [ask(server, f"SHOW {name}")[0][0] for name in settings]
        assert values == ["", "on", "on", "on"]
        assert ask(server, "SELECT rolsuper FROM pg_roles WHERE rolname = 'alliance'") == [(False,)]
        assert (server.home / "pg_hba.conf").read_text() == "local all all peer map=starter\n"
        assert server.sockets.stat().st_mode & 0o077 == 0
    finally:
        server.stop()


def test_valkey_keeps_its_data_when_asked_to(folder: Path) -> None:
    for word in ("first", "second"):
        server = valkey.start(folder / "valkey", log=folder / "log" / "v.log", durable=True)
        with Redis(unix_socket_path=str(server.socket)) as client:
            client.rpush("words", word)
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("port") == {"port": "0"}
            words = client.lrange("words", 0, -1)
        server.stop()
    assert words == [b"first", b"second"]


def test_both_are_found_under_their_addresses_even_from_an_odd_path(folder: Path) -> None:
    odd = folder / "My alliance, 100 % ä"
    odd.mkdir(mode=0o711)
    (odd / "log").mkdir()
    own = servers.start(odd, durable=False)
    sockets = [server.sockets for server in own.running]
    try:
        database = environ.Env.db_url_config(own.addresses["DATABASE_URL"])
        names = {key: database[key] for key in ("HOST", "USER", "NAME")}
        assert names == {"HOST": str(sockets[0]), "USER": "alliance", "NAME": "alliance"}
        with Connection(own.addresses["REDIS_URL"]) as connection:
            connection.ensure_connection(max_retries=1)
    finally:
        own.stop()
    assert not any(path.exists() for path in sockets)  # made for this start, for nobody to find


def test_servers_that_the_environment_names_are_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere/else")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    own = servers.start(folder, durable=False)
    assert own.running == []
    assert own.addresses["DATABASE_URL"] == "postgres://somewhere/else"
    assert own.foreign == ["DATABASE_URL", "REDIS_URL"]


STARTS_SERVERS = """
import sys, time
from pathlib import Path
from alliance.local import servers
own = servers.start(Path(sys.argv[1]), durable=False)
print(*(server.child.process.pid for server in own.running), flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a child of its parent's death"
)
def test_a_killed_parent_leaves_no_server_and_loses_no_data(folder: Path, kind: str) -> None:
    command = [sys.executable, "-c", STARTS_SERVERS, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as parent:
        assert parent.stdout
        processes = [int(word) for word in parent.stdout.readline().split()]
        sockets = folder / "postgres" / "run"
        with psycopg.connect(
            host=str(sockets), user="alliance", dbname="alliance", autocommit=True
        ) as connection:
            connection.execute("CREATE TABLE kept (word text)")
            parent.send_signal(signal.SIGKILL)
    assert len(processes) == 2
    wait_until_gone(processes)

    again = start_postgres(folder)
    try:
        assert ask(again, "SELECT * FROM kept") == []
    finally:
        again.stop()


def wait_until_gone(processes: list[int]) -> None:
    deadline = time.monotonic() + 10
    while any(is_running(process) for process in processes):
        assert time.monotonic() < deadline, "a server outlived the process that started it"
        time.sleep(0.05)


def test_a_server_that_does_not_start_says_why(folder: Path) -> None:
    data = folder / "postgres" / "data"
    data.mkdir(parents=True)
    (folder / "postgres").chmod(0o711)
    (data / "PG_VERSION").write_text(f"{binaries._candidates()[0].major}\n")
    with pytest.raises(Problem, match=r"(?s)PostgreSQL did not start:.*postgresql\.conf|root"):
        start_postgres(folder)


def test_the_first_is_stopped_when_the_second_fails(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = create_autospec(Postgres, instance=True, url="postgres://first")
    monkeypatch.setattr(postgres, "start", lambda *arguments, **options: first)
    monkeypatch.setenv("ALLIANCE_VALKEY", "nonsense")
    with pytest.raises(Problem, match="ALLIANCE_VALKEY"):
        servers.start(folder, durable=False)
    first.stop.assert_called_once_with()


def test_root_is_told_when_it_may_not_change_the_account(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(Problem, match="Start as an ordinary user, or set DATABASE_URL"):
        start_postgres(folder)
