"""The client page: one treatment's sessions, ratings, chart and flags, put together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import nan
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _

from clients.models import Treatment
from measures.quality import quality
from measures.scoring import BadAnswers
from sessions import delivery, services, to_know
from sessions.models import Rating, RatingRequest, TherapySession
from trends import aftermath, drawings, histories, reasons
from trends.models import Flag, Trajectory

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class SessionRow:
    number: int | None  # None: it did not take place
    session: TherapySession
    rating: Rating | None
    scores: dict[str, float] | None
    request: RatingRequest | None
    form: delivery.Delivery
    flag: Flag | None
    point: dict[str, Any] | None  # as the engine computed it; None until then
    says_little: bool = False
    can_fill_in: bool = False  # here and now, together or from paper

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


@dataclass(frozen=True, slots=True)
class FlagCard:
    flag: Flag
    number: int | None
    reason: list[str]  # paragraphs; the first says what happened
    came_after: str
    rating: Rating | None

    @property
    def can_acknowledge(self) -> bool:
        return self.flag.state == Flag.State.OPEN


def session_rows(
    treatment: Treatment, trajectory: Trajectory | None, user: User, at: datetime
) -> list[SessionRow]:
    """Every session of the treatment, newest first."""
    sessions = list(TherapySession.objects.visible_to(user).filter(treatment=treatment).in_order())
    ratings = {
        row.session_id: row
        for row in Rating.objects.visible_to(user).filter(session__treatment=treatment)
    }
    requests = _requests(treatment, user)
    flags = {row.session_id: row for row in flags_of(treatment, user)}
    numbers = _numbers(sessions)
    stored_points = trajectory.points if trajectory else []
    points = {stored["session"]: stored["point"] for stored in stored_points}
    to_fill_in = _to_fill_in(treatment, sessions, ratings)
    return [
        SessionRow(
            number=numbers.get(session.pk),
            session=session,
            rating=(rating := ratings.get(session.pk)),
            scores=_scores(rating) if rating else None,
            request=requests.get(session.pk),
            form=delivery.as_possible(
                delivery.of_session(session, requests.get(session.pk), at), treatment
            ),
            flag=flags.get(session.pk),
            point=points.get(str(session.pk)),
            says_little=_says_little(rating, requests.get(session.pk)),
            can_fill_in=session is to_fill_in,
        )
        for session in reversed(sessions)
    ]


def _requests(treatment: Treatment, user: User) -> dict[UUID, RatingRequest]:
    rows = RatingRequest.objects.visible_to(user).filter(session__treatment=treatment)
    told = rows.with_delivery().select_related("rating")
    return {row.session_id: row for row in told}


def _to_fill_in(
    treatment: Treatment, sessions: list[TherapySession], ratings: dict[UUID, Rating]
) -> TherapySession | None:
    """The newest session that took place, if nobody has rated it yet and somebody may."""
    newest = next((each for each in reversed(sessions) if each.took_place), None)
    if newest is None or newest.pk in ratings or not services.can_be_asked(treatment):
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


def notes(treatment: Treatment, rows: list[SessionRow], at: datetime) -> list[to_know.ToKnow]:
    """What stands between this client and the forms. rows: newest first."""
    asked = [
        to_know.link_asked(row.request, row.number, can_send=row.form.can_resend)
        for row in rows
        if row.request and row.form.is_asked_for
    ]
    requests = [row.request for row in rows if row.request]
    is_tired = treatment.ended_on is None and to_know.is_tired(requests, at)
    return to_know.about(treatment.client, asked=asked, is_tired=is_tired)


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
    rows = Flag.objects.visible_to(user).filter(treatment=treatment).order_by("-raised_at")
    return list(rows.select_related("acknowledged_by"))


def _numbers(sessions: list[TherapySession]) -> dict[UUID, int]:
    """Sessions count from 1, without those that did not take place."""
    held = [session for session in sessions if session.took_place]
    return {session.pk: number for number, session in enumerate(held, start=1)}


def _scores(rating: Rating) -> dict[str, float]:
    return {"goal": rating.goal, "task": rating.task, "bond": rating.bond}


def flag_cards(rows: list[SessionRow], name: str) -> list[FlagCard]:
    """Those that wait for the therapist first, then the newest. name: of the client."""
    cards = [
        FlagCard(
            flag=row.flag,
            number=row.number,
            reason=reasons.in_full(row.flag.why, name),
            came_after=_came_after(row.flag, rows[: place + 1]),
            rating=row.rating,
        )
        for place, row in enumerate(rows)
        if row.flag
    ]
    return sorted(cards, key=lambda card: card.flag.state != Flag.State.OPEN)


def _came_after(flag: Flag, since: list[SessionRow]) -> str:
    """since: the flagged session and the later ones, newest first."""
    request = since[-1].request
    if request is None:
        return ""
    form = histories.form(request.instrument, request.instrument_version)
    held = [row for row in reversed(since) if row.number]
    scores = [_score(row, flag.why.dimension, form) for row in held]
    now = next((row.p_rupture for row in since if row.rating), None)
    return aftermath.what_came_after(flag.why, scores, form, now)


def _score(row: SessionRow, dimension: str, form: histories.Form) -> float:
    """On the scale of the flagged session's form."""
    if row.scores is None or row.request is None:
        return nan
    given = histories.form(row.request.instrument, row.request.instrument_version)
    return float(histories.rescaled(row.scores[dimension], given.scale, form.scale))


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
