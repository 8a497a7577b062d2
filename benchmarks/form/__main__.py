"""`python -m benchmarks.form`: the client's form on a slow phone, beside a bare page."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from rich.console import Console

from alliance.local.ports import LOOPBACK
from alliance.local.problem import Problem
from alliance.local.processes import Stopped, stop_on_signals
from benchmarks import site
from benchmarks.form import minute, paint, report
from benchmarks.form.slow_phone import FAST, SLOW, Phones, launch

WITH_BARE_PAGE = {"DJANGO_SETTINGS_MODULE": "benchmarks.form.settings"}


def main() -> int:
    given = _parser().parse_args()
    stop_on_signals()
    try:
        with site.started() as servers:
            site.prepare(servers)
            figures = _measure(servers, given.laps)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    except Stopped:
        return 1
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.form", description=__doc__)
    parser.add_argument("--laps", type=int, default=9)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser


def _measure(servers: site.Site, laps: int) -> dict[str, Any]:
    from benchmarks.form import forms  # noqa: PLC0415 - needs Django's settings

    links = iter(list(forms.mailed(2 * (3 * laps + 2))))
    console = Console(highlight=False, width=110)
    console.print(f"load before: {', '.join(f'{load:.1f}' for load in os.getloadavg())}")
    with servers.web("form", "/readyz", WITH_BARE_PAGE) as web, sync_playwright() as playwright:
        browser = launch(playwright)
        address = f"http://{LOOPBACK}:{web.port}"
        figures = {}
        for profile in (SLOW, FAST):
            own = islice(links, 3 * laps + 2)
            phones = Phones(browser, profile, address)
            figures[profile.name] = _with(console, phones, own, laps)
        browser.close()
    return figures


def _with(console: Console, phones: Phones, links: Iterator[str], laps: int) -> dict[str, Any]:
    contestants = paint.measure(phones, links, laps)
    report.show_paint(console, phones.profile.words, contestants)
    runs = minute.measure(phones, links, laps)
    report.show_minute(console, phones.profile.words, runs)
    return report.as_data(contestants, runs)


if __name__ == "__main__":
    sys.exit(main())
