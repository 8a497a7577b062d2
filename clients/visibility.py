"""The one rule about rows: which treatments a person may see.

Every QuerySet about clients, sessions, ratings, trajectories or flags starts from this rule, so
the rule is written once. Roles and permissions stand in `accounts.permissions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from accounts.door import has_permission
from accounts.permissions import Permission

if TYPE_CHECKING:
    from accounts.models import User

NOTHING = Q(pk__in=())


def reach(user: User | AnonymousUser, *, clinical: bool) -> Q:
    """A condition on treatments.

    Clinical rows (notes, answers, courses, flags) belong to the therapist of the treatment alone.
    The roster (who is on the caseload, how to reach them, whether a form arrived) is also for
    the clinic's front desk.
    """
    if not clinical and has_permission(user, Permission.SEE_ROSTER):
        return Q(client__clinic_id=user.clinic_id)
    if has_permission(user, Permission.CARE_FOR_OWN_CLIENTS):
        return Q(client__clinic_id=user.clinic_id, therapist_id=user.pk)
    return NOTHING
