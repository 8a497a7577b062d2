"""What went out to clients lately, mail by mail. A fixed number of queries for any clinic."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, TextChoices
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.door import has_permission
from accounts.permissions import Permission
from clients.models import Client
from outbox.models import Message
from sessions.models import RATING_REQUEST, REMINDER, RatingRequest, RatingRequestQuerySet
from sessions.sending import delivery

if TYPE_CHECKING:
    from accounts.models import User

PERIOD = timedelta(days=60)
ON_A_PAGE = 100

_ASKED_FOR = Q(
    link_asked_at__isnull=False,
    rating__isnull=True,
    session__treatment__ended_on__isnull=True,
)
_NOT_ASKED_FOR = (
    Q(link_asked_at__isnull=True)
    | Q(rating__isnull=False)
    | Q(session__treatment__ended_on__isnull=False)
)
_UNDER_WAY = (Message.State.QUEUED, Message.State.SENDING, Message.State.SENT)


class Show(TextChoices):
    """Which forms: the value stands in the address."""

    NEEDS = "needs", gettext_lazy("Needs somebody")
    WAITING = "waiting", gettext_lazy("Waiting")
    ANSWERED = "answered", gettext_lazy("Answered")
    ALL = "all", gettext_lazy("All")


@dataclass(frozen=True, slots=True)
class Mail:
    words: str  # which one it was
    state: str
    at: datetime
    reason: str
    is_troubled: bool
    goes_out_at: datetime | None


@dataclass(frozen=True, slots=True)
class SentForm:
    request: RatingRequest
    client_name: str
    client_url: str
    therapist_name: str
    held_at: datetime
    form: delivery.Delivery
    mails: list[Mail]  # the newest first


def page(user: User, show: Show, number: str, at: datetime) -> Page[RatingRequest]:
    """Requests without those of `asked_for`. A number that is none means the first page."""
    lately = Q(created_at__gt=at - PERIOD)
    found = _rows(user).filter(lately & _NOT_ASKED_FOR & _shown(show, at))
    found = found.order_by("-created_at", "pk")
    return Paginator(found, ON_A_PAGE).get_page(number)


def asked_for(user: User) -> list[RatingRequest]:
    """Forms whose clients ask for a new link, however old: who asked first comes first."""
    return list(_rows(user).filter(_ASKED_FOR).order_by("link_asked_at"))


def bounced(user: User) -> list[Client]:
    """Whose address does not work, by name: no form of theirs goes out by mail, so none fails."""
    clients = Client.objects.visible_to(user).filter(bounced_at__isnull=False)
    return sorted(clients, key=lambda client: client.name.lower())


def _rows(user: User) -> RatingRequestQuerySet:
    rows = RatingRequest.objects.visible_to(user).standing().with_delivery()
    return rows.select_related(
        "rating", "session__treatment__client__clinic", "session__treatment__therapist"
    )


def _shown(show: Show, at: datetime) -> Q:
    """The same as `delivery.of_request` tells of each row, in the words of the database."""
    is_open = Q(rating__isnull=True)
    return {
        Show.NEEDS: is_open & Q(mail_state__in=Message.TROUBLED),
        Show.WAITING: is_open & Q(mail_state__in=_UNDER_WAY) & _is_in_time(at),
        Show.ANSWERED: Q(rating__isnull=False),
        Show.ALL: Q(),
    }[show]


def _is_in_time(at: datetime) -> Q:
    """Not `RatingRequest.is_expired`."""
    last_typed = at - RatingRequest.TIME_TO_FINISH
    is_being_typed = Q(active_at__isnull=False) & (
        Q(expires_at__gt=last_typed) | Q(active_at__gt=last_typed)
    )
    in_grace = Q(expires_at__gt=at - RatingRequest.LONGEST_GRACE)
    has_time = Q(expires_at__isnull=True) | Q(expires_at__gt=at)
    return has_time | (is_being_typed & in_grace)


def told(requests: list[RatingRequest], user: User, at: datetime) -> list[SentForm]:
    """Rows for the page, each with all of its mails: one query for all of them."""
    mails = mails_of(requests, at)
    return [_sent_form(request, mails[request.pk], user, at) for request in requests]


def _sent_form(request: RatingRequest, mails: list[Mail], user: User, at: datetime) -> SentForm:
    treatment = request.session.treatment
    is_own = treatment.therapist_id == user.pk
    is_own = is_own and has_permission(user, Permission.CARE_FOR_OWN_CLIENTS)
    return SentForm(
        request=request,
        client_name=treatment.client.name,
        client_url=reverse("client" if is_own else "edit_client", args=[treatment.client_id]),
        therapist_name="" if is_own else treatment.therapist.display_name,
        held_at=request.session.held_at,
        form=delivery.as_possible(delivery.of_request(request, at), treatment),
        mails=mails,
    )


def mails_of(requests: list[RatingRequest], at: datetime) -> dict[UUID, list[Mail]]:
    """Every mail with the form's link, the newest first."""
    rows = Message.objects.about(*(request.pk for request in requests))
    found: dict[UUID, list[Mail]] = defaultdict(list)
    for mail in rows.of_kind(RATING_REQUEST, REMINDER).order_by(F("created_at").desc(), "-slot"):
        found[mail.about].append(_mail(mail, at))
    return found


def _mail(mail: Message, at: datetime) -> Mail:
    waits = mail.state == Message.State.QUEUED and mail.due_at > at
    return Mail(
        words=_which(mail),
        state=str(mail.get_state_display()),
        at=mail.state_at,
        reason=_(mail.reason) if mail.reason else "",
        is_troubled=mail.state in Message.TROUBLED,
        goes_out_at=mail.due_at if waits else None,
    )


def _which(mail: Message) -> str:
    if mail.kind == REMINDER:
        return _("Reminder")
    return _("Sent again") if mail.slot else _("First e-mail")
