"""Pages that belong to no app: health, and a form that was open too long."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sessions.at_clinic import handed_over

SECRETS = ("pin", "birth_year", "answer")  # of the second check


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The process can do its work: the database answers. (It does without the broker.)"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ready\n", content_type="text/plain")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that is too large gets its own page; all others the plain one."""
    if isinstance(exception, RequestDataTooBig):
        return render(request, "413.html", status=413)
    return render(request, "400.html", status=400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Cookies are gone or the page was too old. What was typed can be sent once more.

    Not on a device that goes from hand to hand: the next person would read it in the page.
    """
    again = [] if handed_over.is_shared(request) else typed(request)
    return render(request, "403_csrf.html", {"typed": again}, status=403)


def logged_out(request: HttpRequest) -> HttpResponse:
    """Somebody sent a form after their log-in had ended: nothing is done, nothing is lost."""
    return render(request, "403_logged_out.html", {"typed": typed(request)}, status=403)


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What our own page sent, to be offered for sending again.

    Only what a page of this site sent (the browser says so, and no page can pretend): otherwise a
    foreign page could put words into somebody's mouth. Secrets are never written into a page.
    """
    fields = [(name, str(value)) for name, values in request.POST.lists() for value in values]
    is_ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
    if not is_ours or any("password" in name or name in SECRETS for name, _ in fields):
        return []
    return [(name, value) for name, value in fields if name != "csrfmiddlewaretoken"]
