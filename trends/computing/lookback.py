"""How many flags a clinic's own past would have had, for every threshold: pure arithmetic.

From it follow the threshold for an alert budget, and the preview of other budgets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from trends.engine.history import Bools, Floats
from trends.engine.policy import (
    DEFAULT_THRESHOLD,
    LEAST_THRESHOLD,
    NO_SESSIONS,
    RATED_NEEDED,
    THRESHOLDS,
    Tally,
    raise_flags,
)

Counts = npt.NDArray[np.int64]

WINDOW = timedelta(days=90)


@dataclass(frozen=True)
class Choice:
    """A threshold, and the rated sessions it was taken from (0: it is the default one)."""

    threshold: float
    rated: int


@dataclass(frozen=True, eq=False)
class Past:
    """Flags by threshold, as in policy.THRESHOLDS.

    recent: in the sessions of the last 90 days; ever: in all of them. clients: for how many clients
    those of the last 90 days would have been; of: how many clients had a rated session then.
    """

    recent: Tally
    ever: Tally
    clients: Counts
    of: int

    def choose(self, budget: float) -> Choice:
        """The threshold for a budget: from the last 90 days, else from all of the past."""
        enough = [past for past in (self.recent, self.ever) if past.rated >= RATED_NEEDED]
        if not enough:
            return Choice(DEFAULT_THRESHOLD, 0)
        return Choice(enough[0].threshold(budget, LEAST_THRESHOLD), enough[0].rated)

    def flags_and_clients(self, threshold: float) -> tuple[int, int]:
        """What a threshold would have raised in the last 90 days."""
        place = int(np.abs(THRESHOLDS - threshold).argmin())
        return int(self.recent.flags[place]), int(self.clients[place])

    def as_dict(self) -> dict[str, Any]:
        return {
            "recent": _tally_as_dict(self.recent),
            "ever": _tally_as_dict(self.ever),
            "clients": self.clients.tolist(),
            "of": self.of,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Past:
        return cls(
            recent=_tally_from_dict(data["recent"]),
            ever=_tally_from_dict(data["ever"]),
            clients=np.array(data["clients"], dtype=np.int64),
            of=data["of"],
        )


def _tally_as_dict(tally: Tally) -> dict[str, Any]:
    return {"flags": tally.flags.tolist(), "rated": tally.rated}


def _tally_from_dict(data: Mapping[str, Any]) -> Tally:
    return Tally(np.array(data["flags"], dtype=np.int64), data["rated"])


class Counter:
    """Adds up what one batch of treatments after the other would have had."""

    def __init__(self) -> None:
        self._recent = self._ever = NO_SESSIONS
        self._flagged: dict[object, Bools] = {}  # by client: whether at this threshold
        self._seen: set[object] = set()

    def add(
        self,
        p_rupture: Floats,
        may: Bools,
        rated: Bools,
        is_recent: Bools,
        clients: Sequence[object],
    ) -> None:
        """Arrays (treatments, sessions); the client of each treatment."""
        raised, _ = raise_flags(
            p_rupture.T[:, None], may.T[:, None], rated.T[:, None], THRESHOLDS[:, None]
        )
        counted = rated & is_recent
        recently = raised & counted.T[:, None]
        self._ever += Tally(raised.sum(axis=(0, 2)), int(rated.sum()))
        self._recent += Tally(recently.sum(axis=(0, 2)), int(counted.sum()))
        flagged: Bools = np.any(recently, axis=0).T
        for row in np.flatnonzero(np.any(flagged, axis=1)).tolist():
            known = self._flagged.get(clients[row])
            self._flagged[clients[row]] = flagged[row] if known is None else known | flagged[row]
        self._seen.update(clients[row] for row in np.flatnonzero(np.any(counted, axis=1)).tolist())

    def past(self) -> Past:
        nobody = np.zeros(len(THRESHOLDS), dtype=np.int64)
        clients = sum((each.astype(np.int64) for each in self._flagged.values()), nobody)
        return Past(self._recent, self._ever, clients, len(self._seen))
