"""How did the client experience it? The therapist says so before seeing the client's answers."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.door import get_visible_or_404, requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from audit.refusals import Refused
from sessions.models import TherapySession
from sessions.own_rating import revealed, therapist_ratings
from sessions.own_rating.therapist_forms import TherapistRatingForm

OPENED = "sessions.own_rating"


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def therapist_rating(request: UserRequest, session_id: UUID) -> HttpResponse:
    rows = TherapySession.objects.select_related("treatment__client", "request", "therapist_rating")
    session: TherapySession = get_visible_or_404(rows, request.user, pk=session_id)
    context: dict[str, Any] = {"form": None, "refusal": ""}
    status = 200
    try:
        if request.method != "POST":
            therapist_ratings.check_blind(session)
        form = context["form"] = _form(request, session)
        if request.method == "POST" and form.is_valid():
            _rate(request, session, form)
            return redirect("client", session.treatment.client_id)
        status = 422 if form.errors else 200
    except Refused as refusal:
        context["refusal"] = str(refusal.sentence)
        status = refusal.status if request.method == "POST" else 200
    told = _about(session)
    return render(request, "sessions/therapist_rating.html", context | told, status=status)


def _about(session: TherapySession) -> dict[str, Any]:
    """What the page says of the session, and of a rating that was given before."""
    return {
        "session": session,
        "client": session.treatment.client,
        "is_kept": hasattr(session, "therapist_rating") and session.voided_at is None,
        "is_shown": revealed.shown(session, timezone.now()) is not None,
    }


def _form(request: UserRequest, session: TherapySession) -> TherapistRatingForm:
    opened = signing.dumps([session.pk.hex, timezone.now().timestamp()], salt=OPENED)
    return TherapistRatingForm(
        request.POST if request.method == "POST" else None,
        instrument=therapist_ratings.form_for(session),
        opened=opened,
    )


def _rate(request: UserRequest, session: TherapySession, form: TherapistRatingForm) -> None:
    own = therapist_ratings.rate(
        session,
        answers=form.answers(),
        opened_at=_opened_at(session, form.cleaned_data["opened"]),
        by=request.user,
        at=timezone.now(),
    )
    told = _("Kept. You see it beside %(name)s's answers once they are in.")
    if not own.is_blind:
        told = _(
            "Kept. %(name)s's answers came in while you were rating, so yours counts as not blind: "
            "it is shown, and nothing is computed with it."
        )
    messages.success(request, told % {"name": session.treatment.client.name})


def _opened_at(session: TherapySession, value: str) -> datetime | None:
    """When this page was opened; None if the value is not one of ours, for this session."""
    try:
        about, since = signing.loads(value, salt=OPENED)
    except signing.BadSignature:
        return None
    return datetime.fromtimestamp(since, UTC) if about == session.pk.hex else None
