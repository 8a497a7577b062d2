"""What a client said in one form, as a value that can be compared and kept."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from sessions.models import Rating


@dataclass(frozen=True, slots=True)
class OnAgreement:
    """What was said about one goal or task, as it was worded then. progress: 0 to 10."""

    answer: str = ""
    words: str = ""
    progress: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a client said in one submission; two that are equal are the same submission again."""

    answers: dict[str, int]
    tension: str
    settled: str = ""
    comment: str = ""
    follow_up: str = ""
    agreements: dict[str, OnAgreement] = field(default_factory=dict)  # by the id of the wording
    proposal: str = ""
    elements: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, rating: Rating) -> Self:
        return cls(
            rating.answers,
            rating.tension,
            rating.settled,
            rating.comment,
            rating.follow_up,
            {
                row.wording_id.hex: OnAgreement(row.answer, row.words, row.progress)
                for row in rating.on_agreements.all()
            },
            rating.proposal or "",
            rating.elements or {},
        )

    @classmethod
    def read(cls, text: str) -> Self:
        """Also what was written before there was anything to say about agreements."""
        written: dict[str, Any] = json.loads(text)
        on_agreements = written.pop("agreements", {})
        return cls(
            **written, agreements={key: OnAgreement(**said) for key, said in on_agreements.items()}
        )

    def written(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)
