"""The chart of a course and what its legend has to explain, as the pages take it."""

from __future__ import annotations

from typing import Any

from trends.client_page import course, drawings
from trends.client_page import side_by_side as sides
from trends.models import Trajectory


def picture(
    trajectory: Trajectory | None, rows: list[course.SessionRow], *, is_own: bool
) -> dict[str, Any]:
    """chart: blank before the first rating. is_own: read by the therapist, who is spoken to."""
    came, theirs = course.came(rows), sides.marks(rows)
    chart = ""
    if trajectory is not None and trajectory.rated:
        flags = drawings.standing(row.flag for row in rows if row.flag)
        chart = drawings.course(trajectory, flags, came, theirs, is_own=is_own)
    return {
        "chart": chart,
        "came": drawings.legend(came),
        "therapist_mark": drawings.THERAPIST_MARK if theirs else "",
    }
