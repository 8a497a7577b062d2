import io
import logging
import sys
from typing import Any

import pytest
from django.test import Client as Browser

from alliance.logs import MaskLinks, masked

TOKEN = "q7Zk_secret-token-of-a-link"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Not Found: /r/{TOKEN}/", "Not Found: /r/***/"),
        (f"GET /r/{TOKEN}", "GET /r/***"),
        (f"Not Found: /mail/{TOKEN}/", "Not Found: /mail/***/"),
        (f"Not Found: /own/{TOKEN}/", "Not Found: /own/***/"),
        (f'"GET /join/{TOKEN}/ HTTP/1.1"', '"GET /join/***/ HTTP/1.1"'),
        (
            f"/accounts/password/reset/key/1-{TOKEN}/",
            "/accounts/password/reset/key/***/",
        ),
        (f"https://x.example/r/{TOKEN}/?a=b", "https://x.example/r/***/?a=b"),
        (f"two: /r/{TOKEN}/ /r/{TOKEN}/", "two: /r/***/ /r/***/"),
        ("Not Found: /caseload/", "Not Found: /caseload/"),
        ("GET /caseload/?q=Ana+R.&show=needs HTTP", "GET /caseload/?q=***&show=needs HTTP"),
        ("/caseload/?show=needs&q=O'Brien", "/caseload/?show=needs&q=***"),
        ("/caseload/?q=", "/caseload/?q=***"),
        (
            "/accounts/login/?next=/caseload/%3Fq%3DAna%26sort%3Dname",
            "/accounts/login/?next=/caseload/%3Fq%3D***",
        ),
        ("/caseload/?q=Ana%26Ben&sort=name", "/caseload/?q=***&sort=name"),
        (
            "/?next=%252Fcaseload%252F%253Fq%253DAna%2526B",
            "/?next=%252Fcaseload%252F%253Fq%253D***",
        ),
        ("GET /caseload/?show=1;q=Ana HTTP", "GET /caseload/?show=1;q=*** HTTP"),
        ("/caseload/?%71=Ana", "/caseload/?%71=***"),
        ('/caseload/?q=Ana"B;C', "/caseload/?q=***"),
        ("/caseload/?faq=Ana", "/caseload/?faq=Ana"),
        ("/delivery/?show=all", "/delivery/?show=all"),
        ("/rate/0000/", "/rate/0000/"),
        ("/join/", "/join/"),
    ],
)
def test_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.fixture
def log() -> Any:
    printed = io.StringIO()
    handler = logging.StreamHandler(printed)
    handler.addFilter(MaskLinks())
    logger = logging.getLogger("tests.masking")
    logger.propagate = False
    logger.addHandler(handler)
    yield logger, printed
    logger.removeHandler(handler)


def test_a_token_in_an_argument_is_masked(log: Any) -> None:
    logger, printed = log
    logger.warning("Not Found: %s", f"/r/{TOKEN}/")
    assert printed.getvalue() == "Not Found: /r/***/\n"


def test_a_token_in_an_exception_is_masked(log: Any) -> None:
    logger, printed = log
    try:
        raise ValueError(f"cannot open /r/{TOKEN}/")
    except ValueError:
        logger.exception("Broken")
    assert TOKEN not in printed.getvalue()
    assert "cannot open /r/***/" in printed.getvalue()
    assert "Traceback" in printed.getvalue()


def test_percent_signs_are_left_alone(log: Any) -> None:
    logger, printed = log
    logger.warning("100%% of %s", "100%")
    assert printed.getvalue() == "100% of 100%\n"


def test_a_line_break_in_a_path_makes_no_line_of_its_own(
    db: None, printed_logs: io.StringIO
) -> None:
    Browser().get("/nothing%0a2026-01-01 ERROR forged: line/")
    assert "\n2026-01-01 ERROR forged" not in printed_logs.getvalue()


def test_every_handler_of_the_root_masks() -> None:
    ours = [
        handler
        for handler in logging.getLogger().handlers
        if getattr(handler, "stream", None) in (sys.stderr, sys.__stderr__)
    ]
    for handler in ours:
        assert any(isinstance(kind, MaskLinks) for kind in handler.filters)


def test_an_error_in_a_view_is_logged_without_the_token(
    db: None, printed_logs: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(token: str) -> bytes:
        raise ValueError(f"/r/{token}/ is broken")

    monkeypatch.setattr("outbox.links.digest", fail)
    response = Browser(raise_request_exception=False).get(f"/r/{TOKEN}/")
    assert response.status_code == 500
    assert "ValueError" in printed_logs.getvalue()
    assert TOKEN not in printed_logs.getvalue()


def test_a_name_that_somebody_looked_for_is_not_logged(
    as_mara: Browser, printed_logs: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by us when the page fails, nor by the server that names the whole address."""

    def fail(*args: object) -> None:
        raise ValueError("/caseload/?q=Kestrel is broken")

    monkeypatch.setattr("trends.lists.caseload.rows", fail)
    as_mara.raise_request_exception = False
    assert as_mara.get("/caseload/?q=Kestrel").status_code == 500
    logging.getLogger("gunicorn.error").error("Error handling request /caseload/?q=Kestrel")
    assert "ValueError" in printed_logs.getvalue()
    assert "Kestrel" not in printed_logs.getvalue()
