"""The therapist's own form: the client's items from the other side, and nothing else."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from measures.catalogue import DEFAULT_LANGUAGE, Instrument
from sessions.forms import ITEM


class TherapistRatingForm(forms.Form):
    """In the language of the staff's pages."""

    opened = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, instrument: Instrument, opened: str) -> None:
        super().__init__(data, initial={"opened": opened})
        for item in instrument.items:
            self.fields[ITEM + item.key] = forms.TypedChoiceField(
                label=item.wording(DEFAULT_LANGUAGE),
                choices=instrument.choices(DEFAULT_LANGUAGE),
                coerce=int,
                widget=forms.RadioSelect,
                error_messages={"required": _("Please choose one answer.")},
            )

    @property
    def questions(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(ITEM)]

    @property
    def count(self) -> int:
        return len(self.questions)

    def answers(self) -> dict[str, int]:
        return {
            name.removeprefix(ITEM): value
            for name, value in self.cleaned_data.items()
            if name.startswith(ITEM)
        }
