"""Requests of people who are logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from accounts.models import User


class UserRequest(HttpRequest):
    """What a view gets behind `LoginRequiredMiddleware`."""

    user: User
