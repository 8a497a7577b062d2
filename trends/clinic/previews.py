"""What alert budgets would have meant for a clinic in the last 90 days: counts, and no more."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Clinic
from trends.clinic.dashboards import FEWEST_CLIENTS
from trends.computing.lookback import WINDOW, Past
from trends.engine.policy import LEAST_THRESHOLD, RATED_NEEDED
from trends.models import Calibration

OTHERS = (2, 5, 8, 12)


@dataclass(frozen=True, slots=True)
class Alternative:
    """flags, clients: None where the clients are too few to be shown."""

    budget: int
    is_saved: bool
    flags: int | None
    clients: int | None


@dataclass(frozen=True, slots=True)
class Preview:
    """alternatives: empty while nothing was computed, or about too few clients.

    is_standard: the threshold is not yet from the clinic's own past, and the same for any budget.
    """

    alternatives: list[Alternative]
    is_computed: bool
    is_standard: bool
    rated: int
    days: int = WINDOW.days
    fewest: int = FEWEST_CLIENTS
    needed: int = RATED_NEEDED
    least: int = round(100 * LEAST_THRESHOLD)

    @property
    def saved(self) -> Alternative | None:
        return next((each for each in self.alternatives if each.is_saved), None)


def preview(clinic: Clinic, newest: Calibration | None) -> Preview:
    """From the counts of the last night, for the saved budget and a few others."""
    if newest is None:
        return Preview([], is_computed=False, is_standard=True, rated=0)
    past = newest.seen
    budgets = sorted({*OTHERS, clinic.alert_budget}) if past.of >= FEWEST_CLIENTS else []
    return Preview(
        [_alternative(past, budget, clinic.alert_budget) for budget in budgets],
        is_computed=True,
        is_standard=newest.rated == 0,
        rated=past.recent.rated,
    )


def _alternative(past: Past, budget: int, saved: int) -> Alternative:
    flags, clients = past.flags_and_clients(past.choose(budget).threshold)
    if flags and clients < FEWEST_CLIENTS:
        return Alternative(budget, budget == saved, None, None)
    return Alternative(budget, budget == saved, flags, clients)
