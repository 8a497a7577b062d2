import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alliance.local.children import Child, stop_together
from alliance.local.processes import Stopped, watch
from tests.local.processes import is_running

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(subprocess.Popen(["sleep", "60"]).pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def started() -> Iterator[list[Child]]:
    children: list[Child] = []
    yield children
    for child in children:
        child.end(0)


def child(tmp_path: Path, code: str) -> Child:
    return Child("test", [sys.executable, "-c", code], tmp_path / "child.log")


def wait_for_text(path: Path) -> str:
    deadline = time.monotonic() + 10
    while not path.exists() or not path.read_text().endswith("\n"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return path.read_text()


def test_the_output_goes_to_the_log(tmp_path: Path, started: list[Child]) -> None:
    one = child(tmp_path, "print('hello')")
    started.append(one)
    one.start()
    assert wait_for_text(one.log) == "hello\n"
    one.end(time.monotonic() + 5)
    assert one.exit_code == 0


def test_one_that_does_not_stop_is_killed_with_its_own_children(
    tmp_path: Path, started: list[Child]
) -> None:
    one = child(tmp_path, STUBBORN)
    started.append(one)
    one.start()
    grandchild = int(wait_for_text(one.log))
    began = time.monotonic()
    stop_together([one], patience=0.3)
    assert time.monotonic() - began < 2
    assert one.exit_code == -signal.SIGKILL
    deadline = time.monotonic() + 5
    while is_running(grandchild):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_one_that_ends_by_itself_is_started_again(tmp_path: Path, started: list[Child]) -> None:
    one = child(tmp_path, "print('again')")
    started.append(one)
    one.start()
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        if len(said) == 2:
            raise Stopped

    with pytest.raises(Stopped):
        watch([one], say, pause=0.3)
    assert "test ended (0); started again" in said[0]
    assert one.log.read_text().count("again") >= 2
