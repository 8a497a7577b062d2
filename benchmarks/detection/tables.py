"""The figures of a study as tables, for a terminal and for docs/method.md."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import rich.table
from rich.console import Console

from benchmarks.detection.contestants import ENGINE, EXACT, FITTED
from benchmarks.detection.metrics import BINS, Bin, calibration_error
from benchmarks.detection.study import (
    LEARNED_FROM,
    LEARNING_WORLDS,
    RATES,
    Spread,
    Study,
    Summary,
    regained,
    spread,
)
from benchmarks.detection.worlds import Floats

TITLES = {
    "state at 5 %": "In a rupture now: share found at 5 % false alarms",
    "state AUC": "In a rupture now: AUC",
    "onset at 5 %": "A rupture begins: share found at 5 % false alarms",
    "onset AUC": "A rupture begins: AUC",
    "fresh onset at 5 %": "A rupture begins, among sessions that do not continue one: at 5 %",
    "fresh onset AUC": "A rupture begins, among sessions that do not continue one: AUC",
}


@dataclass(frozen=True)
class Table:
    """The first column is words, the others are figures."""

    title: str
    head: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Aim:
    """A figure that is to be at least (or at most) `bound`."""

    what: str
    figure: float
    bound: float
    at_most: bool = False
    detail: str = ""

    @property
    def met(self) -> bool:
        return self.figure <= self.bound if self.at_most else self.figure >= self.bound

    @property
    def line(self) -> str:
        side = "at most" if self.at_most else "at least"
        detail = f" ({self.detail})" if self.detail else ""
        return (
            f"{'met' if self.met else 'MISSED'}: {self.what} {number(self.figure)}{detail}; "
            f"aim {side} {number(self.bound)}"
        )


def number(value: float) -> str:
    """Three decimals, without the zero before the point."""
    text = f"{value:.3f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 else text


def with_range(value: Spread) -> str:
    return f"{number(value.mean)} ({number(value.lowest)} to {number(value.highest)})"


def seeds_of_mean(values: Floats) -> Spread:
    """The mean over worlds, and how the seeds spread; values: (worlds, seeds)."""
    return spread(values.mean(axis=0))


# --- The tables --------------------------------------------------------------------------------


def all_tables(study: Study) -> list[Table]:
    summary = Summary(study)
    tables = [by_world(summary, measure) for measure in TITLES]
    tables += [means_of_state(summary), means_of_onset(summary)]
    tables.append(reliability_table(summary, summary.worlds, "all worlds"))
    if "usual" in summary.worlds:
        tables.append(reliability_table(summary, ["usual"], "the usual world"))
    tables.append(calibration_by_world(summary))
    if study.lessons:
        tables.append(learning_table(study))
    return [*tables, settings_table(study)]


def by_world(summary: Summary, measure: str) -> Table:
    engine, best = summary.values(ENGINE, measure), summary.best_values(measure)
    columns = [("engine", engine), ("best rule", best), ("engine / best rule", engine / best)]
    if summary.study.plan.exact:
        exact = summary.values(EXACT, measure)
        columns = [("exact", exact), *columns, ("engine / exact", engine / exact)]
    names = [*summary.best_family(measure), ""]
    rows = [
        [world, *(with_range(spread(values[w])) for _, values in columns), names[w]]
        for w, world in enumerate(summary.worlds)
    ]
    rows.append(["mean", *(with_range(seeds_of_mean(values)) for _, values in columns), ""])
    return Table(TITLES[measure], ["world", *(name for name, _ in columns), "which rule"], rows)


def contestants(summary: Summary, measure: str) -> list[str]:
    """The probabilities first, then the rules, the best first."""
    rules = sorted(summary.families, key=lambda name: -summary.values(name, measure).mean())
    return [*([EXACT] if summary.study.plan.exact else []), ENGINE, FITTED, *rules]


def means_of_state(summary: Summary) -> Table:
    measures = ["state AUC", *(f"state at {rate} %" for rate in RATES), "within one more"]
    heads = ["AUC", *(f"at {rate} %" for rate in RATES), "onset found within one more"]
    return means(summary, "In a rupture now: mean over worlds", measures, heads)


def means_of_onset(summary: Summary) -> Table:
    fresh = ["fresh onset AUC", "fresh onset at 5 %"]
    measures = ["onset AUC", *(f"onset at {rate} %" for rate in RATES), *fresh]
    heads = ["AUC", *(f"at {rate} %" for rate in RATES), "not continuing: AUC", "at 5 %"]
    return means(summary, "A rupture begins: mean over worlds", measures, heads)


def means(summary: Summary, title: str, measures: list[str], heads: list[str]) -> Table:
    rows = [
        [name, *(with_range(seeds_of_mean(summary.values(name, m))) for m in measures)]
        for name in contestants(summary, measures[2])
    ]
    return Table(title, ["", *heads], rows)


def reliability_table(summary: Summary, worlds: Sequence[str], where: str) -> Table:
    bins = summary.tables(ENGINE, worlds)
    error = number(calibration_error(bins))
    rows = [
        [f"{each.low:.1f} to {each.low + 1 / BINS:.1f}", f"{each.sessions:,}", *shares(each)]
        for each in bins
    ]
    return Table(
        f"When the engine says so likely, it is so often ({where}; calibration error {error})",
        ["said", "sessions", "mean said", "was so"],
        rows,
    )


def shares(each: Bin) -> list[str]:
    return [number(each.predicted), number(each.observed)]


def calibration_by_world(summary: Summary) -> Table:
    who = [ENGINE, FITTED, *([EXACT] if summary.study.plan.exact else [])]
    columns = [
        (f"{name}, {target}", summary.values(name, f"{target} calibration"))
        for name in who
        for target in ("state", "onset")
    ]
    rows = [
        [world, *(number(values[w].mean()) for _, values in columns)]
        for w, world in enumerate(summary.worlds)
    ]
    rows.append(["mean", *(number(values.mean()) for _, values in columns)])
    return Table("Calibration error", ["world", *(name for name, _ in columns)], rows)


def learning_table(study: Study) -> Table:
    rows = []
    for measure in ("state at 5 %", "state AUC"):
        for world in [*LEARNING_WORLDS, "all"]:
            some = [lesson for lesson in study.lessons if world in (lesson.world, "all")]
            if some:
                columns = [
                    np.array([getattr(lesson, name)[measure] for lesson in some])
                    for name in ("default", "misfit", "learned")
                ]
                each = [regained([lesson], measure) for lesson in some]
                back = Spread(regained(some, measure), min(each), max(each))
                cells = [number(float(column.mean())) for column in columns]
                rows.append([f"{measure}, {world}", *cells, with_range(back)])
    head = ["", "default prior", "misfitting prior", "learned from there", "regained"]
    return Table(f"Learning from {LEARNED_FROM} treatments of another seed", head, rows)


def settings_table(study: Study) -> Table:
    rows = [
        [family, *(study.tuned[question][family].setting for question in ("state", "onset"))]
        for family in study.tuned["state"]
    ]
    return Table("The rules' best settings, from other seeds", ["", "state", "onset"], rows)


# --- The verdict -------------------------------------------------------------------------------


def aims(study: Study) -> list[Aim]:
    summary = Summary(study)
    against_exact = aims_against_exact(summary) if study.plan.exact else []
    learned = aims_of_learning(study) if study.lessons else []
    return [*against_exact, *aims_against_rules(summary), *aims_of_calibration(summary), *learned]


def aims_against_exact(summary: Summary) -> list[Aim]:
    found = []
    for target in ("state", "onset", "fresh onset"):
        for measure, bound in ((f"{target} AUC", 0.99), (f"{target} at 5 %", 0.97)):
            ratio = summary.to_exact(measure)
            mean = seeds_of_mean(ratio)
            seeds = f"seeds {number(mean.lowest)} to {number(mean.highest)}"
            found.append(
                Aim(f"{measure}, engine / exact, mean of worlds", mean.mean, bound, False, seeds)
            )
            found.append(worst(summary, f"{measure}, engine / exact", ratio, 0.93))
    return found


def worst(summary: Summary, what: str, ratio: Floats, bound: float) -> Aim:
    place = int(ratio.mean(axis=1).argmin())
    figure = float(ratio[place].mean())
    return Aim(f"{what}, lowest world", figure, bound, False, summary.worlds[place])


def aims_against_rules(summary: Summary) -> list[Aim]:
    measure = "state at 5 %"
    each = seeds_of_mean(summary.to_best(measure))
    name = summary.best_family_on_average(measure)
    one = summary.values(ENGINE, measure).mean() / summary.values(name, measure).mean()
    seeds = f"seeds {number(each.lowest)} to {number(each.highest)}"
    what = f"{measure}, engine / best rule"
    found = [
        Aim(f"{what} of each world, mean of worlds", each.mean, 1.18, False, seeds),
        Aim(f"{what} in the mean of worlds", float(one), 1.18, False, name),
    ]
    return found + [
        worst(summary, f"{measure}, engine / best rule", summary.to_best(measure), 0.98)
        for measure in TITLES
    ]


def aims_of_calibration(summary: Summary) -> list[Aim]:
    found = []
    for target in ("state", "onset"):
        values = summary.values(ENGINE, f"{target} calibration").mean(axis=1)
        place = int(values.argmax())
        detail = f"highest {number(values[place])}, {summary.worlds[place]}"
        what = f"{target} calibration error of the engine, mean of worlds"
        found.append(Aim(what, float(values.mean()), 0.03, True, detail))
    return found


def aims_of_learning(study: Study) -> list[Aim]:
    found = []
    for measure in ("state at 5 %", "state AUC"):
        by_world = {
            world: regained([one for one in study.lessons if one.world == world], measure)
            for world in dict.fromkeys(lesson.world for lesson in study.lessons)
        }
        detail = ", ".join(f"{world} {number(share)}" for world, share in by_world.items())
        what = f"{measure}, share of the loss regained by learning"
        found.append(Aim(what, regained(study.lessons, measure), 0.5, False, detail))
    return found


# --- Out they go -------------------------------------------------------------------------------


def heading(study: Study) -> str:
    plan = study.plan
    return (
        f"{plan.treatments} treatments of 20 sessions in each of {len(plan.worlds)} worlds and "
        f"{plan.seeds} seeds; in brackets the lowest and highest seed. Rules at the setting that "
        "finds most on other seeds; only rated sessions are judged."
    )


def show(study: Study) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)
    console.print(heading(study), style="dim")
    for table in all_tables(study):
        console.print(for_terminal(table))
    for aim in aims(study):
        console.print(aim.line, style="" if aim.met else "bold")


def for_terminal(table: Table) -> rich.table.Table:
    shown = rich.table.Table(title=table.title, title_justify="left")
    for place, head in enumerate(table.head):
        shown.add_column(head, justify="right" if place else "left")
    for row in table.rows:
        shown.add_row(*row)
    return shown


def as_markdown(study: Study) -> str:
    verdict = "\n".join(f"- {aim.line}" for aim in aims(study))
    parts = [heading(study), *map(markdown, all_tables(study)), f"### Verdict\n\n{verdict}"]
    return "\n\n".join(parts) + "\n"


def markdown(table: Table) -> str:
    rule = ["---", *["---:"] * (len(table.head) - 1)]
    lines = [f"| {' | '.join(row)} |" for row in (table.head, rule, *table.rows)]
    return "\n".join([f"### {table.title}", "", *lines])
