"""What a clinic decides about its forms and e-mails."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import services as accounts
from accounts.door import requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from sessions.sending import example_mail
from sessions.sending.clinic_forms import FormsSettingsForm


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_CLINIC)
def forms_settings(request: UserRequest) -> HttpResponse:
    """Look first (`preview`), which changes nothing; or save."""
    clinic, now = request.user.own_clinic, timezone.now()
    form = FormsSettingsForm(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(clinic, name) for name in FormsSettingsForm.base_fields},
    )
    is_preview = "preview" in request.POST
    if form.is_valid() and not is_preview:
        accounts.change_clinic(clinic, **form.cleaned_data, by=request.user, at=now)
        messages.success(request, _("Saved. This counts for forms sent from now on."))
        return redirect("forms_settings")
    mails = example_mail.both(clinic, form.cleaned_data, now) if form.is_valid() else []
    context = {"form": form, "mails": mails, "clinic": clinic}
    status = 422 if form.errors else 200
    return render(request, "sessions/forms_settings.html", context, status=status)
