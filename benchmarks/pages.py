"""How long a page takes, and how many queries, with a small and a large caseload."""

import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from http.client import HTTPConnection
from statistics import median
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from alliance.local.ports import LOOPBACK
from benchmarks import rows
from benchmarks.site import Site, Web
from trends import services as trends
from trends.models import Flag

SESSIONS = 10  # of each treatment
TIMES = 5
ONE = re.compile(r"[0-9a-f-]{36}")  # which row it is about


@dataclass(frozen=True)
class PageFigures:
    page: str
    treatments: int
    queries: int
    milliseconds: float
    kilobytes: float


def measure(site: Site, sizes: tuple[int, int], at: datetime) -> list[dict[str, Any]]:
    """Each size is a clinic of its own, with one therapist."""
    clinics = [(size, _clinic(size, at)) for size in sizes]
    with site.web("pages", "/readyz", {}) as web, connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        return [
            asdict(_figures(web, path, user, size))
            for size, staff in clinics
            for path, user in _pages(staff)
        ]


def _clinic(size: int, at: datetime) -> rows.Staff:
    staff = rows.open_clinic(f"clinic{size}", at)
    rows.write(staff.therapist, treatments=size, sessions=SESSIONS, at=at)
    with transaction.atomic():  # one wait for the disk, not one for each treatment
        trends.recompute_due(at=at, limit=size)
    return staff


def _pages(staff: rows.Staff) -> Iterator[tuple[str, User]]:
    client = staff.therapist.treatments.earliest("pk").client_id
    yield "/caseload/", staff.therapist
    yield "/today/", staff.therapist
    yield "/inbox/", staff.therapist
    yield f"/flags/{_flag(staff.therapist)}/", staff.therapist
    yield f"/clients/{client}/", staff.therapist
    yield "/sessions/record/", staff.therapist
    yield "/front-desk/", staff.desk
    yield "/clinic/", staff.admin


def _flag(therapist: User) -> UUID:
    """Any that waits for the therapist."""
    return Flag.objects.visible_to(therapist).open().latest("raised_at").pk


def _figures(web: Web, path: str, user: User, size: int) -> PageFigures:
    browser = Browser(SERVER_NAME=LOOPBACK)
    browser.force_login(user)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(path).status_code == 200
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.session.session_key}"
    _fetch(web, path, cookie)  # each of the two processes reads its templates first
    _fetch(web, path, cookie)
    fetched = [_fetch(web, path, cookie) for _ in range(TIMES)]
    return PageFigures(
        page=ONE.sub("...", path),
        treatments=size,
        queries=len(queries),
        milliseconds=median(took for took, _ in fetched),
        kilobytes=fetched[0][1] / 1000,
    )


def _fetch(web: Web, path: str, cookie: str) -> tuple[float, int]:
    """Milliseconds until the last byte of the page, and how many bytes it has."""
    began = time.perf_counter()
    line = HTTPConnection(LOOPBACK, web.port, timeout=120)
    line.request("GET", path, headers={"Cookie": cookie})
    answer = line.getresponse()
    size = len(answer.read())
    line.close()
    if answer.status != 200:
        raise SystemExit(f"{path} answered {answer.status}")
    return 1000 * (time.perf_counter() - began), size
