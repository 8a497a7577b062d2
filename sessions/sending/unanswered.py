"""Forms in a row that nobody answered: when reminding stops, and something else is worth a try."""

from datetime import datetime

from clients.models import Treatment
from sessions.models import RatingRequest

TIRED = 3  # this many in a row


def in_a_row(treatment: Treatment, at: datetime) -> int:
    """How many of the newest forms were not answered. One that is still open does not count yet."""
    requests = RatingRequest.objects.standing().filter(session__treatment=treatment)
    newest = requests.select_related("rating").order_by("-session__held_at")[: TIRED + 1]
    return count([request for request in newest if is_over(request, at)])


def count(newest_first: list[RatingRequest]) -> int:
    """Until the first that was answered."""
    for place, request in enumerate(newest_first):
        if hasattr(request, "rating"):
            return place
    return len(newest_first)


def is_over(request: RatingRequest, at: datetime) -> bool:
    return hasattr(request, "rating") or request.is_silent(at)


def is_tired(treatment: Treatment, at: datetime) -> bool:
    return in_a_row(treatment, at) >= TIRED
