"""Weak evidence: small, bounded, and never more than what was said."""

from math import log
from typing import Any

import pytest

from trends.engine import DEFAULT, TENSION, History, Point, detect
from trends.engine.courses import pack
from trends.engine.evidence import NO_SHOW_FACTOR, TENSION_FACTORS, THERAPIST_MOST, log_odds

ROWS = [[4, 4, 4]] * 5
NONE = [None, None, None]


def odds(rows: Any, **about: Any) -> dict[str, list[float]]:
    found = log_odds(pack([History(rows, **about)]), DEFAULT)
    return {source: values[0].tolist() for source, values in found.items()}


def last(rows: Any, **about: Any) -> Point:
    return detect(History(rows, **about))[-1]


@pytest.mark.parametrize("answer", TENSION)
def test_the_answer_about_tension_moves_the_odds_by_its_factor(answer: str) -> None:
    found = odds([[4, 4, 4]], tension=[answer])
    assert found["tension"] == [pytest.approx(log(TENSION_FACTORS[answer]))]


def test_more_tension_makes_a_rupture_likelier() -> None:
    answers = ["none", "", "unsure", "some", "strong"]
    found = [last([*ROWS, [3.5, 3.5, 3.5]], tension=[""] * 5 + [word]) for word in answers]
    chances = [point.p_rupture for point in found]
    assert chances == sorted(chances)
    assert chances[0] < chances[-1]


def test_tension_alone_flags_nobody() -> None:
    assert not last([*ROWS, [4, 4, 4]], tension=[""] * 5 + ["strong"]).flag


def test_a_form_not_answered_is_weak_evidence() -> None:
    assert odds([NONE])["silence"] == [
        pytest.approx(log(DEFAULT.silent_in_rupture / DEFAULT.silent))
    ]
    assert last([*ROWS, NONE]).p_rupture < 0.15


@pytest.mark.parametrize(
    "about",
    [{"asked": [False]}, {"attendance": ["cancelled"]}, {"attendance": ["no_show"]}],
    ids=["not asked", "cancelled", "no show"],
)
def test_no_form_is_not_silence(about: dict[str, Any]) -> None:
    assert odds([NONE], **about)["silence"] == [0]


def test_a_no_show_is_weak_evidence_and_a_cancellation_none() -> None:
    found = odds([NONE, NONE, NONE], attendance=["no_show", "cancelled", "late"])
    assert found["no_show"] == [pytest.approx(log(NO_SHOW_FACTOR)), 0, 0]


def test_silence_alone_flags_nobody() -> None:
    rows: Any = [*ROWS, *[NONE] * 12]
    points = detect(History(rows, attendance=["attended"] * 5 + ["no_show"] * 12))
    assert not any(point.flag for point in points)
    assert max(point.p_rupture for point in points) < 0.25


def test_a_long_silence_says_little_more_than_two_sessions_of_it() -> None:
    found = odds([[4, 4, 4], *[NONE] * 4, [4, 4, 4], NONE])["silence"]
    assert [value > 0 for value in found] == [False, True, True, False, False, False, True]


def test_the_therapists_lower_rating_adds_a_little() -> None:
    steady, lower = ([[4, 4, 4]] * 6, [[4, 4, 4]] * 5 + [[3, 3, 3]])
    rows = [*ROWS, [3.5, 3.5, 3.5]]
    assert last(rows, therapist=lower).p_rupture > last(rows, therapist=steady).p_rupture
    assert odds(rows, therapist=lower)["therapist"][-1] == THERAPIST_MOST


def test_the_therapist_is_compared_with_the_therapists_own_ratings() -> None:
    """Therapists rate lower than clients; that gap itself says nothing."""
    low, high = (odds(ROWS, therapist=[[x, x, x]] * 5)["therapist"] for x in (3, 5))
    assert low == high
    assert low[:2] == [0, 0]
    assert abs(low[-1]) < 0.2
