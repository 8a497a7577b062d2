"""What the mail provider reports later, as Postmark posts it."""

import base64
import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from anymail.signals import AnymailTrackingEvent, EventType
from django.test import Client as Browser
from django.test.utils import override_settings
from pytest_django import Settings

from outbox import services, tracking
from outbox.models import Message
from tests.outbox.conftest import KIND, Told

AT = datetime.fromisoformat("2026-09-07T14:00:00+00:00")
LATER = AT + timedelta(hours=3)
ADDRESS = "/webhooks/mail/postmark/"
SECRET = "mail:s3cret"
TAKEN_AS = "b7bc2f4a-e38e-4336-af7d-e6c392c2f817"
State = Message.State

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("writes", "with_postmark")]


@pytest.fixture
def with_postmark(settings: Settings) -> None:
    settings.EMAIL_PROVIDER = "postmark"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "key", "WEBHOOK_SECRET": SECRET}


@pytest.fixture
def message() -> Message:
    """Sent through Postmark."""
    made = services.queue(KIND, uuid4(), clinic_id=None, by=None, at=AT)
    made.state, made.provider_id = State.SENT, TAKEN_AS
    made.save()
    return made


def authorization(secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}


def post(report: dict[str, Any], *, secret: str = SECRET, address: str = ADDRESS) -> int:
    with time_machine.travel(LATER, tick=False):
        response = Browser(enforce_csrf_checks=True).post(
            address, report, content_type="application/json", headers=authorization(secret)
        )
    return response.status_code


def report(kind: str, cause: str = "", message_id: str = TAKEN_AS) -> dict[str, Any]:
    """As in Postmark's documentation, with an address and the other server's words."""
    return {
        "RecordType": kind,
        "MessageID": message_id,
        "ID": 42,
        "Type": cause,
        "Email": "lena@mail.example",
        "Recipient": "lena@mail.example",
        "From": "alliance@clinic.example",
        "BouncedAt": "2026-09-07T16:59:00Z",
        "DeliveredAt": "2026-09-07T16:59:00Z",
        "Description": "The server was unable to deliver to lena@mail.example.",
        "Details": "smtp;550 5.1.1 lena@mail.example does not exist",
        "Metadata": {},
    }


def unsubscription() -> dict[str, Any]:
    about_her = {
        "Recipient": "lena@mail.example",
        "ChangedAt": "2026-09-07T16:59:00Z",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
    }
    return {"RecordType": "SubscriptionChange", "MessageID": TAKEN_AS, **about_her}


def test_nothing_more_goes_where_a_mail_is_not_taken(
    message: Message, told: Told, refused: Told
) -> None:
    assert post(report("Bounce", "HardBounce")) == 200
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.BOUNCED, tracking.CAME_BACK)
    assert message.state_at == LATER
    assert (told, refused) == ([(message.about, LATER)], [])


@pytest.mark.parametrize(
    ("reported", "reason"),
    [
        (report("SpamComplaint", "SpamComplaint"), tracking.CALLED_SPAM),
        (report("Bounce", "SpamComplaint"), tracking.CALLED_SPAM),
        (unsubscription(), tracking.UNSUBSCRIBED),
    ],
)
def test_who_wants_no_more_has_an_address_that_works(
    message: Message, told: Told, refused: Told, reported: dict[str, Any], reason: str
) -> None:
    for again in (reported, reported, unsubscription()):
        assert post(again) == 200
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.SENT, reason)
    assert (told, refused) == ([], [(message.about, LATER)])


@pytest.mark.parametrize(
    "cause", ["SoftBounce", "VirusNotification", "BadEmailAddress", "Blocked", "SMTPApiError"]
)
def test_what_may_pass_or_is_about_us_is_not_held_against_the_address(
    message: Message, told: Told, refused: Told, cause: str
) -> None:
    assert post(report("Bounce", cause)) == 200
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.FAILED, tracking.NOT_DELIVERED)
    assert (told, refused) == ([], [])


def test_a_full_mailbox_may_be_gone_later(message: Message, told: Told) -> None:
    post(report("Bounce", "SoftBounce"))
    post(report("Bounce", "HardBounce"))
    message.refresh_from_db()
    assert message.state == State.BOUNCED
    assert told == [(message.about, LATER)]


