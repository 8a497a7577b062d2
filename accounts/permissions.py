"""Roles and what they permit: the whole policy on one page.

Which rows a permission reaches is said once, in `clients.visibility`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeGuard

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.http import UserRequest

if TYPE_CHECKING:
    from accounts.models import User


class Role(StrEnum):
    THERAPIST = "therapist"
    ADMIN = "admin"
    FRONT_DESK = "front_desk"


ROLE_LABELS = {
    Role.THERAPIST: _("Therapist"),
    Role.ADMIN: _("Clinic admin"),
    Role.FRONT_DESK: _("Front desk"),
}
ROLE_CHOICES = [(role.value, label) for role, label in ROLE_LABELS.items()]


class Permission(StrEnum):
    CARE_FOR_OWN_CLIENTS = "care_for_own_clients"  # everything clinical, of one's own treatments
    SEE_ROSTER = "see_roster"  # who is on the clinic's caseload, contact data, delivery of forms
    SEND_FORMS_AGAIN = "send_forms_again"
    SEE_CLINIC_FIGURES = "see_clinic_figures"  # counts, delivery and status of flags
    MANAGE_CLINIC = "manage_clinic"  # people and settings
    USE_API = "use_api"


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.THERAPIST: frozenset(
        {Permission.CARE_FOR_OWN_CLIENTS, Permission.SEND_FORMS_AGAIN, Permission.USE_API}
    ),
    Role.ADMIN: frozenset({Permission.SEE_CLINIC_FIGURES, Permission.MANAGE_CLINIC}),
    Role.FRONT_DESK: frozenset({Permission.SEE_ROSTER, Permission.SEND_FORMS_AGAIN}),
}


def has_permission(user: User | AnonymousUser, permission: Permission) -> TypeGuard[User]:
    """Whether any of the person's roles permits it. Superusers get nothing by being one."""
    if not user.is_authenticated or not user.is_active or user.clinic_id is None:
        return False
    return any(permission in PERMISSIONS[Role(role)] for role in user.roles)


View = Callable[..., HttpResponse]


def requires(permission: Permission) -> Callable[[View], View]:
    """Let only people with this permission reach the view; others get a 403 page."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: UserRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not has_permission(request.user, permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate
