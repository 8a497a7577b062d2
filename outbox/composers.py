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


@dataclass(frozen=True, slots=True)
class Email:
    to: str
    subject: str
    text: str
    html: str
    sender_name: str = ""


class NotWanted(Exception):
    """The mail has lost its purpose since it was queued; the message says it as the reason."""


Composer = Callable[[UUID, datetime], Email]
_composers: dict[str, Composer] = {}


def register(kind: str, composer: Composer) -> None:
    """Name the composer of a kind; called once by the owning app when Django starts."""
    _composers[kind] = composer


def compose(kind: str, about: UUID, at: datetime) -> Email:
    """Write the mail of this kind about this row, or raise `NotWanted`."""
    return _composers[kind](about, at)


def render(template: str, context: dict[str, object]) -> tuple[str, str]:
    """The text and the HTML of ``templates/mail/<template>.txt|.html``."""
    return (
        render_to_string(f"mail/{template}.txt", context),
        render_to_string(f"mail/{template}.html", context),
    )
