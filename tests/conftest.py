"""The people whom every test knows: Mara and her client Ana, her colleague, a stranger, the staff.

The database is closed unless a test asks for one of them (or for `db`).
"""

import io
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection, transaction
from django.test import Client as Browser
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Clinic, User
from accounts.permissions import Role
from alliance.logs import MaskLinks
from clients.models import Treatment
from outbox.doorbell import doorbell
from tests import people

# Static files as they lie in `static/`: not collected, not hashed.
FILES_AS_THEY_LIE = {
    "STORAGES": settings.STORAGES
    | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
    "WHITENOISE_AUTOREFRESH": True,
    "WHITENOISE_USE_FINDERS": True,
}


HERE = Path(__file__).parent
LONGEST = ("journey/test_pages.py", "journey", "faults", "local", "benchmarks")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, lest one process end with it while the other has nothing.

    Else the order stays as random as it was.
    """

    def rank(item: pytest.Item) -> int:
        below = [item.path.is_relative_to(HERE / path) for path in LONGEST]
        return [*below, True].index(True)

    items.sort(key=rank)


@pytest.fixture(scope="session", autouse=True)
def quick_to_set_up() -> Iterator[None]:
    """Argon2 with the least work, and pages that need no collected static files."""
    with pytest.MonkeyPatch.context() as patch, override_settings(**FILES_AS_THEY_LIE):
        for cost, least in {"time_cost": 1, "memory_cost": 8, "parallelism": 1}.items():
            patch.setattr(Argon2PasswordHasher, cost, least)
        yield


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """It is Monday, an hour after Ana's session, and stays so until a test moves the clock."""
    with time_machine.travel(people.MONDAY + timedelta(hours=1), tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def quiet_doorbell(request: pytest.FixtureRequest) -> Iterator[None]:
    """Nobody is told of due work, unless the test is about the broker or a real worker."""
    if "rings" in request.keywords:
        yield
        return
    with doorbell.muted():
        yield


@pytest.fixture(scope="module")
def rows_of_the_module(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Rows made by fixtures of a whole module: each test begins with them as they were.

    What tests do to them is undone in the database only. Not for modules with `transactional_db`.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def clinic(db: None) -> Clinic:
    return people.open_clinic(crisis_text="Call 112.")


@pytest.fixture
def mara(clinic: Clinic) -> User:
    return people.hire(clinic, "Mara Lindqvist", Role.THERAPIST)


@pytest.fixture
def jonas(clinic: Clinic) -> User:
    """Mara's colleague."""
    return people.hire(clinic, "Jonas Okafor", Role.THERAPIST)


@pytest.fixture
def stranger(db: None) -> User:
    """A therapist of another clinic."""
    return people.hire(people.open_clinic("Elsewhere Practice"), "Vera Stone", Role.THERAPIST)


@pytest.fixture
def ruth(clinic: Clinic) -> User:
    return people.hire(clinic, "Ruth Adler", Role.ADMIN)


@pytest.fixture
def noor(clinic: Clinic) -> User:
    return people.hire(clinic, "Noor Haddad", Role.FRONT_DESK)


@pytest.fixture
def sven(clinic: Clinic) -> User:
    """A supervisor, with whom nothing is shared yet."""
    return people.hire(clinic, "Sven Dahl", Role.SUPERVISOR)


@pytest.fixture
def root(db: None) -> User:
    """Runs the machine, belongs to no clinic."""
    return people.run_the_machine()


@pytest.fixture
def ana(mara: User) -> Treatment:
    """Ana's treatment with Mara."""
    return people.take_on(mara)


CountsQueries = Callable[[Callable[[], object]], int]


@pytest.fixture
def count_queries(db: None) -> CountsQueries:
    """How many queries something takes, the second time (the first may fill caches)."""

    def count(ask: Callable[[], object]) -> int:
        ask()
        with CaptureQueriesContext(connection) as queries:
            ask()
        return len(queries)

    return count


@pytest.fixture
def printed_logs() -> Iterator[io.StringIO]:
    """What our own handler prints, with its filter and its format."""
    [console] = [
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler, logging.StreamHandler)
        and any(isinstance(kind, MaskLinks) for kind in handler.filters)
    ]
    printed = io.StringIO()
    before = console.setStream(printed)
    yield printed
    console.setStream(before)


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.fixture
def as_mara(mara: User) -> Browser:
    return logged_in(mara)


@pytest.fixture
def as_ruth(ruth: User) -> Browser:
    return logged_in(ruth)


@pytest.fixture
def as_noor(noor: User) -> Browser:
    return logged_in(noor)
