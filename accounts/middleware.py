from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

GetResponse = Callable[[HttpRequest], HttpResponse]


def clinic_time(get_response: GetResponse) -> GetResponse:
    """Show times as they are on the clinic's wall."""

    def middleware(request: HttpRequest) -> HttpResponse:
        clinic = getattr(request.user, "clinic", None)
        if clinic is None:
            return get_response(request)
        with timezone.override(clinic.zone):
            return get_response(request)

    return middleware
