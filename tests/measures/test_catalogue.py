import hashlib
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

from measures import catalogue
from measures.catalogue import DIMENSIONS, FOLDER, Instrument, UnknownInstrument

# A file is never changed once it was used: a new wording is a new version in a new file.
# Whoever adds a file adds its line here; nobody changes a line.
PINNED = {
    "alliance-6.toml": "d558f6fd6e9092c0a14f256681d4a55d831d86c8dced22780955ee73af922b04",
}

GOOD = """
key = "two"
version = 1
rater = "client"
licence = "Apache-2.0"
validated = false
lowest = 1
highest = 2
[labels]
en = ["No", "Yes"]
[[items]]
key = "goal"
dimension = "goal"
text.en = "Goal?"
[[items]]
key = "task"
dimension = "task"
text.en = "Task?"
[[items]]
key = "bond"
dimension = "bond"
text.en = "Bond?"
"""


def read(tmp_path: Path, text: str) -> Instrument:
    file = tmp_path / "two.toml"
    file.write_text(text, encoding="utf-8")
    return catalogue.read(file)


def test_a_used_instrument_never_changes() -> None:
    digests = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in FOLDER.iterdir()
    }
    assert digests == PINNED


def test_read_a_complete_file(tmp_path: Path) -> None:
    instrument = read(tmp_path, GOOD)
    assert (instrument.key, instrument.version) == ("two", 1)
    assert list(instrument.points) == [1, 2]
    assert instrument.choices("en") == [(1, "No"), (2, "Yes")]
    assert [item.key for item in instrument.items] == ["goal", "task", "bond"]


@pytest.mark.parametrize(
    ("old", "new", "missing"),
    [
        ('en = ["No", "Yes"]', 'en = ["No"]', "a label for every point"),
        ('en = ["No", "Yes"]', 'en = ["No", "Perhaps", "Yes"]', "a label for every point"),
        (
            'en = ["No", "Yes"]',
            'en = ["No", "Yes"]\nde = ["Nein", "Ja"]',
            "every item in every language",
        ),
        ('dimension = "goal"', 'dimension = "mood"', "items for goal, task and bond alone"),
        ('key = "task"', 'key = "goal"', "item keys that differ"),
    ],
)
def test_read_names_what_a_file_needs(tmp_path: Path, old: str, new: str, missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        read(tmp_path, GOOD.replace(old, new))


@pytest.mark.parametrize(
    "dropped", ['key = "bond"\ndimension = "bond"', 'key = "task"\ndimension = "task"']
)
def test_read_refuses_a_dimension_without_items(tmp_path: Path, dropped: str) -> None:
    """A form without items for bond could be answered, and never be scored."""
    twice = dropped.replace('dimension = "bond"', 'dimension = "goal"').replace(
        'dimension = "task"', 'dimension = "goal"'
    )
    with pytest.raises(ValueError, match="items for goal, task and bond alone"):
        read(tmp_path, GOOD.replace(dropped, twice))


def test_read_refuses_a_file_that_is_no_toml(tmp_path: Path) -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        read(tmp_path, "this is not toml")


def test_every_file_of_the_catalogue_can_be_read_and_is_named_after_its_key() -> None:
    for (key, _version), instrument in catalogue.catalogue().items():
        assert instrument.key == key
        assert any(file.stem.startswith(key) for file in FOLDER.glob("*.toml"))


def test_alliance_6_has_two_items_for_each_dimension() -> None:
    instrument = catalogue.newest("alliance-6")
    counted = [
        sum(item.dimension == dimension for item in instrument.items) for dimension in DIMENSIONS
    ]
    assert counted == [2, 2, 2]
    assert instrument.items_per_dimension() == 2
    assert (instrument.lowest, instrument.highest) == (1, 5)


def test_alliance_6_says_that_it_is_not_validated() -> None:
    assert catalogue.newest("alliance-6").validated is False


def test_alliance_6_speaks_every_language_of_the_site() -> None:
    languages = {code for code, _name in settings.LANGUAGES}
    assert set(catalogue.newest("alliance-6").languages) >= languages


def test_a_language_without_wording_falls_back_to_english() -> None:
    instrument = catalogue.newest("alliance-6")
    item = instrument.items[0]
    assert item.wording("de") != item.wording("en")
    assert item.wording("tlh") == item.wording("en")
    assert instrument.choices("tlh") == instrument.choices("en")


def test_get_by_key_and_version() -> None:
    assert catalogue.get("alliance-6", 1).key == "alliance-6"


@pytest.mark.parametrize(("key", "version"), [("alliance-6", 99), ("other", 1)])
def test_get_an_unknown_instrument(key: str, version: int) -> None:
    with pytest.raises(UnknownInstrument):
        catalogue.get(key, version)


def test_newest_is_the_highest_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = [read(tmp_path, GOOD.replace("version = 1", f"version = {n}")) for n in (2, 10, 9)]
    known = {(one.key, one.version): one for one in versions}
    monkeypatch.setattr(catalogue, "catalogue", lambda: known)
    assert catalogue.newest("two").version == 10
