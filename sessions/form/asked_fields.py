"""Fields for what a form asks beside its instrument, and what was said in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Wording
from measures.catalogue import Instrument
from sessions.form.asked import AGREE, PROGRESS, REWORD, Asked, is_goal
from sessions.form.said import OnAgreement, Said
from sessions.models import AgreementAnswer

ELEMENT = "element_"
PROPOSAL, SKIP = "proposal", "skip_elements"
NOT_WHOLE = gettext_lazy("Please answer this one too, or leave all of these out.")
Fields = Iterator[tuple[str, forms.Field]]


@dataclass(frozen=True, slots=True)
class Part:
    """What a page asks about one agreement. progress: None of a task, and of a suggestion."""

    wording: Wording
    is_suggested: bool  # by the therapist, and the client has never said yes to it
    answer: forms.BoundField
    words: forms.BoundField
    progress: forms.BoundField | None

    @property
    def is_goal(self) -> bool:
        return is_goal(self.wording)


def fields(asked: Asked, language: str) -> Fields:
    """All of them may stay empty."""
    for wording in asked.wordings:
        yield from _on_agreement(wording, is_suggested=wording.pk in asked.suggested)
    if asked.proposal:
        yield PROPOSAL, _one_line(_("Is there something else you would like to work on?"))
    if asked.elements:
        yield from _elements(asked.elements, language)


def _on_agreement(wording: Wording, *, is_suggested: bool) -> Fields:
    key = wording.pk.hex
    yield (
        AGREE + key,
        forms.ChoiceField(
            label=_about(wording, is_suggested=is_suggested) % {"words": wording.words},
            required=False,
            choices=AgreementAnswer.Answer.choices,
            widget=forms.RadioSelect,
        ),
    )
    yield REWORD + key, _one_line(_("How would you put it?"))
    if is_goal(wording) and not is_suggested:
        yield PROGRESS + key, _progress()


def _about(wording: Wording, *, is_suggested: bool) -> str:
    if is_suggested:
        return _("A goal: %(words)s") if is_goal(wording) else _("What to do: %(words)s")
    return _("Your goal: %(words)s") if is_goal(wording) else _("What we do: %(words)s")


def _one_line(label: str) -> forms.CharField:
    """The blank placeholder lets the style sheet see whether something is typed."""
    widget = forms.TextInput(attrs={"placeholder": " ", "dir": "auto"})
    return forms.CharField(label=label, required=False, max_length=Wording.LONGEST, widget=widget)


def _progress() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=_("How close are you to this goal?"),
        required=False,
        choices=[(point, str(point)) for point in range(11)],
        coerce=int,
        empty_value=None,
        widget=forms.RadioSelect(attrs={"class": "choices--points"}),
        error_messages={"invalid_choice": _("Please choose a number from 0 to 10.")},
    )


def _elements(instrument: Instrument, language: str) -> Fields:
    for item in instrument.items:
        yield (
            ELEMENT + item.key,
            forms.TypedChoiceField(
                label=item.wording(language),
                required=False,
                choices=instrument.choices(language),
                coerce=int,
                empty_value=None,
                widget=forms.RadioSelect,
            ),
        )
    yield SKIP, forms.BooleanField(label=_("Leave all of these out"), required=False)


def parts(form: forms.Form, asked: Asked) -> list[Part]:
    return [
        Part(
            wording=wording,
            is_suggested=wording.pk in asked.suggested,
            answer=form[AGREE + wording.pk.hex],
            words=form[REWORD + wording.pk.hex],
            progress=form[name] if (name := PROGRESS + wording.pk.hex) in form.fields else None,
        )
        for wording in asked.wordings
    ]


def missing_elements(form: forms.Form, asked: Asked) -> list[str]:
    """Fields that are open though the seven were begun: a part of them is no profile."""
    if asked.elements is None or form.cleaned_data.get(SKIP):
        return []
    names = [ELEMENT + item.key for item in asked.elements.items]
    is_begun = any(form.cleaned_data.get(name) is not None for name in names)
    unanswered = [name for name in names if form.cleaned_data.get(name) is None]
    return [name for name in unanswered if is_begun and name not in form.errors]


def on_agreements(asked: Asked, given: Mapping[str, Any]) -> dict[str, OnAgreement]:
    """By the wording's id; what was left empty is left out."""
    said = {
        wording.pk.hex: OnAgreement(
            given[AGREE + wording.pk.hex],
            given[REWORD + wording.pk.hex],
            given.get(PROGRESS + wording.pk.hex),
        )
        for wording in asked.wordings
    }
    return {key: on for key, on in said.items() if on != OnAgreement()}


def on_elements(asked: Asked, given: Mapping[str, Any]) -> dict[str, int]:
    if asked.elements is None or given[SKIP]:
        return {}
    points = {item.key: given[ELEMENT + item.key] for item in asked.elements.items}
    return {key: point for key, point in points.items() if point is not None}


def values(said: Said) -> dict[str, str]:
    """What stands in the fields that say this."""
    found = {ELEMENT + key: str(point) for key, point in said.elements.items()}
    for key, on in said.agreements.items():
        found[AGREE + key], found[REWORD + key] = on.answer, on.words
        if on.progress is not None:
            found[PROGRESS + key] = str(on.progress)
    return found | {PROPOSAL: said.proposal}
