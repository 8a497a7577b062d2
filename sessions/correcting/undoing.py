"""Taking a correction back, for ten minutes. The newest one first, so that each finds what it left.

Part of what was withdrawn in between cannot come back: then it is refused with a sentence.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.refusals import Refused
from clients.models import Treatment
from sessions.audited import record_about
from sessions.correcting import standing
from sessions.models import Correction, Rating, TherapySession
from sessions.signals import ratings_changed

Kind = Correction.Kind


class TooLate(Refused):
    sentence = _("This can no longer be undone. You can correct it once more instead.")
    code = "too_late_to_undo"
    status = 409


class SomethingNewer(Refused):
    sentence = _("Something else was corrected in this treatment since then. Undo that first.")
    code = "something_newer"
    status = 409


class AnsweredSince(Refused):
    sentence = _("A form was answered or opened since then, so this cannot be undone any more.")
    code = "answered_since"
    status = 409


@transaction.atomic
def undo(correction: Correction, *, by: User, at: datetime) -> Correction:
    """As it was before, with the same rows. The correction stays, marked as undone."""
    session = standing.lock(correction.session, *_elsewhere(correction))
    rows = Correction.objects.select_for_update(of=("self",), no_key=True)
    correction = rows.get(pk=correction.pk)
    if not correction.can_be_undone(at):
        raise TooLate
    if _newer(correction, session.treatment_id):
        raise SomethingNewer
    INVERSES[Kind(correction.kind)](correction, session, by, at)
    correction.undone_at = at
    correction.save(update_fields=["undone_at"])
    record_about(
        "sessions.correct_undo", session, session.treatment, by=by, at=at, kind=correction.kind
    )
    ratings_changed.send(TherapySession, treatment_id=session.treatment_id, at=at)
    return correction


def _elsewhere(correction: Correction) -> list[Treatment]:
    """The treatment that a session was moved to is locked too."""
    new = correction.before.get("new")
    return list(Treatment.objects.filter(sessions__pk=new)) if new else []


def _newer(correction: Correction, treatment_id: UUID) -> bool:
    rows = Correction.objects.filter(session__treatment_id=treatment_id, undone_at__isnull=True)
    return rows.filter(made_at__gt=correction.made_at).exclude(pk=correction.pk).exists()


def _date_back(correction: Correction, session: TherapySession, by: User, at: datetime) -> None:
    held_at = datetime.fromisoformat(correction.before["held_at"])
    standing.check_free(session, held_at)
    session.held_at = held_at
    session.save(update_fields=["held_at"])


def _stand_again(correction: Correction, session: TherapySession, by: User, at: datetime) -> None:
    standing.check_free(session, session.held_at)
    session.voided_at = None
    session.save(update_fields=["voided_at"])
    standing.restore_request(session, since=correction.made_at, by=by, at=at)


def _take_back(correction: Correction, session: TherapySession, by: User, at: datetime) -> None:
    """What was recorded anew counts no more, unless its own client has answered by now.

    Nor if it was moved on or voided since: one session would stand for two clients.
    """
    new = standing.lock(TherapySession.objects.get(pk=correction.before["new"]))
    standing.lock_request(new)
    if Rating.objects.filter(session=new).exists():
        raise AnsweredSince
    if new.voided_at is not None:
        raise SomethingNewer
    standing.void(new, by=by, at=at)
    record_about("sessions.correct_void_session", new, new.treatment, by=by, at=at)
    ratings_changed.send(TherapySession, treatment_id=new.treatment_id, at=at)
    _stand_again(correction, session, by, at)


def _count_again(correction: Correction, session: TherapySession, by: User, at: datetime) -> None:
    rating = _rating(correction)
    rating.voided_at = None
    rating.save(update_fields=["voided_at"])


def _move_back(correction: Correction, session: TherapySession, by: User, at: datetime) -> None:
    """The form that came in exchange goes back too; one that was opened since is in the way."""
    rating = _rating(correction)
    target = standing.lock(rating.session)
    here = standing.lock_request(session)
    expected = correction.before["other"]
    if (str(here.pk) if here else "") != expected or str(target.pk) != correction.before["to"]:
        raise AnsweredSince
    standing.put(rating, session, by=by, at=at)
    standing.restore_request(target, since=correction.made_at, by=by, at=at)


def _believe(correction: Correction, session: TherapySession, by: User, at: datetime) -> None:
    rating = _rating(correction)
    rating.disputed_at = None
    rating.save(update_fields=["disputed_at"])


def _rating(correction: Correction) -> Rating:
    rows = Rating.objects.select_related("request", "session").filter(corrections=correction)
    return rows.select_for_update(of=("self",), no_key=True).get()


INVERSES: dict[Kind, Callable[[Correction, TherapySession, User, datetime], None]] = {
    Kind.REDATE: _date_back,
    Kind.VOID_SESSION: _stand_again,
    Kind.REASSIGN: _take_back,
    Kind.VOID_RATING: _count_again,
    Kind.MOVE_RATING: _move_back,
    Kind.DISPUTE: _believe,
}
