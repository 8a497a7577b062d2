"""While a client holds a device of the clinic: what the browser session notes, and the lock.

The note stands in the login session of whoever handed the device over. So it holds for every tab,
for the Back button and for typed addresses, and it ends with that session at the latest.
"""

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils import translation

from sessions.models import RatingRequest

GetResponse = Callable[[HttpRequest], HttpResponse]

NOTE = "handed_over"
MOST_TRIES = 5  # wrong passwords of whoever holds the device
DEVICE = "device"
OPEN: dict[str, tuple[str, ...]] = {
    DEVICE: ("GET", "HEAD", "POST"),
    "device_unlock": ("GET", "HEAD", "POST"),
    "account_logout": ("POST",),  # the page that asks whether to log out is the staff's
}


@dataclass(frozen=True, slots=True)
class Note:
    request: str  # hexadecimal id of the form
    provenance: str
    language: str
    token: str  # tells the pages of this hand-over from those of an earlier one
    tries: int = 0  # at the password

    @property
    def request_id(self) -> UUID:
        return UUID(self.request)


def begin(
    request: HttpRequest, rating_request: RatingRequest, *, provenance: str, language: str
) -> None:
    token = secrets.token_urlsafe(16)
    note = Note(rating_request.pk.hex, provenance, language, token)
    _keep(request, note)
    renew(request)


def speak(request: HttpRequest, note: Note, language: str) -> Note:
    """The client would rather read another language."""
    return _keep(request, replace(note, language=language))


def _keep(request: HttpRequest, note: Note) -> Note:
    request.session[NOTE] = asdict(note)
    return note


@transaction.atomic
def spend_try(request: HttpRequest, note: Note) -> Note | None:
    """Count a try at the password before anybody looks at it.

    Each try uses the key of the session up. So of several at the same moment one is looked at; the
    others find the session gone (None), and no copy of it brings tries back.
    """
    mine = Session.objects.select_for_update().filter(pk=request.session.session_key)
    if mine.first() is None:
        return None
    counted = _keep(request, replace(note, tries=note.tries + 1))
    renew(request)
    return counted


def end(request: HttpRequest) -> None:
    request.session.pop(NOTE, None)
    renew(request)


def renew(request: HttpRequest) -> None:
    """A new key for the session, and with it a new cookie.

    A request of another tab that began before cannot write its copy of the session back, which
    would undo the lock. And a browser that keeps pages for its Back button drops those that are
    not to be stored as soon as a cookie changes.
    """
    request.session.cycle_key()


def note_of(request: HttpRequest) -> Note | None:
    """None while the device is with the staff, or nobody is logged in: then nothing is open."""
    kept: dict[str, Any] | None = request.session.get(NOTE)
    if kept is None or not request.user.is_authenticated:
        return None
    return Note(**kept)


def is_shared(request: HttpRequest) -> bool:
    """Whether whoever reads the answer need not be who sent the request."""
    return NOTE in request.session or _is_device(request)


def _is_device(request: HttpRequest) -> bool:
    try:
        return resolve(request.path_info).url_name == DEVICE
    except Resolver404:
        return False


def lock(get_response: GetResponse) -> GetResponse:
    """Middleware: whoever holds the device gets the form, and nothing of the staff."""

    def middleware(request: HttpRequest) -> HttpResponse:
        note = note_of(request)
        if note is None:
            return _too_late(request) if _is_lost(request) else get_response(request)
        if _is_let_through(request):
            return get_response(request)
        if request.method not in ("GET", "HEAD"):
            return _nothing_done(request, note)
        response = redirect(DEVICE)
        response.status_code = 303
        return response

    return middleware


def _is_let_through(request: HttpRequest) -> bool:
    """The device's own pages, and those that anybody may open by a link."""
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return False
    if request.method in OPEN.get(match.url_name or "", ()):
        return True
    is_public = getattr(match.func, "login_required", True) is False
    return is_public and match.func.__module__.endswith((".client_views", ".link_views"))


def _nothing_done(request: HttpRequest, note: Note) -> HttpResponse:
    """A form of the staff, from another tab. Its words are not shown to whoever sits there."""
    with translation.override(note.language):
        return render(request, "sessions/device_locked.html", {"clinic": None}, status=423)


def _is_lost(request: HttpRequest) -> bool:
    """Answers that come after the log-in has ended."""
    return request.method == "POST" and not request.user.is_authenticated and _is_device(request)


def _too_late(request: HttpRequest) -> HttpResponse:
    """Not the usual page for this, which offers what was typed: the next person would read it."""
    return render(request, "sessions/device_closed.html", {"clinic": None}, status=403)
