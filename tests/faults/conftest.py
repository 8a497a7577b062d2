"""Servers that may be killed: a web server, a broker of its own, a mail server that remembers.

PostgreSQL and the test database are those of the whole test run: nobody kills them here.
"""

import shutil
from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from alliance.local import account
from alliance.local.children import stop_together
from alliance.local.ports import LOOPBACK
from alliance.local.sockets import temporary_folder
from tests.faults.sink import Sink
from tests.faults.site import Broker, Site


@pytest.fixture(scope="session")
def whole_site(django_db_setup: None) -> Iterator[Site]:
    """Started once: the tests find the same web server with an empty database each."""
    folder = temporary_folder("alliance-faults-", account.mine())
    (folder / "log").mkdir()
    broker = Broker(folder / "valkey")
    site = Site(folder, broker)
    broker.start()
    try:
        site.start_web()
        yield site
    finally:
        stop_together(site.children)
        broker.valkey.stop()
        shutil.rmtree(folder)


@pytest.fixture
def site(whole_site: Site, transactional_db: None) -> Iterator[Site]:
    """With an empty broker, and without any worker: a test starts those it wants to kill."""
    whole_site.broker.restart_empty()
    web = list(whole_site.children)
    yield whole_site
    whole_site.stop_all([child for child in whole_site.children if child not in web])


@pytest.fixture
def broker(site: Site) -> Broker:
    return site.broker


@pytest.fixture
def one_mail_server(site: Site, settings: Settings) -> None:
    """The tests' own process mails to that of the site, when it sweeps."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = site.smtp_port
    settings.SITE_URL, settings.MAIL_DOMAIN = site.address, LOOPBACK


@pytest.fixture
def sink(site: Site, one_mail_server: None) -> Iterator[Sink]:
    with Sink(site.smtp_port) as server:
        yield server
