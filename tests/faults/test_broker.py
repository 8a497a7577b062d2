"""The broker is away, hangs or comes back: it only rings, so nothing but time depends on it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from alliance.local.children import stop_together
from alliance.sweep import sweep
from clients.models import Treatment
from outbox.models import Message, MessageQuerySet
from sessions.models import RATING_REQUEST
from tests import people
from tests.faults import promises
from tests.faults.answering import Clients
from tests.faults.browsing import log_in
from tests.faults.practice import caseload_of, day, later, record_all, score_at, wait_until
from tests.faults.sink import Sink
from tests.faults.site import Broker, Site, is_ready, ring
from trends.models import Flag

PATIENCE = 3.0  # seconds for one page. A program that waits for the broker takes 5 or for ever.
DAYS = (2, 3, 4)


def test_the_sweep_alone_does_everything_without_a_broker(
    site: Site, broker: Broker, sink: Sink, mara: User
) -> None:
    broker.kill()
    treatments = caseload_of(mara, 2)
    therapist = log_in(site.port, mara)
    for number in DAYS:
        record_all(therapist, treatments, day(number))
    site.sweep()
    clients = Clients(site.port, sink.links, score_at)
    clients.answer_all()
    sweep(timezone.now())

    assert len(clients.said) == sink.count == len(treatments) * len(DAYS)
    assert not forms().exclude(state=Message.State.SENT).exists()
    promises.every_answer_is_kept_once(clients.said)
    promises.no_mail_came_twice(sink)
    promises.courses_follow_from(clients.said)
    assert Flag.objects.count() == len(treatments)


def test_nobody_waits_for_a_broker_that_hangs(
    site: Site, broker: Broker, sink: Sink, mara: User
) -> None:
    clients = Clients(site.port, sink.links, score_at)
    broker.hang()
    try:
        therapist = log_in(site.port, mara)
        treatments = caseload_of(mara, 2)
        for number in DAYS:
            record_all(therapist, treatments, day(number))
        sweep(timezone.now())
        clients.answer_all()
    finally:
        broker.wake()
    sweep(later())

    assert therapist.longest_wait < PATIENCE
    assert clients.longest_wait < PATIENCE
    assert len(clients.said) == len(treatments) * len(DAYS)
    promises.every_answer_is_kept_once(clients.said)
    promises.every_form_is_sent_or_visibly_not(sink, forms=len(clients.said))
    promises.no_mail_came_twice(sink)
    promises.courses_follow_from(clients.said)


def test_a_worker_finds_a_restarted_broker_by_itself(
    site: Site, broker: Broker, sink: Sink, ana: Treatment
) -> None:
    worker = site.start_worker()
    for number, restart in enumerate((None, broker.restart_empty, broker.stop_and_start)):
        if restart:
            restart()
        people.hold(ana, day(number), at=timezone.now())
        ring(broker, "alliance.sweep")
        sink.wait_for_mails(number + 1)
    assert worker.is_running


def test_two_workers_and_two_sweeps_at_once_send_each_mail_once(
    site: Site, broker: Broker, sink: Sink, mara: User
) -> None:
    workers = [site.start_worker("first"), site.start_worker("second")]
    for treatment in caseload_of(mara, 20):
        for number in range(2):
            people.hold(treatment, day(number), at=timezone.now())
    mails = list(forms().values_list("pk", flat=True))
    wait_until(lambda: all(is_ready(worker) for worker in workers))
    with ThreadPoolExecutor(2) as sweeps:
        swept = [sweeps.submit(sweep_in_a_thread) for _ in range(2)]
        for _ in range(2):
            for mail in mails:
                ring(broker, "outbox.deliver", mail)
            ring(broker, "alliance.sweep")
        for done in swept:
            done.result()
    wait_until(lambda: broker.is_empty)
    stop_together(workers, patience=20)

    promises.every_form_is_sent_or_visibly_not(sink, forms=len(mails))
    promises.no_mail_came_twice(sink)
    assert not forms().exclude(state=Message.State.SENT, attempts=1).exists()


def test_two_beats_two_workers_and_two_sweepers_send_each_mail_once(
    site: Site, sink: Sink, mara: User
) -> None:
    """Some become due while all of them are at it."""
    began = timezone.now()
    for number, treatment in enumerate(caseload_of(mara, 30)):
        people.hold(treatment, day(0), at=began + timedelta(seconds=number % 6))
    forms().update(due_at=F("created_at"))
    workers = [site.start_worker("first"), site.start_worker("second")]
    beats = [site.start_beat("first-beat"), site.start_beat("second-beat")]
    wait_until(lambda: all(is_ready(worker) for worker in workers))
    with ThreadPoolExecutor(2) as sweepers:
        for swept in [sweepers.submit(site.sweep) for _ in range(4)]:
            swept.result()
    wait_until(lambda: not forms().exclude(state=Message.State.SENT).exists())
    stop_together([*beats, *workers], patience=20)

    promises.every_form_is_sent_or_visibly_not(sink, forms=30)
    promises.no_mail_came_twice(sink)
    assert not forms().exclude(attempts=1).exists()


def forms() -> MessageQuerySet:
    """Their mails, without the reminders that are owed for later."""
    return Message.objects.of_kind(RATING_REQUEST)


def sweep_in_a_thread() -> None:
    try:
        sweep(timezone.now())
    finally:
        connection.close()
