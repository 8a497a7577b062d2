"""The one rule about rows: which treatments a person may see, and which may be read besides.

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


def reading(user: User | AnonymousUser) -> Q:
    """A condition on treatments that others have opened to this person, to be read only.

    A therapist may share a treatment with a supervisor, and withdraw it. Whoever goes on with a
    client reads what a colleague did before, if the client has agreed.
    """
    if not has_permission(user, Permission.READ_COURSES):
        return NOTHING
    opened = NOTHING
    if has_permission(user, Permission.SUPERVISE):
        opened |= Q(shares__supervisor_id=user.pk, shares__withdrawn_at__isnull=True)
    if has_permission(user, Permission.CARE_FOR_OWN_CLIENTS):
        opened |= Q(followed_by__therapist_id=user.pk, followed_by__history_agreed=True)
    return Q(client__clinic_id=user.clinic_id) & opened
