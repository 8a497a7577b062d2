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
    (Permission.CARE_FOR_OWN_CLIENTS, "today", _("Today")),
    (Permission.CARE_FOR_OWN_CLIENTS, "inbox", _("Inbox")),
    (Permission.SUPERVISE, "supervision", _("Supervision")),
    (Permission.SEE_ROSTER, "front_desk", _("Front desk")),
    (Permission.SEE_ROSTER, "delivery", _("Delivery")),
    (Permission.SEE_CLINIC_FIGURES, "clinic", _("Clinic")),
    (Permission.MANAGE_CLINIC, "people", _("People")),
    (Permission.MANAGE_CLINIC, "clinic_settings", _("Settings")),
]


# Pages that are reached from a place and belong to it.
BELOW = dict.fromkeys(
    ("client", "add_client", "edit_client", "record_session", "paper"), "caseload"
)
BELOW |= dict.fromkeys(("alerts", "clinic_about", "forms_settings"), "clinic_settings")
BELOW |= dict.fromkeys(("agreements", "add_agreement", "reword_agreement"), "caseload")
BELOW |= dict.fromkeys(("flag", "log_repair", "close_flag", "mark_rupture"), "caseload")
BELOW |= dict.fromkeys(("therapist_rating", "side_by_side"), "caseload")
BELOW |= dict.fromkeys(
    ("plan_next", "end_treatment", "transfer", "correct_session", "take_along"), "caseload"
)
BELOW["delivery"] = "caseload"  # of those who have no place of that name


def navigation(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav": [], "uses_api": False, "has_clients": False}
    places = [(name, label) for needed, name, label in PLACES if has_permission(user, needed)]
    here = _here(request, {name for name, _label in places})
    return {
        "nav": [
            {"name": name, "label": label, "url": reverse(name), "current": name == here}
            for name, label in places
        ],
        "uses_api": has_permission(user, Permission.USE_API),
        "has_clients": has_permission(user, Permission.CARE_FOR_OWN_CLIENTS),
    }


def _here(request: HttpRequest, places: set[str]) -> str:
    """The place of this page: itself, the one that the view names, or the one it belongs to."""
    if named := getattr(request, "place", ""):
        return str(named)
    page = (request.resolver_match.url_name if request.resolver_match else None) or ""
    return page if page in places else BELOW.get(page, "")
