"""`python -m benchmarks.engine`: the engine alone, and a clinic's night on a PostgreSQL."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command
from rich.console import Console
from rich.table import Table

from alliance.local.problem import Problem
from alliance.local.processes import Stopped, stop_on_signals
from benchmarks import site
from benchmarks.engine import arithmetic


def main() -> int:
    given = _parser().parse_args()
    stop_on_signals()
    figures: dict[str, Any] = {"arithmetic": arithmetic.measure(given.treatments)}
    try:
        if given.night:
            figures["night"] = _night(given.night)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    except Stopped:
        return 1
    _show(figures)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    parser.add_argument("--treatments", type=int, default=100_000, help="for the engine alone")
    parser.add_argument("--night", type=int, default=20_000, help="treatments; 0: no night")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser


def _night(treatments: int) -> dict[str, float]:
    with site.started() as servers:
        os.environ.update(servers.values)
        django.setup()
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        from django.utils import timezone  # noqa: PLC0415 - needs Django's settings

        from benchmarks.engine import nightly  # noqa: PLC0415 - likewise

        return nightly.measure(treatments, timezone.now())


def _show(figures: dict[str, Any]) -> None:
    console = Console(highlight=False, width=100)
    alone = figures["arithmetic"]
    table = Table(title="The engine alone, one core", title_justify="left", show_header=False)
    table.add_row(f"{alone['treatments']:,.0f} treatments", f"{alone['engine_seconds']:.1f} s")
    table.add_row("sessions a second (aim 200,000)", f"{alone['per_second']:,.0f}")
    table.add_row("one-dimensional Kalman filter", f"{alone['kalman_seconds']:.2f} s")
    table.add_row("ratio (aim: at most 50)", f"{alone['ratio']:.0f}")
    table.add_row("one treatment of 40 sessions (aim 5 ms)", f"{alone['one_ms']:.1f} ms")
    table.add_row("peak memory", f"{alone['peak_mb']:,.0f} MB")
    console.print(table)
    if night := figures.get("night"):
        table = Table(title="A clinic's night", title_justify="left", show_header=False)
        table.add_row(f"{night['treatments']:,.0f} treatments", f"{night['sessions']:,} sessions")
        table.add_row("all of it", f"{night['night_seconds']:.1f} s")
        table.add_row("reading and writing alone", f"{night['plain_seconds']:.1f} s")
        table.add_row("ratio (aim: at most 3)", f"{night['ratio']:.2f}")
        console.print(table)


if __name__ == "__main__":
    sys.exit(main())
