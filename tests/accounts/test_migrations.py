"""Rows of an earlier version, and what an update makes of them."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from sessions.models import RequestLink
from tests import people

EARLIER = [("accounts", "0002_alert_budget")]
EARLIER_LINKS = [("therapy_sessions", "0001_initial")]

Migrates = Callable[[list[tuple[str, str]]], Apps]


@pytest.fixture
def migrate(transactional_db: None) -> Iterator[Migrates]:
    """To these migrations and back to the newest ones, whatever happens in between."""
    yield to
    to(newest())


def to(targets: list[tuple[str, str]]) -> Any:
    """The apps as they are then."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


def newest() -> list[tuple[str, str]]:
    nodes: list[tuple[str, str]] = MigrationExecutor(connection).loader.graph.leaf_nodes()
    return nodes


def test_reminders_of_earlier_clinics_come_before_their_links_end(migrate: Migrates) -> None:
    """Each clinic gets the usual reminder, or the latest that its links allow."""
    clinics = migrate(EARLIER).get_model("accounts", "Clinic").objects
    wanted = {1: None, 2: 1, 3: 2, 4: 2, 30: 2}
    for days in wanted:
        clinics.create(name=f"{days} days", link_valid_days=days, created_at=people.MONDAY)
    after = migrate(newest()).get_model("accounts", "Clinic").objects
    assert dict(after.values_list("link_valid_days", "reminder_days")) == wanted


def test_of_earlier_links_only_the_newest_opens_the_form(migrate: Migrates) -> None:
    migrate(EARLIER_LINKS)
    migrate(newest())
    clinic = people.open_clinic()
    request = people.hold(
        people.take_on(people.hire(clinic, "Mara Lindqvist", people.Role.THERAPIST))
    ).request
    for day in range(3):
        at = people.MONDAY + timedelta(days=day)
        RequestLink.objects.create(request=request, digest=bytes([day] * 32), issued_at=at)
    migrate(EARLIER_LINKS)
    migrate(newest())
    first, second, last = RequestLink.objects.filter(request=request).order_by("pk")
    assert first.replaced_at
    assert second.replaced_at
    assert last.replaced_at is None
