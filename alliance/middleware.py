from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]

HEADERS = {
    "Cache-Control": "no-store",  # also the back button of a shared computer shows nothing
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


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
