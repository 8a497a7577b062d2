"""Hand one mail to the mail server, or to a provider's API, and tell what is known afterwards."""

import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import Message as Mail
from email.utils import parseaddr

from anymail.exceptions import (
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import sanitize_address
from django.utils.translation import gettext_noop as _noop
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from outbox.composers import Email
from outbox.models import Message

logger = logging.getLogger(__name__)

UNREACHABLE = _noop("The mail server could not be reached.")
NOT_LET_IN = _noop("The mail server refused our user name or password.")
NO_KEY = _noop("The mail provider refused our key.")
NO_ADDRESS = _noop("No mail can be sent to this address. Please check it.")
BROKE_OFF = _noop("The mail server broke off before it answered. The mail may have arrived.")
REFUSED_ADDRESS = _noop("The mail server does not know this address.")
BLOCKED_ADDRESS = _noop("The mail provider does not send to this address.")
REFUSED = _noop("The mail server refused the mail.")
BUSY = _noop("The mail server asked to try again later.")
UNABLE = _noop("The mail provider cannot send this kind of mail.")

# "No such mailbox", "not here", "not a mailbox", "takes no mail at all" (RFC 5321, 4.2; RFC 7504).
# Any other refusal of a recipient, such as "relaying denied", is about us and not the address.
NO_SUCH_ADDRESS = (550, 551, 553, 556)
POLICY = b"5.7."  # "blocked", "not permitted" (RFC 3463): about us, too
LINE_LIMIT = 998  # RFC 5322, 2.1.1

# Nothing has left: no name resolved, no connection, or a certificate that we did not trust.
NOT_CONNECTED = (NewConnectionError, ConnectTimeoutError, ssl.SSLCertVerificationError)

State = Message.State


@dataclass(frozen=True, slots=True)
class Outcome:
    """`state` QUEUED means: certainly not sent, worth another attempt."""

    state: Message.State
    reason: str = ""
    provider_id: str = ""


def send(email: Email, *, message_id: str) -> Outcome:
    """Connecting is safe to repeat; after that only the other side's word counts."""
    mail = _written(email, message_id)
    try:
        sanitize_address(email.to, "utf-8")  # one address, or an error
        mail.message()
    except ValueError:  # also an address that cannot be put into a header
        return Outcome(State.FAILED, NO_ADDRESS)
    try:
        connection = get_connection(fail_silently=False)
        connection.open()
    except Exception as error:
        return _not_connected(error)
    return _hand_over(connection, mail)


def _not_connected(error: Exception) -> Outcome:
    """Whatever went wrong while connecting, no mail has left."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Outcome(State.QUEUED, NOT_LET_IN)
    logger.warning("The mail server could not be reached: %s", error)
    return Outcome(State.QUEUED, UNREACHABLE)


def _hand_over(connection: BaseEmailBackend, mail: EmailMultiAlternatives) -> Outcome:
    try:
        taken = connection.send_messages([mail])
    except AnymailError as error:
        return _not_taken(error) or _provider_answered(error)
    except ValueError:  # not one address; found before a byte is sent
        return Outcome(State.FAILED, NO_ADDRESS)
    except smtplib.SMTPRecipientsRefused as refused:
        return _address_refused(*next(iter(refused.recipients.values())))
    except smtplib.SMTPResponseException as refused:
        return _answered(refused.smtp_code)
    except (OSError, smtplib.SMTPException):
        return Outcome(State.UNCERTAIN, BROKE_OFF)
    finally:
        _hang_up(connection)
    return _taken(mail) if taken else Outcome(State.FAILED, NO_ADDRESS)


# --- A mail server's answers


def _address_refused(code: int, text: bytes) -> Outcome:
    """Before the text of the mail was asked for."""
    if code in NO_SUCH_ADDRESS and not text.startswith(POLICY):
        return Outcome(State.BOUNCED, REFUSED_ADDRESS)
    return _answered(code)


def _answered(code: int) -> Outcome:
    """4xx passes with time, 5xx does not (RFC 5321, 4.2.1)."""
    if 400 <= code < 500:
        return Outcome(State.QUEUED, BUSY)
    return Outcome(State.FAILED, REFUSED)


def _hang_up(connection: BaseEmailBackend) -> None:
    """Closing may fail after the mail was accepted; that does not undo it."""
    with suppress(OSError, smtplib.SMTPException):
        connection.close()


# --- A provider's answers


def _taken(mail: EmailMultiAlternatives) -> Outcome:
    """A mail server has nothing to add. A provider says what it does with the mail, and its id."""
    status = getattr(mail, "anymail_status", None)
    if status is None:
        return Outcome(State.SENT)
    provider_id = str(status.message_id or "")
    if status.status <= {"sent", "queued"}:
        return Outcome(State.SENT, provider_id=provider_id)
    if "failed" in status.status:
        return Outcome(State.FAILED, REFUSED, provider_id)
    return Outcome(State.UNCERTAIN, BROKE_OFF, provider_id)


def _not_taken(error: AnymailError) -> Outcome | None:
    """What is known without a look at the status: it is about the address, or about the mail."""
    if isinstance(error, AnymailRecipientsRefused):
        return Outcome(State.BOUNCED, BLOCKED_ADDRESS)
    if isinstance(error, AnymailInvalidAddress):
        return Outcome(State.FAILED, NO_ADDRESS)
    if isinstance(error, AnymailUnsupportedFeature | AnymailSerializationError):
        logger.warning("The mail provider cannot send this: %s", type(error).__name__)
        return Outcome(State.FAILED, UNABLE)
    return None


def _provider_answered(error: AnymailError) -> Outcome:
    """The error's own words stay out of the log: they quote addresses."""
    code = error.status_code
    logger.warning("The mail provider did not take a mail (HTTP status: %s).", code)
    if code is None and any(isinstance(each, NOT_CONNECTED) for each in _causes(error)):
        return Outcome(State.QUEUED, UNREACHABLE)
    if code is None or not 400 <= code < 500:  # a failure on their side may come after they took it
        return Outcome(State.UNCERTAIN, BROKE_OFF)
    if code in (401, 403):
        return Outcome(State.QUEUED, NO_KEY)
    if code == 429:
        return Outcome(State.QUEUED, BUSY)
    return Outcome(State.FAILED, REFUSED)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


# --- The mail itself


class Unfolded(EmailMultiAlternatives):
    """Each header on one line: on its way, a folded one has cost mails their DKIM signature."""

    def message(self) -> Mail:  # type: ignore[override]
        mail: Mail = super().message()
        mail.policy = mail.policy.clone(max_line_length=LINE_LIMIT)
        return mail


def _written(email: Email, message_id: str) -> EmailMultiAlternatives:
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    mail = Unfolded(
        subject=" ".join(email.subject.split()),
        body=email.text,
        from_email=str(Address(" ".join(email.sender_name.split()), addr_spec=address)),
        to=[email.to],
        headers={
            "Message-ID": message_id,
            "Auto-Submitted": "auto-generated",
            **_unsubscribe(email.unsubscribe_url),
        },
    )
    mail.attach_alternative(email.html, "text/html")
    return mail


def _unsubscribe(url: str) -> dict[str, str]:
    """Lets the reader's mail program offer a button (RFC 8058)."""
    if not url:
        return {}
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
