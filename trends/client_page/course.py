"""The client page: one treatment's sessions, ratings, chart and flags, put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _

from clients.models import Treatment
from measures.quality import quality
from measures.scoring import BadAnswers
from sessions import services
from sessions.models import Correction, Rating, RatingRequest, TherapySession
from sessions.sending import delivery, missed, to_know
from trends.client_page import beside, corrected, drawings
from trends.client_page.beside import Beside
from trends.flags import reasons
from trends.models import Flag, Trajectory

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class SessionRow:
    number: int | None  # None: it did not take place, or does not count
    session: TherapySession
    rating: Rating | None
    scores: dict[str, float] | None
    request: RatingRequest | None
    form: delivery.Delivery
    flag: Flag | None
    point: dict[str, Any] | None  # as the engine computed it; None until then
    says_little: bool = False
    can_fill_in: bool = False  # here and now, together or from paper
    note: str = ""  # the therapist's own; blank for whoever only reads
    beside: Beside = beside.NOTHING  # the therapist's own rating, as far as it may be shown
    struck_out: Rating | None = None  # answers that count no more
    corrections: list[Correction] = field(default_factory=list)  # newest first

    @property
    def is_asked(self) -> bool:
        """Whether there is a form about it that is, or was, to be answered."""
        request = self.request
        return self.session.voided_at is None and bool(request and request.withdrawn_at is None)

    @property
    def p_rupture(self) -> float | None:
        """Chance of a rupture, where it can be said: from the third rating on."""
        if self.point is None or self.point["low"] is None:
            return None
        return self.point.get("p_rupture")  # not in courses of an earlier engine

    @property
    def chance(self) -> str:
        return "" if self.p_rupture is None else reasons.percent(self.p_rupture)

    @property
    def came(self) -> str:
        """How the rating came in, where that is not the usual way."""
        if self.rating is None or self.rating.provenance == Rating.Provenance.LINK:
            return ""
        return str(self.rating.get_provenance_display())

    @property
    def says_something(self) -> str:
        """Non-empty when the client said more than the scores do."""
        if self.rating is None:
            return ""
        tension = self.rating.tension if self.rating.tension != Rating.Tension.NONE else ""
        return tension or self.rating.follow_up or self.rating.comment


def session_rows(
    treatment: Treatment, trajectory: Trajectory | None, user: User, at: datetime
) -> list[SessionRow]:
    """Every session of the treatment, newest first.

    Whoever only reads it gets no private notes, and nothing to be done.
    """
    is_own = treatment.is_own_of(user)
    sessions = list(TherapySession.objects.read_by(user).filter(treatment=treatment).in_order())
    given = Rating.objects.read_by(user).filter(session__treatment=treatment)
    ratings, struck_out = corrected.counted(given, sessions)
    corrections = corrected.of_treatment(treatment, user)
    requests = _requests(treatment, user)
    flags = {row.session_id: row for row in flags_of(treatment, user)}
    numbers = session_numbers(sessions)
    stored_points = trajectory.points if trajectory else []
    points = {stored["session"]: stored["point"] for stored in stored_points}
    settled = {pk for pk, request in requests.items() if request.is_settled}
    to_fill_in = _to_fill_in(treatment, sessions, settled) if is_own else None
    besides = beside.of_sessions(
        treatment, sessions, requests=requests, ratings=ratings, user=user, at=at
    )
    return [
        SessionRow(
            number=numbers.get(session.pk),
            session=session,
            rating=(rating := ratings.get(session.pk)),
            scores=_scores(rating) if rating else None,
            request=requests.get(session.pk),
            form=_form(session, requests.get(session.pk), at, treatment if is_own else None),
            flag=flags.get(session.pk),
            point=points.get(str(session.pk)) if session.pk in numbers else None,
            says_little=_says_little(rating, requests.get(session.pk)),
            can_fill_in=session is to_fill_in,
            note=session.note if is_own else "",
            beside=besides.get(session.pk, beside.NOTHING),
            struck_out=struck_out.get(session.pk),
            corrections=corrections.get(session.pk, []),
        )
        for session in reversed(sessions)
    ]


def _form(
    session: TherapySession, request: RatingRequest | None, at: datetime, own: Treatment | None
) -> delivery.Delivery:
    """Why a mail did not arrive, and to send it again, is not for those who only read."""
    told = delivery.of_session(session, request, at)
    if own is not None:
        return delivery.as_possible(told, own)
    return delivery.Delivery(told.words, at=told.at)


def _requests(treatment: Treatment, user: User) -> dict[UUID, RatingRequest]:
    rows = RatingRequest.objects.read_by(user).filter(session__treatment=treatment)
    told = rows.with_delivery().select_related("rating")
    return {row.session_id: row for row in told}


def _to_fill_in(
    treatment: Treatment, sessions: list[TherapySession], answered: set[UUID]
) -> TherapySession | None:
    """The newest session that took place, if nobody has rated it yet and somebody may."""
    newest = next((each for each in reversed(sessions) if each.is_held), None)
    if newest is None or newest.pk in answered or not services.can_be_asked(treatment):
        return None
    return newest


def _says_little(rating: Rating | None, request: RatingRequest | None) -> bool:
    if rating is None or request is None:
        return False
    try:
        said = quality(request.form_instrument(), rating.answers, rating.seconds)
    except BadAnswers:  # scores without single answers, as an import may bring them
        return False
    return said.says_little


def undoable(rows: list[SessionRow], at: datetime) -> list[Correction]:
    """Corrections of this treatment that can still be taken back."""
    return corrected.undoable([row.corrections for row in rows], at)


def notes(treatment: Treatment, rows: list[SessionRow], at: datetime) -> list[to_know.ToKnow]:
    """What stands between this client and the forms. rows: newest first."""
    asked = [
        to_know.link_asked(row.request, row.number, can_send=row.form.can_resend)
        for row in rows
        if row.request and row.form.is_asked_for
    ]
    requests = [row.request for row in rows if row.request and row.is_asked]
    is_tired = treatment.ended_on is None and to_know.is_tired(requests, at)
    is_missed = treatment.ended_on is None and missed.is_missed(row.session for row in rows)
    return to_know.about(treatment.client, asked=asked, is_tired=is_tired, is_missed=is_missed)


def came(rows: list[SessionRow]) -> dict[str, drawings.Came]:
    """By the session's id, how its rating came in: what stored points do not know."""
    return {
        str(row.session.pk): drawings.Came(
            row.rating.provenance,
            is_changed=row.rating.changed_at is not None,
            says_little=row.says_little,
        )
        for row in rows
        if row.rating
    }


def flags_of(treatment: Treatment, user: User) -> list[Flag]:
    rows = Flag.objects.read_by(user).filter(treatment=treatment).order_by("-raised_at")
    return list(rows.select_related("acknowledged_by"))


def session_numbers(sessions: list[TherapySession]) -> dict[UUID, int]:
    """Sessions count from 1, without those that did not take place or do not count."""
    held = [session for session in sessions if session.is_held]
    return {session.pk: number for number, session in enumerate(held, start=1)}


def _scores(rating: Rating) -> dict[str, float]:
    return {"goal": rating.goal, "task": rating.task, "bond": rating.bond}


def too_little(trajectory: Trajectory | None) -> str:
    """What can be said while there are too few ratings to compare with; else nothing."""
    if trajectory is None or not trajectory.sessions:
        return _("No session is recorded yet. After the first one the client is sent a short form.")
    if not trajectory.rated:
        return _("No rating has come in yet. That says nothing about the relationship.")
    if trajectory.rated < 3:
        return _(
            "A possible rupture can only be seen against at least two earlier ratings. "
            "Until then there is nothing to compare with."
        )
    return ""
