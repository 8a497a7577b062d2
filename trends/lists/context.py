"""What the head of every page of a therapist tells: how much waits in the inbox."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.door import has_permission
from accounts.permissions import Permission
from trends.lists import inbox


def waiting(request: HttpRequest) -> dict[str, Any]:
    """Counted when a page shows it, and only then."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"waiting_count": 0}
    if not has_permission(user, Permission.CARE_FOR_OWN_CLIENTS):
        return {"waiting_count": 0}
    return {"waiting_count": SimpleLazyObject(lambda: inbox.count(user, timezone.now()))}
