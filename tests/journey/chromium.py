"""The real browser: the machine's own Chromium or Chrome, without a word to anybody outside."""

import os
import shutil

import pytest
from playwright.sync_api import Browser, Playwright

# The first has no windows, and with them nothing to draw around a page: half the work.
NAMES = (
    *("chromium-headless-shell", "chromium", "chromium-browser"),
    *("google-chrome", "google-chrome-stable"),
)
MISSING = (
    "The tests in the browser need Chromium or Chrome, and none was found. `make test` installs one"
    " where it can; otherwise say where it is: CHROMIUM=/path/to/chrome"
)
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    # Whatever is left of its own wishes finds no address.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def path() -> str:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.fail(MISSING)
    return found


def launch(playwright: Playwright) -> Browser:
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses it to root
    return playwright.chromium.launch(executable_path=path(), args=[*QUIET, *as_root])
