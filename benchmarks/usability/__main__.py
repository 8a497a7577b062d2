"""`python -m benchmarks.usability`: clicks and seconds of what therapists do most often."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table

from alliance.local.ports import LOOPBACK
from alliance.local.problem import Problem
from alliance.local.processes import Stopped, stop_on_signals
from benchmarks import machine, site
from benchmarks.form.slow_phone import launch
from benchmarks.usability.figures import Figure


def main() -> int:
    given = _parser().parse_args()
    stop_on_signals()
    try:
        with site.started() as servers:
            site.prepare(servers)
            about = machine.described()
            figures = _measure(servers, given.laps)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    except Stopped:
        return 1
    _show(about, figures)
    if given.json:
        told = {name: asdict(figure) for name, figure in figures.items()}
        given.json.write_text(json.dumps(told, indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.usability", description=__doc__)
    parser.add_argument("--laps", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser


def _measure(servers: site.Site, laps: int) -> dict[str, Figure]:
    from benchmarks.usability import caseload, tasks  # noqa: PLC0415 - need Django's settings

    email, password = caseload.fill(open_flags=3 * laps)
    with servers.web("usability", "/readyz", {}) as web, sync_playwright() as playwright:
        browser = launch(playwright)
        desk = tasks.Desk(browser, f"http://{LOOPBACK}:{web.port}", email, password)
        figures = tasks.measure(desk, laps)
        browser.close()
    return figures


def _show(about: dict[str, str], figures: dict[str, Figure]) -> None:
    console = Console(highlight=False, width=110)
    for name, value in about.items():
        console.print(f"{name}: {value}", style="dim")
    table = Table(title="The therapist's five minutes", title_justify="left")
    table.add_column("")
    for head in ("clicks", "fields typed", "keys", "pages", "machine, s", "a person, s (estimate)"):
        table.add_column(head, justify="right")
    for name, figure in figures.items():
        counts = (figure.clicks, figure.fields, figure.keys, figure.pages)
        table.add_row(name, *map(str, counts), f"{figure.machine:.1f}", f"{figure.person:.0f}")
    console.print(table)
    console.print("The estimate is the keystroke-level model's, without reading. Nobody was timed.")


if __name__ == "__main__":
    sys.exit(main())
