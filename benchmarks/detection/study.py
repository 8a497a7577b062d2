"""Simulate, let everyone judge, compare: `carry_out` makes the figures that the tables show."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Protocol, TypeVar

import numpy as np

from benchmarks.detection import metrics
from benchmarks.detection.contestants import (
    ENGINE,
    EXACT,
    FITTED,
    TARGETS,
    Answer,
    Target,
    Tryout,
    Tuned,
    best_settings,
    courses_of,
    engine,
    engine_fitted,
    families,
    found,
    judged,
    scale_of,
    try_out,
)
from benchmarks.detection.exact import exact
from benchmarks.detection.metrics import Bin
from benchmarks.detection.worlds import WORLDS, Floats, Treatments, simulate
from trends.engine import learning
from trends.engine.prior import DEFAULT, Prior

Figures = dict[str, float]
Result = TypeVar("Result")


class Drawn(Protocol):
    """A task on one world's treatments."""

    @property
    def world(self) -> str: ...
    @property
    def seed(self) -> int: ...


Task = TypeVar("Task", bound=Drawn)

RATES = (2, 5, 10)  # false alarms in 100 sessions
TUNING_SEED, LEARNING_SEED = 100, 200  # added to the seeds that are judged

# A clinic unlike what we ship: how well is this mended by learning?
MISFIT = replace(
    DEFAULT,
    mean=0.6,
    between=0.08,
    noise=0.25,
    state=0.09,
    hazard=0.02,
    depth=0.4,
    stays=0.8,
    version="misfit",
)
LEARNING_WORLDS = ("usual", "ceiling", "many missing")
LEARNED_FROM = 200  # treatments


@dataclass(frozen=True)
class Plan:
    worlds: tuple[str, ...]
    treatments: int
    seeds: int
    particles: int
    exact: bool

    @property
    def drawn(self) -> list[tuple[str, int]]:
        """Worlds and seeds; the slowest world first, so that no process is left with it."""
        slowest_first = sorted(self.worlds, key=lambda name: -WORLDS[name].lasts_to_bottom)
        return [(name, seed) for name in slowest_first for seed in range(1, self.seeds + 1)]


@dataclass(frozen=True)
class Trial:
    """One world and seed. figures: contestant -> measure -> value; reliability of probabilities."""

    world: str
    seed: int
    figures: dict[str, Figures]
    reliability: dict[str, list[Bin]]


@dataclass(frozen=True)
class Lesson:
    """What the engine finds with the default prior, a misfitting one, one learned from that."""

    world: str
    seed: int
    default: Figures
    misfit: Figures
    learned: Figures


@dataclass(frozen=True)
class Study:
    plan: Plan
    tuned: Tuned
    trials: list[Trial]
    lessons: list[Lesson]


# --- One world and seed ------------------------------------------------------------------------


@dataclass(frozen=True)
class TrialTask:
    plan: Plan
    world: str
    seed: int
    tuned: Tuned


def hold_trial(task: TrialTask) -> Trial:
    world = WORLDS[task.world]
    drawn = simulate(world, treatments=task.plan.treatments, seed=task.seed)
    courses = courses_of(world, drawn)
    answers = {ENGINE: engine(courses), FITTED: engine_fitted(courses)}
    if task.plan.exact:
        knows = exact(world, drawn.scores, seed=task.seed, particles=task.plan.particles)
        answers[EXACT] = Answer(*knows)
    figures = {name: figures_of_answer(answer, drawn) for name, answer in answers.items()}
    for family in families():
        figures[family] = figures_of_rule(task.tuned, family, scale_of(world), drawn)
    tables = {name: reliability(answer, drawn) for name, answer in answers.items()}
    return Trial(task.world, task.seed, figures, tables)


def figures_of_answer(answer: Answer, drawn: Treatments) -> Figures:
    figures = {"within one more": found(answer.to("within one more"), drawn)}
    for target in TARGETS:
        figures |= figures_for(target, answer.to(target), drawn)
    for name, values, truth in (
        ("state calibration", answer.p_rupture, drawn.ruptured),
        ("onset calibration", answer.p_onset, drawn.onset),
    ):
        bins = metrics.reliability(values[drawn.rated], truth[drawn.rated])
        figures[name] = metrics.calibration_error(bins)
    return figures


def figures_of_rule(
    tuned: Tuned, family: str, scale: tuple[float, float], drawn: Treatments
) -> Figures:
    latest = tuned["within one more"][family].severity(drawn.scores, scale)
    figures = {"within one more": found(latest, drawn)}
    for target in TARGETS:
        figures |= figures_for(target, tuned[target][family].severity(drawn.scores, scale), drawn)
    return figures


def figures_for(target: Target, scores: Floats, drawn: Treatments) -> Figures:
    truth, among = judged(drawn, target)
    truth, scores = truth[among], scores[among]
    found_at = {
        f"{target} at {rate} %": metrics.sensitivity_at(scores, truth, rate / 100) for rate in RATES
    }
    return {f"{target} AUC": metrics.auc(scores, truth), **found_at}


