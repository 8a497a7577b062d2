from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from accounts.door import get_visible_or_404, has_permission, requires
from accounts.http import UserRequest
from accounts.models import Clinic, Invitation, User
from accounts.permissions import PERMISSIONS, ROLE_LABELS, Permission, Role
from clients.models import Client, Treatment
from tests import people

# The policy once more, from the issue: whoever changes it has to say it twice.
POLICY = """
permission              therapist  supervisor  admin  front_desk
care_for_own_clients    yes        -           -      -
read_courses            yes        yes         -      -
supervise               -          yes         -      -
see_roster              -          -           -      yes
send_forms_again        yes        -           -      yes
see_clinic_figures      -          -           yes    -
manage_clinic           -          -           yes    -
use_api                 yes        -           -      -
"""
HEADING, *ROWS = (line.split() for line in POLICY.strip().splitlines())
CELLS = [
    (Role(role), Permission(permission), cell == "yes")
    for permission, *cells in ROWS
    for role, cell in zip(HEADING[1:], cells, strict=True)
]


def somebody(*roles: Role, clinic: Clinic | None = None, **fields: bool) -> User:
    clinic = clinic or Clinic(name="Northside")
    return User(clinic=clinic, roles=[str(role) for role in roles], **fields)


@pytest.mark.parametrize(("role", "permission", "permitted"), CELLS)
def test_role_has_the_permissions_of_the_policy(
    role: Role, permission: Permission, permitted: bool
) -> None:
    assert has_permission(somebody(role), permission) is permitted


def test_the_policy_names_every_role_and_permission() -> None:
    assert {role for role, _, _ in CELLS} == set(Role) == set(PERMISSIONS) == set(ROLE_LABELS)
    assert {permission for _, permission, _ in CELLS} == set(Permission)


@pytest.mark.parametrize("permission", Permission)
def test_nobody_has_a_permission_without_role(permission: Permission) -> None:
    assert not has_permission(somebody(), permission)
    assert not has_permission(somebody(is_superuser=True), permission)
    assert not has_permission(AnonymousUser(), permission)


@pytest.mark.parametrize("permission", Permission)
def test_nobody_has_a_permission_when_inactive_or_without_clinic(permission: Permission) -> None:
    assert not has_permission(somebody(*Role, is_active=False), permission)
    assert not has_permission(User(roles=[str(role) for role in Role]), permission)


def test_two_roles_have_the_permissions_of_both() -> None:
    both = somebody(Role.THERAPIST, Role.ADMIN)
    assert has_permission(both, Permission.CARE_FOR_OWN_CLIENTS)
    assert has_permission(both, Permission.MANAGE_CLINIC)
    assert not has_permission(both, Permission.SEE_ROSTER)


def test_requires_lets_in_whoever_has_the_permission() -> None:
    @requires(Permission.MANAGE_CLINIC)
    def view(request: UserRequest) -> HttpResponse:
        return HttpResponse("in")

    request = HttpRequest()
    request.user = somebody(Role.ADMIN)
    assert view(request).content == b"in"
    request.user = somebody(Role.THERAPIST)
    with pytest.raises(PermissionDenied):
        view(request)


def test_door_gives_an_own_row(ana: Treatment) -> None:
    client = get_visible_or_404(Client.objects, ana.therapist, pk=ana.client_id)
    assert client == ana.client


def test_door_says_the_same_of_absent_and_forbidden(ana: Treatment, jonas: User) -> None:
    with pytest.raises(Http404) as forbidden:
        get_visible_or_404(Client.objects, jonas, pk=ana.client_id)
    with pytest.raises(Http404) as absent:
        get_visible_or_404(Client.objects, jonas, pk=uuid4())
    assert str(forbidden.value) == str(absent.value)


def test_people_are_visible_within_their_clinic(mara: User, ruth: User, stranger: User) -> None:
    assert set(User.objects.visible_to(ruth)) == {mara, ruth}
    assert set(User.objects.visible_to(stranger)) == {stranger}


def test_who_has_no_clinic_sees_nobody(mara: User, root: User) -> None:
    assert not User.objects.visible_to(root).exists()
    assert not Invitation.objects.visible_to(root).exists()


def test_invitations_are_visible_within_their_clinic(ruth: User, stranger: User) -> None:
    people.invite(ruth)
    assert Invitation.objects.visible_to(ruth).count() == 1
    assert not Invitation.objects.visible_to(stranger).exists()
