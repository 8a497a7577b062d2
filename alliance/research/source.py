"""Where the ratings come from: a file, or standard input, that can be read twice."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import BinaryIO

STANDARD = "-"


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    if name == STANDARD:
        with readable_twice(sys.stdin.buffer) as file:
            yield file
        return
    with Path(name).open("rb") as first, readable_twice(first) as file:
        yield file


@contextmanager
def readable_twice(file: BinaryIO) -> Iterator[BinaryIO]:
    """The file itself, or a copy of a pipe that no other program can open and that ends with us."""
    if file.seekable():
        yield file
        return
    with TemporaryFile() as copy:
        copyfileobj(file, copy)
        yield copy
