import tomllib
from pathlib import Path

import pytest

from measures import catalogue
from measures.catalogue import FOLDER, Instrument, UnknownInstrument

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
        ('en = ["No", "Yes"]', 'de = ["Nein", "Ja"]', "labels in the language that all others"),
        ('dimension = "goal"', 'dimension = "mood"', "items for goal, task and bond alone"),
        ('dimension = "goal"', 'dimension = "task"', "as many items in one dimension"),
        ('rater = "client"', 'rater = "friend"', "a rater"),
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


MIRROR = GOOD.replace('"two"', '"two-therapist"').replace(
    'rater = "client"', 'rater = "therapist"\nmirror_of = "two"'
)


def read_both(tmp_path: Path, mirror: str) -> dict[tuple[str, int], Instrument]:
    (tmp_path / "a-mirror.toml").write_text(mirror, encoding="utf-8")
    (tmp_path / "two.toml").write_text(GOOD, encoding="utf-8")
    return catalogue.read_all(tmp_path)


def test_a_mirror_may_stand_before_what_it_mirrors(tmp_path: Path) -> None:
    known = read_both(tmp_path, MIRROR)
    assert known["two-therapist", 1].mirror_of == "two"


@pytest.mark.parametrize(
    ("old", "new", "missing"),
    [
        ('mirror_of = "two"', 'mirror_of = "three"', "needs three version 1, which it mirrors"),
        ("version = 1", "version = 2", "needs two version 2, which it mirrors"),
        ('key = "bond"', 'key = "tie"', "needs the item keys and dimensions of two"),
        ('rater = "therapist"', 'rater = "client"', "needs another rater than two"),
        ("lowest = 1\nhighest = 2", "lowest = 0\nhighest = 1", "needs the scale of two"),
    ],
)
def test_a_mirror_asks_the_same(tmp_path: Path, old: str, new: str, missing: str) -> None:
    assert old in MIRROR
    with pytest.raises(ValueError, match=rf"a-mirror\.toml {missing}"):
        read_both(tmp_path, MIRROR.replace(old, new))


def test_two_files_of_one_name_and_version_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a-mirror\.toml needs a key and version of its own"):
        read_both(tmp_path, GOOD)


def test_every_file_of_the_catalogue_can_be_read_and_is_named_after_its_key() -> None:
    assert {key for key, _version in catalogue.catalogue()} <= {
        file.stem for file in FOLDER.glob("*.toml")
    }


def test_dimensions_are_the_instruments_own(tmp_path: Path) -> None:
    other = GOOD.replace('dimension = "goal"', 'dimension = "trust"')
    other = other.replace('dimension = "task"', 'dimension = "pace"')
    other = other.replace('dimension = "bond"', 'dimension = "care"')
    instrument = read(tmp_path, other)
    assert instrument.dimensions == ("trust", "pace", "care")
    assert not instrument.is_alliance_form
    assert instrument.items_per_dimension() == 1


def test_an_alliance_form_has_goal_task_and_bond_in_any_order(tmp_path: Path) -> None:
    turned = GOOD.replace('dimension = "goal"', 'dimension = "x"')
    turned = turned.replace('dimension = "bond"', 'dimension = "goal"')
    instrument = read(tmp_path, turned.replace('dimension = "x"', 'dimension = "bond"'))
    assert instrument.dimensions == ("bond", "task", "goal")
    assert instrument.is_alliance_form


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


def test_every_alliance_form_of_ours_has_a_mirror() -> None:
    forms = [each for each in catalogue.catalogue().values() if each.rater == "client"]
    found = [catalogue.mirror_of(each).key for each in forms if each.is_alliance_form]
    assert found == ["alliance-12-therapist", "alliance-6-therapist"]
    with pytest.raises(UnknownInstrument):
        catalogue.mirror_of(catalogue.newest("elements-7"))
