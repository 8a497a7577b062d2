"""The people whom every test knows: Mara and her client Ana, her colleague, a stranger, the staff.

The database is closed unless a test asks for one of them (or for `db`).
"""

from collections.abc import Iterator

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Clinic, User
from accounts.permissions import Role
from clients.models import Treatment
from outbox.doorbell import doorbell
from tests import people


@pytest.fixture(autouse=True)
def quiet_doorbell(request: pytest.FixtureRequest) -> Iterator[None]:
    """Nobody is told of due work, unless the test is about the broker or a real worker."""
    if "rings" in request.keywords:
        yield
        return
    with doorbell.muted():
        yield


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
def root(db: None) -> User:
    """Runs the machine, belongs to no clinic."""
    return User.objects.create_user(
        "root@host.example",
        people.PASSWORD,
        display_name="Root",
        is_superuser=True,
        created_at=timezone.now(),
    )


@pytest.fixture
def ana(mara: User) -> Treatment:
    """Ana's treatment with Mara."""
    return people.take_on(mara)


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
