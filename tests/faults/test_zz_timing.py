import time,sys
"""Programs are killed in the middle of their work, and nobody's word is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from alliance.local.children import Child
from alliance.sweep import sweep
from clients.models import Treatment
from outbox.models import CLAIM, Message
from tests import people
from tests.faults import promises
from tests.faults.answering import Clients
from tests.faults.browsing import Browser, log_in, open_form, record
from tests.faults.sink import Sink
from tests.faults.site import Broker, Site, kill

COURSE = (4, 5, 4, 4, 2)  # the last session of each client went badly
CLIENTS = 12
FIRST = timezone.now().replace(microsecond=0, second=0) - timedelta(days=7)


def later() -> datetime:
    """When the sweep takes for dead whoever has not told the end of a mail."""
    return timezone.now() + CLAIM + timedelta(minutes=1)


def day(number: int) -> datetime:
    return FIRST + timedelta(days=number)


def score_at(held_at: datetime) -> int:
    return COURSE[(held_at - FIRST).days]


def caseload_of(therapist: User, size: int) -> list[Treatment]:
    return [
        people.take_on(therapist, f"Client {number}", email=f"c{number}@mail.example")
        for number in range(size)
    ]


def record_all(therapist: Browser, treatments: list[Treatment], held_at: datetime) -> None:
    with ThreadPoolExecutor(2) as tabs:
        for done in [tabs.submit(record, therapist, each, held_at) for each in treatments]:
            done.result()


def test_nothing_is_lost_when_workers_and_the_broker_are_killed(
    site: Site, broker: Broker, sink: Sink, mara: User
) -> None:
    worker = site.start_worker()
    faults: tuple[Callable[[], None], ...] = (
        lambda: restart(worker),
        broker.restart_empty,
        lambda: restart(worker),
        lambda: (restart(worker), broker.restart_empty())[0],
        lambda: kill(worker),
    )
    treatments = caseload_of(mara, CLIENTS)
    therapist = log_in(site.port, mara)
    clients = Clients(site.port, sink.links, score_at)
    sink.slowness = 0.1
    with clients.answering():
        for number, strike in enumerate(faults):
            before = sink.count
            with ThreadPoolExecutor(1) as office:
                recording = office.submit(record_all, therapist, treatments, day(number))
                sink.wait_for(before + 1)  # its sender waits for the answer: now
                print(' strike',time.monotonic(),sink.count,file=sys.__stderr__)
                strike()
                print(' struck',time.monotonic(),file=sys.__stderr__)
                recording.result()
        print('SWEEP',time.monotonic(),sink.count,len(clients.said),file=sys.__stderr__)
        sweep(later())
        print('SWEPT',time.monotonic(),sink.count,len(clients.said),file=sys.__stderr__)
    print('ANSWERED',time.monotonic(),sink.count,len(clients.said),file=sys.__stderr__)
    sweep(later())
    print('SWEPT',time.monotonic(),sink.count,len(clients.said),file=sys.__stderr__)

    forms = CLIENTS * len(COURSE)
    promises.every_answer_is_kept_once(clients.said)
    promises.every_form_is_sent_or_visibly_not(sink, forms=forms)
    promises.no_mail_came_twice(sink)
    promises.courses_follow_from(clients.said)
    assert len(clients.said) == sink.count
    assert Message.objects.filter(state=Message.State.UNCERTAIN).exists()  # the kills have hit


def restart(worker: Child) -> None:
    kill(worker)
    worker.start()


@pytest.fixture
def half_sent(site: Site, sink: Sink, mara: User, ana: Treatment) -> Treatment:
    """Ana's form has arrived, and the worker died before it was told so."""
    worker = site.start_worker()
    sink.slowness = 5
    record(log_in(site.port, mara), ana, day(0))
    sink.wait_for(1)
    kill(worker)
    sink.slowness = 0
    return ana


def test_a_mail_whose_sender_died_is_shown_and_not_sent_again(
    site: Site, sink: Sink, mara: User, half_sent: Treatment
) -> None:
    for _ in range(2):
        sweep(later())
    assert sink.count == 1
    page = log_in(site.port, mara).get(f"/clients/{half_sent.client_id}/")
    assert "perhaps not sent" in page.text


def test_a_mail_whose_sender_died_can_be_sent_again_by_a_person(
    site: Site, sink: Sink, mara: User, half_sent: Treatment
) -> None:
    first = sink.links.get()
    sweep(later())
    request = half_sent.sessions.get().request
    page = log_in(site.port, mara).post(f"/requests/{request.pk}/send-again/", {})
    assert page.status == 302
    sweep(timezone.now())
    assert sink.count == 2
    promises.no_mail_came_twice(sink)
    assert Browser(site.port).get(first).status == 303
    open_form(site.port, sink.links.get())
