"""Believable courses of an alliance: growth, own noise, ruptures and repairs, gaps.

The sizes follow the literature's within-person spread on a five-point scale; they are a picture to
look at, not evidence.
"""

from dataclasses import dataclass
from math import log2
from random import Random

from measures.catalogue import DIMENSIONS, Dimension, Instrument

Scores = dict[Dimension, float]

GROWTH = 0.12  # points for each doubling of the number of sessions
STATE_SD = 0.22
ITEM_SD = 0.4


@dataclass(frozen=True, slots=True)
class Rupture:
    """A fall that begins at `start` (counted from 0) and lasts `length` sessions."""

    start: int
    length: int
    depth: Scores

    def at(self, session: int) -> Scores:
        inside = self.start <= session < self.start + self.length
        return self.depth if inside else {}


@dataclass(frozen=True, slots=True)
class Course:
    level: Scores
    rupture: Rupture | None

    def in_rupture(self, session: int) -> bool:
        return self.rupture is not None and bool(self.rupture.at(session))

    def answers(
        self,
        session: int,
        instrument: Instrument,
        rng: Random,
        *,
        below: float = 0.0,
        seen: float = 1.0,
    ) -> dict[str, int]:
        """One filled-in form for this session; by default the client's.

        below: by so much all is rated lower. seen: as much of a fall shows, a share.
        """
        fall = self.rupture.at(session) if self.rupture else {}
        grown = GROWTH * log2(session + 1)
        state = rng.gauss(0, STATE_SD)
        return {
            item.key: _point(
                self.level[item.dimension]
                + grown
                + state
                - below
                - seen * fall.get(item.dimension, 0.0)
                + rng.gauss(0, ITEM_SD),
                instrument,
            )
            for item in instrument.items
        }


def _point(value: float, instrument: Instrument) -> int:
    return min(max(round(value), instrument.lowest), instrument.highest)


def draw(sessions: int, *, now_in_rupture: bool, rng: Random) -> Course:
    """A person's own course; a third of the others went through a rupture earlier on."""
    common = rng.gauss(3.9, 0.4)
    level = {dimension: common + rng.gauss(0, 0.2) for dimension in DIMENSIONS}
    if now_in_rupture:
        return Course(level, _rupture(sessions - 1, 3, rng))
    if sessions > 8 and rng.random() < 0.35:
        return Course(level, _rupture(rng.randrange(4, sessions - 3), rng.randint(1, 2), rng))
    return Course(level, None)


def _rupture(start: int, length: int, rng: Random) -> Rupture:
    worst = rng.choice(DIMENSIONS)
    depth = {
        dimension: rng.uniform(1.7, 2.4) if dimension == worst else rng.uniform(0.2, 0.9)
        for dimension in DIMENSIONS
    }
    return Rupture(start, length, depth)