def reliability(answer: Answer, drawn: Treatments) -> list[Bin]:
    return metrics.reliability(answer.p_rupture[drawn.rated], drawn.ruptured[drawn.rated])


@dataclass(frozen=True)
class LessonTask:
    plan: Plan
    world: str
    seed: int


def give_lesson(task: LessonTask) -> Lesson:
    world = WORLDS[task.world]
    drawn = simulate(world, treatments=task.plan.treatments, seed=task.seed)
    past = simulate(world, treatments=LEARNED_FROM, seed=LEARNING_SEED + task.seed)
    learned = learning.fit([courses_of(world, past)], start=MISFIT).prior
    courses = courses_of(world, drawn)

    def with_prior(prior: Prior) -> Figures:
        return figures_for("state", engine(courses, prior).p_rupture, drawn)

    return Lesson(
        task.world, task.seed, with_prior(DEFAULT), with_prior(MISFIT), with_prior(learned)
    )


# --- All of them -------------------------------------------------------------------------------


def carry_out(plan: Plan) -> Study:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for the processes that now begin
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        drawn = plan.drawn
        tried = in_parallel(
            pool,
            "rules tuned",
            try_out,
            [Tryout(name, plan.treatments, TUNING_SEED + seed) for name, seed in drawn],
        )
        tuned = best_settings(tried)
        tasks = [TrialTask(plan, name, seed, tuned) for name, seed in drawn]
        trials = in_parallel(pool, "judged", hold_trial, tasks)
        lessons = in_parallel(
            pool,
            "learned",
            give_lesson,
            [LessonTask(plan, name, seed) for name, seed in drawn if name in LEARNING_WORLDS],
        )
    trials.sort(key=lambda trial: (plan.worlds.index(trial.world), trial.seed))
    return Study(plan, tuned, trials, lessons)


def in_parallel(
    pool: Executor, what: str, work: Callable[[Task], Result], tasks: Sequence[Task]
) -> list[Result]:
    """Results in the order of the tasks; a line to stderr for each that is done."""
    start = time.perf_counter()
    waiting = {pool.submit(work, task): place for place, task in enumerate(tasks)}
    results: dict[int, Result] = {}
    for number, future in enumerate(as_completed(waiting), 1):
        place = waiting[future]
        results[place] = future.result()
        done = f"{what} {number}/{len(tasks)}: {tasks[place].world}, seed {tasks[place].seed}"
        print(f"{done} ({time.perf_counter() - start:.0f} s)", file=sys.stderr, flush=True)
    return [results[place] for place in range(len(tasks))]


# --- Over worlds and seeds ---------------------------------------------------------------------


@dataclass(frozen=True)
class Spread:
    """Mean over the seeds, and the lowest and highest of them."""

    mean: float
    lowest: float
    highest: float


def spread(by_seed: Floats) -> Spread:
    return Spread(float(by_seed.mean()), float(by_seed.min()), float(by_seed.max()))


class Summary:
    """Looks figures up by contestant and measure, (worlds, seeds)."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.worlds = study.plan.worlds
        self.by_place = {(trial.world, trial.seed): trial for trial in study.trials}
        self.families = list(families())

    @property
    def seeds(self) -> range:
        return range(1, self.study.plan.seeds + 1)

    def values(self, contestant: str, measure: str) -> Floats:
        return np.array(
            [
                [self.by_place[world, seed].figures[contestant][measure] for seed in self.seeds]
                for world in self.worlds
            ]
        )

    def best_family(self, measure: str) -> list[str]:
        """Of each world, by the mean over seeds."""
        means = np.array([self.values(name, measure).mean(axis=1) for name in self.families])
        return [self.families[place] for place in means.argmax(axis=0)]

    def best_family_on_average(self, measure: str) -> str:
        means = [self.values(name, measure).mean() for name in self.families]
        return self.families[int(np.argmax(means))]

    def best_values(self, measure: str) -> Floats:
        best = self.best_family(measure)
        return np.array([self.values(name, measure)[w] for w, name in enumerate(best)])

    def to_exact(self, measure: str) -> Floats:
        return self.values(ENGINE, measure) / self.values(EXACT, measure)

    def to_best(self, measure: str) -> Floats:
        return self.values(ENGINE, measure) / self.best_values(measure)

    def tables(self, contestant: str, worlds: Sequence[str]) -> list[Bin]:
        """Reliability of p_rupture over those worlds and all seeds."""
        trials = [trial for trial in self.study.trials if trial.world in worlds]
        return metrics.pooled(trial.reliability[contestant] for trial in trials)


def regained(lessons: Sequence[Lesson], measure: str) -> float:
    """Which share of what the misfitting prior lost is found again, all lessons added up.

    NaN if it lost nothing.
    """
    lost = sum(lesson.default[measure] - lesson.misfit[measure] for lesson in lessons)
    back = sum(lesson.learned[measure] - lesson.misfit[measure] for lesson in lessons)
    return back / lost if lost > 0 else float("nan")
