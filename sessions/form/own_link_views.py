"""The staff mails a client the link to their own answers. The client's pages stand in `trends`."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.door import get_visible_or_404, requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from audit.refusals import Refused
from clients.models import Client
from sessions import services


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def mail_own_answers(request: UserRequest, client_id: UUID) -> HttpResponse:
    """For clients who get no form by mail, and so have no link to ask by."""
    treated = Client.objects.treated_by(request.user)
    client: Client = get_visible_or_404(treated, request.user, pk=client_id)
    try:
        services.mail_own_link(client, by=request.user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, _("A link to their own answers is on its way to the client."))
    return redirect("edit_client", client.pk)
