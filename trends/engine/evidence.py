"""What else is known of a session, besides the scores: weak, and reported by name.

Every source moves the odds of a rupture by a bounded factor. Where no figure is published the
factor is a choice, small on purpose: missing is often just missing.
"""

from typing import Literal

import numpy as np

from .courses import Courses, mean_of_known
from .history import ATTENDANCE, TENSION, Bools, Floats
from .prior import Prior
from .running import count_before, mean_before

Source = Literal["tension", "silence", "no_show", "therapist"]
SOURCES: tuple[Source, ...] = ("tension", "silence", "no_show", "therapist")

# Factors on the odds (choices; no figure is published). No-shows, not cancellations, go with
# treatments that end early.
TENSION_FACTORS = {"": 1.0, "none": 0.85, "unsure": 1.2, "some": 1.5, "strong": 2.5}
NO_SHOW_FACTOR = 1.5
COUNTED_IN_A_ROW = 2  # of sessions without a rating; the third says little that the second did not

# Session-to-session changes of client and therapist ratings correlate .27 (30 dyads). A rupture of
# two within-person SDs thus moves the therapist's rating by .54 SD; further than e = 2.7 times in
# either direction the odds are not moved.
THERAPIST_CORRELATION = 0.27
TYPICAL_FALL = 2.0
THERAPIST_SD = 0.39 / 6  # of one therapist's totals around their own mean, share of the scale
THERAPIST_MOST = 1.0
THERAPIST_EARLIER = 2


def log_odds(courses: Courses, prior: Prior) -> dict[Source, Floats]:
    """Log odds for a rupture by source, (treatments, sessions) each; 0 says nothing."""
    attended = courses.attendance < ATTENDANCE.index("cancelled")
    silent = courses.held & attended & courses.asked & ~courses.rated
    answered = np.log((1 - prior.silent_in_rupture) / (1 - prior.silent))
    unanswered = np.log(prior.silent_in_rupture / prior.silent)
    no_show = courses.attendance == ATTENDANCE.index("no_show")
    fresh = in_a_row(silent | no_show, courses.rated) <= COUNTED_IN_A_ROW
    factors = np.array([TENSION_FACTORS[answer] for answer in TENSION])
    return {
        "tension": np.where(courses.rated, np.log(factors)[courses.tension], 0.0),
        "silence": np.where(silent & fresh, unanswered, np.where(courses.rated, answered, 0.0)),
        "no_show": np.where(no_show & fresh, np.log(NO_SHOW_FACTOR), 0.0),
        "therapist": from_therapist(courses),
    }


def in_a_row(absent: Bools, rated: Bools) -> Floats:
    """How many sessions since the last rated one were absent, this one included, (.., sessions)."""
    count = np.cumsum(absent, axis=1)
    until_rated = np.maximum.accumulate(np.where(rated, count, 0), axis=1)
    return np.asarray(count - until_rated)


def from_therapist(courses: Courses) -> Floats:
    """From how far the therapist's mean rating lies from the therapist's own earlier ones.

    With u that distance in SDs and k = THERAPIST_CORRELATION * TYPICAL_FALL, a rupture moves u by
    -k: the log odds of two normal distributions of SD 1 are -k u - k^2 / 2.
    """
    given = mean_of_known(courses.as_shares(courses.therapist))
    count = count_before(given)
    spread = THERAPIST_SD * np.sqrt(1 + 1 / np.maximum(count, 1))
    moved = THERAPIST_CORRELATION * TYPICAL_FALL
    odds = -moved * (given - mean_before(given)) / spread - moved**2 / 2
    speaks = np.isfinite(given) & (count >= THERAPIST_EARLIER)
    return np.where(speaks, np.clip(odds, -THERAPIST_MOST, THERAPIST_MOST), 0.0)
