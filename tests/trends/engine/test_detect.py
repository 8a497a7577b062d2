"""What the engine says of courses that a person can judge by looking at them."""

from typing import Any

import numpy as np
import pytest

from trends.engine import DEFAULT, History, Point, detect, detect_many
from trends.engine.detect import RAREST, one_in
from trends.engine.steps import upper_tail

NONE = [None, None, None]


def history(rows: Any, **about: Any) -> History:
    return History(rows, **about)


def detected(rows: Any, **about: Any) -> list[Point]:
    return detect(history(rows, **about))


def onsets(points: list[Point]) -> list[int]:
    return [t for t, point in enumerate(points) if point.onset]


def test_no_sessions() -> None:
    assert detected([]) == []
    assert list(detect_many([])) == []
    empty, one = detect_many([history([]), history([[4, 4, 4]])])
    assert (empty, len(one)) == ([], 1)


def test_no_ratings_at_all() -> None:
    points = detected([NONE] * 5)
    assert [point.level for point in points] == [None] * 5
    assert not onsets(points)


def test_one_and_two_ratings_are_too_few_to_compare_with() -> None:
    points = detected([[4, 4, 4], [1, 1, 1]])
    assert [point.low for point in points] == [None, None]
    assert [point.usual for point in points] == [None, None]
    assert not onsets(points)
    assert points[1].level is not None


def test_the_third_rating_can_be_flagged() -> None:
    assert onsets(detected([[4, 4, 4], [4, 4, 4], [1.5, 1.5, 1.5]])) == [2]


def test_two_earlier_ratings_are_needed_however_many_sessions_there_were() -> None:
    assert not onsets(detected([[4, 4, 4], *[NONE] * 10, [1, 1, 1]]))


def test_constant_at_the_ceiling_is_never_flagged() -> None:
    points = detected([[5, 5, 5]] * 40)
    assert not onsets(points)
    assert max(point.p_rupture for point in points) < 0.1


def test_one_item_lower_after_a_long_ceiling_is_not_flagged() -> None:
    assert not onsets(detected([[5, 5, 5]] * 30 + [[4.5, 5, 5]]))


def test_a_collapse_from_the_ceiling_is_flagged() -> None:
    points = detected([[5, 5, 5]] * 10 + [[3, 3, 3]])
    assert onsets(points) == [10]
    assert points[10].p_onset > 0.95


def test_dimensions_that_always_lay_far_apart_are_no_fall() -> None:
    assert not onsets(detected([[1, 3, 5]] * 12))
    points = detected([[1, 3, 5]] * 6 + [[1, 3, 2]])
    reason = points[6].reason
    assert reason is not None
    assert reason.dimension == "bond"


def test_a_straight_liner_who_drops_is_flagged_like_anybody() -> None:
    assert onsets(detected([[4, 4, 4]] * 6 + [[2, 2, 2]])) == [6]


def test_ratings_that_say_little_are_heard_but_count_for_less() -> None:
    rows = [[5, 5, 5]] * 6
    for fall in ([4, 4, 4], [3, 3, 3]):
        [*_, as_any] = detected([*rows, fall])
        [*_, as_little] = detected([*rows, fall], little=[True] * 7)
        assert as_any.onset
        assert as_little.onset
        assert as_little.p_rupture <= as_any.p_rupture
    [*_, slight] = detected([*rows, [4.5, 4.5, 4.5]], little=[True] * 7)
    assert not slight.onset


def test_a_fall_in_one_dimension_is_named() -> None:
    points = detected([[4, 4, 4.5]] * 6 + [[4, 4, 2]], items=4)
    reason = points[6].reason
    assert reason is not None
    assert reason.dimension == "bond"
    assert reason.score == 2
    assert reason.usual_low < 4.5 < reason.usual_high
    assert reason.changes["bond"] == pytest.approx(-2.3, abs=0.3)
    assert reason.changes["goal"] == pytest.approx(0, abs=0.3)
    assert reason.earlier == 6


def test_a_rupture_never_becomes_the_baseline() -> None:
    points = detected([[4, 4, 4]] * 5 + [[2.5, 2.5, 2.5]] * 25)
    assert onsets(points) == [5]
    assert all(point.flag for point in points[5:])
    assert min(point.p_rupture for point in points[6:]) > 0.9
    assert points[-1].level is not None
    assert points[-1].level > 3.2


def test_a_repair_ends_the_episode_and_a_second_rupture_is_a_second_flag() -> None:
    good, bad = [[4, 4, 4]], [[2, 2.5, 2]]
    points = detected(good * 5 + bad * 2 + good * 4 + bad * 2 + good)
    assert onsets(points) == [5, 11]
    assert not any(point.flag for point in points[7:11])
    assert not points[-1].flag


