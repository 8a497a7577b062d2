from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clients.models import Agreement, Wording


def _words(**more: Any) -> forms.CharField:
    return forms.CharField(
        max_length=Wording.LONGEST,
        error_messages={"required": _("Please write it down in a few words.")},
        **more,
    )


class AgreementForm(forms.Form):
    """A goal, or a task: who does what."""

    kind = forms.ChoiceField(
        label=_("What it is"),
        choices=[
            (Agreement.Kind.GOAL, _("A goal: what we want to reach")),
            (Agreement.Kind.TASK, _("A task: who does what")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one.")},
    )
    words = _words(
        label=_("In the words that the client will see"),
        help_text=_(
            "For example: “Sleep through the night again”. It stands on the form, so whoever opens "
            "the client's mailed link can read it."
        ),
    )


class RewordForm(forms.Form):
    words = _words(label=_("New words"))


class EndForm(forms.Form):
    ended_as = forms.ChoiceField(choices=Agreement.End.choices)
