"""Settings come from the environment; what is missing stops the start, and says what to do."""

import base64
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from outbox.models import CLAIM

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ROOT / "alliance" / "settings.py"
KEY = base64.b64encode(bytes(range(32))).decode()

# As in production; nothing is reached with it.
PRODUCTION = {
    "SECRET_KEY": "production-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ",
    "FIELD_KEYS": f"k1:{KEY}",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SITE_URL": "https://alliance.example.org",
    "EMAIL_URL": "smtp+tls://127.0.0.1:1",
    "DEFAULT_FROM_EMAIL": "forms@example.org",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nothing but what production needs."""
    for name in ("ALLOWED_HOSTS", "HTTPS", "TRUSTED_PROXIES", "DEBUG", "DATABASE_POOL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def start() -> dict[str, Any]:
    """The settings as a start with this environment would see them."""
    return runpy.run_path(str(SETTINGS))


@pytest.mark.parametrize("name", PRODUCTION)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_stops_the_start_and_says_what_to_do(
    environment: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    if value is None:
        environment.delenv(name)
    else:
        environment.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as stopped:
        start()
    sentence = str(stopped.value)
    assert f"The environment variable {name} is not set" in sentence
    assert len(sentence.splitlines()) >= 4, "a paragraph, with what to set it to"
    assert ".env.example" in sentence


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("k1:short", "is not valid base64"),
        (f"k1:{base64.b64encode(b'short').decode()}", "needs a short plain id and 32 bytes"),
        (KEY, "32 bytes"),
        (",", "The key ring is empty."),
    ],
)
def test_keys_that_cannot_be_used_stop_the_start(
    environment: pytest.MonkeyPatch, value: str, says: str
) -> None:
    environment.setenv("FIELD_KEYS", value)
    with pytest.raises(ImproperlyConfigured, match=says) as stopped:
        start()
    assert "python -c" in str(stopped.value)


def test_the_commands_in_the_help_make_what_is_needed(environment: pytest.MonkeyPatch) -> None:
    found = start()
    for name in ("SECRET_KEY", "FIELD_KEYS"):
        line = next(line for line in found["HELP"][name].splitlines() if "python -c" in line)
        code = line.split('python -c "')[1].removesuffix('"')
        made = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        environment.setenv(name, made)
    start()


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Our command line in a process of its own, with the environment of production."""
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=clean | PRODUCTION | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_check_deploy_has_nothing_to_say() -> None:
    done = run("check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "System check identified no issues" in done.stdout + done.stderr


def test_the_command_line_shows_the_paragraph_too() -> None:
    done = run("check", SECRET_KEY="")
    assert done.returncode != 0
    assert "The environment variable SECRET_KEY is not set" in done.stderr


def test_production_speaks_https_alone(environment: pytest.MonkeyPatch) -> None:
    found = start()
    assert found["DEBUG"] is False
    assert found["SECURE_SSL_REDIRECT"] is True
    assert found["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert found["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    for cookie in ("SESSION", "CSRF"):
        assert found[f"{cookie}_COOKIE_SECURE"]
        assert found[f"{cookie}_COOKIE_NAME"].startswith("__Host-")


def test_hosts_and_origins_follow_from_the_site(environment: pytest.MonkeyPatch) -> None:
    found = start()
    assert found["ALLOWED_HOSTS"] == ["alliance.example.org"]
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://alliance.example.org"]


def test_a_proxy_is_believed_only_when_there_is_one(environment: pytest.MonkeyPatch) -> None:
    assert start()["SECURE_PROXY_SSL_HEADER"] is None
    environment.setenv("TRUSTED_PROXIES", "1")
    found = start()
    assert found["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert found["ALLAUTH_TRUSTED_PROXY_COUNT"] == found["REST_FRAMEWORK"]["NUM_PROXIES"] == 1


def test_only_postgresql_keeps_sessions_and_limits() -> None:
    assert settings.SESSION_ENGINE == "django.contrib.sessions.backends.db"
    assert [cache["BACKEND"] for cache in settings.CACHES.values()] == [
        "django.core.cache.backends.db.DatabaseCache"
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [  # each with its reason in the project's notes on queues: the rows are what counts
        ("CELERY_TASK_IGNORE_RESULT", True),
        ("CELERY_TASK_SERIALIZER", "json"),
        ("CELERY_ACCEPT_CONTENT", ["json"]),
        ("CELERY_TASK_ACKS_LATE", True),
        ("CELERY_TASK_REJECT_ON_WORKER_LOST", False),
        ("CELERY_TASK_PUBLISH_RETRY", False),
        ("CELERY_WORKER_PREFETCH_MULTIPLIER", 1),
        ("CELERY_TASK_SOFT_TIME_LIMIT", 60),
        ("CELERY_TASK_TIME_LIMIT", 90),
        ("CELERY_WORKER_MAX_TASKS_PER_CHILD", 500),
        ("CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP", True),
        ("CELERY_BROKER_CONNECTION_MAX_RETRIES", None),
        ("CELERY_TIMEZONE", "UTC"),
    ],
)
def test_worker_settings(name: str, value: object) -> None:
    assert getattr(settings, name) == value


def test_a_hung_broker_is_given_up_soon() -> None:
    options: dict[str, Any] = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    assert options["socket_connect_timeout"] <= 2
    assert options["socket_timeout"] <= 5
    assert options["visibility_timeout"] > settings.CELERY_TASK_TIME_LIMIT
    assert options["unacked_restore_interval"] * options["unacked_restore_throttle"] <= 10


def test_a_claim_lasts_longer_than_any_worker_may_take() -> None:
    assert CLAIM.total_seconds() > settings.CELERY_TASK_TIME_LIMIT
    assert settings.EMAIL_TIMEOUT < settings.CELERY_TASK_SOFT_TIME_LIMIT


def test_every_commit_reaches_the_disk() -> None:
    options = settings.DATABASES["default"]["OPTIONS"]["options"]
    for limit in (
        "synchronous_commit=on",
        "lock_timeout=2s",
        "statement_timeout=60s",
        "idle_in_transaction_session_timeout=60s",
    ):
        assert limit in options


@pytest.mark.django_db
def test_the_database_took_the_settings() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("2s",)


def test_the_api_asks_for_a_token_and_speaks_json_alone() -> None:
    rest: dict[str, Any] = settings.REST_FRAMEWORK
    assert rest["DEFAULT_PERMISSION_CLASSES"] == ["rest_framework.permissions.IsAuthenticated"]
    assert rest["DEFAULT_AUTHENTICATION_CLASSES"] == ["alliance.api.BearerToken"]
    assert rest["DEFAULT_RENDERER_CLASSES"] == ["rest_framework.renderers.JSONRenderer"]
    assert rest["DEFAULT_THROTTLE_RATES"] == {"anon": "30/min", "user": "300/min"}


def test_passwords_are_long_and_hashed_with_argon2() -> None:
    assert settings.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"
    validators: Any = settings.AUTH_PASSWORD_VALIDATORS
    lengths = [
        validator["OPTIONS"]["min_length"]
        for validator in validators
        if "MinimumLength" in validator["NAME"]
    ]
    assert lengths == [15]


def test_every_variable_is_explained_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    read = set(re_names(SETTINGS.read_text(encoding="utf-8")))
    assert {name for name in read if name not in example} == set()


def re_names(source: str) -> list[str]:
    return re.findall(r'(?:required|env\.\w+)\(\s*"([A-Z_]+)"', source)
