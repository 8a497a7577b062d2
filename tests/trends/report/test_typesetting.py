"""The typesetter by itself: it reads nothing, asks for nothing, and shows every sign somehow."""

import io
from datetime import UTC, datetime

import pytest
import typst
from pypdf import PdfReader

from trends.report import typesetting
from trends.report.typesetting import typeset

AT = datetime(2026, 11, 23, tzinfo=UTC)
PLAIN = b"""
#let data = json(bytes(sys.inputs.data))
#set document(title: "Test")
#set text(lang: "en", font: ("Noto Sans", "Noto Sans Arabic"))
#data.words
"""


def shown(words: str) -> str:
    made = PdfReader(io.BytesIO(typeset(PLAIN, {"words": words}, at=AT)))
    return " ".join(page.extract_text() for page in made.pages)


@pytest.mark.parametrize(
    "asked",
    [
        '#read("/etc/passwd")',
        '#read("../../../../../../../../etc/passwd")',
        '#image("/etc/hostname")',
        '#include "/etc/passwd"',
        '#import "@preview/tablex:0.0.8": *',
    ],
)
def test_even_a_template_reads_no_file_and_fetches_no_package(asked: str) -> None:
    with pytest.raises(typst.TypstError):
        typeset(PLAIN + asked.encode(), {"words": ""}, at=AT)


def test_signs_that_no_pdf_may_hold_are_left_out() -> None:
    assert shown("A\x00n\x1ba\u2028 R.\ufffe") == "Ana R."


def test_lines_are_kept() -> None:
    assert "one" in shown("one\ntwo")
    assert "two" in shown("one\ntwo")


def test_a_sign_that_no_font_has_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fonts this machine has."""
    monkeypatch.setattr(typesetting, "_all_fonts", typesetting._own_fonts)
    assert "[slightly smiling face]" in shown("Thank you \U0001f642")
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert "[man][woman][girl]" in shown(f"The {family} came.")
    assert "[cjk unified ideograph-5c71]" in shown("\u5c71")


def test_only_the_first_signs_that_no_font_has_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comments full of them: to name each would take minutes."""
    monkeypatch.setattr(typesetting, "_all_fonts", typesetting._own_fonts)
    rare = "".join(chr(0x12000 + place % 900) for place in range(2000))
    words = shown("\n\n".join([rare] * 20))
    assert words.count("[cuneiform sign") <= typesetting.MOST_NAMED
    assert typesetting.UNKNOWN in words


def test_a_word_longer_than_the_line_is_broken() -> None:
    assert len(shown("x" * 600).split()) > 1 or "\u200b" in shown("x" * 600)
