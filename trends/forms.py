from django import forms
from django.utils.translation import gettext_lazy as _

from sessions.forms import Prose


class AcknowledgeForm(forms.Form):
    note = Prose(
        label=_("Note to yourself (optional)"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
