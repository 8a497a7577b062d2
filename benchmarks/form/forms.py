"""Open forms, each with a mailed link. (Imported once Django is ready.)"""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from accounts.models import Clinic
from benchmarks import rows
from outbox import links
from sessions.models import RatingRequest, RequestLink


def mailed(count: int) -> Iterator[str]:
    """Paths of links; `alliance-6`, in a clinic that has said whom to call."""
    at = timezone.now()
    therapist = rows.open_clinic("phones", at).therapist
    Clinic.objects.update(crisis_text="Call 112, or the clinic from 8 to 18 h.")
    written = rows.write(therapist, treatments=count, sessions=1, at=at, answered=False)
    RatingRequest.objects.update(expires_at=at + timedelta(days=4))
    for request in written.requests:
        token = links.new_token()
        RequestLink.objects.create(request=request, digest=links.digest(token), issued_at=at)
        yield f"/r/{token}/"
