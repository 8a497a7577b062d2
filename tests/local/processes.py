"""What the tests ask the kernel about processes."""

from pathlib import Path


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # gone before it was opened, or read
        return False
    return state != "Z"  # ended, and whoever inherited it has not yet asked
