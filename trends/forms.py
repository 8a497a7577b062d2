from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, User
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


class ShareForm(forms.Form):
    supervisor = forms.ModelChoiceField(
        label=_("Supervisor"),
        queryset=User.objects.none(),
        empty_label=None,
        error_messages={"required": _("Choose whom you share it with.")},
    )

    def __init__(self, *args: Any, supervisors: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supervisor"].queryset = supervisors  # type: ignore[attr-defined]
