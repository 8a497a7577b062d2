"""A phone with a slow processor and a bad connection, as Chromium pretends to be one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page, Playwright

from alliance.local.problem import Problem

MISSING = "Where is Chromium? CHROMIUM=/path/to/chrome (`make bench-form` finds or installs it)."
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}


@dataclass(frozen=True)
class Profile:
    """kbit: a second, in both directions; latency: milliseconds of each request."""

    name: str
    kbit: int
    latency: int
    slowdown: int  # of the processor, against this machine

    @property
    def words(self) -> str:
        if not self.kbit:
            return "as fast as this machine"
        return f"{self.kbit} kbit/s, {self.latency} ms, processor {self.slowdown} times slower"

    def conditions(self) -> dict[str, Any]:
        speed = self.kbit * 1000 / 8 if self.kbit else -1  # bytes; -1: no limit
        throughput = {"downloadThroughput": speed, "uploadThroughput": speed}
        return {"offline": False, "latency": self.latency, **throughput}


SLOW = Profile("slow phone", kbit=400, latency=400, slowdown=4)
FAST = Profile("this machine", kbit=0, latency=0, slowdown=1)


def launch(playwright: Playwright) -> Browser:
    path = os.environ.get("CHROMIUM")
    if not path:
        raise Problem(MISSING)
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses it to root
    return playwright.chromium.launch(
        executable_path=path, args=["--disable-background-networking", *as_root]
    )


class Line:
    """Counts what comes over it: heads and bodies, as they are packed."""

    def __init__(self, page: Page, profile: Profile) -> None:
        self.bytes = self.answers = 0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", profile.conditions())
        session.send("Emulation.setCPUThrottlingRate", {"rate": profile.slowdown})
        session.on("Network.loadingFinished", self._on_finished)

    def _on_finished(self, told: dict[str, Any]) -> None:
        self.bytes += int(told["encodedDataLength"])
        self.answers += 1


@dataclass(frozen=True)
class Phones:
    """All of one kind, and the site that they open."""

    browser: Browser
    profile: Profile
    site: str

    @contextmanager
    def new(self) -> Iterator[tuple[Page, Line]]:
        """Nothing in its cache, no cookie."""
        context = self.browser.new_context(base_url=self.site, **PHONE)
        try:
            page = context.new_page()
            yield page, Line(page, self.profile)
        finally:
            context.close()
