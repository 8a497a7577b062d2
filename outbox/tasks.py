from uuid import UUID

from celery import shared_task
from django.utils import timezone

from outbox import services


@shared_task(name="outbox.deliver")
def deliver(message_id: str, **later: object) -> None:
    """Send one message. Running twice is harmless: the second finds it claimed or sent."""
    services.deliver(UUID(message_id), at=timezone.now())
