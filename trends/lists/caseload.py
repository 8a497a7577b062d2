"""The therapist's home: who needs me, and why. A fixed number of queries for any caseload."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clients import notices
from clients.models import Client, Treatment
from sessions.sending import to_know
from trends.client_page import drawings
from trends.flags import reasons
from trends.lists import next_steps, row_words
from trends.lists.known import Known, gather
from trends.models import Flag

if TYPE_CHECKING:
    from accounts.models import User

STEPS = 20  # chances are told in steps of five per cent; within one the older flag comes first


class Section(TextChoices):
    NEEDS = "needs", gettext_lazy("Needs you")
    REPAIR = "repair", gettext_lazy("In repair")
    WAITING = "waiting", gettext_lazy("Waiting")
    STEADY = "steady", gettext_lazy("Steady")


@dataclass(frozen=True, slots=True)
class Row:
    known: Known
    client: Client
    treatment: Treatment
    url: str
    section: Section
    session_count: int
    last_session_at: datetime | None
    days_since: int | None
    when: str
    next_words: str
    sparkline: SafeString | str
    last: dict[str, float] | None
    scores: list[row_words.Score]
    flag: Flag | None  # that nobody has seen yet
    reason: str
    asked_to_talk: bool  # and nobody has read it
    is_waiting: bool
    in_repair: bool
    trouble: str  # what is wrong with the newest form, if anything is
    step: next_steps.Step | None
    notes: list[to_know.ToKnow] = field(default_factory=list)
    now: list[str] = field(default_factory=list)

    @property
    def chance(self) -> float | None:
        """Of a rupture, now: as of the newest session, or as it was when it was flagged."""
        trajectory = self.known.trajectory
        if trajectory is not None and trajectory.p_rupture is not None:
            return trajectory.p_rupture
        return self.flag.why.p_rupture if self.flag and self.flag.why else None

    @property
    def chance_words(self) -> str:
        return "" if self.chance is None else reasons.percent(self.chance)


def rows(user: User, at: datetime) -> list[Row]:
    """One for each open treatment: who needs somebody first, then by name."""
    own = Treatment.objects.visible_to(user).open()
    return sorted((_row(known, at) for known in gather(own, user, at)), key=urgency)


def urgency(row: Row) -> tuple[int, int, float, str]:
    """Open flags by chance and age, who asked to talk, forms in trouble; all others by name."""
    name = row.client.name.lower()
    if row.flag:
        return 0, -round(STEPS * (row.chance or 0)), row.flag.raised_at.timestamp(), name
    if row.known.wish:
        return 1, 0, row.known.wish.submitted_at.timestamp(), name
    return (2 if row.section == Section.NEEDS else 3), 0, 0, name


def _row(known: Known, at: datetime) -> Row:
    treatment, notes, flag = known.treatment, known.notes(), known.open_flag
    is_troubled = bool(known.form and known.form.is_troubled)
    days = days_between(known.last_held_at, at) if known.last_held_at else None
    return Row(
        known=known,
        client=treatment.client,
        treatment=treatment,
        url=reverse("client", args=[treatment.client_id]),
        section=_section(known, notes),
        session_count=known.session_count,
        last_session_at=known.last_held_at,
        days_since=days,
        when=days_ago(days),
        next_words=_next(treatment, at),
        sparkline=sparkline(known),
        last=known.last,
        scores=row_words.scores(known),
        flag=flag,
        reason=flag_words(flag, treatment.client.name) if flag else "",
        asked_to_talk=known.wish is not None,
        is_waiting=known.is_waiting,
        in_repair=_is_in_repair(known),
        trouble=_("form: %s") % known.form.words if known.form and is_troubled else "",
        step=next_steps.next_step(known, at),
        notes=notes,
        now=row_words.now(known, at),
    )


def _section(known: Known, notes: list[to_know.ToKnow]) -> Section:
    is_troubled = known.form is not None and known.form.is_troubled
    asks = known.open_flag or known.wish or any(note.needs_person for note in notes)
    if asks or is_troubled:
        return Section.NEEDS
    if _is_in_repair(known):
        return Section.REPAIR
    return Section.WAITING if known.is_waiting else Section.STEADY


def _is_in_repair(known: Known) -> bool:
    return any(flag.state in row_words.UNDER_REPAIR for flag in known.flags)


def sparkline(known: Known) -> SafeString | str:
    """While a flag waits, that one alone is marked."""
    if known.trajectory is None or not known.trajectory.rated:
        return ""
    waiting = [flag for flag in known.flags if flag.state == Flag.State.OPEN]
    return drawings.sparkline(known.trajectory, drawings.standing(waiting or known.flags))


def flag_words(flag: Flag, name: str) -> str:
    """Why, in one line. name: of the client."""
    return reasons.one_line(flag.why, name) if flag.why else _("You marked it by hand.")


def days_between(earlier: datetime, later: datetime) -> int:
    """Calendar days on the clinic's wall, so that "yesterday" means yesterday."""
    return (timezone.localdate(later) - timezone.localdate(earlier)).days


def days_ago(days: int | None) -> str:
    if days is None:
        return _("no session yet")
    if days == 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    return ngettext("%(days)d day ago", "%(days)d days ago", days) % {"days": days}


def _next(treatment: Treatment, at: datetime) -> str:
    if treatment.next_at is None or treatment.next_at <= at:
        return ""
    day = formats.date_format(timezone.localtime(treatment.next_at), "D j M, H:i")
    return _("next %(day)s") % {"day": day}


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
