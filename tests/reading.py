"""How hard an English text is to read: the Flesch-Kincaid grade, in years of school.

Kincaid, Fishburne, Rogers and Chissom 1975: 0.39 words a sentence + 11.8 syllables a word - 15.59.
Syllables are counted by the vowels that are heard. A heading, a label or a button is a sentence.
"""

import re
from collections.abc import Iterable

WORD = re.compile(r"[a-z]+(?:['\u2019][a-z]+)*|\d+", re.IGNORECASE)
END = re.compile(r"(?<=[.!?:])\s+|\n+")
# The e at the end of "have", "asked", "times"; in "little", "needed", "changes" it is heard.
SILENT = re.compile(r"(?<![^aeiouy]l)e$|(?<![dt])(?<![^aeiouy]l)ed$|(?<=[^aeioucgsxz])es$")
HEARD = re.compile(r"[aeiouy]+")
# Two vowels side by side, each with a syllable of its own, at the beginning of these words.
TWO_VOWELS = ("client", "area", "idea", "being", "doing", "going", "seeing", "create")


def sentences(texts: Iterable[str]) -> list[str]:
    parts = (part.strip() for text in texts for part in END.split(text))
    return [part for part in parts if WORD.search(part)]


def prose(texts: Iterable[str]) -> list[str]:
    """Only what is a sentence: short headings and buttons would make the whole look easier."""
    return [part for part in sentences(texts) if part[-1] in ".!?"]


def words(text: str) -> list[str]:
    return WORD.findall(text)


def syllables(word: str) -> int:
    lower = word.lower()
    apart = any(lower.startswith(known) for known in TWO_VOWELS)
    return max(1, len(HEARD.findall(SILENT.sub("", lower)))) + apart


def grade(texts: Iterable[str]) -> float:
    """Of all of them together."""
    parts = sentences(texts)
    every = [word for part in parts for word in words(part)]
    spoken = sum(map(syllables, every))
    return 0.39 * len(every) / len(parts) + 11.8 * spoken / len(every) - 15.59
