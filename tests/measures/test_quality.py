import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures import catalogue
from measures.quality import SECONDS_FOR_AN_ITEM, Quality, is_same_answer, quality
from measures.scoring import BadAnswers

FORM = catalogue.get("alliance-6", 1)
KEYS = [item.key for item in FORM.items]
MIXED = dict(zip(KEYS, [4, 4, 5, 4, 3, 4], strict=True))
UNHURRIED = 40.0
complete = st.fixed_dictionaries({key: st.integers(1, 5) for key in KEYS})
durations = st.none() | st.floats(0, 1e6)


def alike(point: int) -> dict[str, int]:
    return dict.fromkeys(KEYS, point)


def test_a_form_with_different_answers_says_what_it_says() -> None:
    found = quality(FORM, MIXED, UNHURRIED)
    assert found == Quality(same_answer=False, all_highest=False, quick=False)
    assert not found.says_little


@pytest.mark.parametrize("point", [1, 2, 3, 4, 5])
def test_one_point_for_every_item_says_little(point: int) -> None:
    found = quality(FORM, alike(point), UNHURRIED)
    assert found == Quality(same_answer=True, all_highest=point == 5, quick=False)
    assert found.says_little


def test_equal_scores_of_different_answers_are_not_the_same_answer() -> None:
    by_hand = dict(zip(KEYS, [3, 3, 3, 5, 5, 5], strict=True))  # 4.0 in each dimension
    assert not quality(FORM, by_hand, UNHURRIED).says_little


@pytest.mark.parametrize(
    ("seconds", "is_quick"), [(0.0, True), (5.99, True), (6.0, False), (600.0, False)]
)
def test_six_items_take_six_seconds(seconds: float, is_quick: bool) -> None:
    assert SECONDS_FOR_AN_ITEM == 1
    found = quality(FORM, MIXED, seconds)
    assert (found.quick, found.says_little) == (is_quick, is_quick)


def test_a_longer_form_takes_longer() -> None:
    long = catalogue.get("alliance-12", 1)
    answers = {item.key: 3 + place % 2 for place, item in enumerate(long.items)}
    assert quality(long, answers, 11.9).quick
    assert not quality(long, answers, 12.0).quick


def test_a_time_that_nobody_measured_is_not_held_against_anybody() -> None:
    assert not quality(FORM, MIXED, None).quick


@pytest.mark.parametrize("answers", [{}, alike(6), MIXED | {"mood": 3}])
def test_answers_that_do_not_fit_have_no_quality(answers: dict[str, int]) -> None:
    with pytest.raises(BadAnswers):
        quality(FORM, answers, UNHURRIED)


def test_one_item_alone_is_not_answered_alike() -> None:
    assert not is_same_answer({"one": 5})
    assert not is_same_answer({})


@given(complete, durations)
def test_what_follows_from_what(answers: dict[str, int], seconds: float | None) -> None:
    found = quality(FORM, answers, seconds)
    assert found.same_answer == (min(answers.values()) == max(answers.values()))
    assert found.all_highest == (min(answers.values()) == 5)
    assert found.says_little == (found.same_answer or found.quick)
