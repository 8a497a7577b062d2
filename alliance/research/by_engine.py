"""What the engine says of every row of a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor, isnan, log10

import numpy as np
import numpy.typing as npt

from trends.engine import DIMENSIONS, VERSION, Prior
from trends.engine.courses import Courses
from trends.engine.detect import MOST_SAID, one_in
from trends.engine.evidence import SOURCES
from trends.engine.history import Floats
from trends.engine.policy import NO_SESSIONS, raise_flags, tally
from trends.engine.trends import EARLIER_NEEDED, Trends, compute

from .ordering import Block, courses
from .progress import Progress
from .reading import Bools, Ratings

LEVELS = ("level", "level_low", "level_high")
EXPECTED = "expected"
CHANCES = ("p_onset", "p_rupture")
LEVEL_DECIMALS, CHANCE_DECIMALS = 4, 6

TOTAL = 3  # after goal, task and bond, in the last axis of Trends
NO_DIMENSION = -1


@dataclass(frozen=True, eq=False)
class Found:
    """The engine's numbers, one entry per row of the file; NaN where there are none.

    numbers: those of LEVELS, EXPECTED and CHANCES.
    rated, may: whether any dimension is rated, whether the row can be flagged.
    dimension: of those that fell, the one furthest below what was to be expected; a place in
        DIMENSIONS.
    as_low, usual_low, usual_high: of that dimension.
    also: SOURCES that speak for a rupture, as bits.
    """

    numbers: dict[str, Floats]
    rated: Bools
    may: Bools
    dimension: npt.NDArray[np.int8]
    as_low: Floats
    usual_low: npt.NDArray[np.float32]
    usual_high: npt.NDArray[np.float32]
    also: npt.NDArray[np.uint8]


def nothing_found(ratings: Ratings) -> Found:
    count = len(ratings)
    return Found(
        numbers={name: np.full(count, np.nan) for name in (*LEVELS, EXPECTED, *CHANCES)},
        rated=ratings.rated,
        may=np.zeros(count, dtype=bool),
        dimension=np.full(count, NO_DIMENSION, dtype=np.int8),
        as_low=np.full(count, np.nan),
        usual_low=np.full(count, np.nan, dtype=np.float32),
        usual_high=np.full(count, np.nan, dtype=np.float32),
        also=np.zeros(count, dtype=np.uint8),
    )


def follow(ratings: Ratings, blocks: Sequence[Block], prior: Prior, progress: Progress) -> Found:
    """Every treatment from its first session to its last."""
    found, done = nothing_found(ratings), 0
    for block in blocks:
        together = courses(ratings, block)
        keep(found, block, together, compute(together, prior))
        done += int(block.held.sum())
        progress.show("computing", done, len(ratings))
    return found


def keep(found: Found, block: Block, together: Courses, trends: Trends) -> None:
    """Put what the output needs of a block at the places of its rows.

    As in the engine's own points, there is no level before the first rating, and nothing is
    expected before there are two.
    """
    held, rows = block.held, block.rows[block.held]
    rated = together.rated
    begun = (trends.earlier > 0) | rated
    known = trends.earlier >= EARLIER_NEEDED
    for name in LEVELS:
        total = getattr(trends, name)[:, :, TOTAL]
        found.numbers[name][rows] = np.where(begun, total, np.nan)[held]
    found.numbers[EXPECTED][rows] = np.where(known, trends.expected, np.nan)[held]
    for name in CHANCES:
        found.numbers[name][rows] = getattr(trends, name)[held]

    worst = trends.how_far.argmax(axis=2)[:, :, None]
    deepest = np.take_along_axis(trends.how_far, worst, axis=2)[:, :, 0]
    lower = known & (deepest > 0)
    found.dimension[rows] = np.where(lower, worst[:, :, 0], NO_DIMENSION)[held]
    found.as_low[rows] = np.take_along_axis(trends.as_low, worst, axis=2)[held, 0]
    found.usual_low[rows] = np.take_along_axis(trends.usual_low, worst, axis=2)[held, 0]
    found.usual_high[rows] = np.take_along_axis(trends.usual_high, worst, axis=2)[held, 0]
    found.may[rows] = trends.can_be_flagged[held]
    found.also[rows] = also(trends, rated)[held]


def also(trends: Trends, rated: Bools) -> npt.NDArray[np.uint8]:
    """`trends.engine.detect.also` of all sessions at once, as bits: (treatments, sessions).

    What raised the odds in this session or in those without a rating directly before it.
    """
    here = np.zeros(rated.shape, dtype=np.uint8)
    for bit, source in enumerate(SOURCES):
        here |= (trends.odds[source] > 0).astype(np.uint8) << bit
    for t in range(1, rated.shape[1]):
        here[:, t] |= np.where(rated[:, t - 1], 0, here[:, t - 1])
    return here


def flags_at(threshold: float, blocks: Sequence[Block], found: Found) -> Bools:
    flags = np.zeros(len(found.may), dtype=bool)
    for block in blocks:
        raised, _ = raise_flags(*by_session(found, block), threshold)
        flags[block.rows[block.held]] = raised.T[block.held]
    return flags


def threshold_for(budget: float, blocks: Sequence[Block], found: Found) -> float:
    """From which on there are about `budget` flags in 100 rated sessions of this file."""
    all_of_it = sum((tally(*by_session(found, block)) for block in blocks), NO_SESSIONS)
    return all_of_it.threshold(budget)


def by_session(found: Found, block: Block) -> tuple[Floats, Bools, Bools]:
    """Probability, whether it can be flagged, whether it is rated: (sessions, treatments) each."""
    rows, held = block.rows, block.held
    p_rupture = found.numbers["p_rupture"][rows]
    return p_rupture.T, (found.may[rows] & held).T, (found.rated[rows] & held).T


class EngineVerdict:
    def __init__(
        self, ratings: Ratings, found: Found, flags: Bools, threshold: float, prior: Prior
    ) -> None:
        self.flags, self.threshold = flags, threshold
        self.by = f"engine {VERSION}, prior {prior.version}"
        self._ratings, self._found = ratings, found
        lowest, highest = ratings.form.scale
        # One decimal on a scale from 1 to 5, two on one from 0 to 1.
        self._decimals = max(1, 1 - floor(log10((highest - lowest) / 2)))

    def cells(self, rows: slice) -> Iterator[tuple[str, ...]]:
        numbers = [
            texts(self._found.numbers[name][rows], decimals)
            for names, decimals in (
                ((*LEVELS, EXPECTED), LEVEL_DECIMALS),
                (CHANCES, CHANCE_DECIMALS),
            )
            for name in names
        ]
        places = self._found.dimension[rows].tolist()
        dimensions = ["" if place == NO_DIMENSION else DIMENSIONS[place] for place in places]
        flags = self.flags[rows].tolist()
        reasons = [
            self.reason(row) if flag else "" for row, flag in enumerate(flags, start=rows.start)
        ]
        return zip(*numbers, dimensions, map("01".__getitem__, flags), reasons, strict=True)

    def reason(self, row: int) -> str:
        """bond 2.0, usually 3.6 to 4.8; a fall like this ... about 1 of 60 sessions; also: ..."""
        found, columns, points = self._found, self._ratings.columns, f".{self._decimals}f"
        dimension = DIMENSIONS[found.dimension[row]]
        rated = sum(bool(np.isfinite(columns[each][row])) for each in DIMENSIONS)
        parts = [
            f"{dimension} {columns[dimension][row]:{points}},"
            f" usually {found.usual_low[row]:{points}} to {found.usual_high[row]:{points}}",
            "a fall like this without a rupture in "
            + how_often(one_in(float(found.as_low[row]), rated)),
        ]
        also = [source for bit, source in enumerate(SOURCES) if found.also[row] >> bit & 1]
        if also:
            parts.append("also: " + ", ".join(also).replace("_", "-"))
        return "; ".join(parts)


def how_often(sessions: float) -> str:
    """Two digits are as much as can be known."""
    if sessions > MOST_SAID:
        return f"fewer than 1 of {MOST_SAID} sessions"
    return f"about 1 of {float(f'{sessions:.2g}'):.0f} sessions"


def texts(column: Floats, decimals: int) -> list[str]:
    return ["" if isnan(value) else f"{value:.{decimals}f}" for value in column.tolist()]


def judge(
    ratings: Ratings,
    blocks: Sequence[Block],
    prior: Prior,
    *,
    threshold: float,
    budget: float | None,
    progress: Progress,
) -> EngineVerdict:
    """budget: if given, the threshold follows from it."""
    found = follow(ratings, blocks, prior, progress)
    if budget is not None:
        threshold = threshold_for(budget, blocks, found)
    return EngineVerdict(ratings, found, flags_at(threshold, blocks, found), threshold, prior)
