"""Who writes which mail.

A message row holds neither address nor text. The app that queued it registers a composer for its
kind; the worker calls it under the lock of the row, just before sending. So the mail is written
from what is true at that moment, and a link's token exists nowhere but in the mail.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.translation import gettext_noop as _noop

QUIET_HOURS = _noop("Waits until the client's quiet hours are over.")


@dataclass(frozen=True, slots=True)
class Email:
    to: str
    subject: str
    text: str
    html: str
    sender_name: str = ""
    unsubscribe_url: str = ""  # where one POST, without log-in or cookie, ends these mails


class NotWanted(Exception):
    """The mail has lost its purpose since it was queued; the message says it as the reason."""


class NotNow(Exception):
    """The mail is wanted, but not at this hour: it waits, and this counts as no attempt."""

    def __init__(self, until: datetime, reason: str = QUIET_HOURS) -> None:
        super().__init__(reason)
        self.until = until
        self.reason = reason


Composer = Callable[[UUID, datetime], Email]
Hears = Callable[[UUID, datetime], None]
_composers: dict[str, Composer] = {}
_bounced: dict[str, Hears] = {}
_refused: dict[str, Hears] = {}


def register(
    kind: str, composer: Composer, bounced: Hears | None = None, refused: Hears | None = None
) -> None:
    """Name the composer of a kind; called once by the owning app when Django starts.

    Both are told in the transaction that notes it: `bounced` of a mail that the address does not
    take, `refused` of one whose reader wants no more. The first can be put right, the second is
    somebody's will.
    """
    _composers[kind] = composer
    if bounced:
        _bounced[kind] = bounced
    if refused:
        _refused[kind] = refused


def compose(kind: str, about: UUID, at: datetime) -> Email:
    """Write the mail of this kind about this row, or raise `NotWanted` or `NotNow`."""
    return _composers[kind](about, at)


def tell_bounced(kind: str, about: UUID, at: datetime) -> None:
    """Whoever owns the kind may want to know."""
    if told := _bounced.get(kind):
        told(about, at)


def tell_refused(kind: str, about: UUID, at: datetime) -> None:
    """The same of a reader who has said no."""
    if told := _refused.get(kind):
        told(about, at)


def render(template: str, context: dict[str, object]) -> tuple[str, str]:
    """The text and the HTML of ``templates/mail/<template>.txt|.html``."""
    return (
        render_to_string(f"mail/{template}.txt", context),
        render_to_string(f"mail/{template}.html", context),
    )
