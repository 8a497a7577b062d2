"""`python -m alliance.local`: the demo. `python -m alliance.local run`: the same for developing."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from alliance.local import demo
from alliance.local.children import stop_with_my_parent
from alliance.local.display import Display
from alliance.local.environment import FOLDER
from alliance.local.problem import Problem
from alliance.local.processes import Stopped, stop_on_signals


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    if given.stop_with_parent:
        stop_with_my_parent()
    stop_on_signals()
    display = Display()
    options = demo.Options(given.port, given.mail_port, given.mode == "run", given.folder.resolve())
    try:
        demo.run(options, display)
    except Problem as problem:
        display.problem(str(problem))
        return 1
    except Stopped:
        display.say(f"Stopped. The data stay in {given.folder}.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m alliance.local", description=__doc__)
    parser.add_argument("mode", nargs="?", choices=("demo", "run"), default="demo")
    parser.add_argument("--port", type=int, default=8000, help="of the site")
    parser.add_argument("--mail-port", type=int, default=8025, help="of the page with sent mail")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for data, logs and secrets")
    parser.add_argument(
        "--stop-with-parent", action="store_true", help="also when the parent is killed (Linux)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
