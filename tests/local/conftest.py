import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from alliance.local import account
from alliance.local.sockets import temporary_folder


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that PostgreSQL's account can pass through, with a path short enough for sockets."""
    monkeypatch.delenv("DATABASE_URL")  # of this test run: here servers of one's own are started
    monkeypatch.delenv("REDIS_URL")
    path = temporary_folder("alliance-test-", account.mine())
    path.chmod(0o711)
    (path / "log").mkdir()
    yield path
    shutil.rmtree(path)
