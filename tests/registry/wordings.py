"""The English words of a template, as far as they are the product's own."""

import re
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "templates"
COMMENT = re.compile(r"{#.*?#}")
SHORT = re.compile(r"""{%\s*translate\s+("[^"]*"|'[^']*')|_\(("[^"]*")\)""")
LONG = re.compile(r"{%\s*blocktranslate\b.*?%}(.*?){%\s*endblocktranslate\s*%}", re.DOTALL)
PLURAL = re.compile(r"{%\s*plural\s*%}")
GAP = re.compile(r"{{.*?}}")
OTHERS = re.compile(r"""{%\s*(?:include|extends)\s+["']([^"']+)["']""")
FORMAT = re.compile(r'date:_\("[^"]*"\)')  # "l j F" is not read by anybody
NAME = "Mara"  # stands where the page has a name, a day or a number


def of(name: str) -> list[str]:
    """Of this template, of what it includes, and of what it is put into; each text once."""
    texts = (text for each in sorted(_with_others(name, set())) for text in _own(each))
    return list(dict.fromkeys(texts))


def _with_others(name: str, found: set[str]) -> set[str]:
    if name not in found:
        found.add(name)
        for other in OTHERS.findall(_source(name)):
            _with_others(other, found)
    return found


def _source(name: str) -> str:
    path = FOLDER / name
    if not path.exists():  # one of a package
        return ""
    return FORMAT.sub("date", COMMENT.sub("", path.read_text(encoding="utf-8")))


def _own(name: str) -> Iterator[str]:
    source = _source(name)
    for double, other in SHORT.findall(source):
        yield _filled((double or other)[1:-1])
    for block in LONG.findall(source):
        yield from map(_filled, PLURAL.split(block))


def _filled(text: str) -> str:
    return " ".join(GAP.sub(NAME, text).replace("%d", NAME).split())
