"""The variables that the settings ask for, for a program that runs on this machine alone."""

import base64
import fcntl
import os
import secrets
import shlex
import time
from pathlib import Path

from alliance.local.problem import Problem

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / ".local"
KEPT = ("SECRET_KEY", "FIELD_KEYS")
SECONDS_TO_WAIT = 6.0  # an orderly end takes 3


def new_secrets() -> dict[str, str]:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return {"SECRET_KEY": secrets.token_urlsafe(50), "FIELD_KEYS": f"k1:{key}"}


def addresses(site: str, smtp_port: int) -> dict[str, str]:
    """All but the secrets and the servers' addresses."""
    return {
        "DJANGO_SETTINGS_MODULE": "alliance.settings",
        "SITE_URL": site,
        "ALLOWED_HOSTS": "localhost",
        "HTTPS": "false",
        "TRUSTED_PROXIES": "0",
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
        "DEFAULT_FROM_EMAIL": "Alliance <alliance@clinic.example>",
    }


def kept_secrets(path: Path) -> dict[str, str]:
    """Those of the last start: with other keys the stored names and notes could not be read."""
    if not path.exists():
        if (path.parent / "postgres").exists():
            raise Problem(
                f"{path} is missing, and with it the keys to the data in {path.parent}.\n"
                f"Put it back, or remove {path.parent} to begin with an empty database."
            )
        return new_secrets()
    pairs = (word.partition("=") for word in shlex.split(path.read_text(), comments=True))
    values = {name: value for name, _, value in pairs if name in KEPT}
    if set(values) != set(KEPT):
        raise Problem(
            f"{path} lacks {' and '.join(sorted(set(KEPT) - set(values)))}. Put it back, or remove "
            f"{path.parent} to begin with an empty database."
        )
    return values


def write(path: Path, values: dict[str, str]) -> None:
    """Only for its owner from the first byte on, and never half written."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    lines = (f"{name}={shlex.quote(value)}\n" for name, value in values.items())
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("# Made by `make demo`. To use its database from a shell while it runs:\n")
        file.write("#   (set -a; . .local/env; .venv/bin/python manage.py shell)\n")
        file.writelines(lines)
    unfinished.replace(path)


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)  # PostgreSQL's account passes through it
        (folder / "log").mkdir(mode=0o700, exist_ok=True)
    except PermissionError as error:
        raise Problem(
            f"{folder} belongs to another user ({error}).\n"
            "Start as that user, or remove the folder to begin with an empty database."
        ) from error


def lock(folder: Path) -> int:
    """One start at a time in this folder: the descriptor that this returns holds the lock.

    The children inherit it, so that the next start also waits for those that a killed one has
    left behind and that are just ending.
    """
    held = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while not _locked(held):
        if time.monotonic() > deadline:
            holder = os.pread(held, 20, 0).decode()
            os.close(held)
            raise Problem(
                f"Alliance already runs from this folder (process {holder}).\n"
                "Stop it there with Ctrl-C first."
            )
        time.sleep(0.1)
    os.truncate(held, 0)
    os.pwrite(held, str(os.getpid()).encode(), 0)
    return held


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
