"""From a file of ratings to columns of numbers."""

import csv
from array import array
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from io import TextIOWrapper
from math import nan
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from trends.engine import ATTENDANCE, DIMENSIONS, TENSION

from . import cells
from .header import NEEDED, Header, header
from .problems import BadFile, Problems
from .progress import Progress

Column = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]

NO_TREATMENT = -1
SHOW_EVERY = 20_000  # rows


@dataclass(frozen=True)
class Form:
    """What every rating in the file was given on. items: per dimension."""

    scale: tuple[float, float]
    items: int


@dataclass(frozen=True, eq=False)
class Ratings:
    """A file's columns, one entry per row in the order of the file.

    columns: those of NEEDED and OPTIONAL that the file has, and "line", where the row began.
    """

    columns: dict[str, Column]
    header: Header
    treatments: int
    form: Form

    def __len__(self) -> int:
        return len(self.columns["line"])

    @property
    def rated(self) -> Bools:
        """Whether any dimension is."""
        rated = np.zeros(len(self), dtype=bool)
        for dimension in DIMENSIONS:
            rated |= np.isfinite(self.columns[dimension])
        return rated


class Reader(NamedTuple):
    """How a column is read. numbers: by text. into: the array that they go to."""

    numbers: dict[str, Any]
    into: Any
    blank: float


def read(file: BinaryIO, form: Form, problems: Problems, progress: Progress) -> Ratings:
    """A cell that cannot be used is blank, and among the problems. Raises BadFile."""
    treatments = cells.Treatments()
    with closing(rows_of(file)) as rows:
        _, names = next(rows, (1, list(NEEDED)))  # an empty file is one without sessions
        ours = header(names)
        readers = {name: reader(name, treatments, form) for name in ours.places}
        lines = read_rows(rows, ours, readers, problems, progress)
    columns = {name: np.asarray(each.into) for name, each in readers.items()}
    return Ratings(columns | {"line": np.asarray(lines)}, ours, len(treatments), form)


def read_rows(
    rows: Iterator[tuple[int, list[str]]],
    header: Header,
    readers: dict[str, Reader],
    problems: Problems,
    progress: Progress,
) -> "array[int]":
    """Fill the readers' arrays. Returns the lines of the rows."""
    lines = array("i")
    # Bound beforehand: this loop is where the time goes.
    plan = [
        (place, readers[name].numbers.__getitem__, readers[name].into.append, readers[name].blank)
        for name, place in header.places.items()
    ]
    for line, row in rows:
        if len(row) != header.width:
            problems.add(line, wrong_width(row, header))
            continue
        lines.append(line)
        for place, number_of, append, blank in plan:
            try:
                append(number_of(row[place]))
            except cells.BadCell as bad:
                problems.add(line, str(bad))
                append(blank)
        if len(lines) % SHOW_EVERY == 0:
            progress.show("reading", len(lines))
    return lines


def wrong_width(row: Sequence[str], header: Header) -> str:
    cells = "1 cell" if len(row) == 1 else f"{len(row)} cells"
    return f"it has {cells}, the first line has {header.width}; look for a comma too many or few"


def rows_of(file: BinaryIO) -> Generator[tuple[int, list[str]]]:
    """The file's rows from its beginning, each with the number of its first line; no empty lines.

    Raises BadFile where it is no CSV in UTF-8.
    """
    file.seek(0)
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    reader = csv.reader(text, strict=True)
    line = 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadFile(f"line {line}: this is no CSV: {error}. Look at its quotes.") from error
    except UnicodeDecodeError as error:
        where = first_undecodable(file)
        raise BadFile(f"line {where}: this is not UTF-8. Save the file as CSV UTF-8.") from error
    finally:
        text.detach()


def first_undecodable(file: BinaryIO) -> int:
    """The line of the first byte that is not UTF-8. (The reader was ahead of it.)"""
    file.seek(0)
    for line, content in enumerate(file, start=1):
        try:
            content.decode()
        except UnicodeDecodeError:
            return line
    return 1


def reader(name: str, treatments: cells.Treatments, form: Form) -> Reader:
    """Four bytes suffice for a treatment or a day, one for a word."""
    words = {"tension": TENSION, "attendance": ATTENDANCE}
    if name == "treatment":
        return Reader(treatments, array("i"), NO_TREATMENT)
    if name == "held_on":
        return Reader(cells.Cells(cells.day), array("i"), cells.NO_DAY)
    if name in words:
        return Reader(cells.Cells(cells.word(name, words[name])), array("b"), 0)
    read: Callable[[str], float] = cells.session
    if name != "session":
        read = cells.score(name, form.scale)
    return Reader(cells.Cells(read), array("d"), nan)
