"""Part of the services: what therapists do with a possible rupture, step by step.

The table of `trends.flags.life` says which steps there are; `flagging.move` writes each down. The
same click a second time changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.refusals import Refused
from sessions.models import Rating, TherapySession
from sessions.reading import mark_read
from trends.flags import life
from trends.flags.flagging import move
from trends.flags.life import Action, State
from trends.models import Flag, FlagMove, RepairEntry


class NotHeld(Refused):
    sentence = _("A rupture can be marked in a session that took place.")
    code = "session_not_held"
    status = 409


class MarkedAlready(Refused):
    sentence = _("You have marked this session already.")
    code = "marked_already"
    status = 409


@transaction.atomic
def acknowledge(flag: Flag, *, note: str, by: User, at: datetime) -> Flag:
    """The therapist has seen it. A second click changes nothing; a new note is kept."""
    flag, note = _locked(flag), note.strip()
    if flag.state == State.ACKNOWLEDGED and note in ("", flag.note):
        return flag
    _see_and_read(flag, by=by, at=at)
    flag.note = note or flag.note
    move(flag, Action.ACKNOWLEDGE, by=by, at=at, words=note)
    return flag


@transaction.atomic
def log_repair(
    flag: Flag,
    *,
    kind: str,
    tried: Sequence[str],
    words: str,
    raise_when: str,
    by: User,
    at: datetime,
) -> Flag:
    """Write down what was seen and tried, and when it is to be raised.

    Whoever repairs something has seen it, and says that there was something.
    """
    flag = _locked(flag)
    entry = RepairEntry(
        flag=flag, kind=kind, tried=sorted(tried), words=words.strip(), raise_when=raise_when
    )
    if flag.state == State.IN_REPAIR and _is_written(entry):
        return flag
    _see_and_read(flag, by=by, at=at)
    flag.judged = Flag.Judged.CONFIRMED
    move(flag, Action.LOG_REPAIR, by=by, at=at)
    entry.logged_at, entry.logged_by = at, by
    entry.save()
    return flag


def _is_written(entry: RepairEntry) -> bool:
    """Whether the newest entry says just the same."""
    newest = RepairEntry.objects.filter(flag=entry.flag).order_by("-logged_at", "-pk").first()
    said = ("kind", "tried", "words", "raise_when")
    return newest is not None and all(getattr(newest, x) == getattr(entry, x) for x in said)


@transaction.atomic
def close(flag: Flag, *, reason: str, words: str, by: User, at: datetime) -> Flag:
    """Nothing more is to be done about it. The reason says whether there was a rupture."""
    flag, words = _locked(flag), words.strip()
    if flag.state == State.DISMISSED and flag.closed_as == reason and words == _last(flag).words:
        return flag
    _see_and_read(flag, by=by, at=at)
    flag.closed_as = reason
    flag.judged = life.judged_by_closing(reason, flag.judged)
    move(flag, Action.CLOSE, by=by, at=at, words=words, closed_as=reason)
    return flag


@transaction.atomic
def reopen(flag: Flag, *, by: User, at: datetime) -> Flag:
    """Take a closed one up again: it counts as seen."""
    flag = _locked(flag)
    if flag.state == State.ACKNOWLEDGED and _last(flag).action == Action.REOPEN:
        return flag
    move(flag, Action.REOPEN, by=by, at=at)
    return flag


@transaction.atomic
def mark_by_hand(session: TherapySession, *, words: str, by: User, at: datetime) -> Flag:
    """The therapist saw a rupture that the ratings did not show."""
    session = TherapySession.objects.select_for_update(of=("self",), no_key=True).get(pk=session.pk)
    if not session.took_place or session.voided_at is not None:
        raise NotHeld
    words = words.strip()
    flag = Flag.objects.select_for_update(no_key=True).filter(session=session).first()
    if flag is None:
        flag = Flag(treatment_id=session.treatment_id, session=session, state=life.NEW)
    elif (_last(flag).action, _last(flag).words) == (Action.MARK, words):
        return flag
    elif flag.origin == Flag.Origin.HAND:
        raise MarkedAlready
    flag.origin, flag.judged = Flag.Origin.HAND, Flag.Judged.CONFIRMED
    flag.reason, flag.engine, flag.prior, flag.raised_at = None, "", "", at
    _see(flag, by=by, at=at)
    move(flag, Action.MARK, by=by, at=at, words=words)
    return flag


def _locked(flag: Flag) -> Flag:
    return Flag.objects.select_for_update(of=("self",), no_key=True).get(pk=flag.pk)


def _see(flag: Flag, *, by: User, at: datetime) -> None:
    """The first look stays the first, whatever happens later."""
    if flag.acknowledged_at is None:
        flag.acknowledged_at, flag.acknowledged_by = at, by


def _see_and_read(flag: Flag, *, by: User, at: datetime) -> None:
    """Its page shows what the client said with it, so nobody has to say twice that it was read."""
    _see(flag, by=by, at=at)
    for rating in Rating.objects.standing().filter(session=flag.session_id):
        mark_read(rating, by=by, at=at)


def _last(flag: Flag) -> FlagMove:
    """The newest step; an empty one of flags that are older than the list of steps."""
    return flag.moves.order_by("-made_at", "-pk").first() or FlagMove()
