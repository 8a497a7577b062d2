from collections.abc import Callable

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from alliance.views import logged_out

GetResponse = Callable[[HttpRequest], HttpResponse]

HEADERS = {
    "Cache-Control": "no-store",  # also the back button of a shared computer shows nothing
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


class LogInRequired(LoginRequiredMiddleware):
    """Django's, but a form that comes too late is not thrown away on the way to the log-in page."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        if request.method == "POST":
            return logged_out(request)
        return super().handle_no_permission(request, view_func)


def private_pages(get_response: GetResponse) -> GetResponse:
    """Every page here is about people: nothing keeps a copy, nothing lists it.

    Static files are answered before this and may be kept.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return middleware
