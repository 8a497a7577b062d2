"""A real SMTP conversation, and the page as a browser gets it."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path

import pytest

from alliance.local.mailbox.page import PageServer
from alliance.local.mailbox.server import MailServer
from alliance.local.problem import Problem

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def mails(tmp_path: Path) -> Iterator[MailServer]:
    with MailServer(tmp_path / "mail") as server:
        yield server


@pytest.fixture
def page(mails: MailServer) -> Iterator[PageServer]:
    with PageServer(mails.folder) as server:
        yield server


def send(server: MailServer, subject: str, text: str, html: str = "", to: str = "") -> None:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "alliance@clinic.example"
    message["To"] = to or "ana@client.example"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", server.port) as smtp:
        smtp.send_message(message)


def get(server: PageServer, path: str, host: str = "") -> tuple[int, HTTPMessage, str]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", path, headers={"Host": host or f"127.0.0.1:{server.port}"})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, body


def test_a_mail_is_kept_as_it_came(mails: MailServer) -> None:
    send(mails, "Grüße", "Ein Wort.")
    (mail,) = mails.folder.mails()
    assert mail.message["Subject"] == "Grüße"
    assert mail.message["X-Envelope-To"] == "ana@client.example"
    assert mail.part("plain").strip() == "Ein Wort."
    assert mail.part("html") == ""


def test_the_newest_mail_comes_first(mails: MailServer, page: PageServer) -> None:
    assert "No mail yet" in get(page, "/")[2]
    send(mails, "Older", "a")
    send(mails, "Newer", "b")
    status, headers, body = get(page, "/")
    assert status == 200
    assert body.index("Newer") < body.index("Older")
    assert headers["Refresh"] == "5"


def test_the_links_of_the_text_can_be_followed(mails: MailServer, page: PageServer) -> None:
    send(mails, "Form", "Open http://127.0.0.1:8000/r/abc-DEF_1/?a=1&b=2, please.")
    body = get(page, f"/{mails.folder.mails()[0].name}")[2]
    link = "http://127.0.0.1:8000/r/abc-DEF_1/?a=1&amp;b=2"
    assert f'<a href="{link}" target="_blank" rel="noopener noreferrer">{link}</a>,' in body


def test_everything_of_a_mail_is_escaped(mails: MailServer, page: PageServer) -> None:
    to = '"<script>alert(1)</script>" <a@client.example>'
    send(mails, HOSTILE, f"https://x.example/{HOSTILE}", to=to)
    (mail,) = mails.folder.mails()
    for path in ("/", f"/{mail.name}"):
        body = get(page, path)[2]
        assert "<script>" not in body
        assert "&lt;script&gt;alert(1)" in body


def test_the_html_part_is_shown_in_a_cage(mails: MailServer, page: PageServer) -> None:
    send(mails, "Form", "text", html=f"<p style='color:red'>Hello{HOSTILE}</p>")
    (mail,) = mails.folder.mails()
    body = get(page, f"/{mail.name}")[2]
    assert f'src="/{mail.name}/html"' in body
    assert "Hello" not in body
    status, headers, html = get(page, f"/{mail.name}/html")
    assert status == 200
    assert html.startswith('<!doctype html><base target="_blank">')
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "; sandbox " in policy
    assert "script" not in policy


@pytest.mark.parametrize("path", ["/", "/style.css", "/nothing"])
def test_pages_run_nothing_and_tell_nobody(page: PageServer, path: str) -> None:
    headers = get(page, path)[1]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/../env", "/%2e%2e/env", "/env.eml", "/x/html"])
def test_only_kept_mails_are_shown(page: PageServer, path: str) -> None:
    assert get(page, path)[0] == 404


def test_another_name_for_this_machine_is_refused(page: PageServer) -> None:
    assert get(page, "/", host=f"evil.example:{page.port}")[0] == 421
    assert get(page, "/", host=f"localhost:{page.port}")[0] == 200


def test_it_listens_on_loopback_only(tmp_path: Path, mails: MailServer) -> None:
    with pytest.raises(Problem, match=r"does not listen on 0\.0\.0\.0"):
        MailServer(tmp_path, host="0.0.0.0")
    with pytest.raises(Problem, match="does not listen on ::"):
        PageServer(mails.folder, host="::")


def test_one_domain_refuses_its_mail(mails: MailServer) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused, match="No such mailbox"):
        send(mails, "Form", "text", to="ana@undeliverable.example")
    assert mails.folder.mails() == []
