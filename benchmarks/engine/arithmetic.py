"""The filter alone, without any database."""

import resource
import time
from collections.abc import Callable
from statistics import median

import numpy as np

from benchmarks.detection.local_level import local_level
from benchmarks.detection.worlds import USUAL, simulate
from trends.engine import DEFAULT, History, detect
from trends.engine.courses import Courses, empty, mean_of_known
from trends.engine.history import Floats
from trends.engine.trends import chunks, compute

SESSIONS = 20
LONG = 40
LAPS = 3
ALONE_LAPS = 50


def measure(treatments: int) -> dict[str, float]:
    """Laps of engine and yardstick follow each other; the ratio is that of their medians."""
    courses = many(treatments)
    engine, yardstick = [], []
    for _ in range(LAPS):
        engine.append(seconds(lambda: whole(courses)))
        yardstick.append(seconds(lambda: one_dimensional(courses.scores)))
    return {
        "treatments": treatments,
        "sessions": treatments * SESSIONS,
        "engine_seconds": median(engine),
        "per_second": treatments * SESSIONS / median(engine),
        "kalman_seconds": median(yardstick),
        "ratio": median(engine) / median(yardstick),
        "one_ms": 1000 * alone(),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def many(treatments: int) -> Courses:
    courses = empty((treatments, SESSIONS), (1.0, 5.0))
    courses.scores[:] = simulate(USUAL, treatments=treatments, seed=1).scores
    courses.items[:] = USUAL.items
    courses.held[:], courses.asked[:] = True, True
    return courses


def whole(courses: Courses) -> None:
    """All there is to know of every session; what is not kept is let go, as in a nightly run."""
    for rows in chunks(len(courses.held)):
        compute(courses.some(rows), DEFAULT)


def one_dimensional(scores: Floats) -> None:
    """A Kalman filter of a local level over the sessions' means, from the same array."""
    local_level(mean_of_known(scores), noise_variance=0.05, step_variance=0.01, start=(4.0, 0.3))


def alone() -> float:
    """Seconds for one treatment of 40 sessions, from its scores to its points."""
    rows = np.resize(simulate(USUAL, treatments=2, seed=2).scores, (LONG, 3))
    return median(seconds(lambda: detect(History(rows, items=4))) for _ in range(ALONE_LAPS))


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
