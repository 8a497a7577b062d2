from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from trends.report import Wishes


class Kind(TextChoices):
    PDF = "pdf", _("PDF: to print, to read, to send on")
    CSV = "csv", _("CSV: one row for each session, for a spreadsheet or a program")
    STEPS = "steps", _("CSV: one row for each step: ruptures, repairs, agreements")


class Day(forms.DateField):
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class TakeAlongForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Format"), choices=Kind.choices, widget=forms.RadioSelect, initial=Kind.PDF
    )
    since = Day(label=_("From"), required=False)
    until = Day(label=_("Until"), required=False)
    with_words = forms.BooleanField(
        label=_("With what the client wrote on the forms"),
        help_text=_(
            "Comments, other words for a goal, and whether to talk about it. Leave it out unless "
            "whoever gets this needs it."
        ),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        since, until = typed.get("since"), typed.get("until")
        if since and until and since > until:
            self.add_error("until", _("The last day lies before the first."))
        return typed

    @property
    def wishes(self) -> Wishes:
        said = self.cleaned_data
        with_name = said["kind"] == Kind.PDF
        return Wishes(said["since"], said["until"], said["with_words"], with_name)
