"""Finding clients in a caseload: by name, by what they need, in an order of one's own.

Names are sealed in the database, so all of this is done with rows that are there already.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import TextChoices
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from trends.lists.caseload import Row, Section

LONGEST = 100  # characters of a search
EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

# Letters that no accent makes of another, as people without them type them.
PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe"})


class Show(TextChoices):
    """Which rows: the value stands in the address."""

    NEEDS = Section.NEEDS.value, Section.NEEDS.label
    REPAIR = "repair", _("In repair, or not back yet")  # also who needs somebody besides
    WAITING = Section.WAITING.value, Section.WAITING.label
    STEADY = Section.STEADY.value, Section.STEADY.label


class Sort(TextChoices):
    """In which order; without one, who needs somebody comes first."""

    NAME = "name", _("Name")
    LAST = "last", _("Longest since a session")
    NEXT = "next", _("Next appointment")
    CHANCE = "chance", _("Chance of a rupture")


@dataclass(frozen=True, slots=True)
class Wanted:
    name: str = ""
    show: str = ""
    sort: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> Wanted:
        """From an address; what is not known is left out."""
        show, sort = query.get("show", ""), query.get("sort", "")
        return cls(
            name=query.get("q", "").strip()[:LONGEST],
            show=show if show in Show.values else "",
            sort=sort if sort in Sort.values else "",
        )

    @property
    def is_narrow(self) -> bool:
        return bool(self.name or self.show)


def found(rows: list[Row], wanted: Wanted) -> list[Row]:
    words = plain(wanted.name).split()
    named = [row for row in rows if _is_called(row, words)] if words else rows
    shown = [row for row in named if _is_shown(row, wanted.show)]
    return sorted(shown, key=BY[wanted.sort]) if wanted.sort else shown


def plain(text: str) -> str:
    """As somebody types it who has no such letters: "Åsa Łuczak" as "asa luczak"."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(PLAIN))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _is_called(row: Row, words: list[str]) -> bool:
    name = plain(row.client.name)
    return all(word in name for word in words)


def _is_shown(row: Row, show: str) -> bool:
    if not show:
        return True
    return row.in_repair if show == Show.REPAIR else row.section == show


BY: dict[str, Callable[[Row], Any]] = {
    Sort.NAME: lambda row: plain(row.client.name),
    Sort.LAST: lambda row: (row.last_session_at or EARLIEST, plain(row.client.name)),
    Sort.NEXT: lambda row: (row.treatment.next_at or LATEST, plain(row.client.name)),
    Sort.CHANCE: lambda row: (-(row.chance or 0), plain(row.client.name)),
}
