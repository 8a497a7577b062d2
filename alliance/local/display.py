"""What the terminal shows, with or without colours."""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import TextIOWrapper

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

WIDEST = 200
STEP_WORDS = {"postgres": "PostgreSQL", "valkey": "Valkey"}


@dataclass(frozen=True)
class Login:
    role: str
    name: str
    email: str
    password: str


class Display:
    def __init__(self) -> None:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal without UTF-8 is no reason to end
        self.console = Console(highlight=False, soft_wrap=True)
        utf8 = self.console.encoding.lower().startswith("utf")
        self.done = "✓" if utf8 else "*"

    def say(self, text: str) -> None:
        self.console.print(Text(text))

    def problem(self, text: str) -> None:
        self.console.print(Text(f"\n{text}\n", style="bold red"))

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A turning mark while it lasts (only on a terminal), then a line with its time."""
        words = STEP_WORDS.get(name, name)
        began = time.monotonic()
        with self.console.status(f"{words} ..."):
            yield
        seconds = f"{time.monotonic() - began:.1f} s"
        self.console.print(f" [green]{self.done}[/] {words:<32} [dim]{seconds:>7}[/]")

    def steps(self, names: Iterable[str]) -> None:
        """Each step lasts until the next one comes."""
        with ExitStack() as current:
            for name in names:
                current.close()
                current.enter_context(self.step(name))

    def box(self, site: str, mail: str, logins: Sequence[Login]) -> None:
        """Where to go and how to get in. Never cut or wrapped: it is there to be copied."""
        table = Table.grid(padding=(0, 3))
        table.add_row("[bold]Alliance[/]", f"[bold cyan]{site}[/]")
        table.add_row("Outgoing mail", f"[cyan]{mail}[/]")
        table.add_row()
        for login in logins:
            table.add_row(login.role.replace("_", " "), f"[bold]{login.email}[/]", login.password)
        table.add_row()
        table.add_row("Stop", "Ctrl-C; the data stay")
        # A width of its own: in a narrow terminal the frame may break, but no password is lost.
        wide = Console(width=WIDEST, highlight=False)
        wide.print(Panel.fit(table, title="Ready", padding=(1, 2)))
