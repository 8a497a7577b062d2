"""Forms for what a therapist does with a possible rupture."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions.forms import Prose
from trends.flags import life, prompts
from trends.models import Flag, RepairEntry

MOST = 4000


def _words(**more: Any) -> Prose:
    widget = forms.Textarea(attrs={"rows": 4})
    return Prose(required=False, max_length=MOST, widget=widget, **more)


class Grouped(forms.widgets.ChoiceWidget):
    """Choices under headings, each group named for whoever does not see it."""

    template_name = "trends/_grouped_boxes.html"

    def id_for_label(self, id_: str, index: str | None = "0") -> str:
        """The first one is numbered as in a list without headings: links to errors go there."""
        return super().id_for_label(id_, "0" if index == "0_0" else index)  # type: ignore[arg-type]


class GroupedBoxes(Grouped, forms.CheckboxSelectMultiple):
    pass


class GroupedRadios(Grouped, forms.RadioSelect):
    pass


class RepairForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What you saw"),
        choices=RepairEntry.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one. “Both, or unclear” is fine.")},
    )
    tried = forms.MultipleChoiceField(
        label=_("What you tried"), required=False, widget=GroupedBoxes
    )
    words = _words(
        label=_("In your own words"),
        help_text=_(
            "Only you can read it here. It stands in the file if you take the course along."
        ),
    )
    raise_when = forms.ChoiceField(
        label=_("When you will raise it"),
        choices=RepairEntry.When.choices,
        widget=forms.RadioSelect,
        initial=RepairEntry.When.NEXT,
        error_messages={"required": _("Please choose one.")},
    )

    def __init__(self, data: Any = None, *, fell: str | None) -> None:
        """fell: the dimension whose prompts come first, if one is known."""
        super().__init__(data)
        self.fields["tried"].choices = prompts.groups(fell)  # type: ignore[attr-defined]


def reasons_to_close() -> list[tuple[str, list[tuple[str, str]]]]:
    """Headings that tell what the clinic's figures make of the reasons below them."""
    headings = {
        Flag.Judged.WRONG.value: _("Counts as: the flag was wrong"),
        Flag.Judged.CONFIRMED.value: _("Counts as: there was one"),
        "": _("Counts as: not judged, unless a repair was logged"),
    }
    return [
        (str(heading), [(r.value, str(r.label)) for r in Flag.Closed if says(r) == judged])
        for judged, heading in headings.items()
    ]


def says(reason: Flag.Closed) -> str:
    return life.judged_by_closing(reason, "")


class CloseForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why it can be closed"),
        choices=reasons_to_close,
        widget=GroupedRadios,
        error_messages={"required": _("Please choose one.")},
    )
    words = _words(
        label=_("In your own words"),
        help_text=_("Only you can read it. It is never sent."),
    )


class MarkForm(forms.Form):
    words = _words(
        label=_("What happened"),
        help_text=_("Only you can read it. It is never sent."),
    )
