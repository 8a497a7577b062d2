"""From the row to a real mail server and back: which state a mail ends in, and who is told."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from audit.models import Event
from outbox import services, transport
from outbox.models import Message
from tests.outbox import mail_servers as servers
from tests.outbox.conftest import KIND, Serves, Told
from tests.outbox.mail_servers import Accepting, free_port, point_to

State = Message.State
Outcome = transport.Outcome

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("writes")]


def owe(at: datetime) -> Message:
    return services.queue(KIND, uuid4(), clinic_id=None, by=None, at=at)


def moves(message: Message) -> list[str]:
    events = Event.objects.filter(action="outbox.move", about_id=message.pk).order_by("pk")
    return [event.details["state"] for event in events]


@pytest.mark.parametrize(
    ("server", "end"),
    [
        (Accepting(), Outcome(State.SENT)),
        (servers.AnswersRecipient("451 later"), Outcome(State.QUEUED, transport.BUSY)),
        (servers.AnswersRecipient("550 nobody"), Outcome(State.BOUNCED, transport.REFUSED_ADDRESS)),
        (servers.AnswersRecipient("554 no relaying"), Outcome(State.FAILED, transport.REFUSED)),
        (servers.AnswersData("451 later"), Outcome(State.QUEUED, transport.BUSY)),
        (servers.AnswersData("554 spam"), Outcome(State.FAILED, transport.REFUSED)),
        (servers.ClosesAfterData(), Outcome(State.UNCERTAIN, transport.BROKE_OFF)),
        (servers.HangsAfterData(), Outcome(State.UNCERTAIN, transport.BROKE_OFF)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Accepting) else value.state,
)
def test_where_a_mail_ends(
    serves: Serves, settings: Settings, told: Told, server: Accepting, end: Outcome
) -> None:
    serves(server)
    settings.EMAIL_TIMEOUT = 0.5
    at = timezone.now()
    message = owe(at)
    assert services.deliver(message.pk, at=at) == end.state
    message.refresh_from_db()
    assert (message.state, message.reason, message.attempts) == (end.state, end.reason, 1)
    assert moves(message) == ["sending", str(end.state)]
    has_bounced = end.state == State.BOUNCED
    assert [about for about, _at in told] == ([message.about] if has_bounced else [])
    assert (message.due_at > at) == (end.state == State.QUEUED)


def test_a_server_that_is_away_is_tried_again(settings: Settings, told: Told) -> None:
    point_to(settings, free_port())
    at = timezone.now()
    message = owe(at)
    assert services.deliver(message.pk, at=at) == State.QUEUED
    message.refresh_from_db()
    assert message.reason == transport.UNREACHABLE
    assert at < message.due_at < at + timedelta(minutes=2)
    assert told == []


def test_what_may_have_arrived_never_comes_twice_by_itself(serves: Serves) -> None:
    server = serves(servers.ClosesAfterData())
    at = timezone.now()
    message = owe(at)
    for days in range(10):
        services.deliver_due(at=at + timedelta(days=days))
    assert [mail["Message-ID"] for mail in server.mails] == [message.message_id]
    message.refresh_from_db()
    assert message.state == State.UNCERTAIN
