from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from knox.models import AuthToken

from accounts import about, services
from accounts.door import get_visible_or_404, has_permission, requires
from accounts.forms import (
    AboutForm,
    ClinicAboutForm,
    ClinicForm,
    InviteForm,
    JoinForm,
    MailWishesForm,
    ProfileForm,
    TokenForm,
)
from accounts.http import UserRequest
from accounts.models import Clinic, Invitation, MailWishes, Profile, User
from accounts.permissions import Permission, Role
from audit.refusals import Refused
from outbox import links
from outbox.models import Message

JOIN_SECONDS = 3600

HOMES = [
    (Permission.CARE_FOR_OWN_CLIENTS, "caseload"),
    (Permission.SEE_ROSTER, "front_desk"),
    (Permission.SEE_CLINIC_FIGURES, "clinic"),
    (Permission.SUPERVISE, "supervision"),
]


@require_safe
def home(request: UserRequest) -> HttpResponse:
    for permission, place in HOMES:
        if has_permission(request.user, permission):
            return redirect(place)
    return render(request, "accounts/no_clinic.html")


@require_safe
@requires(Permission.MANAGE_CLINIC)
def people(request: UserRequest) -> HttpResponse:
    return _people_page(request, InviteForm())


def _people_page(request: UserRequest, form: InviteForm, status: int = 200) -> HttpResponse:
    invitations = list(
        Invitation.objects.visible_to(request.user).open(timezone.now()).order_by("email")
    )
    mails = Message.objects.filter(
        kind=services.INVITATION, about__in=[row.pk for row in invitations]
    )
    states = {mail.about: mail.get_state_display() for mail in mails}
    context = {
        "people": User.objects.visible_to(request.user).order_by("-is_active", "display_name"),
        "invitations": [(row, states.get(row.pk, "")) for row in invitations],
        "form": form,
    }
    return render(request, "accounts/people.html", context, status=status)


@require_POST
@requires(Permission.MANAGE_CLINIC)
def invite(request: UserRequest) -> HttpResponse:
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            invitation = services.invite(
                clinic=request.user.own_clinic,
                email=form.cleaned_data["email"],
                roles=[Role(role) for role in form.cleaned_data["roles"]],
                by=request.user,
                at=timezone.now(),
            )
        except Refused as refusal:
            form.add_error(refusal.field, str(refusal.sentence))
        else:
            told = _("An invitation to %(email)s is on its way.") % {"email": invitation.email}
            messages.success(request, told)
            return redirect("people")
    return _people_page(request, form, status=422)


@require_POST
@requires(Permission.MANAGE_CLINIC)
def withdraw_invitation(request: UserRequest, invitation_id: UUID) -> HttpResponse:
    invitation: Invitation = get_visible_or_404(Invitation.objects, request.user, pk=invitation_id)
    services.withdraw_invitation(invitation, by=request.user, at=timezone.now())
    messages.success(request, _("The invitation no longer works."))
    return redirect("people")


@require_POST
@requires(Permission.MANAGE_CLINIC)
def set_active(request: UserRequest, user_id: UUID, active: bool) -> HttpResponse:
    person: User = get_visible_or_404(User.objects, request.user, pk=user_id)
    change = services.reactivate if active else services.deactivate
    try:
        change(person, by=request.user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        told = _("%(name)s can log in again.") if active else _("%(name)s can no longer log in.")
        messages.success(request, told % {"name": person.display_name})
    return redirect("people")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_CLINIC)
def clinic_settings(request: UserRequest) -> HttpResponse:
    clinic = request.user.own_clinic
    form = ClinicForm(_posted(request), initial=_as_set(clinic, ClinicForm))
    if request.method == "POST" and form.is_valid():
        services.change_clinic(clinic, **form.cleaned_data, by=request.user, at=timezone.now())
        messages.success(request, _("Saved. This counts for forms sent from now on."))
        return redirect("clinic_settings")
    status = 422 if form.errors else 200
    return render(request, "accounts/settings.html", {"form": form}, status=status)


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _as_set(
    row: Clinic | Profile | MailWishes, form: type[ClinicForm | AboutForm | MailWishesForm]
) -> dict[str, Any]:
    return {name: getattr(row, name) for name in form.base_fields}


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def own_about(request: UserRequest) -> HttpResponse:
    """The therapist's words for clients: written, looked at, and only then shown."""
    profile = Profile.objects.filter(user=request.user).first() or Profile(user=request.user)
    form = ProfileForm(_posted(request), initial=_as_set(profile, ProfileForm))
    if _is_decided(request, form):
        services.publish_profile(**form.cleaned_data, by=request.user, at=timezone.now())
        messages.success(request, _("Clients can see this page now."))
        return redirect("own_about")
    context = {
        "form": form,
        "profile": profile,
        "name": request.user.display_name,
        "title": form.instance.title,
        "sections": about.sections(form.instance, request.user.own_clinic),
    }
    return _about_page(request, "accounts/own_about.html", form, context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_CLINIC)
