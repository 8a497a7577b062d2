"""What Mara and her clients do in these tests, and when."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.utils import timezone

from accounts import services as accounts
from accounts.models import User
from clients.models import Treatment
from outbox.models import CLAIM
from tests import people
from tests.faults.browsing import Browser, record

# What every client answers: nothing about the second session, and the fifth one went badly.
COURSE = (4, None, 5, 4, 1)
FIRST = timezone.now().replace(microsecond=0, second=0) - timedelta(days=7)


def day(number: int) -> datetime:
    return FIRST + timedelta(days=number)


def score_at(held_at: datetime) -> int | None:
    return COURSE[(held_at - FIRST).days]


def later() -> datetime:
    """When the sweep takes for dead whoever has not told the end of a mail."""
    return timezone.now() + CLAIM + timedelta(minutes=1)


def caseload_of(therapist: User, size: int) -> list[Treatment]:
    """Of a therapist who wants no mails: those to the clients are counted."""
    accounts.stop_mails(therapist, at=FIRST)
    return [
        people.take_on(therapist, f"Client {number}", email=f"c{number}@mail.example")
        for number in range(size)
    ]


def record_all(therapist: Browser, treatments: list[Treatment], held_at: datetime) -> None:
    """One session for each, in two tabs at once."""
    with ThreadPoolExecutor(2) as tabs:
        for done in [tabs.submit(record, therapist, each, held_at) for each in treatments]:
            done.result()


def wait_until(is_so: Callable[[], bool], seconds: float = 45) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
