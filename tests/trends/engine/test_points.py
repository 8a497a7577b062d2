import json
from dataclasses import replace
from typing import Any

import pytest

from trends.engine import Point, Reason

REASON = Reason(
    dimension="bond",
    score=2.0,
    usual_low=3.6123456,
    usual_high=4.8,
    changes={"goal": -0.1, "task": 0.0, "bond": -2.0},
    earlier=8,
    missing=1,
    one_in=61.234567,
    p_onset=0.6,
    p_rupture=0.7123456,
    also=("silence", "tension"),
)
POINT = Point(
    score=10 / 3,
    level=3.9,
    level_low=3.7,
    level_high=4.1,
    low=3.4,
    high=4.4,
    usual=((3.0, 4.0), (3.1, 4.1), (3.6, 4.8)),
    expected=3.8,
    p_onset=0.6,
    p_rupture=0.7123456,
    flag=True,
    onset=True,
    reason=REASON,
)
EMPTY = Point(
    score=None,
    level=None,
    level_low=None,
    level_high=None,
    low=None,
    high=None,
    usual=None,
    expected=None,
    p_onset=0.0,
    p_rupture=0.0,
    flag=False,
    onset=False,
    reason=None,
)


def through_json(point: Point) -> Any:
    return Point.from_dict(json.loads(json.dumps(point.as_dict(), allow_nan=False)))


def test_numbers_are_rounded_to_four_decimals() -> None:
    stored = POINT.as_dict()
    assert stored["score"] == 3.3333
    assert stored["reason"]["usual_low"] == 3.6123
    assert stored["usual"] == [[3.0, 4.0], [3.1, 4.1], [3.6, 4.8]]
    assert stored["p_rupture"] == 0.7123
    assert stored["reason"]["one_in"] == 61.2346


def test_round_trip() -> None:
    back = through_json(POINT)
    assert back.as_dict() == POINT.as_dict()
    assert back.usual == POINT.usual
    assert back.reason.changes == REASON.changes
    assert back.reason.missing == 1
    assert back.reason.also == ("silence", "tension")


def test_an_empty_point_survives_the_round_trip() -> None:
    assert through_json(EMPTY) == EMPTY


def test_rounded_points_are_equal_after_the_round_trip() -> None:
    assert through_json(through_json(POINT)) == through_json(POINT)


def test_nan_is_stored_as_nothing() -> None:
    assert replace(EMPTY, score=float("nan")).as_dict()["score"] is None


def test_a_reason_of_the_first_engine_can_still_be_read() -> None:
    stored = {**REASON.as_dict(), "severity": 3.5}
    for name in ("one_in", "p_onset", "p_rupture", "also"):
        del stored[name]
    reason = Reason.from_dict(stored)
    assert reason.score == 2.0
    assert reason.one_in is None
    assert reason.also == ()


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(TypeError):
        Point.from_dict({**EMPTY.as_dict(), "surprise": 1})


def test_points_do_not_change() -> None:
    with pytest.raises(AttributeError):
        POINT.flag = False  # type: ignore[misc]
