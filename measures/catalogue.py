"""The instruments that this installation knows: one TOML file each in `instruments/`.

A file is never changed once it was used; a new wording is a new version in a new file. Ratings
name key and version, so that every score can be traced to the words it answers.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

FOLDER = Path(__file__).parent / "instruments"
Dimension = Literal["goal", "task", "bond"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
DEFAULT_LANGUAGE = "en"


class UnknownInstrument(KeyError):
    """No file in the catalogue has this key and version."""


@dataclass(frozen=True, slots=True)
class Item:
    key: str
    dimension: Dimension
    text: dict[str, str]  # by language

    def wording(self, language: str) -> str:
        return self.text.get(language, self.text[DEFAULT_LANGUAGE])


@dataclass(frozen=True, slots=True)
class Instrument:
    key: str
    version: int
    rater: str
    licence: str
    validated: bool
    lowest: int
    highest: int
    labels: dict[str, tuple[str, ...]]  # by language, one for each point of the scale
    items: tuple[Item, ...]

    @property
    def points(self) -> range:
        return range(self.lowest, self.highest + 1)

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.labels)

    def items_per_dimension(self) -> int:
        return len(self.items) // len(DIMENSIONS)

    def choices(self, language: str) -> list[tuple[int, str]]:
        labels = self.labels.get(language, self.labels[DEFAULT_LANGUAGE])
        return list(zip(self.points, labels, strict=True))


def read(path: Path) -> Instrument:
    """Read one instrument file; a file that is not complete raises `ValueError`."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    labels = {language: tuple(words) for language, words in data.pop("labels").items()}
    items = tuple(Item(**item) for item in data.pop("items"))
    instrument = Instrument(labels=labels, items=items, **data)
    _check(instrument, path)
    return instrument


def _check(instrument: Instrument, path: Path) -> None:
    complete: dict[str, Any] = {
        "a label for every point": all(
            len(words) == len(instrument.points) for words in instrument.labels.values()
        ),
        "every item in every language": all(
            set(item.text) == set(instrument.labels) for item in instrument.items
        ),
        "items for goal, task and bond alone": {item.dimension for item in instrument.items}
        == set(DIMENSIONS),
        "item keys that differ": len({item.key for item in instrument.items})
        == len(instrument.items),
    }
    missing = [what for what, holds in complete.items() if not holds]
    if missing:
        raise ValueError(f"{path.name} needs {', '.join(missing)}.")


@cache
def catalogue() -> dict[tuple[str, int], Instrument]:
    read_all = (read(path) for path in sorted(FOLDER.glob("*.toml")))
    return {(instrument.key, instrument.version): instrument for instrument in read_all}


def get(key: str, version: int) -> Instrument:
    try:
        return catalogue()[key, version]
    except KeyError:
        raise UnknownInstrument(f"{key} version {version}") from None


def newest(key: str) -> Instrument:
    return max(
        (found for (name, _), found in catalogue().items() if name == key),
        key=lambda found: found.version,
    )
