"""The page that lists the kept mails and shows one: standard library only, no script."""

import re
import threading
from collections.abc import Callable
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from alliance.local.mailbox.server import Folder, Mail, require_loopback
from alliance.local.ports import LOOPBACK, free_port

STYLE = Path(__file__).with_name("style.css")
SECONDS_TO_RENEW = 5
LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")
MINE = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
# A mail brings styles of its own; nothing else in it may do anything but open a link.
MAILS = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
# Put before a mail's own HTML: every link opens in a tab of its own, outside the frame.
LINKS_IN_TABS = '<!doctype html><base target="_blank">'
HTML = "text/html; charset=utf-8"


class PageServer:
    """`with PageServer(folder) as server:` answers on `server.port`, in threads."""

    def __init__(self, folder: Folder, port: int = 0, host: str = LOOPBACK) -> None:
        require_loopback(host)
        self.port = port or free_port()
        handler = type("Handler", (Handler,), {"folder": folder})
        self._server = ThreadingHTTPServer((host, self.port), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    folder: Folder

    def do_GET(self) -> None:
        if not self._is_for_this_machine():
            self._answer(HTTPStatus.MISDIRECTED_REQUEST, page("Not here", "<h1>Not here</h1>"))
        elif self.path == "/":
            self._answer(HTTPStatus.OK, list_page(self.folder.mails()), renew=True)
        elif self.path == "/style.css":
            self._answer(HTTPStatus.OK, STYLE.read_text(), kind="text/css; charset=utf-8")
        else:
            self._answer_mail(*self.path[1:].partition("/"))

    def _is_for_this_machine(self) -> bool:
        """A foreign site could point its own name at loopback and read the mails; not past this."""
        name = self.headers.get("Host", "").rpartition(":")[0]
        return name in (LOOPBACK, "localhost")

    def _answer_mail(self, name: str, slash: str, rest: str) -> None:
        mail = self.folder.find(name)
        if mail is None or rest not in ("", "html"):
            body = '<h1>No such mail</h1><p><a href="/">All mails</a></p>'
            self._answer(HTTPStatus.NOT_FOUND, page("No such mail", body))
        elif rest == "html":
            self._answer(HTTPStatus.OK, LINKS_IN_TABS + mail.part("html"), policy=MAILS)
        else:
            self._answer(HTTPStatus.OK, mail_page(mail))

    def _answer(
        self,
        status: HTTPStatus,
        text: str,
        *,
        kind: str = HTML,
        policy: str = MINE,
        renew: bool = False,
    ) -> None:
        body = text.encode(errors="replace")
        headers = {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
        if renew:
            headers["Refresh"] = str(SECONDS_TO_RENEW)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent: an access log of a page that renews itself says nothing."""


def page(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · Outgoing mail</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def list_page(mails: list[Mail]) -> str:
    renew = f"The page renews itself every {SECONDS_TO_RENEW} seconds."
    intro = "Every mail that this Alliance sends is kept here; none leaves this machine."
    rows = "\n".join(list_row(mail) for mail in mails)
    shown = f'<ul class="list card">{rows}</ul>' if mails else empty()
    return page("Mails", f'<h1>Outgoing mail</h1><p class="soft">{intro} {renew}</p>{shown}')


def empty() -> str:
    words = "No mail yet. Record an attended session, and the client's form arrives here."
    return f'<p class="card list"><span class="soft">{words}</span></p>'


def list_row(mail: Mail) -> str:
    message = mail.message
    return (
        f'<li><a href="/{escape(mail.name)}">{header(message["Subject"], "(no subject)")}</a><br>'
        f'<span class="soft">to {header(message["To"])} · {moment(mail)}</span></li>'
    )


def mail_page(mail: Mail) -> str:
    message = mail.message
    rows = "".join(
        f"<dt>{name}</dt><dd>{header(message[name])}</dd>" for name in ("From", "To", "Subject")
    )
    rows += f"<dt>Arrived</dt><dd>{moment(mail)}</dd>"
    body = f'<p><a href="/">All mails</a></p><h1>{header(message["Subject"], "(no subject)")}</h1>'
    body += f'<dl class="card">{rows}</dl>'
    body += section("Text", mail.part("plain"), with_links)
    body += section("HTML", mail.part("html"), lambda text: frame(mail))
    return page(str(message["Subject"]), body)


def section(title: str, text: str, show: Callable[[str], str]) -> str:
    return f"<h2>{title}</h2>{show(text)}" if text else ""


def frame(mail: Mail) -> str:
    allowed = "allow-popups allow-popups-to-escape-sandbox"
    source = f"/{escape(mail.name)}/html"
    return f'<iframe title="The mail as HTML" sandbox="{allowed}" src="{source}"></iframe>'


def with_links(text: str) -> str:
    """Escaped text in which every web address is a link."""
    parts, end = [], 0
    for match in LINK.finditer(text):
        url = escape(match[0])
        link = f'<a href="{url}" target="_blank" rel="noopener noreferrer">{url}</a>'
        parts += [escape(text[end : match.start()]), link]
        end = match.end()
    return f"<pre>{''.join(parts)}{escape(text[end:])}</pre>"


def header(value: object, missing: str = "") -> str:
    return escape(str(value)) if value else escape(missing)


def moment(mail: Mail) -> str:
    """In this machine's time zone."""
    local = mail.arrived_at.astimezone()
    return f'<time datetime="{local.isoformat()}">{local:%d %B %Y, %H:%M:%S}</time>'
