import json
from typing import Any

import pytest

from trends.engine import Point, Reason

REASON = Reason(
    dimension="bond",
    score=2.0,
    usual_low=3.6123456,
    usual_high=4.8,
    severity=3.5229123,
    changes={"goal": -0.1, "task": 0.0, "bond": -2.0},
    earlier=8,
    missing=1,
)
POINT = Point(
    score=10 / 3,
    level=3.9,
    low=3.4,
    high=4.4,
    usual=((3.0, 4.0), None, (3.6, 4.8)),
    severity=3.5229123,
    flag=True,
    onset=True,
    reason=REASON,
)
EMPTY = Point(None, None, None, None, None, None, flag=False, onset=False, reason=None)


def through_json(point: Point) -> Any:
    return Point.from_dict(json.loads(json.dumps(point.as_dict(), allow_nan=False)))


def test_numbers_are_rounded_to_four_decimals() -> None:
    stored = POINT.as_dict()
    assert stored["score"] == 3.3333
    assert stored["reason"]["usual_low"] == 3.6123
    assert stored["usual"] == [[3.0, 4.0], None, [3.6, 4.8]]


def test_round_trip() -> None:
    back = through_json(POINT)
    assert back.as_dict() == POINT.as_dict()
    assert back.usual == ((3.0, 4.0), None, (3.6, 4.8))
    assert back.reason.changes == REASON.changes
    assert back.reason.missing == 1


def test_an_empty_point_survives_the_round_trip() -> None:
    assert through_json(EMPTY) == EMPTY


def test_rounded_points_are_equal_after_the_round_trip() -> None:
    assert through_json(through_json(POINT)) == through_json(POINT)


def test_nan_is_stored_as_nothing() -> None:
    point = Point(float("nan"), None, None, None, None, None, flag=False, onset=False, reason=None)
    assert point.as_dict()["score"] is None


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(TypeError):
        Point.from_dict({**EMPTY.as_dict(), "surprise": 1})


def test_points_do_not_change() -> None:
    with pytest.raises(AttributeError):
        POINT.flag = False  # type: ignore[misc]
