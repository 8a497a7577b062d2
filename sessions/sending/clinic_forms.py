"""What a clinic decides about its forms and e-mails, as it is typed."""

import unicodedata
from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy


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
    agreements_every = NumberOrNothing(
        label=_("Ask about agreed goals and tasks"),
        help_text=_(
            "In the same form: whether the client still agrees, and how far a goal has come. "
            "Such a form asks for the PIN or the year of birth first, where one is known; else "
            "whoever opens its link can read the goals and tasks."
        ),
        nothing=_("Never"),
        numbers=range(1, 51),
        words=ngettext_lazy("with every session", "every %(n)d sessions", "n"),
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
        (_("The form"), ("long_form_every", "agreements_every")),
        (_("Opening and changing it"), ("checks_links", "change_minutes", "shows_course")),
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
