"""Whatever a client reads in English can be read after six years of school."""

from collections.abc import Iterator

import pytest
from django import forms
from django.utils import translation

from clients.forms import MailForm, SecretForm
from clients.models import Agreement, Client, Wording
from clients.services import TooManyTries
from measures import catalogue
from sessions.form.asked import Asked, elements
from sessions.forms import RatingForm
from tests import reading
from tests.registry import wordings
from trends.own_answers.own_views import NothingToAsk

HIGHEST_GRADE = 6.0
LONGEST = 20  # words of a sentence
PATTERNS = [
    "sessions/rate.html",
    "sessions/thanks.html",
    "sessions/link_*.html",
    "sessions/check.html",
    "sessions/change_over.html",
    "sessions/own_mailed.html",
    "sessions/draft_kept.html",
    "sessions/answers_differ.html",
    "sessions/device_*.html",
    "clients/mail*.html",
    "trends/own*.html",
    "accounts/about*.html",
    "mail/rating_request.*",
    "mail/reminder.*",
    "mail/own_link.*",
    "403_csrf.html",
    "413.html",
    "429.html",
]
STAFF = {"sessions/device_unlock.html", "sessions/device_staff.html"}  # read by who handed it over


def templates() -> Iterator[str]:
    for pattern in PATTERNS:
        found = [path.relative_to(wordings.FOLDER) for path in wordings.FOLDER.glob(pattern)]
        assert found, f"No template is called {pattern}."
        yield from sorted({str(path) for path in found} - STAFF)


def in_fields(form: forms.Form) -> Iterator[str]:
    """Labels, hints, choices and what is said about a wrong answer."""
    for field in form.fields.values():
        if isinstance(field.widget, forms.HiddenInput):
            continue
        yield from map(str, (field.label or "", field.help_text))
        yield str(field.error_messages["required"]) if field.required else ""
        if form_choices := getattr(field, "choices", None):
            yield from (str(words) for _value, words in form_choices)


def forms_shown() -> dict[str, forms.Form]:
    asked = [form for form in catalogue.catalogue().values() if form.rater == "client"]
    shown: dict[str, forms.Form] = {
        f"{each.key} version {each.version}": RatingForm(instrument=each, language="en")
        for each in asked
    }
    shown["agreements and elements"] = RatingForm(
        instrument=catalogue.newest("alliance-6"), language="en", asked=everything()
    )
    for is_stopped in (True, False):
        shown[f"mails, stopped: {is_stopped}"] = MailForm(is_stopped=is_stopped)
    for secret in ("pin", "birth_year"):
        shown[f"check by {secret}"] = SecretForm(client=Client(**{secret: "1984"}))
    return shown


def everything() -> Asked:
    """Goals and tasks in short words, agreed on and suggested, and the seven elements."""
    agreed, suggested = (
        [
            Wording(words=words, agreement=Agreement(kind=kind))
            for words, kind in (
                ("Sleep well", Agreement.Kind.GOAL),
                ("Keep notes", Agreement.Kind.TASK),
            )
        ]
        for _each in ("agreed", "suggested")
    )
    named = frozenset(wording.pk for wording in suggested)
    return Asked((*agreed, *suggested), named, proposal=True, elements=elements())


def refusals() -> list[str]:
    """What a page says when it does not open."""
    return [str(refused.sentence) for refused in (TooManyTries, NothingToAsk)]


def groups() -> dict[str, list[str]]:
    """Each page, mail and form with its texts."""
    with translation.override("en"):
        in_forms = {name: list(in_fields(form)) for name, form in forms_shown().items()}
        in_forms["refusals"] = refusals()
    return {name: wordings.of(name) for name in templates()} | in_forms


GROUPS = groups()
every_group = pytest.mark.parametrize("name", GROUPS)


@every_group
def test_six_years_of_school_are_enough(name: str) -> None:
    texts = [text for text in GROUPS[name] if text]
    assert texts, "Nothing was found to read."
    assert reading.grade(texts) <= HIGHEST_GRADE, hardest(texts)
    sentences = reading.prose(texts)
    assert not sentences or reading.grade(sentences) <= HIGHEST_GRADE, hardest(sentences)


def test_six_years_are_enough_for_all_of_it() -> None:
    every = list(dict.fromkeys(text for texts in GROUPS.values() for text in texts))
    assert reading.grade(every) <= HIGHEST_GRADE
    assert reading.grade(reading.prose(every)) <= HIGHEST_GRADE


@every_group
def test_no_sentence_is_long(name: str) -> None:
    for sentence in reading.sentences(GROUPS[name]):
        assert len(reading.words(sentence)) <= LONGEST, sentence


def hardest(texts: list[str]) -> str:
    sentences = sorted(reading.sentences(texts), key=lambda one: -reading.grade([one]))
    return "\n".join(f"{reading.grade([one]):5.1f}  {one}" for one in sentences[:5])


# --- The measure itself


@pytest.mark.parametrize(
    ("word", "count"),
    [
        *[(word, 1) for word in ("the", "asked", "have", "times", "you", "does", "eye")],
        *[(word, 2) for word in ("little", "client", "needed", "changes", "today")],
        *[(word, 3) for word in ("deleted", "therapist", "created", "languages", "appointment")],
        ("misunderstanding", 5),
    ],
)
def test_syllables(word: str, count: int) -> None:
    assert reading.syllables(word) == count


def test_a_grade_worked_out_by_hand() -> None:
    """Six words of one syllable each; three words of twelve syllables."""
    easy, hard = "The cat sat on the mat.", "Misunderstandings complicate conversation."
    assert reading.grade([easy]) == pytest.approx(0.39 * 6 + 11.8 * 1 - 15.59)
    assert reading.grade([hard]) == pytest.approx(0.39 * 3 + 11.8 * 12 / 3 - 15.59)
    assert reading.grade([easy]) < reading.grade([easy, hard]) < reading.grade([hard])


def test_headings_do_not_count_as_prose() -> None:
    assert reading.prose(["Saved", "We keep it. Why?"]) == ["We keep it.", "Why?"]


def test_words_are_found_in_every_kind_of_tag() -> None:
    form = wordings.of("sessions/rate.html")
    for text in (
        "How was your session?",
        "Mara will read this.",  # a block with a name, of an included template
        "It takes about Mara minutes.",  # a plural
        "Skip to the content",  # of the page around it
        "Sending…",  # in an attribute
        "%d of %d answered".replace("%d", wordings.NAME),
    ):
        assert text in form
    assert "l j F" not in form
