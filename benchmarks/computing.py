"""What is computed outside a page's queries: sparklines, and a treatment's trajectory."""

import time
from collections.abc import Callable
from datetime import datetime
from statistics import median

from benchmarks import rows
from trends import services as trends
from trends.client_page import drawings
from trends.models import Trajectory

SPARKLINES = 2_000
LONG_TREATMENT = 40  # sessions
TIMES = 20


def measure(at: datetime) -> dict[str, float]:
    """In milliseconds, in this process."""
    trajectories = list(Trajectory.objects.filter(rated__gt=0)[:SPARKLINES])
    therapist = rows.open_clinic("long", at).therapist
    written = rows.write(therapist, treatments=1, sessions=LONG_TREATMENT, at=at)
    treatment = written.treatments[0].pk
    return {
        "sparklines": len(trajectories),
        "sparklines_ms": _median(lambda: [drawings.sparkline(row, {}) for row in trajectories], 3),
        "sessions": LONG_TREATMENT,
        "recompute_ms": _median(lambda: trends.recompute(treatment, at=at), TIMES),
    }


def _median(work: Callable[[], object], times: int) -> float:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - began))
    return median(took)
