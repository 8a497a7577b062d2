"""What clients may read of a therapist before they write about them. Nothing of any client."""

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from accounts import about as page
from accounts.models import User


@login_not_required
@require_safe
def about(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Unknown, not published and no longer here are the same page."""
    shown = User.objects.therapists().filter(is_active=True, profile__published_at__isnull=False)
    therapist = shown.select_related("profile", "clinic").filter(pk=user_id).first()
    with translation.override(translation.get_language_from_request(request)):
        if therapist is None:
            return render(request, "accounts/about_unknown.html", {"clinic": None}, status=404)
        clinic = therapist.own_clinic
        context = {
            "clinic": clinic,
            "name": therapist.display_name,
            "title": therapist.profile.title,
            "sections": page.sections(therapist.profile, clinic),
            "crisis_text": clinic.crisis_text,
        }
        return render(request, "accounts/about.html", context)
