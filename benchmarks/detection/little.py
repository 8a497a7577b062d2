"""`python -m benchmarks.detection.little`: what is to be done with ratings that say little?

Worlds in which a third of the clients answer half of their forms with one point for every item, and
the same worlds without such clients (there, too, some forms are alike by chance). A form whose
answers are all alike is taken in one of three ways: as given, as one look instead of one for every
item (what the program does), or not at all.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.detection.contestants import courses_of, engine, engine_fitted
from benchmarks.detection.study import figures_of_answer
from benchmarks.detection.tables import Table, for_terminal, markdown, number
from benchmarks.detection.worlds import USUAL, World, simulate
from trends.engine.courses import Courses

THIRD, HALF = 1 / 3, 0.5
SIX = replace(USUAL, items=2)


def with_some_alike(world: World) -> dict[str, World]:
    some = replace(world, alike_clients=THIRD, alike_forms=HALF)
    return {
        "by chance only": world,
        "the first answer": replace(some, alike="first"),
        "their mean": replace(some, alike="mean"),
        "their habit": replace(some, alike="habit"),
    }


WORLDS = {
    f"{form}: {which}": world
    for form, plain in {
        "6 items": SIX,
        "6 items, ceiling": replace(SIX, mean=4.7),
        "12 items": USUAL,
    }.items()
    for which, world in with_some_alike(plain).items()
}


# --- Three ways to take them -------------------------------------------------------------------


def as_given(courses: Courses) -> Courses:
    items = np.where(courses.little, courses.items.max(), courses.items)
    return replace(courses, items=items, little=np.zeros_like(courses.little))


def as_one_look(courses: Courses) -> Courses:
    return courses


def not_at_all(courses: Courses) -> Courses:
    return replace(courses, scores=np.where(courses.little[..., None], np.nan, courses.scores))


WAYS: dict[str, Callable[[Courses], Courses]] = {
    "as given": as_given,
    "as one look": as_one_look,
    "not at all": not_at_all,
}


# --- The figures -------------------------------------------------------------------------------

PRIORS = {"the default prior": engine, "a prior learned from the same ratings": engine_fitted}
MEASURES = [
    f"{target} {measure}"
    for target in ("state", "onset")
    for measure in ("AUC", "at 5 %", "calibration")
]
HEAD = [
    "answered alike",
    "of 100 forms",
    "taken",
    *("in a rupture: AUC", "at 5 %", "calibration error"),
    *("begins: AUC", "at 5 %", "calibration error"),
]

Seeds = Sequence[int]


def compare(treatments: int, seeds: Seeds, worlds: dict[str, World]) -> list[Table]:
    """One table for each prior; means over the seeds."""
    return [
        Table(f"With {prior}", HEAD, rows_of(prior, treatments, seeds, worlds)) for prior in PRIORS
    ]


def rows_of(prior: str, treatments: int, seeds: Seeds, worlds: dict[str, World]) -> list[list[str]]:
    rows = []
    for name, world in worlds.items():
        print(f"{prior}: {name}", file=sys.stderr, flush=True)
        judged = [judge(prior, world, treatments, seed) for seed in seeds]
        share = f"{100 * np.mean([alike for alike, _ in judged]):.0f}"
        means = np.mean([figures for _, figures in judged], axis=0)
        rows += [
            [name, share, way, *map(number, means[place].tolist())]
            for place, way in enumerate(WAYS)
        ]
    return rows


def judge(prior: str, world: World, treatments: int, seed: int) -> tuple[float, list[list[float]]]:
    """Which share of the forms is alike, and (ways, measures)."""
    drawn = simulate(world, treatments=treatments, seed=seed)
    courses = courses_of(world, drawn)
    every = [figures_of_answer(PRIORS[prior](way(courses)), drawn) for way in WAYS.values()]
    figures = [[found[measure] for measure in MEASURES] for found in every]
    return float(drawn.alike[drawn.rated].mean()), figures


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m benchmarks.detection.little")
    options.add_argument("--treatments", type=int, default=300, help="in each world and seed")
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables there too")
    given = options.parse_args()
    found = compare(given.treatments, range(1, given.seeds + 1), WORLDS)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)
    for table in found:
        console.print(for_terminal(table))
    if given.markdown:
        given.markdown.write_text("\n\n".join(map(markdown, found)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
