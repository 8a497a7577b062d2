"""Hand one mail to the mail server, and tell what is known afterwards."""

import logging
import smtplib
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import gettext_noop as _noop

from outbox.composers import Email
from outbox.models import Message

logger = logging.getLogger(__name__)

UNREACHABLE = _noop("The mail server could not be reached.")
NOT_LET_IN = _noop("The mail server refused our user name or password.")
NO_ADDRESS = _noop("No mail can be sent to this address. Please check it.")
BROKE_OFF = _noop("The mail server broke off before it answered. The mail may have arrived.")
REFUSED_ADDRESS = _noop("The mail server does not know this address.")
REFUSED = _noop("The mail server refused the mail.")
BUSY = _noop("The mail server asked to try again later.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`state` QUEUED means: certainly not sent, worth another attempt."""

    state: Message.State
    reason: str = ""


def send(email: Email, *, message_id: str) -> Outcome:
    """Send over SMTP. Connecting is safe to repeat; after that only the server's word counts."""
    mail = _written(email, message_id)
    try:
        mail.message()
    except ValueError:  # also an address that cannot be put into a header
        return Outcome(Message.State.FAILED, NO_ADDRESS)
    connection = get_connection(fail_silently=False)
    return _connect(connection) or _hand_over(connection, mail)


def _connect(connection: BaseEmailBackend) -> Outcome | None:
    """None when connected. Whatever goes wrong here, no mail has left."""
    try:
        connection.open()
    except smtplib.SMTPAuthenticationError:
        return Outcome(Message.State.QUEUED, NOT_LET_IN)
    except Exception as error:
        logger.warning("The mail server could not be reached: %s", error)
        return Outcome(Message.State.QUEUED, UNREACHABLE)
    return None


def _hand_over(connection: BaseEmailBackend, mail: EmailMultiAlternatives) -> Outcome:
    try:
        if not connection.send_messages([mail]):  # nobody to send it to
            return Outcome(Message.State.FAILED, NO_ADDRESS)
    except ValueError:  # not one address; found before a byte is sent
        return Outcome(Message.State.FAILED, NO_ADDRESS)
    except smtplib.SMTPRecipientsRefused as refused:
        return _answered(min(code for code, _ in refused.recipients.values()), REFUSED_ADDRESS)
    except smtplib.SMTPResponseException as refused:
        return _answered(refused.smtp_code, REFUSED)
    except (OSError, smtplib.SMTPException):
        return Outcome(Message.State.UNCERTAIN, BROKE_OFF)
    finally:
        _hang_up(connection)
    return Outcome(Message.State.SENT)


def _answered(code: int, reason: str) -> Outcome:
    """4xx passes with time, 5xx does not (RFC 5321, 4.2.1)."""
    if 400 <= code < 500:
        return Outcome(Message.State.QUEUED, BUSY)
    return Outcome(Message.State.FAILED, reason)


def _hang_up(connection: BaseEmailBackend) -> None:
    """Closing may fail after the mail was accepted; that does not undo it."""
    with suppress(OSError, smtplib.SMTPException):
        connection.close()


def _written(email: Email, message_id: str) -> EmailMultiAlternatives:
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    mail = EmailMultiAlternatives(
        subject=" ".join(email.subject.split()),
        body=email.text,
        from_email=formataddr((" ".join(email.sender_name.split()), address)),
        to=[email.to],
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(email.html, "text/html")
    return mail
