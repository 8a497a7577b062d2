"""The one door to rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from django.db import models
from django.http import Http404

if TYPE_CHECKING:
    from accounts.models import User

M_co = TypeVar("M_co", bound=models.Model, covariant=True)


class Guarded(Protocol[M_co]):
    """A manager or QuerySet that knows which rows a person may see."""

    def visible_to(self, user: User) -> models.QuerySet[Any]: ...


def get_visible_or_404(rows: Guarded[M_co], user: User, **look_up: object) -> Any:
    """One row that the person may see. Absent and forbidden are the same 404."""
    try:
        return rows.visible_to(user).get(**look_up)
    except models.ObjectDoesNotExist:
        raise Http404 from None
