import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures import catalogue
from measures.scoring import BadAnswers, NoAllianceForm, Scores, profile, score

FORM = catalogue.get("alliance-6", 1)
KEYS = [item.key for item in FORM.items]
complete = st.fixed_dictionaries({key: st.integers(1, 5) for key in KEYS})


def answers(**changed: object) -> dict[str, int]:
    return dict.fromkeys(KEYS, 3) | changed  # type: ignore[return-value]


def test_scores_worked_out_by_hand() -> None:
    by_hand = {
        "goal_same": 5,
        "goal_matters": 4,  # goal: (5 + 4) / 2
        "task_sense": 2,
        "task_helps": 2,  # task: (2 + 2) / 2
        "bond_understood": 1,
        "bond_open": 4,  # bond: (1 + 4) / 2
    }
    assert score(FORM, by_hand) == Scores(goal=4.5, task=2.0, bond=2.5)


def test_the_ends_of_the_scale() -> None:
    assert score(FORM, dict.fromkeys(KEYS, 1)) == Scores(1, 1, 1)
    assert score(FORM, dict.fromkeys(KEYS, 5)) == Scores(5, 5, 5)


@pytest.mark.parametrize("value", [0, 6, -1, 2.5, 3.0, "3", None, True, math.nan])
def test_an_answer_off_the_scale_is_bad(value: object) -> None:
    with pytest.raises(BadAnswers):
        score(FORM, answers(bond_open=value))


@pytest.mark.parametrize("key", KEYS)
def test_a_missing_answer_is_bad(key: str) -> None:
    given_answers = answers()
    del given_answers[key]
    with pytest.raises(BadAnswers):
        score(FORM, given_answers)


def test_an_unknown_item_is_bad() -> None:
    with pytest.raises(BadAnswers):
        score(FORM, answers(mood=3))


def test_no_answers_are_bad() -> None:
    with pytest.raises(BadAnswers):
        score(FORM, {})


@given(complete)
def test_scores_stay_on_the_scale(filled_in: dict[str, int]) -> None:
    scores = score(FORM, filled_in)
    for value in (scores.goal, scores.task, scores.bond):
        assert 1 <= value <= 5


@given(complete, st.sampled_from(FORM.items))
def test_a_better_answer_raises_its_dimension_and_no_other(
    filled_in: dict[str, int], item: catalogue.Item
) -> None:
    """No item is reversed."""
    lower, higher = filled_in | {item.key: 1}, filled_in | {item.key: 5}
    before, after = score(FORM, lower), score(FORM, higher)
    for dimension in catalogue.DIMENSIONS:
        risen = getattr(after, dimension) - getattr(before, dimension)
        assert risen == (2 if dimension == item.dimension else 0)


@given(complete, st.randoms(use_true_random=False))
def test_the_order_of_the_answers_does_not_matter(
    filled_in: dict[str, int], random: object
) -> None:
    mixed = list(filled_in.items())
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert score(FORM, dict(mixed)) == score(FORM, filled_in)


@given(st.dictionaries(st.sampled_from([*KEYS, "other"]), st.integers(-1, 7)))
def test_any_answers_are_scored_or_bad(filled_in: dict[str, int]) -> None:
    is_complete = set(filled_in) == set(KEYS) and all(1 <= v <= 5 for v in filled_in.values())
    if is_complete:
        score(FORM, filled_in)
    else:
        with pytest.raises(BadAnswers):
            score(FORM, filled_in)


# --- Any instrument


def test_a_profile_has_every_dimension_in_its_order() -> None:
    form = catalogue.get("elements-7", 1)
    given_points = {item.key: 1 + place % 5 for place, item in enumerate(form.items)}
    found = profile(form, given_points)
    assert list(found) == list(form.dimensions)
    assert list(found.values()) == [1, 2, 3, 4, 5, 1, 2]


def test_a_profile_is_the_mean_of_four_items() -> None:
    form = catalogue.get("alliance-12", 1)
    bond = dict(
        zip([i.key for i in form.items if i.dimension == "bond"], [1, 2, 4, 5], strict=True)
    )
    found = profile(form, dict.fromkeys((item.key for item in form.items), 3) | bond)
    assert found == {"goal": 3, "task": 3, "bond": 3}
    found = profile(form, dict.fromkeys((item.key for item in form.items), 2) | bond)
    assert found == {"goal": 2, "task": 2, "bond": 3}


def test_only_an_alliance_form_has_scores() -> None:
    form = catalogue.get("elements-7", 1)
    with pytest.raises(NoAllianceForm, match="elements-7"):
        score(form, dict.fromkeys((item.key for item in form.items), 3))


@given(complete)
def test_scores_are_the_profile(filled_in: dict[str, int]) -> None:
    assert Scores(**profile(FORM, filled_in)) == score(FORM, filled_in)


@pytest.mark.parametrize("key", ["elements-7", "alliance-12-therapist"])
def test_a_profile_of_an_incomplete_form_is_bad(key: str) -> None:
    form = catalogue.get(key, 1)
    with pytest.raises(BadAnswers):
        profile(form, {item.key: 3 for item in form.items[1:]})
