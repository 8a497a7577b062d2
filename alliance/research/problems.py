"""What is wrong with a file, in sentences that name the line."""

from bisect import insort

MOST_NAMED = 20


class BadFile(Exception):
    """Nothing is computed from such a file. The message says what is wrong and what to do."""


class Problems:
    """All are counted, those of the first lines are named."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[tuple[int, int, str]] = []

    def add(self, line: int, what: str) -> None:
        self.count += 1
        insort(self._first, (line, self.count, what))
        del self._first[MOST_NAMED:]

    def refuse(self) -> None:
        """Raises BadFile if there are any."""
        if self.count:
            raise BadFile(str(self))

    def __str__(self) -> str:
        named = [f"line {line}: {what}" for line, _, what in self._first]
        more = self.count - len(named)
        head = "The file cannot be used; nothing was written."
        return "\n".join([head, *named, *([f"and {more} more"] if more else [])])
