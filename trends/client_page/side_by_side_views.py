"""One session as the client rated it and as the therapist did."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.door import get_readable_or_404, requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from sessions.models import TherapySession
from trends.client_page import course
from trends.client_page import side_by_side as sides
from trends.supervising import readers


@require_safe
@requires(Permission.READ_COURSES)
def side_by_side(request: UserRequest, session_id: UUID) -> HttpResponse:
    rows = TherapySession.objects.select_related("treatment__client", "treatment__therapist")
    session: TherapySession = get_readable_or_404(rows, request.user, pk=session_id)
    now, treatment = timezone.now(), session.treatment
    if request.method == "GET":
        readers.note_reading(treatment, request.user, now)
    all_rows = course.session_rows(treatment, None, request.user, now)
    row = next(row for row in all_rows if row.session.pk == session.pk)
    is_own = treatment.is_own_of(request.user)
    context = {
        "client": treatment.client,
        "treatment": treatment,
        "is_own": is_own,
        "row": row,
        "sides": sides.of_row(row),
        "is_answered": sides.counts(row),
        "pointed": sides.pointed_at(
            all_rows, session.pk, is_own=is_own, name=treatment.client.name
        ),
    }
    return render(request, "trends/side_by_side.html", context)
