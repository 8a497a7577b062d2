"""What a client answered on paper, typed in by the therapist who reads it anyway."""

from collections.abc import Iterable
from datetime import date, datetime, time
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.door import get_visible_or_404, requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from audit.refusals import Refused
from measures import catalogue
from sessions import services
from sessions.at_clinic import in_clinic
from sessions.form import asked
from sessions.forms import PaperForm
from sessions.models import RatingRequest, TherapySession


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def paper(request: UserRequest, session_id: UUID) -> HttpResponse:
    rows = TherapySession.objects.select_related("treatment__client__clinic", "request")
    session: TherapySession = get_visible_or_404(rows, request.user, pk=session_id)
    client_id = session.treatment.client_id
    form = _form(request, session)
    if request.method != "POST":
        try:
            in_clinic.check_open(session)
        except Refused as refusal:
            messages.error(request, str(refusal.sentence))
            return redirect("client", client_id)
    elif form.is_valid() and _typed_in(request, session, form):
        messages.success(request, _("Saved. The answers are marked as given on paper."))
        return redirect("client", client_id)
    context = {"form": form, "session": session, "client": session.treatment.client}
    return render(request, "sessions/paper.html", context, status=422 if form.errors else 200)


def _form(request: UserRequest, session: TherapySession) -> PaperForm:
    """The questions of the form that there is, or of the one that would be made now."""
    form = getattr(session, "request", None)
    newest = catalogue.newest(services.instrument_for(session))
    sent = request.POST if request.method == "POST" else None
    return PaperForm(
        sent,
        instrument=form.form_instrument() if form else newest,
        language=form.language if form else session.treatment.client.language,
        asked=_asked(session, form, sent or ()),
        held_on=timezone.localdate(session.held_at),
        today=timezone.localdate(),
    )


def _asked(session: TherapySession, form: RatingRequest | None, sent: Iterable[str]) -> asked.Asked:
    if form is None:
        return asked.of_session(session, sent)
    return asked.of_request(form, sent, with_therapist=True)


def _typed_in(request: UserRequest, session: TherapySession, form: PaperForm) -> bool:
    at = timezone.now()
    try:
        in_clinic.type_in(
            session,
            said=form.said(),
            language=form.cleaned_data[PaperForm.LANGUAGE],
            answered_at=_moment(form.cleaned_data["answered_on"], session, at),
            by=request.user,
            at=at,
        )
    except Refused as refusal:
        form.add_error(refusal.field, str(refusal.sentence))
        return False
    return True


def _moment(day: date, session: TherapySession, at: datetime) -> datetime:
    """Paper tells the day: noon of it, but not before the session and not in the future."""
    noon = timezone.make_aware(datetime.combine(day, time(12)))
    return min(max(noon, session.held_at), at)
