"""Sudden gains and sudden losses (Tang & DeRubeis 1999), on symptom scores: HIGHER is WORSE.

As the R package suddengains 0.7.2 does it. RETROSPECTIVE: the third criterion needs the sessions
after the change, so nothing here could warn anyone in time. Unlike the other rules this one goes by
the number of the session: a change is between two neighbouring sessions, both of them rated.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trends.engine.history import Floats
from trends.engine.running import shifted

from .inputs import Bools

# 97.5 % quantile of Student's t by degrees of freedom, from any table; nothing below two.
T_975 = np.array([np.nan, np.nan, 4.302653, 3.182446, 2.776445])

WINDOW = 3  # sessions compared on either side of the change


@dataclass(frozen=True, eq=False)
class SuddenChanges:
    """All (courses, sessions), at the first session AFTER the change.

    happened: all criteria are met. magnitude: score before - score after, in points, negative for
    losses; NaN where nothing happened. reversed: some later session gave back more than half of it.
    """

    happened: Bools
    magnitude: Floats
    reversed: Bools


@dataclass(frozen=True, eq=False)
class Surroundings:
    """All (courses, sessions). fall: score of the session before - this one. mean_fall: mean of the
    (up to) three sessions before - mean of the three from here on. needed: what the third criterion
    asks of mean_fall. NaN where there are fewer than two ratings on either side."""

    fall: Floats
    mean_fall: Floats
    needed: Floats


def retrospective_sudden_gains(
    symptoms: Floats, *, cut: float, share: float = 0.25
) -> SuddenChanges:
    """Falls of at least `cut` points and `share` of the score before, that last (criterion 3).

    symptoms: (courses, sessions), higher is worse, NaN where not rated.
    """
    around = surroundings(symptoms)
    enough = (around.fall >= cut) & (around.fall >= share * shifted(symptoms, np.nan))
    happened = enough & (around.mean_fall > around.needed)
    returned = worst_later(symptoms) > symptoms + around.fall / 2
    return SuddenChanges(
        happened, np.where(happened, around.fall, np.nan), np.asarray(happened & returned)
    )


def retrospective_sudden_losses(symptoms: Floats, *, cut: float) -> SuddenChanges:
    """Rises of at least `cut` points (a positive number) that last (criterion 3).

    There is no second criterion: as the package writes it, every rise of a score of at least 0
    meets it.
    """
    around = surroundings(symptoms)
    happened = (-around.fall >= cut) & (-around.mean_fall > around.needed)
    returned = -worst_later(-symptoms) < symptoms + around.fall / 2
    return SuddenChanges(
        happened, np.where(happened, around.fall, np.nan), np.asarray(happened & returned)
    )


def surroundings(symptoms: Floats) -> Surroundings:
    before, after = windows(symptoms)
    count_before, mean_before, squares_before = moments(before)
    count_after, mean_after, squares_after = moments(after)
    enough = (count_before >= 2) & (count_after >= 2)
    freedom = np.where(enough, count_before + count_after - 2, 0)
    pooled_sd = np.sqrt((squares_before + squares_after) / np.maximum(freedom, 1))
    return Surroundings(
        fall=shifted(symptoms, np.nan) - symptoms,
        mean_fall=np.where(enough, mean_before - mean_after, np.nan),
        needed=T_975[freedom] * pooled_sd,
    )


def windows(symptoms: Floats) -> tuple[Floats, Floats]:
    """The three sessions before each one, and the three from it on: (3, courses, sessions)."""
    sessions = symptoms.shape[1]
    edge = np.full((len(symptoms), WINDOW), np.nan)
    padded = np.concatenate([edge, symptoms, edge], axis=1)
    before = [padded[:, i : i + sessions] for i in range(WINDOW)]
    after = [padded[:, WINDOW + i : WINDOW + i + sessions] for i in range(WINDOW)]
    return np.stack(before), np.stack(after)


def moments(window: Floats) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """Number, mean and sum of squared deviations of what is rated in each window."""
    known = ~np.isnan(window)
    count = known.sum(axis=0)
    mean = np.nan_to_num(window).sum(axis=0) / np.maximum(count, 1)
    squares = np.where(known, (window - mean) ** 2, 0.0).sum(axis=0)
    return count, mean, squares


def worst_later(symptoms: Floats) -> Floats:
    """Highest score of all sessions after each one; NaN if none of them was rated."""
    later = np.full_like(symptoms, np.nan)
    later[:, :-1] = np.fmax.accumulate(symptoms[:, :0:-1], axis=1)[:, ::-1]
    return later
