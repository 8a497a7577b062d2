"""Turns a template and plain data into a tagged PDF, by typst, in this process.

The data go in as one JSON text. Typst reads it as values: nothing in them is ever markup. Its root
is an empty folder, and so are its folders of packages: it can read no file, and asks for none.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import fontpkg_noto_sans
import fontpkg_noto_sans_arabic
import typst

UNIVERSAL = "ua-1"  # PDF/UA-1, ISO 14289-1: typst refuses what does not keep its rules
FOLDERS = [Path(each.ROOT) / "files" for each in (fontpkg_noto_sans, fontpkg_noto_sans_arabic)]

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufffe\uffff]")
TOO_LONG = re.compile(r"(\S{40})(?=\S)")
NOT_SHOWN = re.compile(r'the text `"([^`]*)"` could not be displayed')
ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
LAST_LATIN, UNKNOWN = "\u024f", "\ufffd"
MOST_NAMED = 200  # in one report: pages full of names help nobody, and take minutes to set
INVISIBLE = {"\u200d", "\ufe0e", "\ufe0f"}  # join signs to one, or say how it is to be drawn


def typeset(template: bytes, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """The same data and time give the same bytes, on machines with the same fonts.

    Letters come from the fonts that are installed with the program, else from those of the machine.
    A sign that is in neither (of a rare script, or a picture) is written out by its name,
    as long as there are few.
    """
    text = json.dumps(_plain(data), ensure_ascii=False)
    missing: set[str] = set()
    for fonts in (_own_fonts, _all_fonts):
        try:
            return _compile(template, text, fonts(), [UNIVERSAL], at)
        except typst.TypstError as error:
            missing = _not_shown(error)
    named = _named(text, missing)
    try:
        return _compile(template, named, _all_fonts(), [UNIVERSAL], at)
    except typst.TypstError:  # tagged all the same; rather that than no report
        return _compile(template, named, _all_fonts(), [], at)


def _compile(
    template: bytes, text: str, fonts: typst.Fonts, standards: list[str], at: datetime
) -> bytes:
    with TemporaryDirectory(prefix="report-") as empty:
        compiler = typst.Compiler(
            template,
            root=empty,
            font_paths=fonts,
            sys_inputs={"data": text},
            package_path=empty,
            package_cache_path=empty,
        )
        stamp = int(at.timestamp())
        made = compiler.compile(format="pdf", pdf_standards=standards, timestamp=stamp)  # type: ignore[arg-type]
    return cast("bytes", made)


@cache
def _own_fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=FOLDERS)


@cache
def _all_fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=True, font_paths=FOLDERS)


def _plain(value: Any) -> Any:
    """Without signs that no PDF may hold; words longer than a line may be broken."""
    if isinstance(value, str):
        return TOO_LONG.sub("\\1\u200b", CONTROL.sub("", value))
    if isinstance(value, Mapping):
        return {name: each if name == "chart" else _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _not_shown(error: typst.TypstError) -> set[str]:
    found = NOT_SHOWN.findall(f"{error.message}\n{error.diagnostic}")
    return {ESCAPED.sub(lambda sign: chr(int(sign[1], 16)), each) for each in found}


def _named(text: str, missing: set[str]) -> str:
    """The first ones by their names, the rest as the sign for "unknown": a name is long.

    Of signs that are drawn as one, those that every font has are kept.
    """
    rare = {sign for signs in missing for sign in signs if len(signs) == 1 or sign > LAST_LATIN}
    left = iter(range(MOST_NAMED))

    def written(found: re.Match[str]) -> str:
        if found[0] in INVISIBLE:
            return ""
        return UNKNOWN if next(left, None) is None else _name(found[0])

    return re.sub(f"[{re.escape(''.join(sorted(rare)))}]", written, text) if rare else text


def _name(sign: str) -> str:
    return f"[{unicodedata.name(sign, f'sign {ord(sign):x}').lower()}]"
