"""The output: in the order of the file, and there as a whole or not at all."""

import csv
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, Protocol

from .problems import BadFile
from .progress import Progress
from .reading import Ratings, rows_of
from .verdict import COLUMNS, Verdict

AT_ONCE = 10_000  # rows
OURS_ALONE = 0o600  # a file about people is nobody else's, unless its owner made it so


class Out(Protocol):
    def write(self, text: str, /) -> object: ...


def write(file: BinaryIO, ratings: Ratings, verdict: Verdict, out: Out, progress: Progress) -> None:
    """Treatments and sessions stand there as they were typed: they are read from the file again."""
    out.write(as_csv([("treatment", "session", *COLUMNS)]))
    places = ratings.header.places
    treatment, session = places["treatment"], places["session"]
    with closing(rows_of(file)) as rows:
        next(rows, None)  # the names of the columns
        for start in range(0, len(ratings), AT_ONCE):
            some = slice(start, min(start + AT_ONCE, len(ratings)))
            typed = [(row[treatment], row[session]) for _, row in islice(rows, AT_ONCE)]
            if len(typed) != some.stop - some.start:
                raise BadFile("The file changed while it was read; nothing was written.")
            cells = verdict.cells(some)
            out.write(as_csv((*names, *more) for names, more in zip(typed, cells, strict=True)))
            progress.show("writing", some.stop, len(ratings))


def as_csv(rows: Iterable[tuple[str, ...]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def as_ours_alone(path: str, flags: int) -> int:
    return os.open(path, flags, OURS_ALONE)


@contextmanager
def replacing(path: Path) -> Iterator[Out]:
    """A file beside `path` that takes its place at the end, and is gone if anything goes wrong."""
    if path.exists() and not path.is_file():  # a pipe or /dev/null: nothing to be replaced
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
        return
    part = path.with_name(f".{token_hex(8)}.part")
    mode = path.stat().st_mode & 0o777 if path.exists() else OURS_ALONE
    try:
        with open(part, "x", encoding="utf-8", newline="", opener=as_ours_alone) as file:
            yield file
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
