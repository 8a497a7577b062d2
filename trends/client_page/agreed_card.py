"""The shared goals and tasks of one client, as the client page and their own page show them."""

from __future__ import annotations

from dataclasses import dataclass

from clients.models import Treatment
from trends.client_page import agreed, progress
from trends.client_page.agreed import Proposal, Status
from trends.client_page.progress import Elements, Progress
from trends.models import Flag


@dataclass(frozen=True, slots=True)
class Row:
    status: Status
    progress: Progress | None
    fell: bool  # what the ratings say of goals (of tasks) lately


@dataclass(frozen=True, slots=True)
class Agreed:
    standing: list[Row]
    ended: list[Row]
    proposals: list[Proposal]
    fell: list[str]  # of goal and task
    elements: Elements | None

    @property
    def doubted(self) -> int:
        return sum(row.status.doubted for row in self.standing)


def of(treatment: Treatment) -> Agreed:
    """treatment: one that the person may read. A fixed number of queries."""
    statuses = agreed.of_treatment(treatment)
    flags = Flag.objects.counting().filter(treatment=treatment, state__in=agreed.UNSETTLED)
    fell = agreed.fell(flags)
    held = progress.held(treatment)
    rows = [
        Row(status, progress.of_goal(status, held), status.agreement.kind in fell)
        for status in statuses
    ]
    return Agreed(
        standing=[row for row in rows if not row.status.agreement.ended_as],
        ended=[row for row in rows if row.status.agreement.ended_as],
        proposals=agreed.proposals(treatment, statuses),
        fell=sorted(fell),
        elements=progress.elements(treatment),
    )
