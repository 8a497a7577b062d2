"""What people say, and who they are, leaves no trace outside the database.

Canaries go through the whole site; afterwards they are looked for in the logs of all processes, in
the mails, in the broker, and in every address that a browser asked for.
"""

import re
import signal
import sys
import time
from base64 import b64decode
from binascii import Error
from typing import Any
from urllib.parse import unquote_plus

from celery import current_app
from playwright.sync_api import Browser
from redis import Redis

from accounts.permissions import Role
from alliance.local.children import Child
from alliance.local.demo import BEAT
from alliance.local.environment import PROJECT
from tests import people
from tests.journey.desk import PATIENCE, Desk
from tests.journey.phone import COMMENT, TENSION, Phone, link_in, token_of
from tests.journey.real_site import RealSite

NAME = "Canary Zephyrine"
ADDRESS = "someone@mail.example"
NOTE = "canary-note of the therapist"
SAID = "canary-comment of the client"
CANARY = re.compile("canary|zephyrine", re.IGNORECASE)
TOKEN = re.compile(r"https?://\S+/(?:r|mail|own)/([\w-]{43})")
ENCODED = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")  # as Celery packs what a task is given


def test_nothing_that_people_say_leaves_the_database(site: RealSite, browser: Browser) -> None:
    mara = people.hire(people.open_clinic(), "Mara L.", Role.THERAPIST)
    people.take_on(mara, "Bo K.", email="bo@mail.example")
    with Desk.of(mara, browser, site) as desk, Phone.of(browser) as phone:
        desk.log_in()
        desk.add_client(NAME, ADDRESS)
        desk.page.goto("/caseload/")
        desk.keyboard.press(NAME)
        desk.record_session(NOTE)
        waiting = with_rings()
        site.start_worker()
        start_beat(site)
        link = link_in(site.wait_for_mail(ADDRESS, 1))
        answer(phone, link)
        desk.page.goto("/caseload/")
        desk.keyboard.press(NAME)
        assert SAID in desk.page.content()
        addresses = [
            unquote_plus(each.url) for each in (*desk.watch.requests, *phone.watch.requests)
        ]
    tokens = tokens_of_mails(site)
    assert token_of(link) in tokens
    kept = {"Valkey": waiting + valkey(), "logs": logs(site)}
    for place, text in kept.items():
        assert not [token for token in tokens if token in text], place
    for place, text in (kept | {"mails": mails(site), "addresses": "\n".join(addresses)}).items():
        assert not CANARY.findall(text), place


def answer(phone: Phone, link: str) -> None:
    phone.page.goto(link)
    phone.rate(goal=1, task=1, bond=1)
    phone.tap(TENSION, "Yes")
    phone.page.get_by_label(COMMENT).fill(SAID)
    phone.send()


def logs(site: RealSite) -> str:
    files = sorted(site.folder.glob("*.log"))
    assert {file.stem for file in files} >= {"web", "worker", "beat"}
    return "\n".join(file.read_text() for file in files)


def mails(site: RealSite) -> str:
    """As they came, and as a mail program reads them."""
    found = site.mail.folder.mails()
    read = [f"{each.message['Subject']} {each.part('plain')} {each.part('html')}" for each in found]
    return "\n".join([*read, *(each.path.read_text() for each in found)])


def tokens_of_mails(site: RealSite) -> set[str]:
    return {
        token for mail in site.mail.folder.mails() for token in TOKEN.findall(mail.part("plain"))
    }


def start_beat(site: RealSite) -> None:
    beat = Child(
        name="beat",
        command=[sys.executable, *BEAT, f"--schedule={site.folder / 'beat'}"],
        log=site.folder / "beat.log",
        environment=site._variables() | {"SWEEP_SECONDS": "1"},
        cwd=PROJECT,
        death_signal=signal.SIGKILL,
    )
    site.children.append(beat)  # ended with the others
    beat.start()


def with_rings() -> str:
    """What the broker holds before any worker takes it; the web server rings after its answer."""
    deadline = time.monotonic() + PATIENCE
    while "outbox.deliver" not in (held := valkey()):
        assert time.monotonic() < deadline, "Nobody rang."
        time.sleep(0.1)
    return held


def valkey() -> str:
    """Every key with its value, and once more with what is packed in it."""
    with current_app.connection_for_read() as line:
        channel: Any = line.default_channel
        server = Redis(connection_pool=channel.client.connection_pool)
        text = "\n".join(f"{key!r}: {value_of(server, key)!r}" for key in server.scan_iter())
    return text + "\n".join(unpacked(each) for each in ENCODED.findall(text))


def value_of(server: Any, key: bytes) -> Any:
    read = {
        b"string": server.get,
        b"list": lambda each: server.lrange(each, 0, -1),
        b"hash": server.hgetall,
        b"set": server.smembers,
        b"zset": lambda each: server.zrange(each, 0, -1, withscores=True),
        b"none": lambda each: None,  # gone meanwhile
    }
    return read[server.type(key)](key)


def unpacked(packed: str) -> str:
    try:
        return b64decode(packed).decode(errors="replace")
    except Error:
        return ""
