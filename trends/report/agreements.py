"""What the two have agreed on: in which words, what the client said to it, how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from clients.models import Treatment
from sessions.models import AgreementAnswer
from trends.client_page import agreed
from trends.client_page.agreed import Status


@dataclass(frozen=True, slots=True)
class Put:
    """One wording. side: whose words they are."""

    said_at: datetime
    side: str
    words: str


@dataclass(frozen=True, slots=True)
class Said:
    """What the client said to a wording. words: how they would put it, if that is wanted."""

    held_at: datetime  # the session that the form was about
    answer: str
    words: str
    progress: int | None


@dataclass(frozen=True, slots=True)
class AgreementPart:
    """put, said: oldest first. words: those that stand."""

    kind: str
    words: str
    state: str
    ended_at: datetime | None
    put: list[Put]
    said: list[Said]


def parts(treatment: Treatment, *, with_words: bool) -> list[AgreementPart]:
    """Those that stand first, then those that have ended."""
    return [_part(each, with_words=with_words) for each in agreed.of_treatment(treatment)]


def _part(status: Status, *, with_words: bool) -> AgreementPart:
    return AgreementPart(
        kind=str(status.agreement.get_kind_display()),
        words=status.words,
        state=str(status.state.label),
        ended_at=status.agreement.ended_at,
        put=[
            Put(row.said_at, str(row.get_side_display()), row.words)
            for row in reversed(status.wordings)
        ],
        said=[_said(row, with_words=with_words) for row in reversed(status.answers)],
    )


def _said(answer: AgreementAnswer, *, with_words: bool) -> Said:
    return Said(
        held_at=answer.rating.session.held_at,
        answer=str(answer.get_answer_display()) if answer.answer else "",
        words=answer.words if with_words else "",
        progress=answer.progress,
    )
