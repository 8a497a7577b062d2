"""Which mail providers there are, and their settings from the environment. The settings ask it."""

import json
import pkgutil
from collections.abc import Mapping
from typing import Any

from anymail import backends

PREFIX = "ANYMAIL_"
SECRET = "WEBHOOK_SECRET"  # noqa: S105  the name of a setting
NO_PROVIDERS = {"base", "base_requests", "console", "test"}

# Those can be told to leave links and opens alone. A link that a tracker rewrites hands the key to
# a client's form to somebody else.
CAN_STOP_TRACKING = {
    "mailersend",
    "mailgun",
    "mailjet",
    "mandrill",
    "postmark",
    "sendgrid",
    "sparkpost",
    "unisender_go",
}


class BadProvider(Exception):
    """The environment names a provider that cannot be used; the text says why and what to do."""


def known() -> list[str]:
    modules = {module.name for module in pkgutil.iter_modules(backends.__path__)}
    return sorted(modules - NO_PROVIDERS)


def settings_for(
    provider: str, environment: Mapping[str, str], *, seconds: float
) -> dict[str, Any]:
    """Django's setting ANYMAIL: every variable that begins with ANYMAIL_, under the rest of it.

    No answer within so many seconds ends an attempt, as over SMTP.
    """
    found = {
        name.removeprefix(PREFIX): _value(value)
        for name, value in environment.items()
        if name.startswith(PREFIX) and value
    }
    if provider:
        _check(provider, found)
    wanted: dict[str, Any] = {"REQUESTS_TIMEOUT": seconds}
    if provider in CAN_STOP_TRACKING:
        wanted["SEND_DEFAULTS"] = {"track_clicks": False, "track_opens": False}
    return wanted | found


def _value(text: str) -> object:
    """Keys are text even if they consist of digits; what can only be JSON is read as that."""
    if text in ("true", "false") or text.startswith(("{", "[")):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _check(provider: str, found: dict[str, Any]) -> None:
    if provider not in known():
        raise BadProvider(
            f"EMAIL_PROVIDER is {provider!r}, and there is no such provider.\n"
            f"There are: {', '.join(known())}.\nLeave it empty to send over SMTP, by EMAIL_URL."
        )
    if not set(found) - {SECRET}:
        raise BadProvider(
            f"EMAIL_PROVIDER is {provider!r}, and no variable {PREFIX}... holds its key.\n"
            "The provider's page on https://anymail.dev/ tells the name, for example\n"
            f"{PREFIX}POSTMARK_SERVER_TOKEN"
        )
    if SECRET in found and ":" not in str(found[SECRET]):
        raise BadProvider(
            f"{PREFIX}{SECRET} is a user name and a password with a colon between, and both go\n"
            "into the address that the provider reports to. Make one with\n"
            "    python -c \"import secrets; print('mail:' + secrets.token_urlsafe(32))\""
        )
