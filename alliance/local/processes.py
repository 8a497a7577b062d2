"""Web server, worker, clock and mailbox: started together, watched, stopped in order."""

import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from alliance.local.children import Child, stop_together
from alliance.local.environment import PROJECT
from alliance.local.ports import LOOPBACK
from alliance.local.problem import Problem, last_lines

# Sent by the kernel when we are killed. gunicorn then ends at once, its processes included; Celery
# would wait for a broker that is gone, so it is killed, and its processes die with it.
DEATH_SIGNALS = {"web": signal.SIGQUIT, "worker": signal.SIGKILL}
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PAUSE = 2.0  # between two starts of a program that keeps dying
SECONDS_TO_READY = 120  # ten times what a calm machine needs
BIGGEST_LOG = 5_000_000


class Stopped(BaseException):
    """Somebody asked this process to end. No error, so `except Exception` lets it pass."""


def stop_on_signals() -> None:
    def stop(number: int, frame: FrameType | None) -> NoReturn:
        ignore_signals()  # nothing may interrupt the orderly end; it takes a few seconds at most
        raise Stopped

    for number in SIGNALS:
        signal.signal(number, stop)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # a shell's "&" ignores it, children inherit that


def ignore_signals() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def python(
    name: str, *arguments: str, variables: Mapping[str, str], logs: Path, lock: int
) -> Child:
    """A Python program of the project, with a log of its own."""
    log = logs / f"{name}.log"
    if log.exists() and log.stat().st_size > BIGGEST_LOG:
        log.replace(log.with_suffix(".old.log"))
    return Child(
        name=name,
        command=[sys.executable, *arguments],
        log=log,
        environment=variables,
        cwd=PROJECT,
        death_signal=DEATH_SIGNALS.get(name, signal.SIGTERM),
        keep_open=[lock],
        to_terminal=name == "runserver",  # whoever develops reads what it says
    )


def wait_until_ready(child: Child, port: int, path: str) -> None:
    """Until the page answers 200."""
    # No proxy of the environment, and a short wait: the server may accept before it can answer.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + SECONDS_TO_READY
    answer = "no answer"
    while child.is_running and time.monotonic() < deadline:
        try:
            with opener.open(f"http://{LOOPBACK}:{port}{path}", timeout=5):
                return
        except urllib.error.HTTPError as error:
            answer = f"{error.code} {error.read(2000).decode(errors='replace')}"
        except OSError as error:
            answer = str(error)
        time.sleep(0.1)
    raise Problem(
        f"The {child.name} did not become ready ({path}: {answer}). The end of {child.log}:\n"
        f"{last_lines(child.log)}"
    )


def watch(children: Sequence[Child], say: Callable[[str], None], pause: float = PAUSE) -> NoReturn:
    """Start again whatever ends by itself, until a signal ends this process."""
    while True:
        time.sleep(0.2)
        for child in children:
            if not child.is_running and time.monotonic() > child.started_at + pause:
                say(f"{child.name} ended ({child.exit_code}); started again. Log: {child.log}")
                child.end(0)  # its own children, if it left any
                child.start()


def stop_in_order(groups: Sequence[Sequence[Child]]) -> None:
    for group in groups:
        stop_together(group)
