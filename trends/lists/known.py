"""What is known of many treatments, for the pages that list them. A fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Count, F, Max, Q, Window
from django.db.models.functions import RowNumber

from clients.models import Treatment, TreatmentQuerySet
from sessions.models import Rating, RatingRequest, TherapySession
from sessions.sending import delivery, missed, to_know
from trends.computing import histories
from trends.models import Flag, Trajectory

if TYPE_CHECKING:
    from accounts.models import User

STANDING = (
    Flag.State.OPEN,
    Flag.State.ACKNOWLEDGED,
    Flag.State.IN_REPAIR,
    Flag.State.NOT_YET,
)
DIMENSIONS = ("goal", "task", "bond")
TO_COMPARE = 2  # the newest rating and the one before
SHOWN_FOR = timedelta(days=30)  # words that nobody has marked as read; then the course has them

# What a list reads of a rating. The words are sealed, and only some pages show them.
SCORED = (
    "goal",
    "task",
    "bond",
    "tension",
    "settled",
    "follow_up",
    "read_at",
    "submitted_at",
    "session__treatment_id",
    "session__held_at",
    "request__instrument",
    "request__instrument_version",
)
WORDS = ("comment", "proposal")
FORM = (
    "is_mailed",
    "created_at",
    "expires_at",
    "active_at",
    "link_asked_at",
    "withdrawn_at",
    "session__treatment_id",
    "rating__submitted_at",
)


@dataclass(frozen=True, slots=True)
class Known:
    treatment: Treatment
    session_count: int  # of those that took place
    last_held_at: datetime | None
    trajectory: Trajectory | None = None
    flags: list[Flag] = field(default_factory=list)  # the newest first; none that was withdrawn
    ratings: list[Rating] = field(default_factory=list)  # the newest one and the one before
    wish: Rating | None = None  # to raise something, unread: the one that has waited longest
    form: delivery.Delivery | None = None  # of the newest session that has one
    is_link_asked: bool = False
    is_tired: bool = False  # three forms in a row without an answer
    is_missed: bool = False  # three appointments in a row to which nobody came

    @property
    def newest(self) -> Rating | None:
        return self.ratings[0] if self.ratings else None

    @property
    def open_flag(self) -> Flag | None:
        """The one that has waited longest."""
        waiting = [flag for flag in self.flags if flag.state == Flag.State.OPEN]
        return waiting[-1] if waiting else None

    @property
    def standing_flag(self) -> Flag | None:
        """The newest one that is not settled, whoever has seen it."""
        return next((flag for flag in self.flags if flag.state in STANDING), None)

    @property
    def is_wish_earlier(self) -> bool:
        """Whether the client has rated again since, and said nothing more about it."""
        return self.wish is not None and self.wish != self.newest

    @property
    def is_waiting(self) -> bool:
        return bool(self.form and self.form.is_waiting)

    @property
    def missing(self) -> int:
        """Sessions without a rating since the last rated one; a form that is out may still come."""
        count = self.trajectory.missing if self.trajectory else 0
        return max(count - self.is_waiting, 0)

    @property
    def last(self) -> dict[str, float] | None:
        return scores(self.newest) if self.newest else None

    @property
    def changes(self) -> dict[str, float]:
        """Each dimension since the rating before, in points of the newest form's scale."""
        if len(self.ratings) < TO_COMPARE:
            return {}
        newest, before = self.ratings[:TO_COMPARE]
        given, wanted = _scale(before), _scale(newest)
        return {
            name: score - histories.rescaled(scores(before)[name], given, wanted)
            for name, score in scores(newest).items()
        }

    def notes(self) -> list[to_know.ToKnow]:
        asked = [to_know.link_asked()] if self.is_link_asked else []
        return to_know.about(
            self.treatment.client, asked=asked, is_tired=self.is_tired, is_missed=self.is_missed
        )


def scores(rating: Rating) -> dict[str, float]:
    return {"goal": rating.goal, "task": rating.task, "bond": rating.bond}


def _scale(rating: Rating) -> tuple[float, float]:
    asked = rating.request
    return histories.form(asked.instrument, asked.instrument_version).scale