def clinic_about(request: UserRequest) -> HttpResponse:
    """The clinic's part of every therapist's page, looked at in the same way."""
    clinic = request.user.own_clinic
    form = ClinicAboutForm(_posted(request), initial=_as_set(clinic, ClinicAboutForm))
    if _is_decided(request, form):
        services.change_clinic(clinic, **form.cleaned_data, by=request.user, at=timezone.now())
        messages.success(request, _("Clients can see this now, on the page of each therapist."))
        return redirect("clinic_about")
    example = Profile(qualifications=_("Here stands what each therapist tells of themselves."))
    context = {
        "form": form,
        "name": _("Name of the therapist"),
        "title": _("Title"),
        "sections": about.sections(example, form.instance),
    }
    return _about_page(request, "accounts/clinic_about.html", form, context)


def _is_decided(request: UserRequest, form: AboutForm) -> bool:
    """To show exactly what was on the page before; other words are first shown themselves."""
    is_typed = form.is_valid()  # also fills `form.instance`, which the preview shows
    return is_typed and request.POST.get("step") == "show" and form.was_looked_at()


def _about_page(
    request: UserRequest, template: str, form: AboutForm, context: dict[str, Any]
) -> HttpResponse:
    """The form, or how its words will look: then the form travels along unseen."""
    is_preview = form.is_bound and form.is_valid() and request.POST.get("step") != "edit"
    context |= {"is_preview": is_preview, "crisis_text": request.user.own_clinic.crisis_text}
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def take_about_down(request: UserRequest) -> HttpResponse:
    services.take_profile_down(by=request.user, at=timezone.now())
    messages.success(request, _("Clients no longer see this page. Your words are kept here."))
    return redirect("own_about")


def _join_cookie() -> str:
    return "__Host-join" if settings.HTTPS else "join"


@login_not_required
@require_safe
def join_link(request: HttpRequest, token: str) -> HttpResponse:
    """Take the token out of the address bar, as with the clients' links."""
    response = redirect("join")
    response.status_code = 303
    response.set_cookie(
        _join_cookie(),
        token,
        max_age=JOIN_SECONDS,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


@sensitive_post_parameters("password")
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    token = request.COOKIES.get(_join_cookie(), "")
    open_invitations = Invitation.objects.open(timezone.now()).select_related("clinic")
    invitation = open_invitations.filter(digest=links.digest(token)).first()
    if invitation is None:
        return render(request, "accounts/join_invalid.html", status=410)
    form = JoinForm(request.POST or None, email=invitation.email)
    if request.method == "POST" and form.is_valid():
        try:
            services.accept_invitation(token, **form.cleaned_data, at=timezone.now())
        except Refused as refusal:
            form.add_error(None, str(refusal.sentence))
        else:
            messages.success(request, _("Your account is ready. Please log in."))
            response = redirect("account_login")
            response.delete_cookie(_join_cookie())
            return response
    context = {"form": form, "invitation": invitation}
    return render(request, "accounts/join.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def mail_wishes(request: UserRequest) -> HttpResponse:
    """Which mails the therapist wants, and at which hours."""
    wishes = MailWishes.objects.filter(user=request.user).first() or MailWishes(user=request.user)
    form = MailWishesForm(_posted(request), initial=_as_set(wishes, MailWishesForm))
    if request.method == "POST" and form.is_valid():
        services.set_mail_wishes(**form.cleaned_data, by=request.user, at=timezone.now())
        messages.success(request, _("Saved. This counts from the next e-mail on."))
        return redirect("mail_wishes")
    status = 422 if form.errors else 200
    return render(request, "accounts/mail_wishes.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.USE_API)
def tokens(request: UserRequest) -> HttpResponse:
    form = TokenForm(request.POST or None)
    new_token = ""
    if request.method == "POST" and form.is_valid():
        days = form.cleaned_data["days"]
        _token, new_token = services.create_token(by=request.user, days=days, at=timezone.now())
    context = {
        "form": form,
        "tokens": AuthToken.objects.filter(user=request.user).order_by("-created"),
        "new_token": new_token,
    }
    return render(request, "accounts/tokens.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Permission.USE_API)
def revoke_token(request: UserRequest, token_key: str) -> HttpResponse:
    if not services.revoke_token(token_key=token_key, by=request.user, at=timezone.now()):
        raise Http404
    messages.success(request, _("The token no longer works."))
    return redirect("tokens")
