"""From rows in any order to treatments side by side, each in the order of its sessions."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trends.engine import DIMENSIONS
from trends.engine.courses import Courses, empty
from trends.engine.history import LONGEST_GAP
from trends.engine.trends import AT_ONCE

from .cells import NO_DAY
from .header import THERAPIST
from .problems import Problems
from .reading import NO_TREATMENT, Bools, Ratings

Places = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Counts = npt.NDArray[np.int64]

MOST_SESSIONS = 65_536  # of all treatments in a block, so that a long treatment has few beside it


@dataclass(frozen=True, eq=False)
class Block:
    """A few hundred treatments of about as many sessions.

    rows: (treatments, sessions), the place of each session in the file's columns.
    held: (treatments, sessions), whether there is such a session; elsewhere the row means nothing.
    """

    rows: Places
    held: Bools


@dataclass(frozen=True, eq=False)
class Order:
    """The file's rows by treatment and session.

    rows: their places in the file's columns. starts, counts: of each treatment among `rows`.
    """

    rows: Rows
    starts: Counts
    counts: Counts

    def blocks(self, every: int = 1) -> list[Block]:
        """The treatments, or every so-manieth of them, the longest first."""
        chosen = np.argsort(-self.counts, kind="stable")[::every]
        found, at = [], 0
        while at < len(chosen):
            most = max(1, min(AT_ONCE, MOST_SESSIONS // int(self.counts[chosen[at]])))
            found.append(self.block(chosen[at : at + most]))
            at += most
        return found

    def block(self, treatments: Rows) -> Block:
        starts, counts = self.starts[treatments, None], self.counts[treatments, None]
        session = np.arange(counts.max())
        held = session < counts
        return Block(self.rows[starts + np.where(held, session, 0)].astype(np.int32), held)


def ordered(ratings: Ratings, problems: Problems) -> Order:
    """Raises BadFile if there are problems, or sessions in no clear order."""
    rows = np.lexsort((ratings.columns["session"], ratings.columns["treatment"]))
    find_duplicates(ratings, rows, problems)
    if "held_on" in ratings.columns:
        find_backward_days(ratings, rows, problems)
    problems.refuse()
    counts = np.bincount(ratings.columns["treatment"], minlength=ratings.treatments)
    return Order(rows, np.cumsum(counts) - counts, counts)


def find_duplicates(ratings: Ratings, rows: Rows, problems: Problems) -> None:
    for earlier, later in neighbours(ratings, rows, "session", np.equal):
        problems.add(
            later, f"the same treatment and session as in line {earlier}; keep one of the two"
        )


def find_backward_days(ratings: Ratings, rows: Rows, problems: Problems) -> None:
    days, sessions = ratings.columns["held_on"], ratings.columns["session"]
    known = rows[(days[rows] != NO_DAY) & np.isfinite(sessions[rows])]
    for earlier, later in neighbours(ratings, known, "held_on", np.greater):
        problems.add(
            later,
            f"held_on is before that of line {earlier}, an earlier session of the same treatment;"
            " correct a date or a session",
        )


def neighbours(ratings: Ratings, rows: Rows, column: str, wrong: np.ufunc) -> list[tuple[int, int]]:
    """Lines of sessions that follow each other in a treatment, where `wrong(first, second)`."""
    first, second = rows[:-1], rows[1:]
    treatment, values = ratings.columns["treatment"], ratings.columns[column]
    same = (treatment[first] == treatment[second]) & (treatment[first] != NO_TREATMENT)
    found = same & wrong(values[first], values[second])
    lines = ratings.columns["line"]
    return list(zip(lines[first[found]].tolist(), lines[second[found]].tolist(), strict=True))


def courses(ratings: Ratings, block: Block) -> Courses:
    """The block as the engine takes it. Every session without scores counts as unanswered."""
    found = empty((block.rows.shape[0], block.rows.shape[1]), ratings.form.scale)
    rows = block.rows[block.held]
    found.held[:] = block.held
    found.asked[:] = block.held
    found.items[block.held] = ratings.form.items
    for d, (dimension, therapist) in enumerate(zip(DIMENSIONS, THERAPIST, strict=True)):
        found.scores[block.held, d] = ratings.columns[dimension][rows]
        if therapist in ratings.columns:
            found.therapist[block.held, d] = ratings.columns[therapist][rows]
    for name, codes in (("attendance", found.attendance), ("tension", found.tension)):
        if name in ratings.columns:
            codes[block.held] = ratings.columns[name][rows]
    if "held_on" in ratings.columns:
        gaps = weeks_between(ratings.columns["held_on"][block.rows])
        found.weeks[:, 1:] = np.where(block.held[:, 1:], gaps, 1.0)
    return found


def weeks_between(days: Places) -> Floats:
    """From each session to the next, (treatments, sessions - 1); 1 where a day is not known."""
    known = (days[:, :-1] != NO_DAY) & (days[:, 1:] != NO_DAY)
    gaps = np.clip(np.diff(days, axis=1) / 7, 0, LONGEST_GAP)
    return np.where(known, gaps, 1.0)
