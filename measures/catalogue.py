"""The instruments that this installation knows: one TOML file each in `instruments/`.

Words that were answered never change; a new wording is a new version in a new file. Ratings name
key and version, so that every score can be traced to the words it answers. A language may be added
to a file: it alters nothing that was answered.
"""

import tomllib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "instruments"
Dimension = str  # a word of an instrument's own
DIMENSIONS: tuple[Dimension, ...] = ("goal", "task", "bond")  # of an alliance form (Bordin 1979)
RATERS = ("client", "therapist")
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
    """One version of a questionnaire.

    rater: who answers it, one of RATERS.
    labels: by language, one for each point of the scale.
    mirror_of: key of the client's form that a therapist's form asks the same of ("" for others);
        of the same version.
    """

    key: str
    version: int
    rater: str
    licence: str
    validated: bool
    lowest: int
    highest: int
    labels: dict[str, tuple[str, ...]]
    items: tuple[Item, ...]
    mirror_of: str = ""

    @property
    def points(self) -> range:
        return range(self.lowest, self.highest + 1)

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.labels)

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """In the order in which the items first ask about them."""
        return tuple(dict.fromkeys(item.dimension for item in self.items))

    @property
    def is_alliance_form(self) -> bool:
        """Whether it has scores for goal, task and bond, and for nothing else."""
        return set(self.dimensions) == set(DIMENSIONS)

    def items_per_dimension(self) -> int:
        return len(self.items) // len(self.dimensions)

    def choices(self, language: str) -> list[tuple[int, str]]:
        labels = self.labels.get(language, self.labels[DEFAULT_LANGUAGE])
        return list(zip(self.points, labels, strict=True))


def read(path: Path) -> Instrument:
    """Read one instrument file; a file that is not complete raises `ValueError`."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    labels = {language: tuple(words) for language, words in data.pop("labels").items()}
    items = tuple(Item(**item) for item in data.pop("items"))
    instrument = Instrument(labels=labels, items=items, **data)
    _refuse_if(_missing(instrument), path.name)
    return instrument


def _missing(instrument: Instrument) -> list[str]:
    """What a file needs that can be seen in the file alone."""
    counts = Counter(item.dimension for item in instrument.items)
    of_alliance = counts.keys() & set(DIMENSIONS)
    complete = {
        f"a rater ({' or '.join(RATERS)})": instrument.rater in RATERS,
        "a label for every point": all(
            len(words) == len(instrument.points) for words in instrument.labels.values()
        ),
        f"labels in the language that all others fall back to ({DEFAULT_LANGUAGE})": (
            DEFAULT_LANGUAGE in instrument.labels
        ),
        "every item in every language": all(
            set(item.text) == set(instrument.labels) for item in instrument.items
        ),
        "an item": bool(instrument.items),
        "as many items in one dimension as in the other": len(set(counts.values())) <= 1,
        "items for goal, task and bond alone, if for one of them": (
            not of_alliance or counts.keys() == set(DIMENSIONS)
        ),
        "item keys that differ": _differ([item.key for item in instrument.items]),
    }
    return [what for what, holds in complete.items() if not holds]


def _differ(keys: Collection[str]) -> bool:
    return len(set(keys)) == len(keys)


def _missing_beside(mirror: Instrument, known: dict[tuple[str, int], Instrument]) -> list[str]:
    """What a therapist's form needs beside the client's form that it mirrors."""
    mirrored = known.get((mirror.mirror_of, mirror.version))
    if mirrored is None:
        return [f"{mirror.mirror_of} version {mirror.version}, which it mirrors"]
    complete = {
        f"another rater than {mirrored.key}, which it mirrors": mirror.rater != mirrored.rater,
        f"the item keys and dimensions of {mirrored.key}, which it mirrors": (
            _asked(mirror) == _asked(mirrored)
        ),
        f"the scale of {mirrored.key}, which it mirrors": mirror.points == mirrored.points,
    }
    return [what for what, holds in complete.items() if not holds]


def _asked(instrument: Instrument) -> dict[str, Dimension]:
    return {item.key: item.dimension for item in instrument.items}


def _refuse_if(missing: list[str], name: str) -> None:
    if missing:
        raise ValueError(f"{name} needs {', '.join(missing)}.")


def read_all(folder: Path) -> dict[tuple[str, int], Instrument]:
    """Every instrument of a folder by key and version; raises `ValueError` as `read` does."""
    files = sorted(folder.glob("*.toml"))
    found = [read(path) for path in files]
    known = {(instrument.key, instrument.version): instrument for instrument in found}
    for path, instrument in zip(files, found, strict=True):
        if known[instrument.key, instrument.version] is not instrument:
            _refuse_if(["a key and version of its own"], path.name)
        if instrument.mirror_of:
            _refuse_if(_missing_beside(instrument, known), path.name)
    return known


@cache
def catalogue() -> dict[tuple[str, int], Instrument]:
    return read_all(FOLDER)


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


def mirror_of(instrument: Instrument) -> Instrument:
    """The therapist's form that asks the same; raises `UnknownInstrument` if there is none."""
    named = instrument.key, instrument.version
    for found in catalogue().values():
        if (found.mirror_of, found.version) == named:
            return found
    raise UnknownInstrument(f"a mirror of {instrument.key} version {instrument.version}")
