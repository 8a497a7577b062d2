"""The whole product on this machine: servers, tables, a synthetic clinic, web, worker, mailbox."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from alliance.local import environment, servers
from alliance.local.children import Child, die_with_me
from alliance.local.display import Display, Login
from alliance.local.ports import LOOPBACK, free_port, require_free
from alliance.local.problem import Problem, last_lines
from alliance.local.processes import python, stop_in_order, wait_until_ready, watch

WEB = ("-m", "gunicorn", "--config", "gunicorn.conf.py", "alliance.wsgi:application")
DEVELOPING_WEB = ("manage.py", "runserver")
ALONE = ("--without-gossip", "--without-mingle")  # no other worker to greet: ready a second sooner
CELERY = ("-m", "celery", "-A", "alliance")
WORKER = (*CELERY, "worker", "--concurrency=2", "--loglevel=INFO", *ALONE)
BEAT = (*CELERY, "beat", "--loglevel=INFO", "--pidfile=")
MAILBOX = ("-m", "alliance.local.mailbox")


@dataclass(frozen=True)
class Options:
    port: int
    mail_port: int
    develop: bool = False
    folder: Path = environment.FOLDER
    smtp_port: int = field(default_factory=free_port)

    @property
    def site(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def mailbox(self) -> str:
        return f"http://{LOOPBACK}:{self.mail_port}"


def run(options: Options, display: Display) -> None:
    """Ends only by an exception: Problem, or Stopped."""
    environment.make_folder(options.folder)
    with display.console.status("Waiting for an earlier start to end ..."):
        lock = environment.lock(options.folder)
    require_free(options.port, "the site", "PORT")
    require_free(options.mail_port, "the mailbox", "MAIL_PORT")
    kept = options.folder / "env"
    values = environment.kept_secrets(kept) | environment.addresses(options.site, options.smtp_port)
    environment.write(kept, values)
    with ExitStack() as at_the_end:
        own = servers.start(options.folder, durable=True, keep_open=[lock], step=display.step)
        at_the_end.callback(own.stop)
        _tell_what_is_unusual(own, options, display)
        values |= own.addresses
        environment.write(kept, values)
        logins = _prepare(options, values, display)
        children = _children(options, values, lock)
        at_the_end.callback(stop_in_order, [children[1:], children[:1]])
        at_the_end.callback(display.say, "Stopping ...")
        _start(options, children, display)
        display.box(options.site, options.mailbox, logins)
        watch([*(server.child for server in own.running), *children], display.say)


def _tell_what_is_unusual(own: servers.Servers, options: Options, display: Display) -> None:
    for variable in own.foreign:
        display.say(f"   {variable} is set: that server is used.")
    for server in own.running:
        if not server.home.is_relative_to(options.folder):
            display.say(f"   Its account cannot reach this folder; the data are in {server.home}.")


def _variables(options: Options, values: Mapping[str, str]) -> dict[str, str]:
    debug = "true" if options.develop else "false"
    return {**os.environ, "WEB_CONCURRENCY": "2", **values, "DEBUG": debug}


def _prepare(options: Options, values: Mapping[str, str], display: Display) -> list[Login]:
    """Tables, static files, the synthetic clinic: see prepare.py."""
    log = options.folder / "log" / "prepare.log"
    logins: list[Login] = []
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "alliance.local.prepare"],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_variables(options, values),
            cwd=environment.PROJECT,
            start_new_session=True,
            text=True,
            **die_with_me(signal.SIGKILL),
        ) as process,
    ):
        try:
            display.steps(_steps(process, logins))
        finally:
            process.kill()  # does nothing when it has ended
    if process.returncode:
        raise Problem(f"The database could not be prepared. The end of {log}:\n{last_lines(log)}")
    return logins


def _steps(process: subprocess.Popen[str], logins: list[Login]) -> Iterator[str]:
    for line in process.stdout or ():
        message = json.loads(line)
        if "step" in message:
            yield message["step"]
        logins.extend(Login(**each) for each in message.get("logins", ()))
    process.wait()


def _children(options: Options, values: Mapping[str, str], lock: int) -> list[Child]:
    """The mailbox first, so that it is there for the first mail; it is also the last to stop."""
    ports = ("--port", str(options.mail_port), "--smtp-port", str(options.smtp_port))
    address = f"{LOOPBACK}:{options.port}"
    web: dict[str, tuple[str, ...]] = {"web": (*WEB, "--bind", address)}
    if options.develop:
        web = {"runserver": (*DEVELOPING_WEB, address)}
    programs = {
        "mailbox": (*MAILBOX, *ports, "--folder", str(options.folder / "mail")),
        **web,
        "worker": WORKER,
        "beat": (*BEAT, f"--schedule={options.folder / 'beat-schedule'}"),
    }
    variables = _variables(options, values)
    logs = options.folder / "log"
    return [
        python(name, *arguments, variables=variables, logs=logs, lock=lock)
        for name, arguments in programs.items()
    ]


def _start(options: Options, children: Sequence[Child], display: Display) -> None:
    mailbox, web, *_ = children
    with display.step("Web, worker, mailbox"):
        for child in children:
            child.start()
        wait_until_ready(mailbox, options.mail_port, "/")
        wait_until_ready(web, options.port, "/readyz")
