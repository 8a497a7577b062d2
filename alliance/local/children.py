"""Programs that we start and that never outlive us."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from alliance.local.account import Account

PR_SET_PDEATHSIG = 1
# Loaded before any fork: the function below runs where loading a library is not safe.
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class BeforeExec(TypedDict, total=False):
    preexec_fn: Callable[[], None]


def die_with_me(death_signal: signal.Signals) -> BeforeExec:
    """Popen's argument that makes the kernel signal the child when we die, even by SIGKILL.

    Popen calls it after the change of user, which would clear the wish. The wish belongs to the
    *thread* that starts the child, so children are started from the main thread.
    On macOS the kernel knows no such wish; there a killed parent leaves its children behind.
    """
    libc, parent = LIBC, os.getpid()
    if libc is None:
        return {}

    def ask_the_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return {"preexec_fn": ask_the_kernel}


def stop_with_my_parent() -> None:
    """`make` may be killed: then this process is asked to stop as well."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One program: its command, where its output goes, and how it is asked to stop."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] | None = None
    cwd: Path = Path("/")
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGTERM
    keep_open: Sequence[int] = ()
    to_terminal: bool = False  # instead of the log
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started_at: float = field(default=0.0, init=False)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=None if self.to_terminal else log,
                stderr=None if self.to_terminal else subprocess.STDOUT,
                env=self.environment,
                cwd=self.cwd,
                pass_fds=self.keep_open,
                # Ctrl-C reaches the whole group of a terminal; only we decide who stops when.
                start_new_session=True,
                **(self.account.for_popen() if self.account else {}),
                **die_with_me(self.death_signal),
            )
        self.started_at = time.monotonic()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self.process.poll() if self.process else None

    def ask_to_stop(self) -> None:
        if self.process and self.is_running:
            self.process.send_signal(self.stop_signal)

    def end(self, deadline: float) -> None:
        """Wait until `deadline` (of time.monotonic), then kill the child and its children."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, deadline - time.monotonic()))
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def stop_together(children: Sequence[Child], patience: float = 2.5) -> None:
    """Ask all at once, so that the slowest one sets the time.

    That is Celery, which takes 3 s even with nothing to do. Killing it loses nothing: what is due
    stands in PostgreSQL.
    """
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + patience
    for child in children:
        child.end(deadline)
