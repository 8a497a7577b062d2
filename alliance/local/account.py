"""The account that PostgreSQL runs under: ours, or as root one with few rights."""

import os
import pwd
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from alliance.local.problem import Problem

LONG_LIVED = Path("/var/lib")


class PopenAccount(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int

    @property
    def is_mine(self) -> bool:
        return self.uid == os.geteuid()

    def for_popen(self) -> PopenAccount:
        if self.is_mine:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        """Tried, not computed: access lists and containers have rules of their own."""
        return self._can("cd", folder)

    def can_run(self, program: Path) -> bool:
        return self._can("test -x", program)

    def _can(self, test: str, path: Path) -> bool:
        command = ["/bin/sh", "-c", f'{test} "$1"', "sh", str(path)]
        try:
            done = subprocess.run(
                command, capture_output=True, check=False, cwd="/", **self.for_popen()
            )
        except PermissionError as error:
            raise Problem(
                "PostgreSQL does not run as root, and this process may not change to the account "
                f"'{self.name}' ({error}).\nStart as an ordinary user, or set DATABASE_URL."
            ) from error
        return done.returncode == 0

    def own(self, folder: Path) -> None:
        """Make the folder if it is missing, for this account alone."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if not self.is_mine:
            os.chown(folder, self.uid, self.gid)


def mine() -> Account:
    try:
        entry = pwd.getpwuid(os.geteuid())
    except KeyError as error:
        raise Problem(
            f"User number {os.geteuid()} has no name on this machine, and PostgreSQL needs one.\n"
            "Start as a user with an entry in /etc/passwd, or set DATABASE_URL."
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def for_postgres(data: Path) -> Account:
    """Ours; as root the owner of the data there are, else postgres, else nobody."""
    me = mine()
    if me.uid != 0:
        return me
    if data.exists() and data.stat().st_uid != 0:
        entry = pwd.getpwuid(data.stat().st_uid)
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise Problem(
        "PostgreSQL does not run as root, and there is neither an account 'postgres' nor 'nobody' "
        "to run it.\nStart as an ordinary user, or set DATABASE_URL."
    )


def reachable_home(folder: Path, account: Account) -> Path:
    """`folder`, or, where the account cannot get there, a folder under /var/lib that it links to.

    A project under /root (mode 0700) is the usual case. The link remembers the place, so that the
    next start finds the data again, and so that a deleted `.local` means a new database.
    """
    if account.is_mine:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder
    if not folder.exists():  # also where a link leads nowhere
        folder.unlink(missing_ok=True)
        folder.mkdir(parents=True)
        folder.chmod(0o711)  # whatever the umask: to be passed through, not to be listed
        if not account.can_enter(folder):
            _move_away(folder)
    home = folder.resolve()
    if not account.can_enter(home):
        raise Problem(
            f"The account '{account.name}', which runs PostgreSQL, cannot reach {home} any more.\n"
            f"Let it enter the folders above, or remove {folder} to begin with an empty database."
        )
    return home


def _move_away(folder: Path) -> None:
    elsewhere = Path(tempfile.mkdtemp(prefix="alliance-local-", dir=LONG_LIVED))
    elsewhere.chmod(0o711)
    folder.rmdir()
    folder.symlink_to(elsewhere)
