"""What is known of each series before each of its sessions.

Everything takes and gives (series, sessions); sums, counts and means (series, sessions, 3) as well.
NaN is a session without a rating, and is skipped. Sums run along the sessions one after the other:
the numbers of a session are the same, to the last bit, whatever comes later and whichever other
series stand beside it.
"""

import numpy as np

from .history import Floats


def shifted(values: Floats, first: float) -> Floats:
    """Each session's value of the session before; `first` in the first session."""
    before = np.full_like(values, first)
    before[:, 1:] = values[:, :-1]
    return before


def sum_before(values: Floats) -> Floats:
    """For every session the sum of the sessions before it."""
    return shifted(np.cumsum(values, axis=1), 0.0)


def count_before(values: Floats) -> Floats:
    """Number of earlier ratings."""
    return sum_before((~np.isnan(values)).astype(float))


def previous(values: Floats) -> Floats:
    """The last rating before each session, however long ago; NaN before there is one."""
    if not values.size:
        return values.copy()
    sessions = np.arange(values.shape[1])
    latest = np.maximum.accumulate(np.where(np.isnan(values), 0, sessions), axis=1)
    return shifted(np.take_along_axis(values, latest, axis=1), np.nan)


def mean_before(values: Floats) -> Floats:
    """Mean of the earlier ratings; NaN before there is one."""
    count = count_before(values)
    mean = sum_before(np.nan_to_num(values)) / np.maximum(count, 1)
    return np.asarray(np.where(count > 0, mean, np.nan))


def sd_before(values: Floats) -> Floats:
    """Sample SD (n - 1) of the earlier ratings; NaN before there are two."""
    count = count_before(values)
    from_first = np.nan_to_num(values - first_rating(values))
    total = sum_before(from_first)
    squares = sum_before(from_first**2) - total**2 / np.maximum(count, 1)
    variance = np.maximum(squares, 0.0) / np.maximum(count - 1, 1)
    return np.asarray(np.where(count > 1, np.sqrt(variance), np.nan))


def first_rating(values: Floats) -> Floats:
    """(series, 1). Sums of squares are taken from here: equal ratings then have an SD of 0."""
    if not values.size:
        return np.full((len(values), 1), np.nan)
    place = np.argmax(~np.isnan(values), axis=1)[:, None]
    return np.take_along_axis(values, place, axis=1)


def max_before(values: Floats) -> Floats:
    """Highest earlier rating; NaN before there is one."""
    return shifted(np.fmax.accumulate(values, axis=1), np.nan)


def whole_series_sd_retrospective(values: Floats) -> Floats:
    """Sample SD of all ratings of each series, (series, 1), the future included; NaN below two."""
    ended = np.concatenate([values, np.full((len(values), 1), np.nan)], axis=1)
    return sd_before(ended)[:, -1:]
