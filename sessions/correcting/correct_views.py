"""Putting a session or its answers right, with a reason, and taking that back."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop
from django.views.decorators.http import require_http_methods, require_POST

from accounts.door import get_visible_or_404, requires
from accounts.http import UserRequest
from accounts.models import User
from accounts.permissions import Permission
from audit.refusals import Refused
from clients.models import Treatment, TreatmentQuerySet
from sessions.correcting import corrections, undoing
from sessions.correcting.correct_forms import SETTLE, CorrectForm, Kind
from sessions.models import Correction, Rating, TherapySession, TherapySessionQuerySet

BAD_REQUEST = 400
UNDO = _noop("For ten minutes you can undo it on this page.")
ANEW = _noop("The course is computed anew; reload in a moment to see it.")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def correct_session(request: UserRequest, session_id: UUID) -> HttpResponse:
    rows = TherapySession.objects.select_related("treatment__client__clinic")
    session: TherapySession = get_visible_or_404(rows, request.user, pk=session_id)
    rating = _rating(session, request.user)
    form = _form(request, session, rating)
    status = _correct(request, session, rating, form) if request.method == "POST" else 200
    if request.method == "POST" and status < BAD_REQUEST:
        messages.success(request, f"{_('Corrected.')} {_(UNDO)} {_(ANEW)}")
        return redirect("client", session.treatment.client_id)
    made = Correction.objects.visible_to(request.user).of_session(session)
    context = {
        "form": form,
        "session": session,
        "client": session.treatment.client,
        "rating": rating,
        "corrections": made,
        "undoable": [row for row in made if row.can_be_undone(timezone.now())],
    }
    return render(request, "sessions/correct.html", context, status=status)


def _rating(session: TherapySession, user: User) -> Rating | None:
    """The answers that count."""
    rows = Rating.objects.visible_to(user).standing().select_related("session")
    return rows.filter(session=session).first()


def _form(request: UserRequest, session: TherapySession, rating: Rating | None) -> CorrectForm:
    held_at = timezone.localtime(session.held_at)
    treatments, sessions = _others(session, request.user), _targets(session, rating, request.user)
    return CorrectForm(
        request.POST if request.method == "POST" else None,
        offered=list(_offered(rating, treatments, sessions)),
        treatments=treatments,
        sessions=sessions,
        initial={"held_on": held_at.date(), "held_time": held_at.time()},
    )


def _offered(
    rating: Rating | None, treatments: TreatmentQuerySet, sessions: TherapySessionQuerySet
) -> list[str]:
    """Without those that would only be refused."""
    kinds = {
        Kind.REDATE: True,
        Kind.REASSIGN: rating is None and bool(treatments),
        Kind.VOID_SESSION: True,
        Kind.MOVE_RATING: rating is not None and bool(sessions),
        Kind.VOID_RATING: rating is not None,
        Kind.DISPUTE: rating is not None and rating.disputed_at is None,
        SETTLE: rating is not None and rating.disputed_at is not None,
    }
    return [str(kind) for kind, makes_sense in kinds.items() if makes_sense]


def _others(session: TherapySession, user: User) -> TreatmentQuerySet:
    own = Treatment.objects.visible_to(user).open().select_related("client")
    return own.exclude(pk=session.treatment_id)


def _targets(session: TherapySession, rating: Rating | None, user: User) -> TherapySessionQuerySet:
    """Sessions that the answers can be about: held before them, and without any of their own."""
    if rating is None:
        return TherapySession.objects.none()
    rows = (
        TherapySession.objects.visible_to(user)
        .standing()
        .filter(
            treatment=session.treatment_id,
            attendance__in=TherapySession.TOOK_PLACE,
            held_at__lte=rating.submitted_at,
            ratings__isnull=True,
        )
    )
    return rows.order_by("-held_at")


def _correct(
    request: UserRequest, session: TherapySession, rating: Rating | None, form: CorrectForm
) -> int:
    """The status of the page that answers; what was refused stands in the form."""
    if not form.is_valid():
        return 422
    try:
        _apply(session, rating, form, by=request.user, at=timezone.now())
    except Refused as refusal:
        form.add_error(refusal.field, str(refusal.sentence))
        return refusal.status
    return 302


def _apply(
    session: TherapySession, rating: Rating | None, form: CorrectForm, *, by: User, at: datetime
) -> None:
    said, why = form.cleaned_data, form.cleaned_data.get("reason", "")
    kind = said["kind"]
    if kind == Kind.REDATE:
        corrections.redate(session, held_at=form.held_at, reason=why, by=by, at=at)
    elif kind == Kind.REASSIGN:
        corrections.reassign(session, treatment=said["treatment"], reason=why, by=by, at=at)
    elif kind == Kind.VOID_SESSION:
        corrections.void_session(session, reason=why, by=by, at=at)
    elif rating is None:  # offered only where there are answers
        raise corrections.DoesNotCount
    elif kind == Kind.MOVE_RATING:
        corrections.move_rating(rating, session=said["session"], reason=why, by=by, at=at)
    elif kind == Kind.VOID_RATING:
        corrections.void_rating(rating, reason=why, by=by, at=at)
    elif kind == Kind.DISPUTE:
        corrections.dispute(rating, reason=why, by=by, at=at)
    else:
        corrections.settle_dispute(rating, by=by, at=at)


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def undo_correction(request: UserRequest, correction_id: UUID) -> HttpResponse:
    rows = Correction.objects.select_related("session__treatment")
    correction: Correction = get_visible_or_404(rows, request.user, pk=correction_id)
    try:
        undoing.undo(correction, by=request.user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, f"{_('Undone. It is as it was before.')} {_(ANEW)}")
    return redirect("client", correction.session.treatment.client_id)