def gather(
    rows: TreatmentQuerySet, user: User, at: datetime, *, with_words: bool = False
) -> list[Known]:
    """Of these treatments, which must be this person's own. with_words: what clients wrote too."""
    trajectories = Trajectory.objects.visible_to(user).filter(treatment__in=rows)
    courses = {row.treatment_id: row for row in trajectories}
    flags, forms = _flags(rows, user), _newest_forms(rows, user)
    ratings = _ratings(rows, user, at, SCORED + WORDS if with_words else SCORED)
    links, tired = to_know.treatments_asked_for(user), to_know.tired_treatments(user, at)
    away = missed.treatments(user)
    return [
        Known(
            treatment=treatment,
            session_count=treatment.held_count,  # type: ignore[attr-defined]
            last_held_at=treatment.last_held_at,  # type: ignore[attr-defined]
            trajectory=courses.get(treatment.pk),
            flags=flags.get(treatment.pk, []),
            ratings=ratings.get(treatment.pk, [])[:TO_COMPARE],
            wish=_wish(ratings.get(treatment.pk, []), at),
            form=delivery.of_request(form, at) if (form := forms.get(treatment.pk)) else None,
            is_link_asked=treatment.pk in links,
            is_tired=treatment.pk in tired,
            is_missed=treatment.pk in away,
        )
        for treatment in _with_sessions(rows)
    ]


def _with_sessions(rows: TreatmentQuerySet) -> TreatmentQuerySet:
    held = Q(sessions__attendance__in=TherapySession.TOOK_PLACE, sessions__voided_at__isnull=True)
    return rows.select_related("client").annotate(
        held_count=Count("sessions", filter=held),
        last_held_at=Max("sessions__held_at", filter=held),
    )


def _flags(rows: TreatmentQuerySet, user: User) -> dict[UUID, list[Flag]]:
    found: dict[UUID, list[Flag]] = defaultdict(list)
    standing = Flag.objects.visible_to(user).counting().filter(treatment__in=rows)
    for flag in standing.defer("note").order_by("-raised_at"):
        found[flag.treatment_id].append(flag)
    return found


def _newest_forms(rows: TreatmentQuerySet, user: User) -> dict[UUID, RatingRequest]:
    """Those that somebody is still to answer, or has answered."""
    asked = RatingRequest.objects.visible_to(user).filter(
        session__treatment__in=rows, session__voided_at__isnull=True, withdrawn_at__isnull=True
    )
    newest = asked.newest_of_each_treatment().only(*FORM)
    return {row.session.treatment_id: row for row in newest}


def _ratings(
    rows: TreatmentQuerySet, user: User, at: datetime, fields: tuple[str, ...]
) -> dict[UUID, list[Rating]]:
    """The newest two of each treatment, and wishes of late that nobody has read: one query."""
    place = Window(
        RowNumber(), partition_by=F("session__treatment_id"), order_by=F("session__held_at").desc()
    )
    newest = (
        Rating.objects.visible_to(user)
        .standing()
        .filter(session__treatment__in=rows)
        .annotate(place=place)
        .filter(Q(place__lte=TO_COMPARE) | _lately_asked(at))
        .select_related("session", "request")
        .only(*fields)
        .order_by("place")
    )
    found: dict[UUID, list[Rating]] = defaultdict(list)
    for rating in newest:
        found[rating.session.treatment_id].append(rating)
    return found


def _lately_asked(at: datetime) -> Q:
    is_unread = Q(follow_up=Rating.FollowUp.RAISE, read_at__isnull=True)
    return is_unread & Q(submitted_at__gt=at - SHOWN_FOR)


def _wish(newest_first: list[Rating], at: datetime) -> Rating | None:
    """A later rating does not take it back. Of the newest rating it waits however old it is."""
    asked = [
        rating
        for place, rating in enumerate(newest_first)
        if rating.follow_up == Rating.FollowUp.RAISE
        and rating.read_at is None
        and (place == 0 or rating.submitted_at > at - SHOWN_FOR)
    ]
    return asked[-1] if asked else None
