from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest

from outbox import composers
from outbox.composers import Composer, Email

KIND = "tests.greeting"

Registers = Callable[[Composer], None]


def greet(about: UUID, at: datetime) -> Email:
    return Email("lena@mail.example", f"Hello {about}", "Text", "<p>Text</p>", "The clinic")


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> Registers:
    """Put another composer in the place of the one for greetings."""

    def register(composer: Composer) -> None:
        monkeypatch.setitem(composers._composers, KIND, composer)

    register(greet)
    return register
