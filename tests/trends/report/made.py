"""A report without a database: two sessions, nothing flagged."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests import people
from trends.charts import Mark
from trends.report import Report, Wishes
from trends.report.sessions import SessionLine

LINE = SessionLine(
    key="first",
    number=1,
    held_at=people.MONDAY,
    attendance="attended",
    attended="Attended",
    minutes=50,
    is_void=False,
    flag="",
    flagged="",
    instrument="alliance-6 1",
    corrected=(),
    scores={"goal": 4.0, "task": 3.5, "bond": 5.0},
    tension="none",
    felt="No",
    provenance="link",
    came="by the link",
    answered_at=people.MONDAY + timedelta(hours=3),
)
SECOND = replace(LINE, key="second", number=2, held_at=people.MONDAY + timedelta(weeks=1))

REPORT = Report(
    treatment_id=UUID(int=7),
    client="Ana R.",
    therapist="Mara Lindqvist",
    clinic="Northside Clinic",
    started_on=people.MONDAY.date(),
    ended_on=None,
    ended_as="",
    wishes=Wishes(with_words=True),
    made_at=people.MONDAY + timedelta(weeks=8),
    engine="engine-1",
    prior="prior-1",
    sessions=[LINE, SECOND],
    marks=[Mark(1, 4.2, None, None, False, ""), Mark(2, 4.2, 3.4, 4.9, False, "")],
    ways=[],
    flags=[],
    agreements=[],
    is_validated=False,
)


def report(**changed: Any) -> Report:
    return replace(REPORT, **changed)


def first(**changed: Any) -> Report:
    """With one session alone, changed so."""
    return report(sessions=[replace(LINE, **changed)])
