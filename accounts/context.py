"""What every page of a logged-in person shows: where they can go, and for which clinic."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.door import has_permission
from accounts.permissions import Permission

PLACES: list[tuple[Permission, str, str | Promise]] = [
    (Permission.CARE_FOR_OWN_CLIENTS, "caseload", _("Caseload")),
    (Permission.SEE_ROSTER, "front_desk", _("Front desk")),
    (Permission.SEE_CLINIC_FIGURES, "clinic", _("Clinic")),
    (Permission.MANAGE_CLINIC, "people", _("People")),
    (Permission.MANAGE_CLINIC, "clinic_settings", _("Settings")),
]


# Pages that are reached from a place and belong to it.
BELOW = dict.fromkeys(("client", "add_client", "edit_client", "record_session"), "caseload")
BELOW["alerts"] = "clinic_settings"


def navigation(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav": [], "uses_api": False}
    places = [(name, label) for needed, name, label in PLACES if has_permission(user, needed)]
    return {
        "nav": [_place(request, name, label) for name, label in places],
        "uses_api": has_permission(user, Permission.USE_API),
    }


def _place(request: HttpRequest, name: str, label: str | Promise) -> dict[str, Any]:
    page = request.resolver_match.url_name if request.resolver_match else None
    return {"label": label, "url": reverse(name), "current": name in (page, BELOW.get(page or ""))}
