"""`python -m benchmarks`: starts servers, fills them, measures, prints, removes all of it."""

import argparse
import json
import sys
from pathlib import Path

from alliance.local.problem import Problem
from alliance.local.processes import Stopped, stop_on_signals
from benchmarks import report, site


def main() -> int:
    given = _parser().parse_args()
    stop_on_signals()
    try:
        with site.started() as servers:
            site.prepare(servers)
            from benchmarks import measurements  # noqa: PLC0415 - needs Django's settings

            figures = measurements.take(servers, laps=given.laps, each=given.submissions)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    except Stopped:
        return 1
    report.show(figures)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--submissions", type=int, default=500, help="in each lap")
    parser.add_argument("--laps", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
