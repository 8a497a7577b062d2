import os
import signal
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from math import ceil, isfinite
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from alliance.research import by_engine, by_rule, writing
from alliance.research.ordering import Order, courses, ordered
from alliance.research.problems import BadFile, Problems
from alliance.research.progress import Progress
from alliance.research.reading import Form, Ratings, read
from alliance.research.source import STANDARD, opened
from alliance.research.verdict import Verdict
from trends.engine import DEFAULT, DEFAULT_THRESHOLD, BadScale, Prior
from trends.engine.history import check_scale
from trends.engine.rules import RULES

ENGINE = "engine"
INTERRUPTED = 130  # as shells have it: 128 + SIGINT


class Command(BaseCommand):
    help = (
        "Find possible ruptures in a file of ratings, without a database. The file is CSV with the"
        " columns treatment, session, goal, task and bond: mean item scores, empty where there is"
        " no rating. It may have held_on, tension, attendance, therapist_goal, therapist_task and"
        " therapist_bond, too."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ratings", metavar="RATINGS.csv", help="- is standard input")
        parser.add_argument(
            "--scale",
            nargs=2,
            type=float,
            required=True,
            metavar=("LOWEST", "HIGHEST"),
            help="the scale's ends",
        )
        parser.add_argument(
            "--items", type=whole, required=True, metavar="N", help="items per dimension"
        )
        parser.add_argument(
            "--output", required=True, metavar="TRENDS.csv", help="- is standard output"
        )
        parser.add_argument(
            "--rule",
            choices=[ENGINE, *RULES],
            default=ENGINE,
            help="who judges: the engine (default), or a rule of the literature",
        )
        parser.add_argument(
            "--prior",
            choices=["default", "fit"],
            default="default",
            help="what the engine takes for granted: general knowledge, or learned from the file",
        )
        when = parser.add_mutually_exclusive_group()
        when.add_argument(
            "--threshold",
            type=positive,
            metavar="P",
            help="flag from this probability of a rupture on (or severity, for a rule)",
        )
        when.add_argument(
            "--alert-budget",
            type=positive,
            metavar="N",
            help="flag about N of 100 rated sessions, and take the threshold from the file",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        progress = Progress(sys.stderr)
        try:
            with ended_like_ctrl_c():
                self._detect(options, progress)
        except KeyboardInterrupt:
            raise CommandError("Stopped.", returncode=INTERRUPTED) from None
        except BrokenPipeError:
            leave_the_pipe()
        except (BadFile, BadScale) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or 'The output'}: {error.strerror}.") from error
        finally:
            progress.clear()

    def _detect(self, options: dict[str, Any], progress: Progress) -> None:
        lowest, highest = options["scale"]
        check_scale((lowest, highest))
        check_options(options)
        problems, form = Problems(), Form((lowest, highest), options["items"])
        with opened(options["ratings"]) as file:
            refuse_to_replace(file, options["output"])
            ratings = read(file, form, problems, progress)
            self._note_ignored(ratings.header.ignored)
            verdict = judge(ratings, ordered(ratings, problems), options, progress)
            with ExitStack() as stack:
                out = self._out(options["output"], stack)
                writing.write(file, ratings, verdict, out, progress)
        progress.clear()
        self._say(summary(ratings, verdict))

    def _out(self, output: str, stack: ExitStack) -> writing.Out:
        if output != STANDARD:
            return stack.enter_context(writing.replacing(Path(output).resolve()))
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="")
        return self.stdout

    def _note_ignored(self, names: list[str]) -> None:
        if names:
            self._say(f"Not columns that mean anything here, ignored: {', '.join(names)}.")

    def _say(self, text: str) -> None:
        self.stderr.write(text, str)  # not in the red of an error


def whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def positive(text: str) -> float:
    number = float(text)
    if not (isfinite(number) and number > 0):
        raise ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def check_options(options: dict[str, Any]) -> None:
    """What would be found out only after minutes, or would silently do nothing."""
    if options["rule"] != ENGINE and options["prior"] != "default":
        raise CommandError("--prior is the engine's; a rule of the literature has none.")
    if options["rule"] == ENGINE and (options["threshold"] or 0) > 1:
        raise CommandError("--threshold is a probability, above 0 and at most 1.")
    if options["output"] != STANDARD:
        check_output(Path(options["output"]))


def check_output(output: Path) -> None:
    if output.is_dir():
        raise CommandError(f"{output} is a folder; name a file.")
    if not os.access(output.resolve().parent, os.W_OK):
        raise CommandError(f"{output} cannot be written: its folder is missing or read-only.")


def refuse_to_replace(file: BinaryIO, output: str) -> None:
    """By what the names stand for: there are links, and `- < ratings.csv`."""
    if output == STANDARD or not Path(output).exists():
        return
    if os.path.samestat(os.fstat(file.fileno()), Path(output).stat()):
        raise CommandError("The output would take the place of the ratings; name another file.")


def judge(ratings: Ratings, order: Order, options: dict[str, Any], progress: Progress) -> Verdict:
    threshold, budget = options["threshold"], options["alert_budget"]
    if options["rule"] != ENGINE:
        rule = RULES[options["rule"]]
        return by_rule.judge(
            ratings, order.blocks(), rule, threshold=threshold, budget=budget, progress=progress
        )
    return by_engine.judge(
        ratings,
        order.blocks(),
        learned(ratings, order) if options["prior"] == "fit" else DEFAULT,
        threshold=DEFAULT_THRESHOLD if threshold is None else threshold,
        budget=budget,
        progress=progress,
    )


def learned(ratings: Ratings, order: Order) -> Prior:
    """From the file's own treatments, spread over all lengths if there are many."""
    from trends.engine.learning import MOST_TREATMENTS, fit  # noqa: PLC0415 - where it is asked for

    some = order.blocks(every=max(1, ceil(ratings.treatments / MOST_TREATMENTS)))
    return fit([courses(ratings, block) for block in some]).prior


def summary(ratings: Ratings, verdict: Verdict) -> str:
    rated, flags = int(ratings.rated.sum()), int(verdict.flags.sum())
    return (
        f"rows {len(ratings)}, treatments {ratings.treatments}, rated {rated}\n"
        f"flags {flags}, {100 * flags / max(rated, 1):.1f} in 100 rated sessions\n"
        f"threshold {verdict.threshold:.6g}, {verdict.by}"
    )


@contextmanager
def ended_like_ctrl_c() -> Iterator[None]:
    """Nothing half-written is left behind, whoever ends us."""
    if current_thread() is not main_thread():
        yield
        return
    names = [  # not what `nohup` has switched off
        name for name in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(name) is signal.SIG_DFL
    ]
    for name in names:
        signal.signal(name, signal.default_int_handler)
    try:
        yield
    finally:
        for name in names:
            signal.signal(name, signal.SIG_DFL)


def leave_the_pipe() -> None:
    """Whoever read our output has seen enough, as with `| head`. Nothing is left to be flushed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(1)
