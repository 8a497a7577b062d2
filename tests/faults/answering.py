"""Clients who answer whatever is mailed to them, while the test does something else."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, Queue
from uuid import UUID

from django.db import connection

from sessions.models import RatingRequest
from tests.faults.browsing import open_form

CLIENTS_AT_ONCE = 3
Said = dict[UUID, dict[str, int]]  # what the site acknowledged, by request


@dataclass
class Clients:
    """`score_at` tells what they answer about a session held then; None: nothing."""

    port: int
    links: "Queue[str]"
    score_at: Callable[[datetime], int | None]
    said: Said = field(default_factory=dict)
    left_open: set[UUID] = field(default_factory=set)
    longest_wait: float = 0.0
    _enough: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """In the background; what went wrong there is raised here at the end."""
        with ThreadPoolExecutor(CLIENTS_AT_ONCE) as people:
            lives = [people.submit(self._live) for _ in range(CLIENTS_AT_ONCE)]
            try:
                yield
            finally:
                self._enough.set()
        for life in lives:
            life.result()

    def answer_all(self) -> None:
        """Whatever has come so far, one after the other."""
        while not self.links.empty():
            self._answer(self.links.get())

    def _live(self) -> None:
        try:
            while not self._enough.is_set() or not self.links.empty():
                try:
                    link = self.links.get(timeout=0.1)
                except Empty:
                    continue
                self._answer(link)
        finally:
            connection.close()

    def _answer(self, link: str) -> None:
        form = open_form(self.port, link)
        session = RatingRequest.objects.select_related("session").get(pk=form.request_id).session
        score = self.score_at(session.held_at)
        if score is None:
            self.left_open.add(form.request_id)
        else:
            self.said[form.request_id] = form.submit(score)
        self.longest_wait = max(self.longest_wait, form.browser.longest_wait)
