"""The CSV: for programs, and harmless in a spreadsheet."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import translation

from accounts.models import User
from clients.models import Treatment
from tests import people
from tests.trends.report.conftest import COMMENT, NOTE, NOW, Composes
from tests.trends.report.made import first, report
from trends.models import Flag
from trends.report import Wishes, compose
from trends.report.spreadsheet import spreadsheet


def rows(made: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(made.decode("utf-8-sig"), newline=""), strict=True))


def test_one_row_for_each_session(composed: Composes) -> None:
    found = rows(spreadsheet(composed()))
    assert [row["number"] for row in found] == ["1", "2", "3", "4", "5", "6", ""]
    assert (
        found[4]
        | {
            "held_on": "2026-10-05",
            "held_at": "2026-10-05T14:00:00+00:00",
            "goal": "5.0",
            "bond": "1.0",
            "tension": "none",
            "provenance": "link",
            "flag": Flag.State.OPEN,
            "says_little": "0",
            "counts": "1",
        }
        == found[4]
    )
    assert (found[2]["goal"], found[2]["says_little"], found[2]["flag"]) == ("", "", "")
    assert 0.9 < float(found[4]["p_rupture"]) < 1


def test_it_keeps_the_rules_of_the_format(composed: Composes) -> None:
    made = spreadsheet(composed(with_words=True))
    assert made.startswith(b"\xef\xbb\xbf")
    assert made.count(b"\r\n") == made.count(b"\n") == 8
    assert len({len(row) for row in csv.reader(made.decode("utf-8-sig").splitlines())}) == 1


def test_notes_never_and_words_only_if_wanted(composed: Composes) -> None:
    plain, with_words = spreadsheet(composed()), spreadsheet(composed(with_words=True))
    assert NOTE.encode() not in plain + with_words
    assert b"comment" not in plain
    assert COMMENT.encode() not in plain
    assert rows(with_words)[5]["comment"] == COMMENT


def test_nobody_is_named(composed: Composes) -> None:
    made = spreadsheet(composed(with_words=True)).decode()
    assert "Ana" not in made
    assert "Mara" not in made


@pytest.mark.parametrize(
    "words", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")']
)
def test_a_formula_is_text(words: str) -> None:
    [row] = rows(spreadsheet(first(comment=words)))
    assert row["comment"] == f"'{words}"


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("\n=1+1", "'\n=1+1"),
        (" =1+1", "' =1+1"),
        ("\u200b\uff1d1+1", "'\u200b\uff1d1+1"),
        ("hi;=1+1", "hi;'=1+1"),
        ('hi; "@A1', "hi;' \"@A1"),
        ("so\n-1+1", "so\n'-1+1"),
        ("well; fine = good - or so", "well; fine = good - or so"),
    ],
)
def test_nor_does_a_formula_hide_behind_something(words: str, written: str) -> None:
    [row] = rows(spreadsheet(first(comment=words)))
    assert row["comment"] == written


def test_a_number_below_zero_stays_one() -> None:
    assert rows(spreadsheet(first(low=-0.25)))[0]["usual_low"] == "-0.25"


@pytest.mark.parametrize("language", ["de", "ar"])
def test_numbers_and_days_are_the_same_in_every_language(language: str) -> None:
    plain = spreadsheet(report())
    with translation.override(language):
        assert spreadsheet(report()) == plain


def test_a_blind_rating_is_not_in_it(ana: Treatment, mara: User) -> None:
    session = people.hold(ana)
    people.rate(session)
    early = session.held_at + timedelta(hours=2)

    def row() -> dict[str, str]:
        return rows(spreadsheet(compose(ana, Wishes(), user=mara, at=early)))[0]

    assert (row()["therapist_goal"], row()["therapist_blind"]) == ("", "")
    people.answer(session)
    assert row()["therapist_blind"] == "1"
    assert float(row()["therapist_goal"]) > 0


def test_the_research_command_reads_it(composed: Composes, tmp_path: Path) -> None:
    given, made = tmp_path / "course.csv", tmp_path / "trends.csv"
    given.write_bytes(spreadsheet(composed()))
    options: dict[str, Any] = {"scale": [1.0, 5.0], "items": 2, "output": str(made)}
    call_command("detect", str(given), **options)
    judged = list(csv.DictReader(made.read_text().splitlines()))
    assert [row["flag"] for row in judged][4] == "1"


def test_an_empty_course_has_a_head(ana: Treatment, mara: User) -> None:
    made = spreadsheet(compose(ana, Wishes(), user=mara, at=NOW))
    assert made.decode("utf-8-sig") == "treatment,session\r\n"
