"""How far it is: one line that is written over, on a terminal only."""

import time
from typing import TextIO

SECONDS_BETWEEN = 0.2


class Progress:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream if stream.isatty() else None
        self._next = 0.0

    def show(self, what: str, done: int, of: int | None = None) -> None:
        if self._stream is None or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + SECONDS_BETWEEN
        share = "" if of is None else f" of {of:,} rows ({done / of:.0%})"
        self._stream.write(f"\r\x1b[K{what}: {done:,}{share}")
        self._stream.flush()

    def clear(self) -> None:
        if self._stream is not None:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
