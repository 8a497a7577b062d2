from uuid import UUID

from celery import shared_task
from django.utils import timezone

from trends import services


@shared_task(name="trends.recompute_treatment")
def recompute_treatment(treatment_id: str, **later: object) -> None:
    """Compute one treatment. Running twice gives the same result."""
    services.recompute(UUID(treatment_id), at=timezone.now())


@shared_task(name="trends.nightly", soft_time_limit=3 * 3600, time_limit=3 * 3600 + 60)
def nightly(clinic_id: str, **later: object) -> None:
    """One clinic's night. Running twice, even at once, does it once."""
    services.do_night(UUID(clinic_id), at=timezone.now())
