import base64
import os
import socket
import subprocess
from pathlib import Path

import pytest

from alliance.local import environment
from alliance.local.ports import free_port, require_free
from alliance.local.problem import Problem


def test_the_secrets_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "env"
    old_mask = os.umask(0)
    try:
        environment.write(path, environment.new_secrets())
    finally:
        os.umask(old_mask)
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_same_secrets_come_back(tmp_path: Path) -> None:
    path = tmp_path / "env"
    first = environment.kept_secrets(path)
    environment.write(path, first | environment.addresses("http://127.0.0.1:8000", 25))
    assert environment.kept_secrets(path) == first
    assert environment.new_secrets() != first
    assert len(base64.b64decode(first["FIELD_KEYS"].removeprefix("k1:"))) == 32


def test_a_shell_can_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "env"
    environment.write(path, {"DEFAULT_FROM_EMAIL": "It's <a@b.example> $HOME"})
    shell = f'set -a; . {path}; printf %s "$DEFAULT_FROM_EMAIL"'
    said = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True).stdout
    assert said == "It's <a@b.example> $HOME"


def test_lost_keys_are_not_replaced_while_their_data_exist(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    with pytest.raises(Problem, match="the keys to the data"):
        environment.kept_secrets(tmp_path / "env")
    (tmp_path / "env").write_text("SECRET_KEY=x\n")
    with pytest.raises(Problem, match="lacks FIELD_KEYS"):
        environment.kept_secrets(tmp_path / "env")


def test_one_start_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "SECONDS_TO_WAIT", 0.2)
    held = environment.lock(tmp_path)
    with pytest.raises(Problem, match=rf"already runs .* \(process {os.getpid()}\)"):
        environment.lock(tmp_path)
    os.close(held)
    os.close(environment.lock(tmp_path))


def test_a_taken_port_is_said_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Problem, match=rf"(?s)Port {port}, where .* make demo PORT=\d+"):
            require_free(port, "the site", "PORT")
    require_free(port, "the site", "PORT")


def test_the_port_that_is_offered_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) != port
