"""Who is compared: the published rule families at their best, the engine, and the exact answer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

import numpy as np

from benchmarks.detection.metrics import found_within_one_more, sensitivity_at
from benchmarks.detection.worlds import WORLDS, Bools, Floats, Treatments, World, simulate
from trends.engine import learning, prior, rules, trends
from trends.engine.courses import Courses, empty

ENGINE, FITTED, EXACT = "engine", "engine, fit", "exact"

# state: inside a rupture, against all other rated sessions. onset: one begins, against all other
# rated sessions. fresh onset: one begins, against rated sessions outside ruptures only, so that a
# flag in a rupture that goes on is not a false alarm. within one more: see metrics.
Target = Literal["state", "onset", "fresh onset"]
Question = Target | Literal["within one more"]
TARGETS: tuple[Target, ...] = get_args(Target)
QUESTIONS: tuple[Question, ...] = (*TARGETS, "within one more")
TUNED_AT = 0.05  # false alarms


class Answer(NamedTuple):
    """Probabilities, each (treatments, sessions)."""

    p_onset: Floats
    p_rupture: Floats

    def to(self, question: Question) -> Floats:
        return self.p_onset if question in ("onset", "fresh onset") else self.p_rupture


def judged(drawn: Treatments, target: Target) -> tuple[Bools, Bools]:
    """Where it is true, and the sessions that are looked at, (treatments, sessions) each."""
    if target == "state":
        return drawn.ruptured, drawn.rated
    if target == "onset":
        return drawn.onset, drawn.rated
    return drawn.onset, drawn.rated & (drawn.onset | ~drawn.ruptured)


def found(scores: Floats, drawn: Treatments) -> float:
    return found_within_one_more(scores, drawn.onset, drawn.ruptured, drawn.rated, TUNED_AT)


# --- The engine --------------------------------------------------------------------------------


def courses_of(world: World, drawn: Treatments) -> Courses:
    """As the program would have them: a form was sent for every session."""
    shape = drawn.rated.shape
    little = drawn.alike & (world.items > 1)
    return replace(
        empty((shape[0], shape[1]), scale_of(world)),
        scores=drawn.scores,
        held=np.ones(shape, dtype=bool),
        asked=np.ones(shape, dtype=bool),
        items=np.where(little, 1.0, world.items),
        little=little,
    )


def scale_of(world: World) -> tuple[float, float]:
    return 1.0, float(world.points)


def engine(courses: Courses, given: prior.Prior = prior.DEFAULT) -> Answer:
    computed = trends.compute(courses, given)
    return Answer(computed.p_onset, computed.p_rupture)


def engine_fitted(courses: Courses) -> Answer:
    """With the prior learned from the same ratings; where the ruptures are it never sees."""
    return engine(courses, learning.fit([courses]).prior)


# --- The rule families -------------------------------------------------------------------------

Tuned = Mapping[Question, Mapping[str, rules.Rule]]

# Strauss-type and Stiles-type have different thresholds but the same severities.
TWINS = "stiles-type"
TOGETHER = {"strauss-type": "Strauss-/Stiles-type"}


def families() -> dict[str, list[rules.Rule]]:
    """The settings of every family that use no later session."""
    live = {
        TOGETHER.get(name, name): [rule for rule in settings if not rule.retrospective]
        for name, settings in rules.families().items()
        if name != TWINS
    }
    return {name: settings for name, settings in live.items() if settings}


@dataclass(frozen=True)
class Tryout:
    """One world's treatments to tune on."""

    world: str
    treatments: int
    seed: int


def try_out(task: Tryout) -> dict[Question, dict[str, list[float]]]:
    """How much each setting of each family finds at 5 % false alarms."""
    world = WORLDS[task.world]
    drawn = simulate(world, treatments=task.treatments, seed=task.seed)
    severities = {
        name: [rule.severity(drawn.scores, scale_of(world)) for rule in settings]
        for name, settings in families().items()
    }
    return {
        question: {
            name: [finds(question, scores, drawn) for scores in every]
            for name, every in severities.items()
        }
        for question in QUESTIONS
    }


def finds(question: Question, scores: Floats, drawn: Treatments) -> float:
    if question == "within one more":
        return found(scores, drawn)
    truth, among = judged(drawn, question)
    return sensitivity_at(scores[among], truth[among], TUNED_AT)


def best_settings(tried: list[dict[Question, dict[str, list[float]]]]) -> Tuned:
    """Each family's setting that finds most on average, for each question."""
    return {
        question: {
            name: settings[int(np.mean([one[question][name] for one in tried], axis=0).argmax())]
            for name, settings in families().items()
        }
        for question in QUESTIONS
    }
