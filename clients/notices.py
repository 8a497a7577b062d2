"""What stands in the way between a client and the forms, in words that the staff can act on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from clients.models import Client


class Kind(StrEnum):
    STOPPED = "stopped"
    BOUNCED = "bounced"
    LOCKED = "locked"
    ERASURE = "erasure"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Notice:
    """`words` fit into one line of a list; `more` and the action are for the place itself."""

    kind: Kind
    words: str
    url: str  # where it is solved
    more: str
    action: str
    action_url: str
    is_link: bool = False  # the action leads somewhere; all others change something
    needs_person: bool = True
    is_therapists: bool = False  # nobody else may do it, though others may know


def of_client(client: Client) -> list[Notice]:
    """Everything that somebody should know or do; reads this one row and nothing else."""
    return list(_notices(client))


def _notices(client: Client) -> Iterator[Notice]:
    place = reverse("edit_client", args=[client.pk])
    if client.erasure_asked_at is not None:
        yield _erasure(client, client.erasure_asked_at, place)
    if client.own_link_blocked_at is not None:
        yield _to_confirm(client, client.own_link_blocked_at, place)
    if client.is_locked:
        yield _locked(client, place)
    if client.bounced_at is not None:
        yield _bounced(client.bounced_at, place)
    if client.stopped_at is not None:
        yield _stopped(client, client.stopped_at, place)


def _erasure(client: Client, since: datetime, place: str) -> Notice:
    return Notice(
        kind=Kind.ERASURE,
        words=_("Asked on %(day)s to have all data deleted") % {"day": _day(since)},
        url=f"{place}#notice-{Kind.ERASURE}",
        more=_(
            "Decide by the rules of your clinic what must be kept and what can go, and tell the "
            "client. The button only takes this note away: it deletes nothing."
        ),
        action=_("Dealt with"),
        action_url=reverse("settle_erasure", args=[client.pk]),
    )


def _to_confirm(client: Client, since: datetime, place: str) -> Notice:
    return Notice(
        kind=Kind.CONFIRM,
        words=_("The front desk changed the address or PIN on %(day)s") % {"day": _day(since)},
        url=f"{place}#notice-{Kind.CONFIRM}",
        more=_(
            "The therapist must confirm before the client can see their answers by mail. Ask the "
            "client whether the change came from them, and look at the address and the PIN below."
        ),
        action=_("Confirm address and PIN"),
        action_url=reverse("confirm_contact", args=[client.pk]),
        is_therapists=True,
    )


def _locked(client: Client, place: str) -> Notice:
    return Notice(
        kind=Kind.LOCKED,
        words=_("Locked after %(count)d wrong answers") % {"count": Client.MOST_TRIES},
        url=f"{place}#notice-{Kind.LOCKED}",
        more=_(
            "Somebody who opened a link did not know the PIN or the year of birth. Ask the client "
            "who it was. Perhaps the year or the PIN below is not right."
        ),
        action=_("Unlock"),
        action_url=reverse("unlock", args=[client.pk]),
    )


def _bounced(since: datetime, place: str) -> Notice:
    return Notice(
        kind=Kind.BOUNCED,
        words=_("E-mails have come back since %(day)s") % {"day": _day(since)},
        url=f"{place}#notice-{Kind.BOUNCED}",
        more=_("The address does not work. No e-mails are sent until you have changed it."),
        action=_("Correct the address"),
        action_url="#id_email",
        is_link=True,
    )


def _stopped(client: Client, since: datetime, place: str) -> Notice:
    return Notice(
        kind=Kind.STOPPED,
        words=_("Stopped all e-mails on %(day)s") % {"day": _day(since)},
        url=f"{place}#notice-{Kind.STOPPED}",
        more=_(
            "It was the client's own choice, and they can take it back by the link in any of our "
            "e-mails. Start them again only if the client told you to."
        ),
        action=_("The client asked for e-mails again"),
        action_url=reverse("resume_mail", args=[client.pk]),
        needs_person=False,
    )


def _day(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at), "DATE_FORMAT")
