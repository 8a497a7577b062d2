"""Taking a course along. Only whoever treats the client may: what was shared is for reading."""

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.door import get_visible_or_404, requires
from accounts.http import UserRequest
from accounts.permissions import Permission
from clients.models import Treatment
from trends.report import compose
from trends.report.pdf import pdf
from trends.report.report_forms import Kind, TakeAlongForm
from trends.report.spreadsheet import spreadsheet
from trends.report.steps import steps
from trends.report.taking_along import take_along as note_taking_along

CSV = "text/csv; charset=utf-8"
WRITERS = {
    Kind.PDF: (pdf, "application/pdf", ".pdf"),
    Kind.CSV: (spreadsheet, CSV, ".csv"),
    Kind.STEPS: (steps, CSV, "-steps.csv"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CARE_FOR_OWN_CLIENTS)
def take_along(request: UserRequest, treatment_id: UUID) -> HttpResponse:
    """The file is the answer to a POST, for that it was taken is written down."""
    rows = Treatment.objects.select_related("client__clinic", "therapist")
    treatment: Treatment = get_visible_or_404(rows, request.user, pk=treatment_id)
    form = TakeAlongForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _file(request, treatment, form, timezone.now())
    context = {"form": form, "treatment": treatment, "client": treatment.client}
    status = 422 if form.errors else 200
    return render(request, "trends/take_along.html", context, status=status)


def _file(
    request: UserRequest, treatment: Treatment, form: TakeAlongForm, at: datetime
) -> HttpResponse:
    kind, wishes = Kind(form.cleaned_data["kind"]), form.wishes
    write, content_type, ending = WRITERS[kind]
    content = write(compose(treatment, wishes, user=request.user, at=at))
    note_taking_along(treatment, kind=kind, with_words=wishes.with_words, by=request.user, at=at)
    # Files lie about, and their names are read: this one tells nobody's.
    name = f"course-{timezone.localdate(at).isoformat()}{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)
