"""What stops a start, said so that a person can act on it."""

from pathlib import Path


class Problem(Exception):
    """Its text is shown as it is, without a traceback."""


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a log file, indented, for the text of a problem."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        lines = []
    return "\n".join(f"    {line}" for line in lines) or "    (the log is empty)"
