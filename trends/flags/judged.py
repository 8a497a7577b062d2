"""The points of a treatment as a threshold judges them. Pure: asks neither database nor clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from trends.engine.policy import CALM
from trends.models import Flag

StoredPoint = Mapping[str, Any]


class Judged:
    """A treatment's stored points, in order, and the threshold and prior they were judged by."""

    def __init__(
        self,
        treatment_id: UUID,
        stored: Sequence[Mapping[str, Any]],
        threshold: float,
        prior: str = "",
    ) -> None:
        self.treatment_id = treatment_id
        self.threshold = threshold
        self.prior = prior
        self.sessions = [UUID(each["session"]) for each in stored]
        self.held_at = [datetime.fromisoformat(each["held_at"]) for each in stored]
        self.points: list[StoredPoint] = [each["point"] for each in stored]

    def onsets(self) -> list[int]:
        return [place for place, point in enumerate(self.points) if point["onset"]]

    def place(self, session_id: UUID) -> int | None:
        return self.sessions.index(session_id) if session_id in self.sessions else None

    def reaches(self, place: int) -> bool:
        """Whether the chance of a rupture reaches the threshold."""
        return bool(self.points[place]["p_rupture"] >= self.threshold)

    def is_calm(self, place: int) -> bool:
        """Rated, and far enough below the threshold to end an episode."""
        point = self.points[place]
        return point["score"] is not None and point["p_rupture"] < CALM * self.threshold

    def shows(self, flag: Flag) -> bool:
        """Whether the flag's episode is one that the ratings show: of a mark, by its own rating."""
        place = self.place(flag.session_id)
        if place is None:
            return False
        is_rated = self.points[place]["score"] is not None
        return flag.origin == Flag.Origin.ENGINE or (is_rated and self.reaches(place))

    def one_episode(self, one: int, other: int) -> bool:
        first, last = sorted((one, other))
        return not any(self.is_calm(place) for place in range(first + 1, last + 1))
