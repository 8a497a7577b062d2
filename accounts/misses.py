"""Links that do not exist: whoever asks for many of them is guessing.

Only misses are counted, for each address block, and only misses are refused: a real link opens
at any time, so that nobody can lock a client out by guessing from the same network.
"""

import time
from ipaddress import IPv6Address, ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

MOST = 30
SECONDS = 10 * 60


def unknown_link(request: HttpRequest) -> HttpResponse:
    """The same page for every link that is none, in the language of the browser that asks."""
    status = 429 if are_too_many(request) else 404
    with translation.override(translation.get_language_from_request(request)):
        return render(request, "sessions/link_unknown.html", {"clinic": None}, status=status)


def are_too_many(request: HttpRequest) -> bool:
    """Count one more miss; true when there were too many in these ten minutes of the clock.

    Two at the same moment may count as one: that is no way round a limit of this kind.
    """
    window = int(time.time()) // SECONDS
    key = f"misses:{block(get_adapter(request).get_client_ip(request))}:{window}"
    count = int(cache.get(key, 0)) + 1
    cache.set(key, count, timeout=SECONDS)
    return count > MOST


def block(address: str | None) -> str:
    """One IPv4 address, or the /64 that one household of IPv6 has."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False).network_address)
    return str(found)
