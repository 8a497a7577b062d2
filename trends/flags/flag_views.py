"""One possible rupture: its page, and what its therapist does with it."""

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.door import get_readable_or_404, get_visible_or_404, requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from audit.refusals import Refused
from sessions.models import TherapySession
from trends.flags import flag_page, life, moves
from trends.flags.flag_forms import CloseForm, MarkForm, RepairForm
from trends.flags.life import Action, Actor
from trends.forms import AcknowledgeForm
from trends.models import Flag
from trends.supervising import readers

ROWS = Flag.objects.select_related(
    "session", "treatment__client__clinic", "treatment__therapist", "acknowledged_by"
)


@require_safe
@requires(Permission.READ_COURSES)
def flag(request: UserRequest, flag_id: UUID) -> HttpResponse:
    """For its therapist with all that can be done; for whoever may read it, without."""
    found: Flag = get_readable_or_404(ROWS, request.user, pk=flag_id)
    if request.method == "GET":
        readers.note_reading(found.treatment, request.user, timezone.now())
    return _page(request, found, AcknowledgeForm())


def _page(
    request: UserRequest, flag: Flag, form: AcknowledgeForm, refusal: Refused | None = None
) -> HttpResponse:
    """refusal: why a step was not taken; what was typed is shown with it."""
    told = {
        "ack_form": form,
        "refusal": str(refusal) if refusal else "",
        "typed": form["note"].value() if refusal else "",
    }
    status = refusal.status if refusal else 422 if form.errors else 200
    context = flag_page.context(flag, request.user, timezone.now())
    return render(request, "trends/flag.html", context | told, status=status)


def _own(request: UserRequest, flag_id: UUID) -> Flag:
    found: Flag = get_visible_or_404(ROWS, request.user, pk=flag_id)
    return found


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def acknowledge_flag(request: UserRequest, flag_id: UUID) -> HttpResponse:
    flag = _own(request, flag_id)
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        return _page(request, flag, form)
    note = form.cleaned_data["note"]
    try:
        moves.acknowledge(flag, note=note, by=request.user, at=timezone.now())
    except Refused as refusal:
        return _page(request, flag, form, refusal)
    messages.success(request, _("Noted: you have seen this."))
    return redirect("flag", flag.pk)


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def reopen_flag(request: UserRequest, flag_id: UUID) -> HttpResponse:
    flag = _own(request, flag_id)
    try:
        moves.reopen(flag, by=request.user, at=timezone.now())
    except Refused as refusal:
        return _page(request, flag, AcknowledgeForm(), refusal)
    messages.success(request, _("It is open again, and counts as seen."))
    return redirect("flag", flag.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def log_repair(request: UserRequest, flag_id: UUID) -> HttpResponse:
    flag = _own(request, flag_id)
    if request.method != "POST" and Action.LOG_REPAIR not in _possible(flag):
        return _sent_back(request, flag)
    form = RepairForm(_sent(request), fell=flag.why.dimension if flag.why else None)
    done, status = _take(request, form, moves.log_repair, flag)
    if done:
        messages.success(request, _("Written down. Later ratings will tell whether it comes back."))
        return redirect("flag", done.pk)
    context = {"form": form, "flag": flag, "client": flag.treatment.client}
    return render(request, "trends/flag_repair.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def close_flag(request: UserRequest, flag_id: UUID) -> HttpResponse:
    flag = _own(request, flag_id)
    if request.method != "POST" and Action.CLOSE not in _possible(flag):
        return _sent_back(request, flag)
    form = CloseForm(_sent(request))
    done, status = _take(request, form, moves.close, flag)
    if done:
        messages.success(request, _("Closed. You can open it again at any time."))
        return redirect("flag", done.pk)
    context = {"form": form, "flag": flag, "client": flag.treatment.client}
    return render(request, "trends/flag_close.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def mark_rupture(request: UserRequest, session_id: UUID) -> HttpResponse:
    """Of a session that has no flag; one that has leads to its page."""
    rows = TherapySession.objects.select_related("treatment__client__clinic")
    session: TherapySession = get_visible_or_404(rows, request.user, pk=session_id)
    flag = Flag.objects.visible_to(request.user).filter(session=session).first()
    if request.method != "POST" and flag and flag.origin == Flag.Origin.HAND:
        return _sent_to(request, flag, moves.MarkedAlready)
    if request.method != "POST" and flag and Action.MARK not in _possible(flag):
        return _sent_back(request, flag)
    form = MarkForm(_sent(request))
    done, status = _take(request, form, moves.mark_by_hand, session)
    if done:
        messages.success(request, _("Marked."))
        return redirect("flag", done.pk)
    context = {"form": form, "session": session, "client": session.treatment.client}
    return render(request, "trends/flag_mark.html", context, status=status)


def _possible(flag: Flag) -> frozenset[Action]:
    return life.possible(flag.state, Actor.THERAPIST)


def _sent_back(request: UserRequest, flag: Flag) -> HttpResponse:
    """To the page of the flag, with the sentence that says where it stands."""
    return _sent_to(request, flag, life.REFUSALS[flag.state])


def _sent_to(request: UserRequest, flag: Flag, why: type[Refused]) -> HttpResponse:
    messages.error(request, str(why.sentence))
    return redirect("flag", flag.pk)


def _sent(request: UserRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _take(
    request: UserRequest,
    form: forms.Form,
    step: Callable[..., Flag],
    about: Flag | TherapySession,
) -> tuple[Flag | None, int]:
    """The step with what was typed; or None, and with which status the form is shown again."""
    if request.method != "POST" or not form.is_valid():
        return None, 422 if form.errors else 200
    try:
        return step(about, **form.cleaned_data, by=request.user, at=timezone.now()), 200
    except Refused as refusal:
        form.add_error(None, str(refusal.sentence))
        return None, refusal.status
