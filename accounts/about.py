"""What the page about a therapist says, in which order. The same for the page and its preview."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import models

from accounts.models import Clinic, Profile

OF_THERAPIST = ("qualifications", "way_of_working")
OF_CLINIC = ("about_sessions", "about_confidentiality", "about_complaints")


@dataclass(frozen=True, slots=True)
class Section:
    heading: str
    text: str


def sections(profile: Profile, clinic: Clinic) -> list[Section]:
    """What was written, without headings over nothing."""
    return [*_written(profile, OF_THERAPIST), *_written(clinic, OF_CLINIC)]


def _written(row: models.Model, names: tuple[str, ...]) -> Iterator[Section]:
    for name in names:
        if text := getattr(row, name).strip():
            yield Section(str(row._meta.get_field(name).verbose_name), text)  # type: ignore[union-attr]
