"""One clock for several processes: the real time, and what the test has added to it.

The web server and the worker read the difference from a file whenever they ask what time it is, so
that weeks pass in a moment for all of them. Sessions are then recorded "now", links run out and
log-ins end as they would; no row is changed by hand.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.utils import timezone


@dataclass
class Clock:
    file: Path
    ahead: timedelta = timedelta()

    def __post_init__(self) -> None:
        self.forward()

    def forward(self, **delta: float) -> None:
        """By so many days, weeks, hours; a reader sees the old file or the new one."""
        self.ahead += timedelta(**delta)
        unfinished = self.file.with_suffix(".new")
        unfinished.write_text(str(self.ahead.total_seconds()))
        unfinished.replace(self.file)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def follow(file: Path) -> None:
    """Make Django's clock, which every part of the product asks, tell the moved time."""

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(file.read_text()))

    timezone.now = now
