"""The PDF is read back: its words, its tags, and what must not be in it."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from accounts.models import User
from clients.models import Treatment
from tests import people
from tests.trends.report.conftest import COMMENT, NOTE, NOW, Composes
from tests.trends.report.made import LINE, REPORT, first, report
from trends.report import Wishes, compose
from trends.report.pdf import pdf

MARKUP = [
    '#read("/etc/passwd")',
    "*bold* _it_ $x^2$",
    "= Heading",
    "#panic()",
    "[a](b)",
    "\\ @b <c>",
]


def read(made: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(made))


def text(made: bytes) -> str:
    """Words as they follow each other, wherever lines were broken."""
    return " ".join(" ".join(page.extract_text() for page in read(made).pages).split())


def elements(node: Any) -> Iterator[DictionaryObject]:
    """All structure elements below one, in their order."""
    node = node.get_object()
    if isinstance(node, list):
        for each in node:
            yield from elements(each)
    elif isinstance(node, DictionaryObject):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from elements(node["/K"])


def root(made: bytes) -> Any:
    return read(made).trailer["/Root"]


def tags(made: bytes) -> list[Any]:
    return list(elements(root(made)["/StructTreeRoot"]["/K"]))


def is_universal(made: bytes) -> bool:
    """Whether it says that it keeps PDF/UA."""
    return b"pdfuaid:part" in root(made)["/Metadata"].get_data()


def title(made: bytes) -> str | None:
    about = read(made).metadata
    return about.title if about else None


def test_it_is_tagged_titled_and_in_english(composed: Composes) -> None:
    made = pdf(composed())
    assert root(made)["/MarkInfo"]["/Marked"]
    assert root(made)["/Lang"] == "en"
    assert root(made)["/ViewerPreferences"]["/DisplayDocTitle"]
    assert title(made) == "Course of the alliance: Ana R."
    assert is_universal(made)


def test_headings_table_heads_and_the_text_beside_the_chart_are_tagged(composed: Composes) -> None:
    found = tags(pdf(composed()))
    kinds = [str(each["/S"]) for each in found]
    assert kinds.count("/TH") >= 10
    assert {"/H1", "/H2", "/Table", "/TR", "/TD"} <= set(kinds)
    [figure] = [each for each in found if each["/S"] == "/Figure"]
    assert figure["/Alt"].startswith("Line chart: 5 of 6 sessions are rated")
    assert "Possible rupture in session 5." in figure["/Alt"]


def test_what_stands_in_it(composed: Composes) -> None:
    told = text(pdf(composed()))
    for words in (
        "Northside Clinic",
        "Confidential",
        "Ana R.",
        "Mara Lindqvist",
        "5 of 6 sessions that took place",
        "not validated",
        "Bond fell to 1.0",
        "possible rupture (not yet seen)",
        "What came after",
        "engine switching-2",
        "Page 1 of",
    ):
        assert words in told


def test_notes_never_and_words_only_if_wanted(composed: Composes) -> None:
    plain, with_words = text(pdf(composed())), text(pdf(composed(with_words=True)))
    assert NOTE not in plain + with_words
    assert COMMENT not in plain
    assert COMMENT in with_words


@pytest.mark.parametrize("words", MARKUP)
def test_whatever_somebody_typed_is_only_text(words: str) -> None:
    written = replace(first(comment=words), client=words, clinic=words, therapist=words)
    told = text(pdf(written))
    assert told.count(" ".join(words.split())) >= 4
    assert "root:x" not in told


def test_the_same_data_at_the_same_time_are_the_same_bytes() -> None:
    assert pdf(report()) == pdf(report())


@pytest.mark.parametrize("name", ["Анна Ким", "مريم حداد", "Ελένη", "Zoë Nuñez", "अंजलि"])
def test_names_in_many_scripts_keep_the_standard(name: str) -> None:
    made = pdf(report(client=name))
    assert title(made) == f"Course of the alliance: {name}"
    assert is_universal(made)


def test_a_course_without_a_rating(ana: Treatment, mara: User) -> None:
    told = text(pdf(compose(ana, Wishes(), user=mara, at=NOW)))
    assert "There is nothing to draw" in told
    assert "No session in this time." in told


def test_a_blind_rating_is_not_in_it(ana: Treatment, mara: User) -> None:
    session = people.hold(ana)
    people.rate(session)
    early = session.held_at + timedelta(hours=2)
    assert "Ratings by the therapist" not in text(pdf(compose(ana, Wishes(), user=mara, at=early)))
    people.answer(session)
    told = text(pdf(compose(ana, Wishes(), user=mara, at=early)))
    assert "Ratings by the therapist" in told
    assert "before the client had answered" in told


def test_a_long_treatment_runs_over_many_pages() -> None:
    """Two years and more of weekly sessions, with a comment and a rating by the therapist each."""
    own = {"goal": 4.0, "task": 4.0, "bond": 4.0}
    line = replace(LINE, comment="A word or two. " * 20, own=own, own_is_blind=True)
    marks = [replace(REPORT.marks[1], number=number) for number in range(1, 121)]
    made = pdf(report(sessions=[line] * 120, marks=marks))
    assert len(read(made).pages) > 10
