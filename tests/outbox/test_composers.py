from datetime import UTC, datetime
from uuid import uuid4

import pytest

from outbox import composers
from outbox.composers import Email
from tests.outbox.conftest import KIND, Registers

AT = datetime(2026, 9, 7, tzinfo=UTC)


def test_compose_asks_the_composer_of_the_kind(writes: Registers) -> None:
    about = uuid4()
    writes(lambda about, at: Email("x@y.example", f"{about} {at:%Y}", "", ""))
    assert composers.compose(KIND, about, AT).subject == f"{about} 2026"


def test_compose_of_an_unknown_kind_raises() -> None:
    with pytest.raises(KeyError):
        composers.compose("tests.unknown", uuid4(), AT)


def test_every_kind_of_mail_has_a_composer() -> None:
    assert set(composers._composers) >= {
        "sessions.rating_request",
        "accounts.invitation",
        "accounts.password_reset",
        "accounts.password_changed",
    }


def test_render_escapes_in_html_and_not_in_text() -> None:
    words: dict[str, object] = {
        "clinic_name": "Adler & <Sons>",
        "url": "https://x.example/a?b=1&c=2",
        "minutes": 1,
    }
    text, html = composers.render("rating_request", words)
    assert "Adler & <Sons>" in text
    assert "https://x.example/a?b=1&c=2" in text
    assert "Adler &amp; &lt;Sons&gt;" in html
    assert "<Sons>" not in html
