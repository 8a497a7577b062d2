"""Tell a worker that something is due, without ever waiting for the broker.

What is due stands in PostgreSQL and the sweep finds it; a ring only makes it happen sooner.
"""

import logging
import os
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)

WAITING_RINGS = 1_000
Ring = tuple[str, tuple[str, ...]]


def ring_on_commit(task: str, *ids: object) -> None:
    """Ring for the task of this name, with ids and nothing else, once the rows are committed."""
    args = tuple(str(value) for value in ids)
    transaction.on_commit(lambda: doorbell.ring((task, args)), robust=True)


class Doorbell:
    """Publishes from one thread of its own: a broker that is down or hung holds up that alone.

    Rings beyond the queue's size, and rings that fail, are dropped.
    """

    def __init__(self) -> None:
        self._rings: queue.Queue[Ring] = queue.Queue(WAITING_RINGS)
        self._lock = threading.Lock()
        self._pid = 0
        self._is_muted = False

    @contextmanager
    def muted(self) -> Iterator[None]:
        """For work in bulk: nobody is told, and the sweep finds all of it afterwards."""
        self._is_muted = True
        try:
            yield
        finally:
            self._is_muted = False

    def ring(self, ring: Ring) -> None:
        if self._is_muted:
            return
        self._start()
        try:
            self._rings.put_nowait(ring)
        except queue.Full:
            logger.warning("Doorbell full; the sweep will find what %s has to do.", ring[0])

    def wait(self) -> None:
        """Until every ring so far was published or dropped (for commands and tests)."""
        self._rings.join()

    def _start(self) -> None:
        """One thread for each process; a forked child starts its own with an empty queue."""
        with self._lock:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                self._rings = queue.Queue(WAITING_RINGS)
                threading.Thread(
                    target=self._work, args=(self._rings,), name="doorbell", daemon=True
                ).start()

    def _work(self, rings: queue.Queue[Ring]) -> None:
        while True:
            task, args = rings.get()
            try:
                current_app.send_task(task, args=args, retry=False, ignore_result=True)
            except Exception as error:
                logger.warning("Broker not reached (%s); the sweep will find it: %s", error, task)
            finally:
                rings.task_done()


doorbell = Doorbell()
