import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alliance.local import processes
from alliance.local.children import Child
from alliance.local.mailbox.page import PageServer
from alliance.local.mailbox.server import Folder
from alliance.local.problem import Problem

SLEEPS = "import time; print('one line of the log', flush=True); time.sleep(60)"


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    child = Child("web", [sys.executable, "-c", SLEEPS], tmp_path / "web.log")
    child.start()
    yield child
    child.end(0)


def test_ready_means_that_the_page_answers(child: Child, tmp_path: Path) -> None:
    with PageServer(Folder(tmp_path / "mail")) as page:
        processes.wait_until_ready(child, page.port, "/")


def test_one_that_ended_is_not_waited_for(child: Child, tmp_path: Path) -> None:
    child.end(0)
    with pytest.raises(Problem, match=r"web did not become ready \(/readyz: no answer\)"):
        processes.wait_until_ready(child, 1, "/readyz")


def test_an_answer_that_is_no_yes_is_told(
    child: Child, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "SECONDS_TO_READY", 0.5)
    with PageServer(Folder(tmp_path / "mail")) as page, pytest.raises(Problem, match=": 404 "):
        processes.wait_until_ready(child, page.port, "/readyz")


def test_a_large_log_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "BIGGEST_LOG", 3)
    (tmp_path / "web.log").write_text("long")
    made = processes.python("web", "-c", "", variables={}, logs=tmp_path, lock=0)
    assert made.log == tmp_path / "web.log"
    assert not made.log.exists()
    assert (tmp_path / "web.old.log").read_text() == "long"
