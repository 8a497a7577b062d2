"""How many answers a second the rating form takes, against a bare view that stores one row."""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice, repeat
from random import Random
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Model

from accounts.models import User
from alliance.local.environment import PROJECT
from alliance.local.ports import LOOPBACK
from benchmarks import rows
from benchmarks.bare.models import Row
from benchmarks.machine import cpu_seconds
from benchmarks.site import BARE, BARE_BEHIND_OURS, Site, Web
from measures import catalogue
from outbox import links
from sessions.models import Rating, RatingRequest, RequestLink
from sessions.services import SHORT_FORM

DRIVERS = 2
LINES = 4  # of each driver
WARM_UP = 200
SESSIONS = 20  # of each treatment, so that answers for the same one seldom meet
SAYS = {
    "tension": "some",
    "settled": "",
    "comment": "I felt a bit rushed today.",
    "follow_up": "raise",
    "language": "en",
}
FORM, BARE_VIEW, BEHIND_OURS = "rating form", "bare view", "bare view, our middleware"


@dataclass(frozen=True)
class Lap:
    per_second: float
    milliseconds: list[float]
    web_cpu: float  # milliseconds of one request
    database_cpu: float


@dataclass
class Contestant:
    name: str
    web: Web
    requests: Iterator[str]
    laps: list[Lap] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        speeds = [lap.per_second for lap in self.laps]
        took = quantiles([each for lap in self.laps for each in lap.milliseconds], n=20)
        return {
            "name": self.name,
            "per_second": median(speeds),
            "slowest_lap": min(speeds),
            "fastest_lap": max(speeds),
            "p50_ms": took[9],
            "p95_ms": took[18],
            "web_cpu_ms": median(lap.web_cpu for lap in self.laps),
            "database_cpu_ms": median(lap.database_cpu for lap in self.laps),
        }


def measure(site: Site, therapist: User, *, laps: int, each: int, at: datetime) -> dict[str, Any]:
    """The contestants take turns, so that what disturbs one lap disturbs its neighbours too."""
    sent = WARM_UP + laps * each
    with connection.schema_editor() as editor:
        editor.create_model(Row)
    with ExitStack() as webs:
        ours = webs.enter_context(site.web("form", "/readyz", {}))
        bare = webs.enter_context(site.web("bare", "/ready", BARE))
        behind = webs.enter_context(site.web("behind", "/ready", BARE_BEHIND_OURS))
        contestants = [
            Contestant(FORM, ours, iter(_forms(therapist, sent, at))),
            Contestant(BARE_VIEW, bare, repeat(_post("/store/", {}))),
            Contestant(BEHIND_OURS, behind, repeat(_post("/store/", {}))),
        ]
        for contestant in contestants:
            _lap(contestant, WARM_UP, site)
        for _ in range(laps):
            for contestant in contestants:
                contestant.laps.append(_lap(contestant, each, site))
    _check_that_all_is_stored(sent)
    return _result(contestants)


def _forms(therapist: User, count: int, at: datetime) -> list[str]:
    """As many open forms with a mailed link each, as ready-made requests in random order."""
    treatments = -(-count // SESSIONS)
    written = rows.write(therapist, treatments=treatments, sessions=SESSIONS, at=at, answered=False)
    RatingRequest.objects.update(expires_at=at + timedelta(days=4))
    tokens = {request.pk: links.new_token() for request in written.requests}
    RequestLink.objects.bulk_create(
        RequestLink(request_id=pk, digest=links.digest(token), issued_at=at)
        for pk, token in tokens.items()
    )
    posts = [_post(f"/rate/{pk}/", {f"form-{pk.hex}": token}) for pk, token in tokens.items()]
    Random(count).shuffle(posts)
    return posts


def _post(path: str, cookies: dict[str, str]) -> str:
    """What a browser sends with a filled-in form; the bare view gets the same."""
    secret = secrets.token_hex(16)
    answers = {f"item_{item.key}": 4 for item in catalogue.newest(SHORT_FORM).items}
    body = urlencode({"csrfmiddlewaretoken": secret} | answers | SAYS)
    cookie = "; ".join(f"{name}={value}" for name, value in {**cookies, "csrf": secret}.items())
    head = (
        f"POST {path} HTTP/1.1",
        f"Host: {LOOPBACK}",
        f"Cookie: {cookie}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*head, "", body))


def _lap(contestant: Contestant, count: int, site: Site) -> Lap:
    requests = list(islice(contestant.requests, count))
    parts = [requests[number::DRIVERS] for number in range(DRIVERS)]
    drivers = [_driver(contestant.web, part) for part in parts]
    web, database = cpu_seconds(contestant.web.pid), cpu_seconds(site.postgres_pid)
    for driver in drivers:
        _tell(driver, "")
    results = [json.loads(driver.communicate()[0]) for driver in drivers]
    seconds = max(each["ended"] for each in results) - min(each["began"] for each in results)
    return Lap(
        per_second=count / seconds,
        milliseconds=[took for each in results for took in each["milliseconds"]],
        web_cpu=1000 * (cpu_seconds(contestant.web.pid) - web) / count,
        database_cpu=1000 * (cpu_seconds(site.postgres_pid) - database) / count,
    )


def _driver(web: Web, requests: Sequence[str]) -> subprocess.Popen[str]:
    """Connected, and waiting for the shot."""
    driver = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.driver"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )
    job = {"port": web.port, "lines": LINES, "expected": 303, "requests": requests}
    _tell(driver, json.dumps(job))
    assert driver.stdout
    driver.stdout.readline()
    return driver


def _tell(driver: subprocess.Popen[str], line: str) -> None:
    assert driver.stdin
    driver.stdin.write(line + "\n")
    driver.stdin.flush()


def _check_that_all_is_stored(sent: int) -> None:
    stored = (Rating.objects.count(), Row.objects.count())
    if stored != (sent, 2 * sent):
        raise SystemExit(f"Of {sent} answers (bare: {2 * sent}) {stored} are stored.")


def _result(contestants: Sequence[Contestant]) -> dict[str, Any]:
    form, bare, behind = contestants
    return {
        "contestants": [contestant.figures() for contestant in contestants],
        "ratio": _ratio(form, bare),
        "ratio_behind_our_middleware": _ratio(form, behind),
        "row_bytes": {"rating": _row_bytes(Rating), "bare": _row_bytes(Row)},
    }


def _ratio(form: Contestant, bare: Contestant) -> dict[str, float]:
    """Of neighbouring laps."""
    pairs = zip(form.laps, bare.laps, strict=True)
    ratios = [ours.per_second / theirs.per_second for ours, theirs in pairs]
    return {"median": median(ratios), "lowest": min(ratios), "highest": max(ratios)}


def _row_bytes(model: type[Model]) -> int:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT round(avg(pg_column_size({table}.*))) FROM {table}")
        return int(cursor.fetchone()[0])
