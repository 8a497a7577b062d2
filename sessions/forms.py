"""Forms check what was typed, and nothing else."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any, cast

from allauth.account.forms import ReauthenticateForm
from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import Treatment
from measures.catalogue import DEFAULT_LANGUAGE, Instrument
from sessions.form import asked_fields
from sessions.form.asked import NOTHING, Asked
from sessions.form.said import Said
from sessions.models import Rating, TherapySession

ITEM = "item_"
SAID_BESIDE = ("tension", "settled", "comment", "follow_up")


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
    minutes = forms.IntegerField(
        label=_("Minutes"),
        min_value=0,
        max_value=480,
        initial=50,
        error_messages={"max_value": _("At most 480 minutes.")},
    )
    note = Prose(
        label=_("Private note"),
        help_text=_("Only you can read it. It is never sent."),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    asks_elements = forms.BooleanField(
        label=_("Also ask about the seven elements of working together"),
        help_text=_("Seven short questions more on this form, and only on this one."),
        required=False,
    )
    next_on = forms.DateField(
        label=_("Day"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    next_time = forms.TimeField(
        label=_("Hour"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
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

    @property
    def next_at(self) -> datetime | None:
        """Likewise; without a time, at the hour of this session."""
        next_on: date | None = self.cleaned_data["next_on"]
        if next_on is None:
            return None
        next_time: time = self.cleaned_data["next_time"] or self.cleaned_data["held_time"]
        return timezone.make_aware(datetime.combine(next_on, next_time))

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("next_time") and not said.get("next_on") and "next_on" not in self.errors:
            self.add_error("next_on", _("On which day? Without one, leave the time empty too."))
        return said


class RatingForm(forms.Form):
    """The client's form: the instrument's items, tension, what else is asked, and own words."""

    LANGUAGE, OPENED = "language", "opened"

    language = forms.Field(required=False, widget=forms.HiddenInput)
    opened = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        instrument: Instrument,
        language: str,
        asked: Asked = NOTHING,
        initial: Any = None,
    ) -> None:
        super().__init__(data, initial={**(initial or {}), self.LANGUAGE: language})
        self.asked = asked
        self.shown_in = language
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
        self.fields["settled"] = forms.ChoiceField(
            label=_("Is it settled between you?"),
            required=False,
            choices=Rating.Settled.choices,
            widget=forms.RadioSelect,
        )
        self.fields |= asked_fields.fields(asked, language)
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

    @property
    def questions(self) -> list[forms.BoundField]:
        """About the session; every one of them needs an answer."""
        return [self[name] for name in self.fields if name.startswith(ITEM)]

    @property
    def count(self) -> int:
        """How many answers are needed, with the one about tension."""
        return len(self.questions) + 1

    @property
    def agreements(self) -> list[asked_fields.Part]:
        return asked_fields.parts(self, self.asked)

    @property
    def elements(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(asked_fields.ELEMENT)]

    def clean_language(self) -> str:
        """Of the words that were answered. Nobody sees the field, so nobody could correct it."""
        told: str = self.cleaned_data[self.LANGUAGE]
        return told if told in dict(settings.LANGUAGES) else self.shown_in

    def clean(self) -> dict[str, Any]:
        for name in asked_fields.missing_elements(self, self.asked):
            self.add_error(name, asked_fields.NOT_WHOLE)
        return self.cleaned_data

    def answers(self) -> dict[str, int]:
        return {
            name.removeprefix(ITEM): value
            for name, value in self.cleaned_data.items()
            if name.startswith(ITEM)
        }

    def said(self) -> Said:
        given = self.cleaned_data
        was_tense = given["tension"] != Rating.Tension.NONE
        return Said(
            answers=self.answers(),
            tension=given["tension"],
            settled=given["settled"] if was_tense else "",
            comment=given["comment"],
            follow_up=given["follow_up"],
            agreements=asked_fields.on_agreements(self.asked, given),
            proposal=given.get(asked_fields.PROPOSAL, ""),
            elements=asked_fields.on_elements(self.asked, given),
        )

    @classmethod
    def typed(
        cls, instrument: Instrument, sent: dict[str, str], asked: Asked = NOTHING
    ) -> dict[str, str]:
        """Of what a browser sent, what belongs into the form: worth keeping as a draft."""
        empty = cls(instrument=instrument, language=DEFAULT_LANGUAGE, asked=asked)
        return {
            name: sent[name].replace("\r\n", "\n")[: Rating.COMMENT_MAX]
            for name in empty.fields
            if sent.get(name) and (name != cls.LANGUAGE or sent[name] in dict(settings.LANGUAGES))
        }

    @classmethod
    def of(cls, said: Said) -> dict[str, str]:
        """The values of the fields that say this."""
        items = {ITEM + key: str(point) for key, point in said.answers.items()}
        rest = {name: getattr(said, name) for name in SAID_BESIDE}
        return items | rest | asked_fields.values(said)


class DeviceForm(RatingForm):
    """The client's form on a device of the clinic."""

    TOKEN = "handed_over"  # noqa: S105  the name of a field

    handed_over = forms.CharField(max_length=100, widget=forms.HiddenInput)


class PaperForm(RatingForm):
    """The client's form as it was answered on paper, and on which day."""

    answered_on = forms.DateField(
        label=_("Answered on"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )

    def __init__(self, data: Any = None, *, held_on: date, today: date, **kwargs: Any) -> None:
        super().__init__(data, initial={"answered_on": held_on}, **kwargs)
        self.held_on, self.today = held_on, today
        attrs = {"min": held_on.isoformat(), "max": today.isoformat()}
        self.fields["answered_on"].widget.attrs |= attrs
        self.order_fields(["answered_on"])

    def clean_answered_on(self) -> date:
        day: date = self.cleaned_data["answered_on"]
        if day < self.held_on:
            raise forms.ValidationError(_("This is before the session."))
        if day > self.today:
            raise forms.ValidationError(_("This day has not come yet."))
        return day


class UnlockForm(ReauthenticateForm):  # type: ignore[misc]
    """Asks the person who is logged in for the password, while somebody else holds the device."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["password"]
        field.help_text = ""  # the way to a forgotten password is locked too
        # Anything else lets the browser fill the password in, and the client needs but one tap.
        field.widget.attrs = {"autocomplete": "new-password"}
