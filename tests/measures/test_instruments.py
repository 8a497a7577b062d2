"""The questionnaires themselves: published words stay, forms that belong together agree."""

import hashlib
import json
import re
import tomllib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from measures import catalogue
from measures.catalogue import Instrument
from tests import reading

PUBLISHED = Path(__file__).with_name("published.toml")
LANGUAGES = {"en", "es", "de", "fr", "ar"}
ITEMS = {
    "alliance-6": 2,
    "alliance-6-therapist": 2,
    "alliance-12": 4,
    "alliance-12-therapist": 4,
    "elements-7": 1,
}  # for each dimension
MIRRORS = [("alliance-6", "alliance-6-therapist"), ("alliance-12", "alliance-12-therapist")]
every_instrument = pytest.mark.parametrize("key", ITEMS)
every_mirror = pytest.mark.parametrize(("key", "mirror"), MIRRORS)


# --- What was published


def fingerprint(instrument: Instrument, language: str) -> str:
    """Of all that is shown to somebody who answers in this language, and of what it counts for."""
    shown = [
        instrument.rater,
        instrument.choices(language),
        [[item.key, item.dimension, item.wording(language)] for item in instrument.items],
    ]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


def test_published_words_never_change() -> None:
    """A language may be added; for anything else there is a new version."""
    published = tomllib.loads(PUBLISHED.read_text(encoding="utf-8"))
    for (key, version), instrument in catalogue.catalogue().items():
        pinned = published.get(key, {}).get(str(version), {})
        for language in instrument.languages:
            found = fingerprint(instrument, language)
            assert language in pinned, (
                f"{key} version {version} is new in {language!r}. Once its words are final, add to "
                f'[{key}.{version}] in {PUBLISHED.name}: {language} = "{found}"'
            )
            assert pinned[language] == found, (
                f"{key} version {version} was published in {language!r} with other words, labels "
                "or in another order, and ratings name this version. Put the words back, and make "
                f"a new version: a new file with version = {version + 1}."
            )


def test_what_was_published_is_still_there() -> None:
    published = tomllib.loads(PUBLISHED.read_text(encoding="utf-8"))
    for key, versions in published.items():
        for version, languages in versions.items():
            assert set(languages) == set(catalogue.get(key, int(version)).languages)


@pytest.mark.parametrize("change", ["item", "label", "order", "dimension"])
def test_any_change_is_noticed(change: str) -> None:
    form = catalogue.get("alliance-6", 1)
    first, second, *others = form.items
    text = first.text | {"en": "We want the same thing."}
    changes: dict[str, dict[str, Any]] = {
        "item": {"items": (replace(first, text=text), second, *others)},
        "label": {"labels": form.labels | {"en": ("No", *form.labels["en"][1:])}},
        "order": {"items": (second, first, *others)},
        "dimension": {"items": (replace(first, dimension="bond"), second, *others)},
    }
    other = replace(form, **changes[change])
    assert fingerprint(other, "en") != fingerprint(form, "en")
    if change in ("item", "label"):
        assert fingerprint(other, "de") == fingerprint(form, "de")


# --- What each of them is


@every_instrument
def test_each_has_its_languages_and_says_that_it_is_not_validated(key: str) -> None:
    form = catalogue.newest(key)
    assert set(form.languages) == LANGUAGES
    assert (form.licence, form.validated) == ("Apache-2.0", False)
    assert (form.lowest, form.highest) == (1, 5)
    assert form.items_per_dimension() == ITEMS[key]
    assert form.is_alliance_form == key.startswith("alliance-")


def test_the_site_speaks_no_language_that_the_forms_do_not() -> None:
    assert {code for code, _name in settings.LANGUAGES} <= LANGUAGES


def test_these_are_all() -> None:
    assert {key for key, _version in catalogue.catalogue()} == set(ITEMS)


def test_the_longer_form_has_the_shorter_one_in_it_word_by_word() -> None:
    short, long = catalogue.newest("alliance-6"), catalogue.newest("alliance-12")
    assert short.labels == long.labels
    by_key = {item.key: item for item in long.items}
    assert [by_key[item.key] for item in short.items] == list(short.items)
    assert len(long.items) == 2 * len(short.items)


@pytest.mark.parametrize("key", [key for key in ITEMS if key.startswith("alliance-")])
def test_no_dimension_is_asked_about_twice_in_a_row(key: str) -> None:
    asked = [item.dimension for item in catalogue.newest(key).items]
    assert all(one != other for one, other in pairwise(asked))


@every_mirror
def test_a_therapists_form_asks_the_same_in_the_same_order(key: str, mirror: str) -> None:
    form, other = catalogue.newest(key), catalogue.newest(mirror)
    assert (form.rater, other.rater, other.mirror_of) == ("client", "therapist", key)
    assert [item.key for item in form.items] == [item.key for item in other.items]
    assert form.labels == other.labels


@every_mirror
def test_a_therapists_form_speaks_of_the_client(key: str, mirror: str) -> None:
    for item in catalogue.newest(mirror).items:
        assert not re.search(r"\b(I|me)\b", item.wording("en").replace("client and I", ""))


def test_the_longer_mirror_has_the_shorter_one_in_it() -> None:
    short = catalogue.newest("alliance-6-therapist").items
    long = {item.key: item.text for item in catalogue.newest("alliance-12-therapist").items}
    assert all(long[item.key] == item.text for item in short)


def test_elements_in_their_order() -> None:
    assert catalogue.newest("elements-7").dimensions == (
        "identification",
        "trust",
        "collaboration",
        "empathy",
        "shared_goals",
        "communication",
        "consistency",
    )


# --- How they read


@every_instrument
def test_nobody_answers_the_same_sentence_twice(key: str) -> None:
    form = catalogue.newest(key)
    for language in form.languages:
        texts = [item.wording(language) for item in form.items]
        assert len(set(texts)) == len(texts)
        assert len(set(form.labels[language])) == len(form.points)
        assert all(text == text.strip() and text.endswith(".") for text in texts)


@every_instrument
def test_sentences_are_short(key: str) -> None:
    for item in catalogue.newest(key).items:
        for text in item.text.values():
            assert len(text.split()) <= 14, text


@every_instrument
def test_english_can_be_read_after_six_years_of_school(key: str) -> None:
    assert reading.grade([item.wording("en") for item in catalogue.newest(key).items]) <= 6


@every_instrument
def test_arabic_is_written_in_arabic_letters_alone(key: str) -> None:
    form = catalogue.newest(key)
    for text in (*form.labels["ar"], *(item.wording("ar") for item in form.items)):
        assert re.fullmatch(r"[\u0600-\u06FF .]+", text), text
