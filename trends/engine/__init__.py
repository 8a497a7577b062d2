"""Where a treatment's ratings become possible ruptures: pure arithmetic, no Django, no database.

In goes a History (scores in session order, and what else is known of a session), out comes one
Point per session, with a Reason where a flag is raised. Only the past and the present are used: a
point never changes because of a later rating. VERSION names the arithmetic, a Prior what it takes
for granted; `docs/method.md` explains both.
"""

from .detect import MOST_SAID, detect, detect_many
from .history import (
    ATTENDANCE,
    DIMENSIONS,
    TENSION,
    BadHistory,
    BadItems,
    BadScale,
    BadTime,
    Duplicate,
    History,
    InfiniteScore,
    OutOfScale,
    UnknownWord,
    Unordered,
    WrongShape,
)
from .points import Point, Range, Reason
from .policy import DEFAULT_BUDGET, DEFAULT_THRESHOLD, Tally, tally
from .prior import DEFAULT, Prior
from .trends import VERSION

__all__ = [
    "ATTENDANCE",
    "DEFAULT",
    "DEFAULT_BUDGET",
    "DEFAULT_THRESHOLD",
    "DIMENSIONS",
    "MOST_SAID",
    "TENSION",
    "VERSION",
    "BadHistory",
    "BadItems",
    "BadScale",
    "BadTime",
    "Duplicate",
    "History",
    "InfiniteScore",
    "OutOfScale",
    "Point",
    "Prior",
    "Range",
    "Reason",
    "Tally",
    "UnknownWord",
    "Unordered",
    "WrongShape",
    "detect",
    "detect_many",
    "tally",
]