@pytest.mark.parametrize(
    ("raw", "lasts"),
    [
        ({"event": "soft_bounce"}, False),
        ({"event": "hard_bounce"}, True),
        ({"bounce": {"bounceType": "Transient", "bouncedRecipients": [{}]}}, False),
        ({"bounce": {"bounceType": "Permanent", "bouncedRecipients": [{}]}}, True),
        ({"event": "bounce", "hard_bounce": False}, False),
        ({"event": "bounce", "hard_bounce": True}, True),
        ({"event": "bounce", "type": "blocked"}, False),
        ({"event": "bounce", "type": "bounce"}, True),
        ({"data": {"type": "soft_bounced"}}, False),
        ({"data": [{"bounce": {"type": "Transient"}}]}, False),
        ({"bounce_class": "22"}, False),
        ({"bounce_class": "10"}, True),
        (None, True),
    ],
)
def test_each_provider_says_in_its_own_words_what_lasts(
    message: Message, told: Told, raw: dict[str, Any] | None, lasts: bool
) -> None:
    event = AnymailTrackingEvent(
        event_type=EventType.BOUNCED, message_id=TAKEN_AS, esp_event=raw, reject_reason=None
    )
    tracking.note(event, "Some provider")
    message.refresh_from_db()
    assert message.state == (State.BOUNCED if lasts else State.FAILED)
    assert bool(told) is lasts


def test_the_same_report_again_changes_nothing(message: Message, told: Told, refused: Told) -> None:
    for cause in ("HardBounce", "HardBounce", "SpamComplaint"):
        assert post(report("Bounce", cause)) == 200
    message.refresh_from_db()
    assert message.reason == tracking.CAME_BACK
    assert (len(told), refused) == (1, [])


def test_an_arrival_ends_the_doubt(message: Message, told: Told) -> None:
    Message.objects.update(state=State.UNCERTAIN, reason="Perhaps.")
    assert post(report("Delivery")) == 200
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.SENT, "")
    assert told == []


def test_an_arrival_does_not_undo_a_bounce(message: Message) -> None:
    post(report("Bounce", "HardBounce"))
    post(report("Delivery"))
    message.refresh_from_db()
    assert message.state == State.BOUNCED


@pytest.mark.parametrize(
    "reported",
    [
        report("Open"),
        report("Click"),
        report("Bounce", "Transient"),
        report("Bounce", "AutoResponder"),
        report("Bounce", "Unknown"),
        report("Somewhat new"),
        report("Bounce", "HardBounce", message_id="another-mail"),
        report("Bounce", "HardBounce", message_id=""),
    ],
)
def test_everything_else_changes_nothing(
    message: Message, told: Told, reported: dict[str, Any]
) -> None:
    assert post(reported) == 200
    message.refresh_from_db()
    assert (message.state, message.state_at) == (State.SENT, AT)
    assert told == []


@pytest.mark.parametrize("secret", ["mail:wrong", "mail", "", "wrong:s3cret"])
def test_who_does_not_know_the_secret_changes_nothing(message: Message, secret: str) -> None:
    assert post(report("Bounce", "HardBounce"), secret=secret) == 400
    message.refresh_from_db()
    assert message.state == State.SENT


@pytest.mark.parametrize(
    "changed",
    [
        {"EMAIL_PROVIDER": ""},
        {"EMAIL_PROVIDER": "mailgun"},
        {"ANYMAIL": {"POSTMARK_SERVER_TOKEN": "key"}},
        {"ANYMAIL": {"POSTMARK_SERVER_TOKEN": "key", "WEBHOOK_SECRET": ""}},
    ],
)
def test_there_is_nothing_unless_it_is_our_provider_and_has_a_secret(
    message: Message, changed: dict[str, object]
) -> None:
    with override_settings(**changed):
        assert post(report("Bounce", "HardBounce")) == 404
    message.refresh_from_db()
    assert message.state == State.SENT


@pytest.mark.parametrize("provider", ["mailgun", "sendgrid", "amazon_ses", "no-such"])
def test_another_provider_is_not_heard(message: Message, provider: str) -> None:
    assert post(report("Bounce", "HardBounce"), address=f"/webhooks/mail/{provider}/") == 404


def test_a_provider_that_reports_nothing_has_no_address(settings: Settings) -> None:
    settings.EMAIL_PROVIDER = "scaleway"
    assert post(report("Bounce", "HardBounce"), address="/webhooks/mail/scaleway/") == 404


def test_a_browser_finds_no_page(message: Message) -> None:
    assert Browser().get(ADDRESS).status_code == 405


def test_neither_log_nor_row_quotes_the_report(
    message: Message, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        post(report("Bounce", "HardBounce"))
        post(report("Bounce", "HardBounce"))
    stored = str(Message.objects.values().get())
    for words in ("lena", "5.1.1", "unable"):
        assert words not in caplog.text
        assert words not in stored


def test_a_report_that_cannot_be_noted_is_asked_for_again(
    message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider repeats what was not answered with 200."""
    monkeypatch.setattr(services, "report", lambda *_, **__: 1 / 0)
    browser = Browser(raise_request_exception=False)
    response = browser.post(
        ADDRESS,
        report("Bounce", "HardBounce"),
        content_type="application/json",
        headers=authorization(SECRET),
    )
    assert response.status_code == 500
