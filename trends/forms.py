from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic
from sessions.forms import Prose


class AcknowledgeForm(forms.Form):
    note = Prose(
        label=_("Note to yourself (optional)"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class AlertForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Clinic
        fields = ("alert_budget",)
        help_texts: dict[str, Any] = {
            "alert_budget": _(
                "From 1 to 20. A larger one finds more of what there is, and is more often wrong."
            )
        }
