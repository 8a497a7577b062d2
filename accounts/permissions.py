"""Roles and what they permit: the whole policy on one page.

`accounts.door` asks here; which rows a permission reaches is said once, in `clients.visibility`.
"""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    THERAPIST = "therapist"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    FRONT_DESK = "front_desk"


ROLE_LABELS = {
    Role.THERAPIST: _("Therapist"),
    Role.SUPERVISOR: _("Supervisor"),
    Role.ADMIN: _("Clinic admin"),
    Role.FRONT_DESK: _("Front desk"),
}
ROLE_CHOICES = [(role.value, label) for role, label in ROLE_LABELS.items()]


class Permission(StrEnum):
    CARE_FOR_OWN_CLIENTS = "care_for_own_clients"  # everything clinical, of one's own treatments
    READ_COURSES = "read_courses"  # what is clinical, of one's own treatments and shared ones
    SUPERVISE = "supervise"  # may be asked for advice: then a treatment is shared
    SEE_ROSTER = "see_roster"  # who is on the clinic's caseload, contact data, delivery of forms
    SEND_FORMS_AGAIN = "send_forms_again"
    SEE_CLINIC_FIGURES = "see_clinic_figures"  # counts, delivery and status of flags
    MANAGE_CLINIC = "manage_clinic"  # people and settings
    USE_API = "use_api"


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.THERAPIST: frozenset(
        {
            Permission.CARE_FOR_OWN_CLIENTS,
            Permission.READ_COURSES,
            Permission.SEND_FORMS_AGAIN,
            Permission.USE_API,
        }
    ),
    Role.SUPERVISOR: frozenset({Permission.READ_COURSES, Permission.SUPERVISE}),
    Role.ADMIN: frozenset({Permission.SEE_CLINIC_FIGURES, Permission.MANAGE_CLINIC}),
    Role.FRONT_DESK: frozenset({Permission.SEE_ROSTER, Permission.SEND_FORMS_AGAIN}),
}
