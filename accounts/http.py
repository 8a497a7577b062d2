"""Requests of people who are logged in."""

from django.http import HttpRequest

from accounts.models import User


class UserRequest(HttpRequest):
    """What a view gets behind `LoginRequiredMiddleware`."""

    user: User
    place: str  # set by a page that belongs to another place of the navigation than usual
