"""A device of the clinic in the hands of a client: given, the form on it, and taken back."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows import reauthentication
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods, require_POST

from accounts.door import get_visible_or_404, has_permission
from accounts.http import UserRequest
from accounts.models import User
from accounts.permissions import Permission
from audit.refusals import Refused
from clients.models import Treatment
from sessions.at_clinic import handed_over, in_clinic
from sessions.at_clinic.handed_over import Note
from sessions.form import answering, asked, held
from sessions.form.client_views import OFFERED
from sessions.form.link_views import page
from sessions.forms import DeviceForm, UnlockForm
from sessions.models import Rating, RatingRequest, TherapySession
from sessions.sending.mail import minutes_for

ROOM, WAITING_ROOM = Rating.Provenance.ROOM, Rating.Provenance.WAITING_ROOM


@require_POST
def hand_over(request: UserRequest, session_id: UUID) -> HttpResponse:
    """By the therapist in the room; or in the waiting room by the front desk, if a form is due."""
    session, provenance = _reached(request.user, session_id)
    try:
        rating_request = in_clinic.hand_over(
            session, provenance=provenance, by=request.user, at=timezone.now()
        )
    except Refused as refusal:
        messages.error(request, str(refusal.sentence))
        return _place_before(session, provenance)
    language = _offered(request.POST.get("language", "")) or rating_request.language
    handed_over.begin(request, rating_request, provenance=provenance, language=language)
    return _see_other(handed_over.DEVICE)


def _reached(user: User, session_id: UUID) -> tuple[TherapySession, str]:
    """The front desk sees forms, not sessions: what has no form it cannot name."""
    is_desk = has_permission(user, Permission.SEE_ROSTER)
    if not is_desk and not has_permission(user, Permission.CARE_FOR_OWN_CLIENTS):
        raise PermissionDenied
    own = TherapySession.objects.visible_to(user).filter(pk=session_id)
    if not is_desk or own.exists():
        return get_visible_or_404(TherapySession.objects, user, pk=session_id), ROOM
    form = get_visible_or_404(RatingRequest.objects, user, session_id=session_id)
    return form.session, WAITING_ROOM


def _place_before(session: TherapySession, provenance: str) -> HttpResponse:
    if provenance == ROOM:
        return _see_other("client", session.treatment.client_id)
    return _see_other("front_desk")


def _see_other(name: str, *arguments: object) -> HttpResponse:
    response = redirect(name, *arguments)
    response.status_code = 303
    return response


def _offered(language: str) -> str:
    return language if language in dict(settings.LANGUAGES) else ""


@require_http_methods(["GET", "HEAD", "POST"])
def device(request: UserRequest) -> HttpResponse:
    """The form while it is open, then only thanks: one address, so that Back leads nowhere else."""
    note = handed_over.note_of(request)
    if note is None:
        return _see_other("home")
    rows = RatingRequest.objects.visible_to(request.user).select_related(
        "session__treatment__client__clinic",
        "session__treatment__therapist__profile",
        "rating",
    )
    rating_request = rows.filter(pk=note.request_id).first()
    if rating_request is None:  # whoever handed it over may not do so any more
        return render(request, "sessions/device_closed.html", {"clinic": None}, status=410)
    zone = rating_request.session.treatment.client.zone
    with translation.override(note.language), timezone.override(zone):
        if request.method == "POST":
            return _answered(request, rating_request, note)
        if hasattr(rating_request, "rating"):
            return page(request, rating_request, "device_thanks", 200)
        if rating_request.withdrawn_at is not None:
            return page(request, rating_request, "device_withdrawn", 410)
        return _form_page(request, rating_request, _form(rating_request, note), 200)


def _answered(request: UserRequest, rating_request: RatingRequest, note: Note) -> HttpResponse:
    if request.POST.get(DeviceForm.TOKEN) != note.token:
        # A page of an earlier client, sent again by the browser: nobody sees what stood in it.
        return _see_other(handed_over.DEVICE)
    if rating_request.withdrawn_at is not None:
        return page(request, rating_request, "device_withdrawn", 410)
    if "to" in request.POST and not hasattr(rating_request, "rating"):
        return _in_other_words(request, rating_request, note)
    form = _form(rating_request, note, request.POST)
    if form.is_valid():
        return _store(request, rating_request, form, note)
    if hasattr(rating_request, "rating"):
        return _see_other(handed_over.DEVICE)
    return _form_page(request, rating_request, form, 422)


def _in_other_words(
    request: UserRequest, rating_request: RatingRequest, note: Note
) -> HttpResponse:
    """The same page in another language, with what is typed so far; nothing of it is kept."""
    note = handed_over.speak(request, note, _offered(request.POST["to"]) or note.language)
    instrument, sent = rating_request.form_instrument(), request.POST.dict()
    with translation.override(note.language):
        typed = DeviceForm.typed(instrument, sent, _asked(rating_request, note, sent))
        form = _form(rating_request, note, typed=typed)
        return _form_page(request, rating_request, form, 200)


def _store(
    request: UserRequest, rating_request: RatingRequest, form: DeviceForm, note: Note
) -> HttpResponse:
    at = timezone.now()
    came = answering.Came(
        provenance=note.provenance,
        language=form.cleaned_data[DeviceForm.LANGUAGE],
        seconds=held.seconds_open(rating_request, form.cleaned_data[DeviceForm.OPENED], at),
    )
    try:
        answering.submit_rating(rating_request, said=form.said(), came=came, at=at)
    except (answering.AnswersDiffer, answering.AlreadyAnswered):
        return page(request, rating_request, "device_differs", 409)
    except answering.NoLongerNeeded:
        return page(request, rating_request, "device_withdrawn", 410)
    handed_over.renew(request)
    return _see_other(handed_over.DEVICE)


def _form(
    rating_request: RatingRequest, note: Note, sent: Any = None, typed: Any = None
) -> DeviceForm:
    opened = {DeviceForm.OPENED: held.opened(rating_request, timezone.now())}
    return DeviceForm(
        sent,
        instrument=rating_request.form_instrument(),
        language=note.language,
        asked=_asked(rating_request, note, sent or typed or ()),
        initial=opened | (typed or {}) | {DeviceForm.TOKEN: note.token},
    )


def _asked(rating_request: RatingRequest, note: Note, named: Iterable[str]) -> asked.Asked:
    """Who hands it over could read it first: only who treats the client may see goals and tasks."""
    with_therapist = note.provenance == ROOM
    about = asked.of_request(rating_request, named, with_therapist=with_therapist)
    return about if with_therapist else asked.Asked(elements=about.elements)


def _form_page(
    request: UserRequest, rating_request: RatingRequest, form: DeviceForm, status: int
) -> HttpResponse:
    context = {
        "form": form,
        "held_at": rating_request.session.held_at,
        "expires_at": None,  # as long as the client has the device
        "minutes": minutes_for(rating_request),
        "changes": False,
        "about_id": None,  # no link leads away: nothing is kept of what is typed
        "language_url": reverse(handed_over.DEVICE),
        "offered": OFFERED,
    }
    return page(request, rating_request, "device_form", status, context)


class PasswordForm(UnlockForm):
    """Asks without allauth's limits: a client who guesses would use them up for the log-in, too.

    The tries are counted by the hand-over instead.
    """

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise get_adapter().validation_error("incorrect_password")
        return password


@require_http_methods(["GET", "HEAD", "POST"])
def unlock(request: UserRequest) -> HttpResponse:
    """Whoever handed the device over says so with the password, and has the pages again."""
    note = handed_over.note_of(request)
    if note is None:
        return _see_other("home")
    if request.method != "POST":
        return _unlock_page(request, PasswordForm(user=request.user))
    form = PasswordForm(request.POST, user=request.user)
    if not request.POST.get("password"):
        return _unlock_page(request, form)
    return _tried(request, note, form)


def _tried(request: UserRequest, note: Note, form: PasswordForm) -> HttpResponse:
    counted = handed_over.spend_try(request, note)
    if counted is None:  # another try at the same moment
        return _see_other("device_unlock")
    if form.is_valid():
        return _taken_back(request, note)
    if counted.tries < handed_over.MOST_TRIES:
        return _unlock_page(request, form)
    return _ended(request, note)


def _unlock_page(request: UserRequest, form: PasswordForm) -> HttpResponse:
    context = {"form": form, "clinic": request.user.clinic}
    status = 422 if form.errors else 200
    return render(request, "sessions/device_unlock.html", context, status=status)


def _ended(request: UserRequest, note: Note) -> HttpResponse:
    """Somebody guesses: with the log-in ends the hand-over, and only the log-in page is left."""
    logout(request)
    context = {"clinic": None, "tries_spent": True}
    with translation.override(note.language):
        return render(request, "sessions/device_closed.html", context, status=403)


def _taken_back(request: UserRequest, note: Note) -> HttpResponse:
    session = in_clinic.take_back(note.request_id, by=request.user, at=timezone.now())
    reauthentication.reauthenticate_by_password(request)
    # Checking a password may renew its hash, and a log-in ends when that changes.
    update_session_auth_hash(request, User.objects.get(pk=request.user.pk))
    handed_over.end(request)
    visible = Treatment.objects.visible_to(request.user).filter(pk=session.treatment_id)
    if not visible.exists() and not has_permission(request.user, Permission.SEE_ROSTER):
        return _see_other("home")
    return _place_before(session, note.provenance)
