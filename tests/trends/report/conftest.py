"""Ana's course, with whatever a course can hold."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from accounts.models import User
from clients.models import Treatment
from tests import people
from trends.report import Report, Wishes, compose

NOTE = "CANARY-note-about-the-session"
COMMENT = "CANARY-comment-of-the-client"
NOW = people.MONDAY + timedelta(weeks=8)

Composes = Callable[..., Report]


@pytest.fixture
def ana_fell(ana: Treatment) -> Treatment:
    """Session 3 is not rated, session 5 is flagged; each has a note, the sixth has a comment."""
    scores = [(5, 5, 5), (5, 4, 5), None, (4, 5, 5), (5, 5, 1), (4, 4, 3)]
    for week, rated in enumerate(scores):
        session = people.hold(ana, people.MONDAY + timedelta(weeks=week), note=NOTE)
        if rated:
            comment = COMMENT if week == 5 else ""
            people.answer(session, *rated, comment=comment, follow_up="know" if comment else "")
    missed = people.MONDAY + timedelta(weeks=6)
    people.hold(ana, missed, attendance="no_show", note=NOTE)
    people.compute(ana, at=NOW)
    return ana


@pytest.fixture
def composed(ana_fell: Treatment, mara: User) -> Composes:
    def compose_it(
        *, since: date | None = None, until: date | None = None, with_words: bool = False
    ) -> Report:
        wishes = Wishes(since, until, with_words)
        return compose(ana_fell, wishes, user=mara, at=NOW)

    return compose_it
