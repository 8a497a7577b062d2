"""The figures as tables to read, and as data."""

from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.form.figures import READING, TAP, Spread, person_seconds, ratio
from benchmarks.form.minute import Run
from benchmarks.form.paint import Contestant


def show_paint(console: Console, profile: str, contestants: Sequence[Contestant]) -> None:
    console.print(f"\nFirst contentful paint: {profile}", style="bold")
    table = Table()
    for head in ("cold cache", "ms: median (range)", "against bare", "answers", "bytes"):
        table.add_column(head, justify="left" if head == "cold cache" else "right")
    bare = contestants[0]
    for each in contestants:
        table.add_row(
            each.name,
            Spread.of(each.milliseconds).shown(),
            ratio(each.milliseconds, bare.milliseconds).shown(2),
            str(each.answers),
            f"{each.bytes:,}",
        )
    console.print(table)


def show_minute(console: Console, profile: str, runs: Sequence[Run]) -> None:
    console.print(f"\nalliance-6 from the link to the thanks: {profile}", style="bold")
    table = Table()
    table.add_column("")
    table.add_column("seconds: median (range)", justify="right")
    for part in ("opening", "answering", "sending", "machine"):
        spread = Spread.of([getattr(run, part) for run in runs])
        table.add_row("together" if part == "machine" else part, spread.shown(2))
    console.print(table)
    for line in _persons(runs):
        console.print(line)


def _persons(runs: Sequence[Run]) -> list[str]:
    run, machine = runs[0], median(run.machine for run in runs)
    read = {
        "every word on the page": run.words.all,
        "each line of the page once": run.words.once,
        "the questions, and their answers once": run.questions.once,
    }
    assumed = (
        f"A person: {READING} words a minute, {TAP:.0f} s for each of {run.taps} taps and the one"
        " on the link, and the machine's time."
    )
    return [assumed] + [
        f"  {person_seconds(words, run.taps, machine):3.0f} s, who reads {name} ({words} words)"
        for name, words in read.items()
    ]


def as_data(contestants: Sequence[Contestant], runs: Sequence[Run]) -> dict[str, Any]:
    return {
        "paint": [asdict(each) for each in contestants],
        "minute": [asdict(run) for run in runs],
    }