def test_a_slow_decline_is_seen_on_the_way() -> None:
    falling = [[4.5 - 0.35 * t] * 3 for t in range(8)]
    points = detected([[4.5, 4.5, 4.5]] * 6 + falling, items=4)
    assert onsets(points)
    assert points[-1].p_rupture > 0.95


def test_a_missing_dimension_neither_flags_nor_counts() -> None:
    points = detected([[4, None, 4]] * 6 + [[4, None, 1.5]])
    reason = points[6].reason
    assert reason is not None
    assert set(reason.changes) == {"goal", "bond"}
    assert points[0].score == 4


def test_missing_sessions_before_a_flag_are_counted_without_cancelled_ones() -> None:
    attendance = ["attended"] * 5 + ["cancelled", "no_show", "attended", "attended"]
    points = detected([[4, 4, 4]] * 5 + [NONE] * 3 + [[2, 2, 2]], attendance=attendance)
    reason = points[8].reason
    assert reason is not None
    assert reason.missing == 1
    assert reason.also == ("silence", "no_show")


def test_forms_of_other_lengths_are_weighed_by_their_items() -> None:
    rows = [[4, 4, 4]] * 6 + [[3.25, 3.25, 3.25]]
    short, long = (detected(rows, items=[2] * 6 + [items])[-1] for items in (1, 6))
    assert long.p_onset > short.p_onset


@pytest.mark.parametrize("scale", [(1, 7), (0, 10), (0, 100), (-3, 3), (0, 1)])
def test_other_scales(scale: tuple[float, float]) -> None:
    lowest, highest = scale
    good, bad = lowest + 0.75 * (highest - lowest), lowest + 0.3 * (highest - lowest)
    points = detected([[good] * 3] * 6 + [[bad] * 3], scale=scale)
    assert onsets(points) == [6]
    assert points[6].low is not None
    assert bad < points[6].low < good


def test_histories_of_different_scales_and_lengths_in_one_call() -> None:
    histories = [
        history([[4, 4, 4]] * 6 + [[2, 2, 2]]),
        history([[7, 7, 7]] * 3, scale=(1, 7)),
        history([]),
        history([[6, 6, 6]] * 6 + [[2, 2, 2]], scale=(1, 7)),
    ]
    assert list(detect_many(histories)) == [detect(each) for each in histories]


def test_two_hundred_sessions() -> None:
    rows = np.full((200, 3), 4.0)
    rows[150] = 2
    points = detected(rows)
    assert onsets(points) == [150]
    assert points[199].level == pytest.approx(4, abs=0.1)


def test_a_thousand_sessions_of_anything() -> None:
    """No chance is ever so small that it is lost for good."""
    rows = np.random.default_rng(1).integers(1, 6, (1000, 3)).astype(float)
    points = detected(rows)
    assert all(0 <= point.p_rupture <= 1 for point in points)
    assert all(point.level is not None and 1 <= point.level <= 5 for point in points)


def test_a_late_rating_changes_its_own_session_and_later_ones_only() -> None:
    before = detected([[4, 4, 4]] * 4 + [NONE] + [[4, 4, 4]] * 2)
    after = detected([[4, 4, 4]] * 4 + [[2, 2, 2]] + [[4, 4, 4]] * 2)
    assert before[:4] == after[:4]
    assert onsets(after) == [4]


def test_a_corrected_rating_takes_its_flag_away() -> None:
    assert onsets(detected([[4, 4, 4]] * 4 + [[1, 1, 1]]))
    assert not onsets(detected([[4, 4, 4]] * 4 + [[4, 4, 4]]))


def test_a_lower_threshold_raises_more_flags() -> None:
    course = history([[4, 4, 4]] * 6 + [[3.5, 3, 3.5]])
    assert not onsets(detect(course, threshold=0.99))
    assert onsets(detect(course, threshold=0.05)) == [6]


def test_how_rare_a_fall_is() -> None:
    """One of 20 for one dimension; that any of three is as low, 1 - .95 ** 3."""
    assert one_in(0.05, 1) == pytest.approx(20)
    assert one_in(0.05, 3) == pytest.approx(1 / (1 - 0.95**3))
    assert one_in(0.0, 3) == 1 / RAREST


def test_normal_tails() -> None:
    z = np.array([-40.0, -1.6448536, 0.0, 1.6448536, 3.0902323, 40.0])
    assert upper_tail(z) == pytest.approx([1, 0.95, 0.5, 0.05, 0.001, 0], abs=1e-7)


def test_the_prior_matters_most_while_there_are_few_ratings() -> None:
    rows = [[3, 3, 3]] * 30
    low = DEFAULT.from_dict({**DEFAULT.as_dict(), "mean": 0.3})
    levels = [(detect(history(rows), prior=p)) for p in (DEFAULT, low)]
    apart = [abs((one.level or 0) - (other.level or 0)) for one, other in zip(*levels, strict=True)]
    assert apart[0] > 0.1
    assert apart[-1] < apart[0] / 2
