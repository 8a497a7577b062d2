"""Folders for Unix sockets: only for their owner, and short enough for the kernel."""

import re
import shutil
import tempfile
from pathlib import Path

from alliance.local.account import Account

LONGEST = 80  # a socket's whole path may have 103 bytes on macOS, 107 on Linux
PLAIN = re.compile(r"[A-Za-z0-9/._-]+")  # so that the path needs no quoting in an address


def socket_folder(home: Path, account: Account) -> Path:
    """`home/run`, or a short folder for temporary files where the project's path is long or odd."""
    folder = home / "run"
    if len(str(folder)) > LONGEST or not PLAIN.fullmatch(str(folder)):
        folder = temporary_folder("alliance-run-", account)
    account.own(folder)
    return folder


def temporary_folder(prefix: str, account: Account) -> Path:
    """A new folder that no other user can have made before us (0700)."""
    for place in (tempfile.gettempdir(), "/tmp"):  # noqa: S108 - mkdtemp below makes it safe
        short = len(place) + len(prefix) + 10 <= LONGEST and PLAIN.fullmatch(place)
        if short and account.can_enter(Path(place)):
            return Path(tempfile.mkdtemp(prefix=prefix, dir=place))
    raise RuntimeError("no folder for temporary files has a short path")


def forget(folder: Path, home: Path) -> None:
    """Remove a temporary socket folder; the one in the home stays for the next start."""
    if folder.parent != home:
        shutil.rmtree(folder, ignore_errors=True)
