"""The CSV of what happened between the ratings."""

import csv
import io
from datetime import timedelta

import pytest

from accounts.models import User
from sessions.form.said import OnAgreement
from tests import people
from tests.trends.report.conftest import NOW, Composes
from tests.trends.report.made import report
from trends.flags import moves
from trends.models import Flag
from trends.report import Wishes, compose
from trends.report.steps import COLUMNS, steps

SAID, TRIED, GOAL = "=CANARY-of-the-client", "We spoke about the silence.", "Sleep well"


def rows(made: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(made.decode("utf-8-sig"), newline=""), strict=True))


@pytest.fixture
def worked_on(composed: Composes, mara: User) -> Flag:
    """Ana's flag is seen and a repair logged; then a goal is agreed on, and answered."""
    flag = Flag.objects.get()
    moves.acknowledge(flag, note="CANARY-of-the-flag", by=mara, at=NOW)
    moves.log_repair(
        flag,
        kind="withdrawal",
        tried=["bond_named"],
        words=TRIED,
        raise_when="next",
        by=mara,
        at=NOW + timedelta(hours=1),
    )
    goal = people.agree(flag.treatment, GOAL, at=NOW + timedelta(hours=2))
    session = people.hold(flag.treatment, NOW + timedelta(days=1))
    people.answer(session, agreements={goal.pk.hex: OnAgreement("otherwise", SAID, 3)})
    return flag


def taken(flag: Flag, user: User, *, with_words: bool = False) -> list[dict[str, str]]:
    wishes = Wishes(with_words=with_words, with_name=False)
    return rows(steps(compose(flag.treatment, wishes, user=user, at=NOW + timedelta(days=9))))


def test_each_step_is_a_row_by_time(worked_on: Flag, mara: User) -> None:
    found = taken(worked_on, mara)
    assert [row["at"] for row in found] == sorted(row["at"] for row in found)
    noticed, *between, stands = found
    assert noticed["at"] == "2026-10-05T14:00:00+00:00"
    assert noticed["about"] == stands["about"] == "Possible rupture, session 5"
    assert "bond" in noticed["words"].lower()
    assert TRIED in "".join(row["words"] for row in between if row["what"] == "Repair log")
    assert (stands["what"], stands["words"].split(";")[0]) == ("How it stands", "in repair")


def test_agreements_have_their_words_and_how_far_they_have_come(
    worked_on: Flag, mara: User
) -> None:
    worded, answered = [row for row in taken(worked_on, mara) if GOAL in row["about"]]
    assert (worded["about"], worded["words"]) == (f"Goal: {GOAL}", GOAL)
    assert (answered["words"], answered["progress"]) == ("", "3")
    *_, answered, _stands = taken(worked_on, mara, with_words=True)
    assert answered["words"] == f"'{SAID}"


def test_notes_and_names_are_not_in_it(worked_on: Flag, mara: User) -> None:
    told = str(taken(worked_on, mara, with_words=True))
    for name in ("CANARY-of-the-flag", "Ana", "Mara"):
        assert name not in told


def test_where_nothing_happened_there_is_the_head_alone() -> None:
    assert steps(report()).decode("utf-8-sig") == ",".join(COLUMNS) + "\r\n"
