"""Forms check what was typed, and nothing else."""

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any, cast

from allauth.account.forms import ReauthenticateForm
from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from clients.models import Treatment
from measures.catalogue import DEFAULT_LANGUAGE, Instrument
from sessions.answering import Said
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

    LANGUAGE, OPENED = "language", "opened"

    language = forms.ChoiceField(choices=settings.LANGUAGES, widget=forms.HiddenInput)
    opened = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, instrument: Instrument, language: str, initial: Any = None
    ) -> None:
        super().__init__(data, initial={**(initial or {}), self.LANGUAGE: language})
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
        )

    @classmethod
    def typed(cls, instrument: Instrument, sent: dict[str, str]) -> dict[str, str]:
        """Of what a browser sent, what belongs into the form: worth keeping as a draft."""
        empty = cls(instrument=instrument, language=DEFAULT_LANGUAGE)
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
        return items | rest


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


def one_line(value: str) -> None:
    """Nothing that ends a line or steers a terminal: it stands in the head of an e-mail."""
    if any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in value):
        raise forms.ValidationError(_("Please write it in one line."))


class NumberOrNothing(forms.TypedChoiceField):
    """One of these numbers, or None by a choice of its own: nobody chooses it by leaving it out."""

    NOTHING = "nothing"

    def __init__(self, *, nothing: Any, numbers: range, words: Any, **more: Any) -> None:
        offered = [(number, words % {"n": number}) for number in numbers]
        super().__init__(choices=[(self.NOTHING, nothing), *offered], coerce=self._read, **more)

    def _read(self, value: str) -> int | None:
        return None if value == self.NOTHING else int(value)

    def prepare_value(self, value: Any) -> Any:
        return self.NOTHING if value is None else value


def _clock(**more: Any) -> forms.TimeField:
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    return forms.TimeField(widget=widget, **more)


class FormsSettingsForm(forms.Form):
    """What the clinic decides about forms and e-mails; the fields are those of `Clinic`."""

    link_valid_days = NumberOrNothing(
        label=_("How long a link opens the form"),
        help_text=_("The e-mail says until when. Whoever has begun may finish."),
        nothing=_("No limit"),
        numbers=range(1, 31),
        words=ngettext_lazy("%(n)d day", "%(n)d days", "n"),
    )
    reminder_days = NumberOrNothing(
        label=_("Reminder"),
        help_text=_(
            "One, if nobody has answered by then. After three forms in a row without an answer "
            "nobody is reminded."
        ),
        nothing=_("No reminder"),
        numbers=range(1, 10),
        words=ngettext_lazy("after %(n)d day", "after %(n)d days", "n"),
    )
    quiet_from = _clock(
        label=_("No e-mails from"),
        help_text=_("On the clock of the place where the client lives."),
    )
    quiet_until = _clock(
        label=_("No e-mails until"),
        help_text=_("Twice the same time means: at any hour."),
    )
    sender_name = forms.CharField(
        label=_("Sender"),
        help_text=_("If this is empty, the name of the clinic."),
        required=False,
        max_length=60,
        validators=[one_line],
    )
    mail_subject = forms.CharField(
        label=_("Subject"),
        help_text=_(
            "One line. It can be read on a locked phone, so it must not tell what your clinic "
            "does. If this is empty: “A short form from …”."
        ),
        required=False,
        max_length=78,
        validators=[one_line],
    )
    names_therapist = forms.BooleanField(
        label=_("Name the therapist in the e-mail"),
        help_text=_("Whoever reads the e-mail then knows with whom the appointment was."),
        required=False,
    )
    long_form_every = NumberOrNothing(
        label=_("The long form"),
        help_text=_("Twelve questions, about two minutes. All other sessions get the short form."),
        nothing=_("Never"),
        numbers=range(2, 51),
        words=ngettext_lazy(
            "in the first session, and every %(n)d session",
            "in the first session, and every %(n)d sessions",
            "n",
        ),
    )
    checks_links = forms.BooleanField(
        label=_("Ask who is there before the form opens"),
        help_text=_(
            "For the PIN or the year of birth, where one is known. It keeps out others who read "
            "the e-mails, and makes the form a little longer."
        ),
        required=False,
    )
    change_minutes = forms.IntegerField(
        label=_("Minutes in which answers can be changed"),
        help_text=_("After they were sent, by the client. 0 means not at all, 1440 a whole day."),
        min_value=0,
        max_value=1440,
    )
    shows_course = forms.BooleanField(
        label=_("Clients may see the course of their own answers"),
        help_text=_("By a link that goes to their own address. Without it they see their answers."),
        required=False,
    )

    GROUPS = (
        (_("Link and reminder"), ("link_valid_days", "reminder_days")),
        (_("Quiet hours"), ("quiet_from", "quiet_until")),
        (_("What the e-mail says"), ("sender_name", "mail_subject", "names_therapist")),
        (_("The form"), ("long_form_every", "checks_links", "change_minutes", "shows_course")),
    )

    @property
    def groups(self) -> Iterator[tuple[Any, list[forms.BoundField]]]:
        for title, names in self.GROUPS:
            yield title, [self[name] for name in names]

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        valid, reminder = said.get("link_valid_days"), said.get("reminder_days")
        if valid and reminder and reminder >= valid:
            late = _("The link has ended by then. Choose an earlier day, or a longer link.")
            self.add_error("reminder_days", late)
        return said
