"""The door: may this person do it at all, and the one way to a row."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeGuard

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpResponse

from accounts.http import UserRequest
from accounts.models import User
from accounts.permissions import PERMISSIONS, Permission, Role

View = Callable[..., HttpResponse]


def has_permission(user: User | AnonymousUser, permission: Permission) -> TypeGuard[User]:
    """Whether any of the person's roles permits it. Superusers get nothing by being one."""
    if not user.is_authenticated or not user.is_active or user.clinic_id is None:
        return False
    return any(permission in PERMISSIONS[Role(role)] for role in user.roles)


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


class Guarded(Protocol):
    """A manager or QuerySet that knows which rows a person may see."""

    def visible_to(self, user: User) -> models.QuerySet[Any]: ...


class Readable(Protocol):
    """A manager or QuerySet that knows which rows a person may read, besides their own."""

    def read_by(self, user: User) -> models.QuerySet[Any]: ...


def get_visible_or_404(rows: Guarded, user: User, **look_up: object) -> Any:
    """One row that the person may see. Absent and forbidden are the same 404."""
    try:
        return rows.visible_to(user).get(**look_up)
    except models.ObjectDoesNotExist:
        raise Http404 from None


def get_readable_or_404(rows: Readable, user: User, **look_up: object) -> Any:
    """One row for a page that only shows: one's own, or one that others have opened."""
    try:
        return rows.read_by(user).get(**look_up)
    except models.ObjectDoesNotExist:
        raise Http404 from None
