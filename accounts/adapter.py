"""How allauth fits this house: nobody signs up, and its mails go through the outbox."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils import timezone

from accounts import services
from accounts.models import User


def display_name(user: User) -> str:
    return user.display_name


class ClosedAccounts(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        services.ask_password_reset(user, at=timezone.now())

    def send_notification_mail(
        self, template_prefix: str, user: User, *args: Any, **kwargs: Any
    ) -> None:
        """allauth tells of changed passwords; its other notices are for what we do not use."""
        if template_prefix in ("account/email/password_changed", "account/email/password_reset"):
            services.password_changed(user, at=timezone.now())

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        raise NotImplementedError(f"allauth wants to send {template_prefix} past the outbox.")
