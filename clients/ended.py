"""Where a page leads that is only for open treatments, once the treatment has ended."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _

from accounts.http import UserRequest
from clients.models import Treatment


def to_ended(request: UserRequest, treatment: Treatment) -> HttpResponse:
    """To the client's page, which shows what was; with a word why."""
    day = formats.date_format(treatment.ended_on or treatment.started_on, "j F")
    messages.info(request, _("This treatment ended on %(day)s.") % {"day": day})
    page = reverse("client", args=[treatment.client_id])
    return redirect(f"{page}?treatment={treatment.pk}")
