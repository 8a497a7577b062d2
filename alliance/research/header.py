"""The first line of a file of ratings: which column stands where."""

from collections.abc import Sequence
from dataclasses import dataclass

from trends.engine import DIMENSIONS

from .problems import BadFile

THERAPIST = tuple(f"therapist_{dimension}" for dimension in DIMENSIONS)
NEEDED = ("treatment", "session", *DIMENSIONS)
OPTIONAL = ("held_on", "tension", "attendance", *THERAPIST)


@dataclass(frozen=True)
class Header:
    """width: cells in a row. places: of our columns. ignored: the names of the others."""

    width: int
    places: dict[str, int]
    ignored: list[str]


def header(names: Sequence[str]) -> Header:
    """Capitals and spaces around a name do not matter. Raises BadFile."""
    found = [name.strip().lower() for name in names]
    twice = sorted({name for name in found if name and found.count(name) > 1})
    if twice:
        raise BadFile(f"line 1: the column {twice[0]} is there twice; keep one of them.")
    missing = [name for name in NEEDED if name not in found]
    if missing:
        raise BadFile(missing_columns(missing, found))
    places = {name: found.index(name) for name in (*NEEDED, *OPTIONAL) if name in found}
    return Header(len(found), places, [name for name in found if name and name not in places])


def missing_columns(missing: Sequence[str], found: Sequence[str]) -> str:
    if len(found) == 1 and any(mark in found[0] for mark in ";\t"):
        return "line 1: the columns are not separated by commas. Save the file as CSV with commas."
    return (
        f"line 1: the first line names the columns, and {', '.join(missing)}"
        f" {'is' if len(missing) == 1 else 'are'} missing. Needed are {', '.join(NEEDED)}."
    )
