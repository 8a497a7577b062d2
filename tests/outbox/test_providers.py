"""Which provider is used, and with what: from the environment, and from nothing else."""

import runpy
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from outbox import providers

SETTINGS = Path(__file__).resolve().parents[2] / "alliance" / "settings.py"
KEY = {"ANYMAIL_POSTMARK_SERVER_TOKEN": "0123"}


def settings_for(provider: str = "postmark", **environment: str) -> dict[str, Any]:
    return providers.settings_for(provider, environment, seconds=10)


def test_known_providers_are_those_of_anymail() -> None:
    assert {"amazon_ses", "brevo", "mailgun", "postmark", "resend"} <= set(providers.known())
    assert not {"base", "base_requests", "console", "test"} & set(providers.known())


def test_those_that_can_be_told_not_to_track_exist() -> None:
    assert set(providers.known()) >= providers.CAN_STOP_TRACKING


def test_every_anymail_variable_is_a_setting() -> None:
    found = settings_for(
        ANYMAIL_POSTMARK_SERVER_TOKEN="0123",
        ANYMAIL_WEBHOOK_SECRET="mail:secret",
        ANYMAIL_EMPTY="",
        OTHER="x",
    )
    assert found == {
        "POSTMARK_SERVER_TOKEN": "0123",
        "WEBHOOK_SECRET": "mail:secret",
        "REQUESTS_TIMEOUT": 10,
        "SEND_DEFAULTS": {"track_clicks": False, "track_opens": False},
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ('{"tags": ["form"]}', {"tags": ["form"]}),
        ("0123", "0123"),
        ("42", "42"),
        ("{no json", "{no json"),
        ("True", "True"),
    ],
)
def test_how_a_value_is_read(text: str, value: object) -> None:
    assert settings_for(**KEY, ANYMAIL_X=text)["X"] == value


def test_a_provider_that_cannot_stop_tracking_is_not_asked_to() -> None:
    assert "SEND_DEFAULTS" not in settings_for("resend", ANYMAIL_RESEND_API_KEY="k")


def test_without_a_provider_nothing_is_checked() -> None:
    assert settings_for("") == {"REQUESTS_TIMEOUT": 10}


@pytest.mark.parametrize(
    ("provider", "environment", "says"),
    [
        ("pigeon", KEY, "There are: amazon_ses, "),
        ("base", KEY, "there is no such provider"),
        ("Postmark", KEY, "there is no such provider"),
        ("postmark", {}, "ANYMAIL_POSTMARK_SERVER_TOKEN"),
        ("postmark", {"ANYMAIL_WEBHOOK_SECRET": "mail:secret"}, "holds its key"),
        ("postmark", {**KEY, "ANYMAIL_WEBHOOK_SECRET": "secret"}, "with a colon between"),
    ],
)
def test_what_cannot_be_used_says_what_to_do(
    provider: str, environment: dict[str, str], says: str
) -> None:
    with pytest.raises(providers.BadProvider) as stopped:
        settings_for(provider, **environment)
    assert says in str(stopped.value)


# --- The settings of the site


def start(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(SETTINGS))


def test_a_provider_takes_the_place_of_the_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMAIL_URL")
    found = start(monkeypatch, EMAIL_PROVIDER="postmark", **KEY)
    assert found["EMAIL_BACKEND"] == "anymail.backends.postmark.EmailBackend"
    assert found["ANYMAIL"]["POSTMARK_SERVER_TOKEN"] == "0123"
    assert found["ANYMAIL"]["REQUESTS_TIMEOUT"] == found["EMAIL_TIMEOUT"]


def test_without_a_provider_it_is_smtp(monkeypatch: pytest.MonkeyPatch) -> None:
    found = start(monkeypatch, EMAIL_URL="smtp+tls://mail.clinic.example:587")
    assert found["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert found["EMAIL_HOST"] == "mail.clinic.example"
    assert found["EMAIL_PROVIDER"] == ""


@pytest.mark.parametrize(
    "environment", [{"EMAIL_PROVIDER": "pigeon"}, {"EMAIL_PROVIDER": "postmark"}]
)
def test_a_bad_provider_stops_the_start_with_a_paragraph(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    with pytest.raises(ImproperlyConfigured) as stopped:
        start(monkeypatch, **environment)
    sentence = str(stopped.value)
    assert "does not start" in sentence
    assert ".env.example" in sentence
    assert len(sentence.splitlines()) >= 4
