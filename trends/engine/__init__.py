"""Where a treatment's ratings become possible ruptures: pure arithmetic, no Django, no database.

In goes a History (scores in session order), out comes one Point per session, with a Reason where
the session is flagged. Only the past and the present are used: a point never changes because of
a later rating. The rule behind this interface is named by VERSION.
"""

from .history import (
    DIMENSIONS,
    BadHistory,
    BadItems,
    BadScale,
    History,
    InfiniteScore,
    OutOfScale,
    WrongShape,
)
from .own_mean import VERSION, detect
from .points import Point, Range, Reason

__all__ = [
    "DIMENSIONS",
    "VERSION",
    "BadHistory",
    "BadItems",
    "BadScale",
    "History",
    "InfiniteScore",
    "OutOfScale",
    "Point",
    "Range",
    "Reason",
    "WrongShape",
    "detect",
]
