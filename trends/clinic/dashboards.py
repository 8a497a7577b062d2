"""What a clinic admin sees: counts that tell whether the clinic is listening.

No answer, comment or note is read here. Where few clients stand behind a figure that comes from
their answers, it is not shown, and the totals leave it out too, so it cannot be worked out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, Min, Q

from accounts.models import Clinic, User
from clients.models import Client, Treatment
from outbox.models import Message
from sessions.models import RatingRequest, TherapySession
from trends.models import Flag

PERIOD = timedelta(days=90)
FEWEST_CLIENTS = 5  # below this, a figure could point at one person

Counts = dict[UUID, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Figures:
    name: str
    is_active: bool
    active_clients: int
    sessions: int
    sent: int
    not_delivered: int
    answered: int | None
    open_flags: int | None
    days_open: int | None  # of the flag that has waited longest
    to_forget: int = 0  # of the whole clinic: clients who ask for all data to be deleted

    @property
    def suppressed(self) -> bool:
        return self.answered is None

    @property
    def percent(self) -> int | None:
        if self.answered is None or not self.sent:
            return None
        return round(100 * self.answered / self.sent)


def figures(clinic: Clinic, at: datetime) -> tuple[list[Figures], Figures]:
    """One row for each therapist, by name, and the total of what is shown."""
    rows = list(_rows(clinic, at).values())
    return rows, replace(_total(rows), to_forget=_to_forget(clinic))


def row_of(therapist: User, at: datetime) -> Figures:
    """Exactly the row that the clinic's page has about this therapist."""
    return _rows(therapist.own_clinic, at)[therapist.pk]


def shown_therapists(clinic: Clinic) -> list[UUID]:
    """Those with clients enough that figures from answers are shown."""
    return [pk for pk, count in _active_clients(clinic).items() if count >= FEWEST_CLIENTS]


def _rows(clinic: Clinic, at: datetime) -> dict[UUID, Figures]:
    """By therapist, in the order of their names."""
    since = at - PERIOD
    clients, held = _active_clients(clinic), _sessions(clinic, since)
    forms, flags = _forms(clinic, since), _flags(clinic)
    return {
        person.pk: _row(
            person,
            clients=clients.get(person.pk, 0),
            held=held.get(person.pk, 0),
            forms=forms.get(person.pk, {}),
            flags=flags.get(person.pk),
            at=at,
        )
        for person in User.objects.therapists().filter(clinic=clinic).order_by("display_name")
    }


def _to_forget(clinic: Clinic) -> int:
    """Also of clients whom nobody treats any more. A number, for admins know no client."""
    return Client.objects.filter(clinic=clinic, erasure_asked_at__isnull=False).count()


def _active_clients(clinic: Clinic) -> dict[UUID, int]:
    rows = Treatment.objects.filter(client__clinic=clinic).open().values("therapist_id")
    return dict(rows.annotate(n=Count("client_id", distinct=True)).values_list("therapist_id", "n"))


def _sessions(clinic: Clinic, since: datetime) -> dict[UUID, int]:
    rows = TherapySession.objects.standing().filter(
        treatment__client__clinic=clinic,
        held_at__gte=since,
        attendance__in=TherapySession.TOOK_PLACE,
    )
    grouped = rows.values("treatment__therapist_id").annotate(n=Count("pk"))
    return dict(grouped.values_list("treatment__therapist_id", "n"))


def _forms(clinic: Clinic, since: datetime) -> Counts:
    rows = (
        RatingRequest.objects.filter(
            session__treatment__client__clinic=clinic,
            session__held_at__gte=since,
            session__voided_at__isnull=True,
            withdrawn_at__isnull=True,
        )
        .with_delivery()
        .annotate(therapist=F("session__treatment__therapist_id"))
    )
    is_answered = Q(rating__isnull=False, rating__voided_at__isnull=True)
    is_sent = is_answered | Q(mail_state=Message.State.SENT)
    is_troubled = ~is_answered & Q(mail_state__in=Message.TROUBLED)
    grouped = rows.values("therapist").annotate(
        sent=Count("pk", filter=is_sent),
        answered=Count("pk", filter=is_answered),
        not_delivered=Count("pk", filter=is_troubled),
    )
    return {
        row["therapist"]: {
            "sent": row["sent"],
            "answered": row["answered"],
            "not_delivered": row["not_delivered"],
        }
        for row in grouped
    }


def _flags(clinic: Clinic) -> dict[UUID, tuple[int, datetime]]:
    rows = Flag.objects.counting().open()
    rows = rows.filter(treatment__client__clinic=clinic, treatment__ended_on__isnull=True)
    grouped = rows.values("treatment__therapist_id").annotate(n=Count("pk"), oldest=Min("state_at"))
    return {row["treatment__therapist_id"]: (row["n"], row["oldest"]) for row in grouped}


def _row(
    person: User,
    *,
    clients: int,
    held: int,
    forms: dict[str, int],
    flags: tuple[int, datetime] | None,
    at: datetime,
) -> Figures:
    shown = clients >= FEWEST_CLIENTS
    open_flags, oldest = flags or (0, at)
    return Figures(
        name=person.display_name,
        is_active=person.is_active,
        active_clients=clients,
        sessions=held,
        sent=forms.get("sent", 0),
        not_delivered=forms.get("not_delivered", 0),
        answered=forms.get("answered", 0) if shown else None,
        open_flags=open_flags if shown else None,
        days_open=(at - oldest).days if shown and open_flags else None,
    )


def _total(rows: list[Figures]) -> Figures:
    """Sums of what is shown: a sum over hidden figures would give them away.

    `sent` counts for the rows that show their answers, since it is what those are held against.
    """
    shown = [row for row in rows if not row.suppressed]
    return Figures(
        name="",
        is_active=True,
        active_clients=sum(row.active_clients for row in rows),
        sessions=sum(row.sessions for row in rows),
        sent=sum(row.sent for row in shown),
        not_delivered=sum(row.not_delivered for row in rows),
        answered=sum(row.answered or 0 for row in shown) if shown else None,
        open_flags=sum(row.open_flags or 0 for row in shown) if shown else None,
        days_open=max((row.days_open or 0 for row in shown), default=0) or None,
    )
