"""Programs are killed in the middle of their work, and nobody's word is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.utils import timezone

from accounts.models import User
from alliance.sweep import sweep
from clients.models import Treatment
from outbox.models import Message
from tests.faults import promises
from tests.faults.answering import Clients
from tests.faults.browsing import Browser, log_in, open_form, record
from tests.faults.practice import COURSE, caseload_of, day, later, record_all, score_at
from tests.faults.sink import Sink
from tests.faults.site import Broker, Site, kill, restart
from trends.models import Flag

CLIENTS = 12
Moment = Callable[[], None]
Blow = Callable[[], None]


def test_nothing_is_lost_when_workers_and_the_broker_are_killed(
    site: Site, broker: Broker, sink: Sink, mara: User
) -> None:
    first, second = site.start_worker("first"), site.start_worker("second")
    half_sent = sink.wait_for_the_next
    sent_but_not_told = partial(wait_for_some_mails, sink)
    strikes: list[tuple[Moment, list[Blow]]] = [
        (half_sent, [partial(restart, first), partial(restart, second)]),
        (sent_but_not_told, [partial(kill, second), partial(kill, first), second.start]),
        (sent_but_not_told, [broker.restart_empty, first.start]),
        (sent_but_not_told, [partial(restart, first), broker.restart_empty]),
        (half_sent, [partial(kill, first), partial(kill, second)]),
    ]
    treatments = caseload_of(mara, CLIENTS)
    therapist = log_in(site.port, mara)
    clients = Clients(site.port, sink.links, score_at)
    sink.slowness = 0.2
    with clients.answering():
        for number, (moment, blows) in enumerate(strikes):
            with ThreadPoolExecutor(1) as office:
                recording = office.submit(record_all, therapist, treatments, day(number))
                moment()
                for blow in blows:
                    blow()
                recording.result()
        sink.slowness = 0
        sweep(later())
    sweep(later())

    promises.every_answer_is_kept_once(clients.said)
    promises.every_form_is_sent_or_visibly_not(sink, forms=CLIENTS * len(COURSE))
    promises.no_mail_came_twice(sink)
    promises.courses_follow_from(clients.said)
    assert len(clients.said) + len(clients.left_open) == sink.count
    assert Flag.objects.exists()
    assert Message.objects.filter(state=Message.State.UNCERTAIN).exists()  # the blows have hit


def wait_for_some_mails(sink: Sink) -> None:
    sink.wait_for_mails(sink.count + 3)


@pytest.fixture
def half_sent(site: Site, sink: Sink, mara: User, ana: Treatment) -> Treatment:
    """Ana's form has arrived, and the worker died before it was told so."""
    worker = site.start_worker()
    sink.slowness = 2
    record(log_in(site.port, mara), ana, day(0))
    sink.wait_for_mails(1)
    kill(worker)
    sink.slowness = 0
    return ana


def test_a_mail_whose_sender_died_waits_for_a_person(
    site: Site, sink: Sink, mara: User, half_sent: Treatment
) -> None:
    for _ in range(2):
        sweep(later())
    assert sink.count == 1
    therapist = log_in(site.port, mara)
    assert "perhaps not sent" in therapist.get(f"/clients/{half_sent.client_id}/").text

    request = half_sent.sessions.get().request
    assert therapist.post(f"/requests/{request.pk}/send-again/", {}).status == 302
    sweep(timezone.now())
    assert sink.count == 2
    promises.no_mail_came_twice(sink)
    first, second = sink.links.get(), sink.links.get()
    replaced = Browser(site.port)
    assert replaced.get(replaced.get(first).location).status == 410
    open_form(site.port, second)
