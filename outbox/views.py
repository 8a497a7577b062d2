"""The one address at which a mail provider reports."""

from collections.abc import Callable

from anymail.urls import urlpatterns
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

View = Callable[[HttpRequest], HttpResponseBase]
TRACKING: dict[str, View] = {pattern.name: pattern.callback for pattern in urlpatterns}


@csrf_exempt  # a server posts it, without cookies; it shows the secret of ANYMAIL_WEBHOOK_SECRET
@login_not_required
def mail_webhook(request: HttpRequest, provider: str) -> HttpResponseBase:
    """Anymail's own view for this provider: it checks the secret and reads the report.

    There is nothing here unless the provider is ours and a secret is set.
    """
    view = TRACKING.get(f"{provider}_tracking_webhook")
    if provider != settings.EMAIL_PROVIDER or not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        raise Http404
    if view is None:  # a provider that reports nothing
        raise Http404
    return view(request)
