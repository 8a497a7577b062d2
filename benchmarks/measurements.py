"""All that is measured, one after the other. (Imported once Django is ready.)"""

from typing import Any

from django.utils import timezone

from benchmarks import computing, machine, pages, rows, submissions
from benchmarks.site import Site
from outbox.doorbell import doorbell

SIZES = (200, 2_000)


def take(site: Site, *, laps: int, each: int) -> dict[str, Any]:
    at = timezone.now()
    with doorbell.muted():
        therapist = rows.open_clinic("answers", at).therapist
        return {
            "machine": machine.described(),
            "submissions": submissions.measure(site, therapist, laps=laps, each=each, at=at),
            "pages": pages.measure(site, SIZES, at),
            "computing": computing.measure(at),
        }
