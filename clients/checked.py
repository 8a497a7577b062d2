"""This browser has answered the question that only the client is asked, a while ago.

A signed cookie says so. It is bound to the client, to what was opened (`scope`) and to the secret
that was asked for: a new PIN ends it, and so does its time.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac

from clients.models import Client

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SALT = "clients.checked"


def _cookie(client: Client, scope: str) -> str:
    """Each client and scope has a cookie of its own; its name tells neither of them."""
    name = hashlib.sha256(f"{client.pk}/{scope}".encode()).hexdigest()[:32]
    return f"{'__Host-' if settings.HTTPS else ''}checked-{name}"


def _mark(client: Client, scope: str) -> str:
    """What is signed: a keyed digest, for the secret itself could be guessed from a plain one."""
    return salted_hmac(SALT, f"{client.pk}/{scope}/{client.secret}", algorithm="sha256").hexdigest()


def remember(response: HttpResponse, client: Client, *, scope: str, minutes: int) -> None:
    """Do not ask this browser again about this client and scope for so many minutes."""
    until = int(time.time()) + minutes * 60
    response.set_cookie(
        _cookie(client, scope),
        signing.dumps({"mark": _mark(client, scope), "until": until}, salt=SALT),
        max_age=minutes * 60,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def is_checked(request: HttpRequest, client: Client, *, scope: str) -> bool:
    """Whether `remember` was told of this browser, for this, and the time is not over.

    It stays so when others guess wrong and lock the client: whoever has answered goes on.
    """
    try:
        said = signing.loads(request.COOKIES.get(_cookie(client, scope), ""), salt=SALT)
    except signing.BadSignature:
        return False
    is_same = secrets.compare_digest(said["mark"], _mark(client, scope))
    return is_same and time.time() < said["until"]


def forget(response: HttpResponse, client: Client, *, scope: str) -> None:
    """Ask this browser again next time."""
    response.delete_cookie(_cookie(client, scope), samesite="Lax")
