"""A supervisor's home: what therapists have shared. A fixed number of queries for any number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.models import Client, Share
from trends.client_page import drawings
from trends.models import Flag, Trajectory

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Row:
    client: Client
    therapist: str
    url: str
    shared_at: datetime
    read_at: datetime | None
    sparkline: SafeString | str
    last: dict[str, float] | None
    states: list[str]


def rows(user: User) -> list[Row]:
    """One for each treatment that is shared with this person, by therapist and client."""
    shares = Share.objects.opened_to(user).select_related(
        "treatment__client", "treatment__therapist", "treatment__trajectory"
    )
    flags = _flags(user)
    made = [_row(share, flags.get(share.treatment_id, [])) for share in shares]
    return sorted(made, key=lambda row: (row.therapist.lower(), row.client.name.lower()))


def _flags(user: User) -> dict[UUID, list[Flag]]:
    """By treatment, the newest first; of those that count."""
    found: dict[UUID, list[Flag]] = {}
    for flag in Flag.objects.read_by(user).counting().defer("note").order_by("-raised_at"):
        found.setdefault(flag.treatment_id, []).append(flag)
    return found


def _row(share: Share, flags: list[Flag]) -> Row:
    treatment = share.treatment
    trajectory: Trajectory | None = getattr(treatment, "trajectory", None)
    shown = drawings.standing(flags)
    return Row(
        client=treatment.client,
        therapist=treatment.therapist.display_name,
        url=reverse("client", args=[treatment.client_id], query={"treatment": treatment.pk}),
        shared_at=share.shared_at,
        read_at=share.read_at,
        sparkline=drawings.sparkline(trajectory, shown) if trajectory and trajectory.rated else "",
        last=trajectory.last if trajectory else None,
        states=list(_states(flags)),
    )


def _states(flags: list[Flag]) -> Iterable[str]:
    """The newest flag and where it stands; then how many there were before."""
    if not flags:
        yield _("no possible rupture flagged")
        return
    yield _("possible rupture: %(state)s") % {"state": flags[0].get_state_display()}
    if earlier := len(flags) - 1:
        yield ngettext("%(count)d earlier", "%(count)d earlier", earlier) % {"count": earlier}
