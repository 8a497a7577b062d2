"""Who reads a treatment besides its therapist, why they may, and when they did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.models import User
from clients import sharing
from clients.models import Share, Treatment
from trends.forms import ShareForm

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class Reader:
    """why: the line that tells somebody why this page is open to them."""

    why: str
    is_supervisor: bool


@dataclass(frozen=True, slots=True)
class Shares:
    """With whom a therapist shares a treatment; a form if there is anybody else to ask."""

    standing: list[Share]
    form: ShareForm | None


def why(treatment: Treatment, user: User) -> Reader:
    """Of a treatment that is not one's own."""
    share = _share(treatment, user)
    name = treatment.therapist.display_name
    if share is None:
        told = _("You go on with this client, who agreed that you read what came before.")
        return Reader(told, is_supervisor=False)
    day = formats.date_format(timezone.localtime(share.shared_at), "DATE_FORMAT")
    told = _("You read this because %(name)s shared it with you on %(day)s, for supervision.")
    return Reader(told % {"name": name, "day": day}, is_supervisor=True)


def note_reading(treatment: Treatment, user: User, at: datetime) -> None:
    """A supervisor has opened a page or file about it. One's own reading is nobody's concern."""
    if treatment.therapist_id == user.pk:
        return
    share = _share(treatment, user)
    if share is not None:
        sharing.note_reading(share, by=user, at=at)


def _share(treatment: Treatment, user: User) -> Share | None:
    rows = Share.objects.opened_to(user).filter(treatment=treatment)
    return rows.select_related("treatment__client").first()


def shares(treatment: Treatment, user: User, form: ShareForm | None = None) -> Shares:
    standing = Share.objects.visible_to(user).standing().filter(treatment=treatment)
    others = to_ask(treatment, user)
    return Shares(
        standing=list(standing.select_related("supervisor").order_by("shared_at")),
        form=form or (ShareForm(supervisors=others) if others else None),
    )


def to_ask(treatment: Treatment, user: User) -> QuerySet[User]:
    """The clinic's supervisors who do not read it yet."""
    reading = Share.objects.standing().filter(treatment=treatment).values("supervisor_id")
    colleagues = User.objects.visible_to(user).supervisors().filter(is_active=True)
    return colleagues.exclude(pk=user.pk).exclude(pk__in=reading).order_by("display_name")
