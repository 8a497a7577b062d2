"""The one thing that a therapist can do next for a client, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from clients import notices
from clients.models import Treatment
from sessions.models import Rating
from trends.lists.known import Known
from trends.models import Flag


@dataclass(frozen=True, slots=True)
class Step:
    words: str
    url: str


def next_step(known: Known, at: datetime) -> Step | None:
    """What needs a person first. None: there is nothing to do but wait, or to meet."""
    return next(_steps(known, at), None)


def _steps(known: Known, at: datetime) -> Iterator[Step]:
    if known.open_flag:
        yield Step(_("Review the possible rupture"), flag_page(known.open_flag))
    if known.wish:
        read = _("Read what %(name)s wrote") % {"name": known.treatment.client.name}
        yield Step(read, in_inbox(known.wish))
    yield from _about_forms(known)
    planned_at = known.treatment.next_at
    if planned_at is not None and planned_at <= at:  # it is over, and nobody has recorded it
        yield Step(_to_record(planned_at), record_page(known.treatment))
    yield from _about_a_seen_flag(known)
    if known.is_tired:
        together = _("Fill in the next form together")
        yield Step(together, reverse("client", args=[known.treatment.client_id]))
    if not known.session_count and known.treatment.next_at is None:
        yield Step(_("Record the first session"), record_page(known.treatment))


SOLVED_BY: dict[str, Callable[[], str]] = {
    notices.Kind.BOUNCED: lambda: _("Correct the address"),
    notices.Kind.LOCKED: lambda: _("See who was locked out"),
    notices.Kind.CONFIRM: lambda: _("Confirm address and PIN"),
    notices.Kind.ERASURE: lambda: _("Answer the wish for deletion"),
}


def _about_forms(known: Known) -> Iterator[Step]:
    page = reverse("client", args=[known.treatment.client_id])
    if known.is_link_asked:
        yield Step(_("Send a new link"), page)
    for notice in notices.of_client(known.treatment.client):
        if notice.needs_person:
            words = SOLVED_BY.get(notice.kind)
            yield Step(words() if words else notice.action, notice.url)
    if known.form and known.form.is_troubled:
        yield Step(_("See why the form did not arrive"), page)


AFTER_SEEN: dict[str, Callable[[], str]] = {
    Flag.State.ACKNOWLEDGED: lambda: _("Log what you tried"),
    Flag.State.IN_REPAIR: lambda: _("Go on with the repair"),
    Flag.State.NOT_YET: lambda: _("See what came after"),
}


def _about_a_seen_flag(known: Known) -> Iterator[Step]:
    """Of the newest one that is not settled: earlier ones are history."""
    flag = known.standing_flag
    if flag is not None and flag.state in AFTER_SEEN:
        yield Step(AFTER_SEEN[flag.state](), flag_page(flag))


def _to_record(planned_at: datetime) -> str:
    day = formats.date_format(timezone.localtime(planned_at), "l")
    return _("Record %(day)s's session") % {"day": day}


def record_page(treatment: Treatment) -> str:
    return f"{reverse('record_session')}?treatment={treatment.pk}"


def flag_page(flag: Flag) -> str:
    return reverse("flag", args=[flag.pk])


def in_inbox(rating: Rating) -> str:
    return f"{reverse('inbox')}#rating-{rating.pk}"
