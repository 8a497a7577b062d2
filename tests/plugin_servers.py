"""Starts PostgreSQL and Valkey for the tests, or uses those of DATABASE_URL and REDIS_URL.

A plugin (`-p tests.plugin_servers`), not a conftest: pytest-django reads the settings before any
conftest, and the settings need the addresses.
"""

import os
import re
import shutil
from urllib.parse import urlsplit

import pytest

from alliance.local import account, servers
from alliance.local.problem import Problem
from alliance.local.sockets import temporary_folder

VALUES = {
    "SECRET_KEY": "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGH",
    "FIELD_KEYS": "k1:dGVzdHMtb25seS0wMTIzNDU2Nzg5LWFiY2RlZi0wMTI=",
    "SITE_URL": "http://localhost",
    "ALLOWED_HOSTS": "testserver",
    "HTTPS": "false",
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "DEFAULT_FROM_EMAIL": "Alliance <alliance@clinic.example>",
}


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER")  # it inherits what its controller has set
    if worker:
        number = int(worker.removeprefix("gw"))
        os.environ["REDIS_URL"] = with_database(os.environ["REDIS_URL"], number)
        return
    os.environ.update(VALUES)
    try:
        start_servers(early_config)
    except Problem as problem:
        raise pytest.UsageError(str(problem)) from problem


def start_servers(early_config: pytest.Config) -> None:
    folder = temporary_folder("alliance-test-", account.mine())
    early_config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    folder.chmod(0o711)  # PostgreSQL's account passes through it when we are root
    (folder / "log").mkdir()
    own = servers.start(folder, durable=False)
    early_config.add_cleanup(own.stop)  # cleanups run in reverse: this one before the removal
    os.environ.update(own.addresses)


def with_database(url: str, number: int) -> str:
    """The same Valkey, another of its numbered databases: no process sees another's messages."""
    if "virtual_host=" in url:
        return re.sub(r"virtual_host=\d+", f"virtual_host={number}", url)
    return urlsplit(url)._replace(path=f"/{number}").geturl()
