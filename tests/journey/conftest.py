"""A browser and a site made of real processes, once for each module.

The site has a database of rows that are really committed, so all of it is emptied afterwards.
"""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, connections
from playwright.sync_api import Browser, sync_playwright
from pytest_django.plugin import DjangoDbBlocker

from alliance.local.problem import last_lines
from tests.journey import chromium
from tests.journey.real_site import RealSite, collect_static


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the processes have said stands in the report of a test that failed."""
    report = yield
    site = item.funcargs.get("site")
    if report.failed and isinstance(site, RealSite):
        report.sections += [(child.name, last_lines(child.log, 40)) for child in site.children]
    return report


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright has an event loop in this thread; what Django guards against is not done here.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        launched = chromium.launch(playwright)
        yield launched
        launched.close()
        connections.close_all()  # Django has one more for the time in which a loop is running


@pytest.fixture(scope="module")
def transactional_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """In place of pytest-django's, which empties the database after each test already.

    By this name pytest-django sees that its test database is wanted.
    """
    assert str(connection.settings_dict["NAME"]).startswith("test_")
    with django_db_blocker.unblock():
        yield
        cache.clear()  # counts log-ins
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="session")
def static_files(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return collect_static(tmp_path_factory.mktemp("static"))


@pytest.fixture(scope="module")
def site(
    transactional_db: None, static_files: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealSite]:
    with RealSite(tmp_path_factory.mktemp("site"), static_files) as real_site:
        yield real_site
