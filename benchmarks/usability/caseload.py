"""A caseload large enough for every lap to find a flag of its own. (Needs Django's settings.)"""

from django.db import transaction
from django.utils import timezone

from accounts import services as accounts
from alliance.demo import people
from alliance.local.problem import Problem
from benchmarks import rows
from outbox.doorbell import doorbell
from trends import services as trends
from trends.models import Flag

TREATMENTS, SESSIONS = 200, 12


def fill(*, open_flags: int) -> tuple[str, str]:
    """Returns e-mail address and password of the therapist; at least so many flags are open."""
    at = timezone.now()
    with doorbell.muted(), transaction.atomic():
        staff = rows.open_clinic("usability", at)
        clinic = staff.therapist.own_clinic
        accounts.change_clinic(clinic, by=staff.admin, at=at, crisis_text="Call 112.")
        rows.write(staff.therapist, treatments=TREATMENTS, sessions=SESSIONS, at=at)
        trends.recompute_due(at=at, limit=TREATMENTS)
    found = Flag.objects.open().count()
    if found < open_flags:
        raise Problem(f"{open_flags} open flags are needed, and there are {found}: fewer laps.")
    return staff.therapist.email, people.PASSWORD
