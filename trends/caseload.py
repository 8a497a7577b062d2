"""The therapist's home: who needs me, and why. A fixed number of queries for any caseload."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients import notices
from clients.models import Client, Treatment
from sessions import delivery, to_know
from sessions.models import Rating, RatingRequest, TherapySession
from trends import drawings, reasons
from trends.models import Flag, Trajectory

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Row:
    client: Client
    treatment: Treatment
    url: str
    session_count: int
    last_session_at: datetime | None
    days_since: int | None
    sparkline: SafeString | str
    last: dict[str, float] | None
    flag: Flag | None
    reason: str
    asked_to_talk: bool
    is_waiting: bool
    trouble: str  # what is wrong with the newest form, if anything is
    notes: list[to_know.ToKnow] = field(default_factory=list)
    now: list[str] = field(default_factory=list)


def rows(user: User, at: datetime) -> list[Row]:
    """One for each open treatment: open flags first (the oldest on top), then by name."""
    treatments = _treatments(user)
    flags = _flags(user)
    trajectories = {row.treatment_id: row for row in Trajectory.objects.visible_to(user)}
    requests = _newest_forms(user)
    asked = _asked_to_talk(user)
    links = to_know.treatments_asked_for(user)
    tired = to_know.tired_treatments(user, at)
    made = [
        _row(
            treatment,
            trajectory=trajectories.get(treatment.pk),
            flags=flags.get(treatment.pk, []),
            request=requests.get(treatment.pk),
            asked=treatment.pk in asked,
            notes=to_know.about(
                treatment.client,
                asked=[to_know.link_asked()] if treatment.pk in links else [],
                is_tired=treatment.pk in tired,
            ),
            is_tired=treatment.pk in tired,
            at=at,
        )
        for treatment in treatments
    ]
    return sorted(made, key=_order)


def _order(row: Row) -> tuple[bool, float, str]:
    raised = row.flag.raised_at.timestamp() if row.flag else 0.0
    return row.flag is None, raised, row.client.name.lower()


def _treatments(user: User) -> list[Treatment]:
    held = Q(sessions__attendance__in=TherapySession.TOOK_PLACE)
    return list(
        Treatment.objects.visible_to(user)
        .open()
        .select_related("client")
        .annotate(
            held_count=Count("sessions", filter=held),
            last_held_at=Max("sessions__held_at", filter=held),
        )
    )


def _newest_forms(user: User) -> dict[UUID, RatingRequest]:
    newest = RatingRequest.objects.visible_to(user).newest_of_each_treatment()
    return {row.session.treatment_id: row for row in newest}


def _flags(user: User) -> dict[UUID, list[Flag]]:
    """By treatment, the oldest first; without those that were withdrawn."""
    found: dict[UUID, list[Flag]] = defaultdict(list)
    standing = Flag.objects.visible_to(user).exclude(state=Flag.State.WITHDRAWN)
    for flag in standing.defer("note").order_by("raised_at"):
        found[flag.treatment_id].append(flag)
    return found


def _asked_to_talk(user: User) -> set[UUID]:
    """Treatments whose newest rating says "please raise it with me"."""
    newest = (
        Rating.objects.visible_to(user)
        .order_by("session__treatment_id", "-session__held_at")
        .distinct("session__treatment_id")
        .values_list("session__treatment_id", "follow_up")
    )
    return {treatment for treatment, follow_up in newest if follow_up == Rating.FollowUp.RAISE}


def _row(
    treatment: Treatment,
    *,
    trajectory: Trajectory | None,
    flags: list[Flag],
    request: RatingRequest | None,
    asked: bool,
    notes: list[to_know.ToKnow],
    is_tired: bool,
    at: datetime,
) -> Row:
    last_at: datetime | None = treatment.last_held_at  # type: ignore[attr-defined]
    form = delivery.of_request(request, at) if request else None
    flag = next((flag for flag in flags if flag.state == Flag.State.OPEN), None)
    shown = drawings.standing(flags)
    return Row(
        client=treatment.client,
        treatment=treatment,
        url=reverse("client", args=[treatment.client_id]),
        session_count=treatment.held_count,  # type: ignore[attr-defined]
        last_session_at=last_at,
        days_since=_days_between(last_at, at) if last_at else None,
        sparkline=drawings.sparkline(trajectory, shown) if trajectory and trajectory.rated else "",
        last=trajectory.last if trajectory else None,
        flag=flag,
        reason=reasons.one_line(flag.why, treatment.client.name) if flag else "",
        asked_to_talk=asked,
        is_waiting=bool(form and form.is_waiting),
        trouble=_("form: %s") % form.words if form and form.is_troubled else "",
        notes=notes,
        now=_now(treatment.client, trajectory, form, asked=asked, is_tired=is_tired),
    )


def _days_between(earlier: datetime, later: datetime) -> int:
    """Calendar days on the clinic's wall, so that "yesterday" means yesterday."""
    return (timezone.localdate(later) - timezone.localdate(earlier)).days


def _now(
    client: Client,
    trajectory: Trajectory | None,
    form: delivery.Delivery | None,
    *,
    asked: bool,
    is_tired: bool,
) -> list[str]:
    """The quiet states of a row, most useful first."""
    states = []
    if asked:
        states.append(_("asked you to raise something"))
    if form and form.is_waiting:
        states.append(form.words)
    if words := _contact_words(client):
        states.append(words)
    missing = trajectory.missing if trajectory else 0
    missing -= bool(form and form.is_waiting)  # the form that is out may still come
    if missing > 0 and not is_tired:  # which says the same
        states.append(
            ngettext(
                "no rating for %(count)d session",
                "no rating for %(count)d sessions",
                missing,
            )
            % {"count": missing}
        )
    course = _course_words(trajectory, is_silent=missing > 0)
    return [*states, course] if course else states or [_("no rating yet")]


def _contact_words(client: Client) -> str:
    """Why no mail goes out, unless a notice says so already."""
    if client.can_be_mailed or client.stopped_at or client.bounced_at:
        return ""
    in_room = client.contact == Client.Contact.IN_ROOM
    return _("fills in at the clinic") if in_room else _("gets no forms")


def _course_words(trajectory: Trajectory | None, *, is_silent: bool) -> str:
    """How the newest rating lies in the person's own course. Silence is never called usual."""
    points = [stored["point"] for stored in trajectory.points] if trajectory else []
    newest = next((point for point in reversed(points) if point["score"] is not None), None)
    if newest is None:
        return ""
    if newest["low"] is None:
        return "" if is_silent else _("too few ratings to compare yet")
    if newest["flag"] or newest["score"] < newest["low"]:
        return _("lower than usual")
    return "" if is_silent else _("in the usual range")


@dataclass(frozen=True, slots=True)
class Ended:
    """A treatment to look back at, and what still has to be done for the client."""

    treatment: Treatment
    notices: list[notices.Notice]


def ended(user: User) -> list[Ended]:
    """Who asks to be forgotten first, then who needs something else, then by name: one query."""
    rows = Treatment.objects.visible_to(user).filter(ended_on__isnull=False)
    made = [Ended(row, _to_do(row.client)) for row in rows.select_related("client")]
    return sorted(made, key=_order_of_ended)


def _to_do(client: Client) -> list[notices.Notice]:
    return [notice for notice in notices.of_client(client) if notice.needs_person]


def _order_of_ended(row: Ended) -> tuple[bool, bool, str]:
    client = row.treatment.client
    return client.erasure_asked_at is None, not row.notices, client.name.lower()
