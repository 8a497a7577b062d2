import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from benchmarks.bare.models import Row

SEALING = bytes(31)  # as many bytes as encryption adds to a comment


@login_not_required
@require_POST
def store(request: HttpRequest) -> HttpResponse:
    sent = request.POST
    Row.objects.create(
        session_id=uuid.uuid4(),
        request_id=uuid.uuid4(),
        answers={
            name[5:]: int(str(value)) for name, value in sent.items() if name.startswith("item_")
        },
        goal=4.0,
        task=4.0,
        bond=4.0,
        tension=sent["tension"],
        comment=sent["comment"].encode() + SEALING,
        follow_up=sent["follow_up"],
        submitted_at=timezone.now(),
    )
    return HttpResponseRedirect("/thanks/", status=303)


@login_not_required
def ready(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ready")


urlpatterns = [path("store/", store), path("ready", ready)]
