"""The next appointment by itself: a day and an hour, or none."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PlanForm(forms.Form):
    next_on = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": _("On which day? Or tick that none is planned.")},
    )
    next_time = forms.TimeField(
        label=_("Hour"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"required": _("At what time? Or tick that none is planned.")},
    )
    none_planned = forms.BooleanField(label=_("No appointment planned"), required=False)

    use_required_attribute = False  # with the tick, neither is needed

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("none_planned"):
            for name in ("next_on", "next_time"):
                self.errors.pop(name, None)
        return self.cleaned_data

    @property
    def next_at(self) -> datetime | None:
        """The moment, from the wall clock of the clinic (the first of an hour that comes twice)."""
        said = self.cleaned_data
        if said["none_planned"]:
            return None
        return timezone.make_aware(datetime.combine(said["next_on"], said["next_time"]))
