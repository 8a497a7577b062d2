"""People at their browsers, over HTTP: the therapist who records, the clients who answer."""

import re
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode
from uuid import UUID

from accounts.models import User
from alliance.local.ports import LOOPBACK
from clients.models import Treatment
from tests.people import PASSWORD

ITEM = re.compile(r'name="item_(\w+)"')
HIDDEN = re.compile(r'<input type="hidden" name="(?!csrf)(\w+)" value="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    location: str
    text: str


@dataclass
class Browser:
    """Keeps cookies, sends their CSRF secret back with each form, and measures its patience."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    longest_wait: float = 0.0

    def get(self, path: str) -> Page:
        return self._ask("GET", path)

    def post(self, path: str, fields: dict[str, object]) -> Page:
        return self._ask("POST", path, fields | {"csrfmiddlewaretoken": self.cookies["csrf"]})

    def _ask(self, method: str, path: str, fields: dict[str, object] | None = None) -> Page:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.monotonic()
        connection = HTTPConnection(LOOPBACK, self.port, timeout=40)
        try:
            connection.request(method, path, urlencode(fields or {}), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        self.longest_wait = max(self.longest_wait, time.monotonic() - began)
        for header in answer.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        return Page(answer.status, answer.headers.get("Location", ""), text)


def log_in(port: int, user: User) -> Browser:
    browser = Browser(port)
    browser.get("/accounts/login/")
    page = browser.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert (page.status, page.location) == (302, "/"), page.text[:2000]
    return browser


def record(browser: Browser, treatment: Treatment, held_at: datetime) -> None:
    """Write down a session. What the site acknowledges with this redirect, it must not lose."""
    fields = {
        "treatment": treatment.pk,
        "held_on": held_at.date(),
        "held_time": held_at.strftime("%H:%M"),
        "attendance": "attended",
        "format": "in_person",
        "minutes": 50,
    }
    page = browser.post("/sessions/record/", fields)
    assert page.status == 302, page.text[:2000]
    assert re.fullmatch(r"/sessions/[-\w]+/own-rating/", page.location), page.location


@dataclass
class Form:
    """The form that a mailed link has opened."""

    browser: Browser
    path: str
    page: str

    @property
    def questions(self) -> list[str]:
        """The items that the page asks about, as they are called in the form."""
        return sorted(set(ITEM.findall(self.page)))

    @property
    def request_id(self) -> UUID:
        return UUID(self.path.split("/")[2])

    def submit(self, score: int) -> dict[str, int]:
        """Answer every question alike, by a double click; returns what the site acknowledged."""
        answers = dict.fromkeys(self.questions, score)
        fields = {f"item_{key}": value for key, value in answers.items()}
        hidden = dict(HIDDEN.findall(self.page))
        said = {**hidden, **fields, "tension": "none", "comment": "", "follow_up": ""}
        with ThreadPoolExecutor(2) as clicks:
            pages: list[Future[Page]] = [
                clicks.submit(self.browser.post, self.path, said) for _ in range(2)
            ]
        for page in (future.result() for future in pages):
            assert (page.status, page.location) == (303, f"{self.path}thanks/"), page.text[:2000]
        return answers


def open_form(port: int, link: str) -> Form:
    browser = Browser(port)
    path = browser.get(link).location
    page = browser.get(path)
    assert page.status == 200
    return Form(browser, path, page.text)
