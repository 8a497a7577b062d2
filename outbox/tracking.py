"""What a mail provider tells later: a mail came back, was reported as spam, or has arrived."""

import logging
from collections.abc import Iterator
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.utils import timezone
from django.utils.translation import gettext_noop as _noop

from outbox import services
from outbox.models import Message

logger = logging.getLogger(__name__)

CAME_BACK = _noop("The mail came back: this address takes no mail.")
NOT_DELIVERED = _noop("The mail provider did not deliver the mail.")
CALLED_SPAM = _noop("The recipient reported the mail as spam. No more mails should go there.")
UNSUBSCRIBED = _noop("The recipient wants no more mails from us.")

State = Message.State

# About our account, the provider's rules or an error of theirs: the address may be right.
MEANINGS = {
    EventType.REJECTED: (State.FAILED, NOT_DELIVERED),
    EventType.FAILED: (State.FAILED, NOT_DELIVERED),
    EventType.DELIVERED: (State.SENT, ""),
}
# Somebody got the mail and said no. Their address works, and nobody is to write there again.
REFUSALS = {EventType.COMPLAINED: CALLED_SPAM, EventType.UNSUBSCRIBED: UNSUBSCRIBED}

# Anymail calls it a bounce, too, if a mailbox is full or a server had a bad day. How long it will
# last stands in each provider's own words alone.
PASSING = {
    ("type", "softbounce"),  # Postmark
    ("event", "soft_bounce"),  # Brevo, Mandrill
    ("type", "soft_bounced"),  # MailerSend
    ("bouncetype", "transient"),  # Amazon SES
    ("bouncetype", "undetermined"),
    ("type", "transient"),  # Resend
    ("type", "undetermined"),
    ("type", "blocked"),  # SendGrid
    ("hard_bounce", "false"),  # Mailjet
    *(
        ("bounce_class", number) for number in ("20", "21", "22", "23", "24", "40", "70")
    ),  # SparkPost
}
ABOUT_THE_ADDRESS = (RejectReason.INVALID, RejectReason.BOUNCED, None)  # not spam, not policy


def note(event: AnymailTrackingEvent, esp_name: str, **signal: Any) -> None:
    """Listens to anymail's `tracking` signal. Opens, clicks and delays mean nothing here.

    The event quotes the address and the receiving server, so neither log nor reason repeats it.
    """
    known = _note(event, str(event.message_id or ""))
    if known is False:
        logger.info(
            "%s reported: %s. That was known, or no mail of ours.", esp_name, event.event_type
        )


def _note(event: AnymailTrackingEvent, provider_id: str) -> bool | None:
    """Whether it was news; None if it means nothing."""
    at = timezone.now()
    if refusal := REFUSALS.get(event.event_type):
        return services.report_refusal(provider_id, reason=refusal, at=at)
    meaning = (
        _bounce(event) if event.event_type == EventType.BOUNCED else MEANINGS.get(event.event_type)
    )
    if meaning is None:
        return None
    state, reason = meaning
    return services.report(provider_id, state=state, reason=reason, at=at)


def _bounce(event: AnymailTrackingEvent) -> tuple[Message.State, str]:
    """Only what lasts, and is about the address, ends the mails to it."""
    lasts = PASSING.isdisjoint(_words(event.esp_event or {}))
    if lasts and event.reject_reason in ABOUT_THE_ADDRESS:
        return State.BOUNCED, CAME_BACK
    return State.FAILED, NOT_DELIVERED


def _words(said: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every value of a report with its name, however deep it stands."""
    if isinstance(said, dict):
        for key, value in said.items():
            yield from _words(value, str(key).lower())
    elif isinstance(said, list):
        for value in said:
            yield from _words(value, name)
    else:
        yield name, str(said).lower()
