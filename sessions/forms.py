"""Forms check what was typed, and nothing else."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import Treatment
from measures.catalogue import Instrument
from sessions.models import Rating, TherapySession

ITEM = "item_"


class Prose(forms.CharField):
    """Text of several lines. Browsers send a line's end as two characters and count it as one."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class SessionForm(forms.Form):
    treatment = forms.ModelChoiceField(queryset=Treatment.objects.none(), label=_("Client"))
    held_on = forms.DateField(
        label=_("Date"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    held_time = forms.TimeField(
        label=_("Time"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    attendance = forms.ChoiceField(
        label=_("Attendance"),
        choices=TherapySession.Attendance.choices,
        widget=forms.RadioSelect,
        initial=TherapySession.Attendance.ATTENDED,
    )
    format = forms.ChoiceField(
        label=_("Format"),
        choices=TherapySession.Format.choices,
        widget=forms.RadioSelect,
        initial=TherapySession.Format.IN_PERSON,
    )
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, max_value=480, initial=50)
    note = Prose(
        label=_("Private note"),
        help_text=_("Only you can read it. It is never sent."),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, treatments: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Treatment]", self.fields["treatment"])
        field.queryset = treatments
        field.choices = [("", _("Choose a client")), *self._offered(treatments)]

    def _offered(self, treatments: Iterable[Treatment]) -> list[tuple[str, str]]:
        """Open treatments, and the one that was chosen: it may have ended in another tab."""
        chosen = str(self["treatment"].value() or "")
        offered = [
            (str(row.pk), row.client.name)
            for row in treatments
            if row.ended_on is None or str(row.pk) == chosen
        ]
        return sorted(offered, key=lambda pair: pair[1].lower())

    @property
    def held_at(self) -> datetime:
        """The moment, from the wall clock of the clinic (the first of an hour that comes twice)."""
        held_on: date = self.cleaned_data["held_on"]
        held_time: time = self.cleaned_data["held_time"]
        return timezone.make_aware(datetime.combine(held_on, held_time))


class RatingForm(forms.Form):
    """The client's form: the instrument's items, tension, comment, and what to do about it."""

    def __init__(self, *args: Any, instrument: Instrument, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for item in instrument.items:
            self.fields[ITEM + item.key] = forms.TypedChoiceField(
                label=item.wording(language),
                choices=instrument.choices(language),
                coerce=int,
                widget=forms.RadioSelect,
                error_messages={"required": _("Please choose one answer.")},
            )
        self.fields["tension"] = forms.ChoiceField(
            label=_("Was there any tension or misunderstanding today?"),
            choices=Rating.Tension.choices,
            widget=forms.RadioSelect,
            error_messages={"required": _("Please choose one answer.")},
        )
        self.fields["comment"] = Prose(
            label=_("Is there anything else you want to say?"),
            required=False,
            max_length=Rating.COMMENT_MAX,
            widget=forms.Textarea(attrs={"rows": 4}),
        )
        self.fields["follow_up"] = forms.ChoiceField(
            label=_("What should happen with this?"),
            required=False,
            choices=Rating.FollowUp.choices,
            widget=forms.RadioSelect,
        )

    def answers(self) -> dict[str, int]:
        return {
            name.removeprefix(ITEM): value
            for name, value in self.cleaned_data.items()
            if name.startswith(ITEM)
        }

    def said(self) -> dict[str, Any]:
        """What `sessions.services.submit_rating` takes."""
        rest = {name: self.cleaned_data[name] for name in ("tension", "comment", "follow_up")}
        return {"answers": self.answers(), **rest}
