from datetime import UTC, datetime
from uuid import uuid4

import pytest

from outbox import composers
from outbox.composers import Email
from tests.outbox.conftest import KIND, Registers, Told, greet

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


def test_the_owner_of_a_kind_is_told_of_what_came_back(told: Told) -> None:
    about = uuid4()
    composers.tell_bounced(KIND, about, AT)
    assert told == [(about, AT)]


def test_a_kind_whose_owner_does_not_ask_is_told_nothing(told: Told) -> None:
    composers.tell_bounced("tests.unknown", uuid4(), AT)
    assert told == []


def test_the_owner_of_a_kind_is_told_of_who_wants_no_more(told: Told, refused: Told) -> None:
    about = uuid4()
    for kind in (KIND, "tests.unknown"):
        composers.tell_refused(kind, about, AT)
    assert (told, refused) == ([], [(about, AT)])


def test_register_names_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for names in ("_composers", "_bounced", "_refused"):
        monkeypatch.setattr(composers, names, {})
    heard: list[str] = []
    composers.register(
        KIND,
        greet,
        bounced=lambda about, at: heard.append("bounced"),
        refused=lambda about, at: heard.append("refused"),
    )
    composers.register("tests.other", greet)
    about = uuid4()
    assert composers.compose(KIND, about, AT) == greet(about, AT)
    for kind in (KIND, "tests.other"):
        composers.tell_bounced(kind, about, AT)
        composers.tell_refused(kind, about, AT)
    assert heard == ["bounced", "refused"]


def test_not_now_says_why() -> None:
    assert composers.NotNow(AT).reason == composers.QUIET_HOURS
    assert composers.NotNow(AT, "Another reason.").reason == "Another reason."


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
