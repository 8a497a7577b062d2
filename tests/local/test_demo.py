"""`python -m alliance.local` as a person starts it: the whole product, until it is stopped."""

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alliance.local.environment import PROJECT
from alliance.local.ports import free_port
from tests.local.processes import is_running

SECONDS_TO_READY = 180  # 15 on a machine that does nothing else


def command(folder: Path, port: int, mail_port: int) -> list[str]:
    ports = ["--port", str(port), "--mail-port", str(mail_port)]
    return [sys.executable, "-m", "alliance.local", *ports, "--folder", str(folder)]


@contextmanager
def demo(folder: Path, port: int, mail_port: int) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    output = folder / "output"
    with (
        output.open("wb") as file,
        subprocess.Popen(
            command(folder, port, mail_port), stdout=file, stderr=file, cwd=PROJECT
        ) as process,
    ):
        try:
            wait_for("Ready", output, process)
            yield process, output
        finally:
            process.kill()


def wait_for(word: str, output: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_READY
    while word not in output.read_text():
        assert process.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.1)


def answer(port: int, path: str = "/") -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}{path}", timeout=20) as response:
        return bytes(response.read())


def descendants(process: int) -> list[int]:
    """Of all generations, by asking /proc who is whose child."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = [process]
    for parent in found:
        found += [child for child, its_parent in parents.items() if its_parent == parent]
    return found[1:]


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the processes")
def test_it_starts_keeps_its_data_and_leaves_nothing_behind(folder: Path) -> None:
    port, mail_port = free_port(), free_port()
    with demo(folder, port, mail_port) as (process, output):
        assert b"ready" in answer(port, "/readyz")
        assert b"Outgoing mail" in answer(mail_port)
        assert "therapist" in output.read_text()
        children = descendants(process.pid)
        secrets = (folder / "env").read_text().splitlines()[2:4]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0
    assert len(children) >= 8  # two servers, mailbox, web, worker, beat, and processes of theirs
    assert not [child for child in children if is_running(child)]

    with demo(folder, port, mail_port) as (process, _):
        children = descendants(process.pid)
        assert (folder / "env").read_text().splitlines()[2:4] == secrets
        process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 15
    while left := [child for child in children if is_running(child)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def test_a_taken_port_ends_the_start_before_anything_runs(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            command(folder, port, free_port()),
            check=False,
            capture_output=True,
            text=True,
            cwd=PROJECT,
        )
    assert done.returncode == 1
    assert f"Port {port}, where the site should be, is already in use" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert not (folder / "postgres").exists()
