"""What must be true at the end, whatever was killed on the way."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np

from clients.models import Treatment
from measures.scoring import score
from outbox.models import Message
from sessions.models import RATING_REQUEST, Rating, RatingRequest, TherapySession
from tests.faults.answering import Said
from tests.faults.sink import Sink
from trends.engine import History, Point, detect
from trends.models import Flag, Trajectory

State = Message.State


def every_answer_is_kept_once(said: Said) -> None:
    kept = list(Rating.objects.values_list("request_id", "answers"))
    assert len(kept) == len(said)
    assert dict(kept) == said


def every_form_is_sent_or_visibly_not(sink: Sink, *, forms: int) -> None:
    """One mail is owed for each form, all are settled, and what is called sent has arrived."""
    assert RatingRequest.objects.count() == forms
    mails = Message.objects.filter(kind=RATING_REQUEST)
    assert set(mails.values_list("about", flat=True)) == set(
        RatingRequest.objects.values_list("pk", flat=True)
    )
    states = Counter(mails.values_list("state", flat=True))
    assert states[State.SENT] + mails.filter(state__in=Message.TROUBLED).count() == forms, states
    arrived = set(sink.message_ids)
    assert {mail.message_id for mail in mails.filter(state=State.SENT)} <= arrived
    perhaps = {mail.message_id for mail in mails.filter(state=State.UNCERTAIN)}
    assert arrived <= {mail.message_id for mail in mails.filter(state=State.SENT)} | perhaps


def no_mail_came_twice(sink: Sink) -> None:
    assert [each for each, times in Counter(sink.message_ids).items() if times > 1] == []


def courses_follow_from(said: Said) -> None:
    """Points and flags are those of the acknowledged answers, computed here once more."""
    assert not Trajectory.objects.filter(due_at__isnull=False).exists()
    for treatment in Treatment.objects.select_related("trajectory"):
        sessions = list(TherapySession.objects.filter(treatment=treatment).in_order())
        points = _points(sessions, said)
        stored = {point["session"]: point["point"] for point in treatment.trajectory.points}
        assert stored == {
            str(session.pk): point.as_dict()
            for session, point in zip(sessions, points, strict=True)
        }
        assert treatment.trajectory.rated == sum(point.score is not None for point in points)
        flags = Flag.objects.open().filter(treatment=treatment)
        assert {flag.session_id: flag.reason for flag in flags} == _onsets(sessions, points)


def _points(sessions: list[TherapySession], said: Said) -> list[Point]:
    """Forms that were not answered are still open, and no silence."""
    instrument = sessions[0].request.form_instrument()  # the same in all of them
    scores = np.full((len(sessions), 3), np.nan)
    for row, session in enumerate(sessions):
        if answers := said.get(session.request.pk):
            given = score(instrument, answers)
            scores[row] = (given.goal, given.task, given.bond)
    answered = np.isfinite(scores).all(axis=1)
    first = sessions[0].held_at
    history = History(
        scores,
        items=instrument.items_per_dimension(),
        days=[(session.held_at - first) / timedelta(days=1) for session in sessions],
        tension=["none" if is_answered else "" for is_answered in answered],
        asked=answered.tolist(),
        little=answered.tolist(),  # by one answer to everything, sent in no time
    )
    return detect(history)


def _onsets(sessions: list[TherapySession], points: list[Point]) -> dict[UUID, dict[str, Any]]:
    return {
        session.pk: point.reason.as_dict()
        for session, point in zip(sessions, points, strict=True)
        if point.onset and point.reason
    }
