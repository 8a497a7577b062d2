"""Part of the services: the flags that follow from a treatment's points, and the program's steps.

Every step of a flag's life, the therapist's too, is written here by `move`: the table of
`trends.flags.life` says which there are. Three rules protect the trust in a flag (docs/adr/0012):
- It is raised for a recent session only. What is computed anew says nothing new about long ago.
- An open one is withdrawn, and the numbers of any brought up to date, only when the ratings behind
  it changed; not because a threshold or what was learned from the clinic did.
- There is one for an episode: none is raised while another one's episode is under way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from accounts.models import User
from audit.services import record
from clients.models import Treatment
from sessions.models import Rating
from trends.computing.histories import Course, Form, rescaled
from trends.engine import VERSION
from trends.flags import coming_back, life
from trends.flags.coming_back import Fall
from trends.flags.judged import Judged, StoredPoint
from trends.flags.life import Action, Actor, State
from trends.mails import telling
from trends.models import Flag, FlagMove, Trajectory

RECENT = timedelta(days=30)  # a flag for an older session comes too late to be of use
JUST_WITHDRAWN = timedelta(hours=1)  # longer than a correction can be undone

Arrived = Mapping[UUID, datetime]  # when the rating of a session came in

EVENTS: Mapping[Action, str] = {
    Action.RAISE: "trends.raise_flag",
    Action.MARK: "trends.mark_flag",
    Action.ACKNOWLEDGE: "trends.acknowledge_flag",
    Action.LOG_REPAIR: "trends.log_repair",
    Action.COME_BACK: "trends.flag_came_back",
    Action.NOT_YET: "trends.flag_not_yet",
    Action.CLOSE: "trends.close_flag",
    Action.REOPEN: "trends.reopen_flag",
    Action.WITHDRAW: "trends.withdraw_flag",
}


def raise_new(
    judged: Judged, flags: Sequence[Flag], *, at: datetime, since: datetime | None = None
) -> None:
    """Raise what is new, for sessions held since then (None: the last 30 days).

    flags: all of the treatment's.
    """
    by_session = {flag.session_id: flag for flag in flags}
    standing = set(_places(judged, filter(_stands, flags)))
    for place in judged.onsets():
        known = by_session.get(judged.sessions[place])
        is_news = judged.held_at[place] >= (since or at - RECENT) or _was_just_withdrawn(known, at)
        is_known = known is not None and _stands(known)
        if not is_news or is_known or any(judged.one_episode(one, place) for one in standing):
            continue
        _raise(judged, place, known, at=at)
        standing.add(place)


def _places(judged: Judged, flags: Iterable[Flag]) -> Iterable[int]:
    """Of the flags whose episode the ratings show.

    A mark by hand where they show nothing does not make the program silent about what comes next.
    """
    return (judged.sessions.index(flag.session_id) for flag in flags if judged.shows(flag))


def _stands(flag: Flag) -> bool:
    return flag.state != State.WITHDRAWN


def _was_just_withdrawn(flag: Flag | None, at: datetime) -> bool:
    """A correction that is undone brings it back, however old its session is."""
    return flag is not None and not _stands(flag) and flag.state_at >= at - JUST_WITHDRAWN


def _raise(judged: Judged, place: int, withdrawn: Flag | None, *, at: datetime) -> None:
    session_id, reason = judged.sessions[place], judged.points[place]["reason"]
    new = Flag(treatment_id=judged.treatment_id, session_id=session_id, state="", raised_at=at)
    flag = withdrawn or new
    flag.origin = Flag.Origin.ENGINE
    flag.reason, flag.engine, flag.prior = reason, VERSION, judged.prior
    move(flag, Action.RAISE, by=None, at=at, engine=VERSION)


def follow_ratings(
    judged: Judged, flags: Sequence[Flag], before: Trajectory, *, prior: str, at: datetime
) -> None:
    """Withdraw or update flags whose ratings changed since `before` was computed.

    They changed if the point of the session did, under the same engine and prior: it rests on the
    ratings up to that session and on nothing else.
    """
    is_comparable = (before.engine, before.prior) == (VERSION, prior)
    stored = {each["session"]: each["point"] for each in before.points} if is_comparable else {}
    for flag in filter(_stands, flags):
        place = judged.place(flag.session_id)
        if place is None or judged.points[place]["score"] is None:
            _withdraw(flag, at=at)
        elif _moved(stored.get(str(flag.session_id)), judged.points[place]):
            _follow(flag, judged, place, at=at)


def _moved(stored: StoredPoint | None, point: StoredPoint) -> bool:
    return stored is not None and evidence(stored) != evidence(point)


def evidence(point: StoredPoint) -> dict[str, Any]:
    """What a point says, apart from where the clinic draws its line."""
    return {name: value for name, value in point.items() if name not in POLICY}


POLICY = ("flag", "onset", "reason")


def _follow(flag: Flag, judged: Judged, place: int, *, at: datetime) -> None:
    reason = judged.points[place]["reason"]
    if judged.is_calm(place):
        _withdraw(flag, at=at)
    elif reason is not None and flag.reason != reason:
        flag.reason, flag.engine, flag.prior = reason, VERSION, judged.prior
        flag.save(update_fields=["reason", "engine", "prior"])
        record_flag("trends.update_flag", flag, by=None, at=at, engine=VERSION)


def _withdraw(flag: Flag, *, at: datetime) -> None:
    """Only while nobody has ever seen it."""
    if flag.state == State.OPEN and flag.acknowledged_at is None:
        move(flag, Action.WITHDRAW, by=None, at=at)


# --- What later ratings say about those that somebody has seen


def follow_up(
    judged: Judged, course: Course, flags: Iterable[Flag], arrived: Arrived, *, at: datetime
) -> None:
    """Came back, not yet, or opened again by new evidence. The same ratings give no second step.

    judged: the points of that course. arrived: of the sessions of closed ones' treatments.
    """
    for flag in flags:
        place = judged.place(flag.session_id)
        if place is None or not life.is_followed(flag.state):
            continue
        form = _form(course, place)
        if form is None:
            continue
        if flag.state == State.DISMISSED:
            action = _worse(judged, course, flag, form, arrived, at=at)
        else:
            fall = coming_back.fall(flag.why, _scores(course, form), place, form)
            action = _shown(judged, flag, place, fall, at=at) if fall else None
        if action is not None:
            move(flag, action, by=None, at=at)


def arrivals(flags: Iterable[Flag]) -> Arrived:
    """When ratings came in, in the treatments of those that are closed. One query, or none."""
    closed = {flag.treatment_id for flag in flags if flag.state == State.DISMISSED}
    if not closed:
        return {}
    ratings = Rating.objects.standing().filter(session__treatment__in=closed)
    return dict(ratings.values_list("session_id", "submitted_at"))


def _form(course: Course, place: int) -> Form | None:
    """Of a session that was rated. place: among those that took place."""
    held = np.flatnonzero(np.array(course.took_place, dtype=bool))
    return course.forms[int(held[place])]


def _scores(course: Course, form: Form) -> coming_back.Floats:
    """Of all sessions that took place, on the scale of this form."""
    held = np.array(course.took_place, dtype=bool)
    scores: coming_back.Floats = course.history.scores[held]
    return np.asarray(rescaled(scores, course.history.scale, form.scale))


def _worse(
    judged: Judged, course: Course, flag: Flag, form: Form, arrived: Arrived, *, at: datetime
) -> Action | None:
    """Of one that is closed: whatever part falls, and whether or not its own fall is shown."""
    place = judged.sessions.index(flag.session_id)
    since = range(place, len(judged.points))
    known = [_was_known(arrived.get(judged.sessions[one]), flag) for one in since]
    counts = [_counts(judged, flag, one, at) for one in since]
    scores, error = _scores(course, form)[place:], coming_back.error_of(form)
    is_worse = coming_back.is_worse_than_known(scores, error, known, counts)
    return Action.REOPEN if is_worse else None


def _shown(judged: Judged, flag: Flag, place: int, fall: Fall, *, at: datetime) -> Action | None:
    since = range(place, len(judged.points))
    if flag.state == State.CAME_BACK:
        counts = [_counts(judged, flag, one, at) for one in since]
        return Action.REOPEN if coming_back.is_lost_after_return(fall, counts) else None
    reaches = [judged.reaches(one) for one in since]
    after_repair = [judged.held_at[one] > flag.state_at for one in since]
    if coming_back.has_come_back(fall, reaches):
        is_new = any(after_repair[one] for one in fall.later) or not _is_repaired_anew(flag)
        return Action.COME_BACK if is_new else None
    is_not_yet = coming_back.is_not_yet(fall, reaches, after_repair)
    return Action.NOT_YET if is_not_yet and flag.state == State.IN_REPAIR else None


def _is_repaired_anew(flag: Flag) -> bool:
    """In repair although it came back before: the ratings that said so cannot say it again."""
    return flag.state == State.IN_REPAIR and flag.moves.filter(action=Action.COME_BACK).exists()


def _counts(judged: Judged, flag: Flag, later: int, at: datetime) -> bool:
    """Reaches the threshold, is recent, and in the episode: later ones get their own flag."""
    if not (judged.reaches(later) and judged.shows(flag)) or judged.held_at[later] < at - RECENT:
        return False
    return judged.one_episode(judged.sessions.index(flag.session_id), later)


def _was_known(came_in: datetime | None, flag: Flag) -> bool:
    return came_in is not None and came_in <= flag.state_at


# --- Every step


def move(
    flag: Flag,
    action: Action,
    *,
    by: User | None,
    at: datetime,
    words: str = "",
    **details: object,
) -> None:
    """Take one step of the table, write it down and record it; the flag is saved as it is then.

    by: None is the program. Raises the refusal that says where the flag stands.
    """
    state = life.after(flag.state, action, Actor.THERAPIST if by else Actor.PROGRAM)
    if flag.state != state:
        flag.state, flag.state_at = state, at
    if action == Action.REOPEN:
        words = str(flag.closed_as)  # why it was closed: the step keeps what the row forgets
        flag.closed_as, flag.judged = "", life.judged_by_reopening(flag.judged)
    flag.save()
    FlagMove.objects.create(
        flag=flag, action=action, state=state, made_at=at, made_by=by, words=words
    )
    record_flag(EVENTS[action], flag, by=by, at=at, **details)
    if by is None and state == State.OPEN:
        telling.owe(flag, at=at)


def record_flag(
    action: str, flag: Flag, *, by: User | None, at: datetime, **details: object
) -> None:
    client = Treatment.objects.select_related("client").get(pk=flag.treatment_id).client
    record(
        action,
        by=by,
        at=at,
        about=flag,
        clinic_id=client.clinic_id,
        client_id=client.pk,
        **details,
    )
