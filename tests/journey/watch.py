"""What a browser does beside showing a page: its requests, its complaints, what it keeps."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError

KEPT = "() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]"
LOUD = ("error", "warning")  # the browser reports a breach of the Content-Security-Policy as error


@dataclass
class Watch:
    """Follows all pages of one context."""

    context: BrowserContext
    requests: list[Request] = field(default_factory=list)
    documents: list[Response] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.on("request", self._on_request)
        self.context.on("response", self._on_response)
        self.context.on("console", self._on_console)
        self.context.on("weberror", self._on_error)

    def _on_request(self, request: Request) -> None:
        self.requests.append(request)

    def _on_response(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self.documents.append(response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in LOUD and not self._is_status(message):
            self.complaints.append(message.text)

    def _is_status(self, message: ConsoleMessage) -> bool:
        """The browser calls it an error that the page itself came with 404 or 422."""
        of_a_page = message.location["url"] in {each.url for each in self.documents}
        return of_a_page and message.text.startswith(
            "Failed to load resource: the server responded"
        )

    def _on_error(self, error: WebError) -> None:
        self.complaints.append(str(error.error))

    def forget(self) -> None:
        for kept in (self.requests, self.documents, self.complaints):
            kept.clear()

    @property
    def status(self) -> int:
        """Of the page that is shown."""
        return self.documents[-1].status

    def asked_elsewhere(self, site: str) -> list[str]:
        """Addresses of requests that left the site."""
        ours = urlsplit(site).netloc
        return [each.url for each in self.requests if urlsplit(each.url).netloc != ours]

    def requests_with(self, words: str) -> list[str]:
        """Addresses of requests that carried these words in the address or as referrer."""
        carriers = (f"{each.url} {each.headers.get('referer', '')}" for each in self.requests)
        return [carrier for carrier in carriers if words in carrier]


def kept_by(page: Page) -> list[str]:
    """What scripts stored in the browser."""
    names: list[str] = page.evaluate(KEPT)
    return names
