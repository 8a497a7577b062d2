"""What is wrong with a session, in plain choices; each asks for the little that it needs."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from django import forms
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from clients.models import Treatment
from sessions.forms import Prose
from sessions.models import Correction, TherapySession

Kind = Correction.Kind
SETTLE = "settle"

WORDS: Mapping[str, Any] = {
    Kind.REDATE.value: _("The date or the time is wrong"),
    Kind.REASSIGN.value: _("It was another client"),
    Kind.VOID_SESSION.value: _("It did not happen, or was recorded by mistake"),
    Kind.MOVE_RATING.value: _("The answers are about another session"),
    Kind.VOID_RATING.value: _(
        "The answers do not count: somebody else gave them, or it was a mistake"
    ),
    Kind.DISPUTE.value: _("Somebody doubts the answers; they still count"),
    SETTLE: _("The doubt is settled"),
}

NEEDED_FOR_IT = {"required": _("This is needed for it.")}


class CorrectForm(forms.Form):
    """offered: the kinds that make sense for this session, of WORDS."""

    NEEDED: Mapping[str, tuple[str, ...]] = {
        Kind.REDATE.value: ("held_on", "held_time"),
        Kind.REASSIGN.value: ("treatment",),
        Kind.MOVE_RATING.value: ("session",),
    }

    kind = forms.ChoiceField(
        label=_("What is wrong?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one.")},
    )
    held_on = forms.DateField(
        label=_("Right date"),
        error_messages=NEEDED_FOR_IT,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    held_time = forms.TimeField(
        label=_("Right time"),
        error_messages=NEEDED_FOR_IT,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    treatment = forms.ModelChoiceField(
        queryset=Treatment.objects.none(), label=_("Right client"), error_messages=NEEDED_FOR_IT
    )
    session = forms.ModelChoiceField(
        queryset=TherapySession.objects.none(),
        label=_("Right session"),
        error_messages=NEEDED_FOR_IT,
    )
    reason = Prose(
        label=_("Why"),
        help_text=_("One sentence is enough. It stands beside the session from now on."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Please say why, in a few words.")},
    )

    def __init__(
        self, data: Any = None, *, offered: Iterable[str], treatments: Any, sessions: Any, **kw: Any
    ) -> None:
        super().__init__(data, **kw)
        kinds = cast("forms.ChoiceField", self.fields["kind"])
        kinds.choices = [(kind, WORDS[kind]) for kind in offered]
        self._fill("treatment", treatments, lambda row: row.client.name, _("Choose a client"))
        self._fill("session", sessions, _day_of, _("Choose a session"))

    def _fill(self, name: str, rows: Any, words: Any, nothing: Any) -> None:
        field = cast("forms.ModelChoiceField[Any]", self.fields[name])
        field.queryset = rows
        named = [(str(row.pk), words(row)) for row in rows]
        if name == "treatment":  # names are sealed, so the database cannot sort them
            named.sort(key=lambda pair: pair[1].lower())
        field.choices = [("", nothing), *named]

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        needed = self.NEEDED.get(said.get("kind", ""), ())
        for name in {name for names in self.NEEDED.values() for name in names} - {*needed}:
            self.errors.pop(name, None)  # it belongs to another mistake, and is not shown
        if said.get("kind") == SETTLE:
            self.errors.pop("reason", None)  # why it was doubted is written already
        return said

    @property
    def held_at(self) -> datetime:
        """The moment, from the wall clock of the clinic."""
        said = self.cleaned_data
        return timezone.make_aware(datetime.combine(said["held_on"], said["held_time"]))


def _day_of(session: TherapySession) -> str:
    return formats.date_format(timezone.localtime(session.held_at), "DATETIME_FORMAT")
