"""What a file is told about its rows, whoever judges them."""

from collections.abc import Iterator
from typing import Protocol

from .reading import Bools

COLUMNS = (
    "level",
    "level_low",
    "level_high",
    "expected",
    "p_onset",
    "p_rupture",
    "dimension",
    "flag",
    "reason",
)


class Verdict(Protocol):
    """flags: where one is raised. threshold: from which on. by: who says so, for people."""

    flags: Bools
    threshold: float
    by: str

    def cells(self, rows: slice) -> Iterator[tuple[str, ...]]:
        """The output's COLUMNS of these rows."""
