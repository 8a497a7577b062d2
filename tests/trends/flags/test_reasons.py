from dataclasses import replace

import pytest

from trends.engine import DIMENSIONS, Reason
from trends.flags import reasons

BOND = Reason(
    dimension="bond",
    score=2.0,
    usual_low=3.62,
    usual_high=4.84,
    changes={"goal": 0.1, "task": 0.0, "bond": -2.2},
    earlier=7,
    missing=0,
    one_in=61.0,
    p_onset=0.62,
    p_rupture=0.69,
)


def in_full(reason: Reason) -> str:
    return " ".join(reasons.in_full(reason, "Ana R."))


def test_one_line_has_the_numbers_with_one_decimal() -> None:
    assert reasons.one_line(BOND) == "Bond fell to 2.0; it is usually 3.6 to 4.8."


def test_one_line_says_whose_numbers_they_are() -> None:
    line = reasons.one_line(BOND, "Ana R.")
    assert line == "Bond fell to 2.0; for Ana R. it is usually 3.6 to 4.8."


def test_a_name_is_never_read_as_a_format() -> None:
    assert "for 100 % (s) %s it" in reasons.one_line(BOND, "100 % (s) %s")


@pytest.mark.parametrize(
    ("dimension", "begins"),
    [
        ("goal", "Agreement on goals fell"),
        ("task", "Agreement on tasks fell"),
        ("bond", "Bond fell"),
    ],
)
def test_one_line_names_the_dimension(dimension: str, begins: str) -> None:
    assert reasons.one_line(replace(BOND, dimension=dimension)).startswith(begins)  # type: ignore[arg-type]


def test_every_dimension_of_the_engine_has_a_line() -> None:
    for dimension in DIMENSIONS:
        assert reasons.one_line(replace(BOND, dimension=dimension))


def test_in_full_says_what_happened_and_then_how_sure_that_is() -> None:
    assert reasons.in_full(BOND, "Ana R.") == [
        "Bond fell to 2.0; for Ana R. it is usually 3.6 to 4.8. "
        "A fall like this without a change in the relationship is seen in about 1 of 60 sessions. "
        "The other two parts are about as usual.",
        "When it was flagged, the chance of a rupture was put at about 70\u00a0%. "
        "This compares with 7 earlier ratings.",
    ]


def test_a_reason_of_an_earlier_engine_reads_well() -> None:
    old = replace(BOND, one_in=None, p_onset=None, p_rupture=None)
    assert reasons.in_full(old) == [
        "Bond fell to 2.0; it is usually 3.6 to 4.8. The other two parts are about as usual.",
        "This compares with 7 earlier ratings.",
    ]


@pytest.mark.parametrize(
    ("one_in", "words"),
    [
        (3.7, "about 1 of 4"),
        (9.4, "about 1 of 9"),
        (10.0, "about 1 of 10"),
        (57.0, "about 1 of 55"),
        (97.6, "about 1 of 100"),
        (100.0, "about 1 of 100"),
        (101.0, "fewer than 1 of 100"),
        (1000.0, "fewer than 1 of 100"),
        (1_000_000.0, "fewer than 1 of 100"),
    ],
)
def test_a_share_is_as_exact_as_it_can_be(one_in: float, words: str) -> None:
    assert reasons.share(one_in) == words


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.0, "less than 5\u00a0%"),
        (0.024, "less than 5\u00a0%"),
        (0.03, "about 5\u00a0%"),
        (0.62, "about 60\u00a0%"),
        (0.97, "about 95\u00a0%"),
        (0.98, "more than 95\u00a0%"),
        (1.0, "more than 95\u00a0%"),
    ],
)
def test_no_chance_is_told_as_a_certainty(chance: float, words: str) -> None:
    assert reasons.percent(chance) == words


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("tension", "said about tension counts a little too"),
        ("silence", "A form just before was not answered"),
        ("no_show", "did not come to a session just before"),
        ("therapist", "The rating by the therapist was low too"),
    ],
)
def test_in_full_says_what_else_pointed_to_it(source: str, words: str) -> None:
    assert words in in_full(replace(BOND, also=(source,)))  # type: ignore[arg-type]
    assert words not in in_full(BOND)


@pytest.mark.parametrize(
    ("goal", "task", "sentence"),
    [
        (-0.26, 0.0, "Goals are lower than expected too."),
        (0.5, -1.0, "Tasks are lower than expected too."),
        (-1.0, -1.0, "Goals and tasks are lower than expected too."),
        (-0.25, -0.1, "The other two parts are about as usual."),
    ],
)
def test_in_full_says_which_others_are_lower(goal: float, task: float, sentence: str) -> None:
    changes = {"goal": goal, "task": task, "bond": -2.2}
    assert sentence in in_full(replace(BOND, changes=changes))


def test_what_lies_in_its_own_usual_range_is_not_called_lower() -> None:
    reason = replace(BOND, changes={"goal": -0.4, "task": -0.4, "bond": -2.2})
    told = {
        low: reasons.in_full(reason, low=low)[0].partition("sessions. ")[2]
        for low in (("bond",), ("bond", "task"), ("bond", "goal", "task"))
    }
    assert list(told.values()) == [
        "The other two parts are about as usual.",
        "Tasks are lower than expected too.",
        "Goals and tasks are lower than expected too.",
    ]


@pytest.mark.parametrize("fell", DIMENSIONS)
def test_any_others_can_be_lower(fell: str) -> None:
    changes = dict.fromkeys(DIMENSIONS, -1.0)
    assert "lower than expected too." in in_full(replace(BOND, dimension=fell, changes=changes))  # type: ignore[arg-type]


def test_then_and_now_are_told_together_where_they_differ() -> None:
    then = "When it was flagged, the chance of a rupture was put at about 70\u00a0%"
    assert f"{then}; now it is put at about 95\u00a0%." in reasons.in_full(BOND, now=0.95)[1]
    assert f"{then}. " in reasons.in_full(BOND, now=0.71)[1]


def test_a_rating_that_says_little_is_told() -> None:
    sentence = "or they came very quickly, so this may be nothing."
    assert reasons.in_full(BOND, says_little=True)[0].endswith(sentence)
    assert sentence not in in_full(BOND)


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        (1, "The session before has no rating."),
        (3, "The 3 sessions before have no rating."),
    ],
)
def test_in_full_says_what_is_missing(missing: int, sentence: str) -> None:
    assert sentence in in_full(replace(BOND, missing=missing))


def test_in_full_counts_one_earlier_rating_as_one() -> None:
    assert "with 1 earlier rating." in in_full(replace(BOND, earlier=1))


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_no_sentence_says_more_than_possible(dimension: str) -> None:
    """A rupture is named once, where its chance is given."""
    full = in_full(replace(BOND, dimension=dimension, also=("tension", "silence"))).lower()  # type: ignore[arg-type]
    for word in ("crisis", "problem", "fail", "because"):
        assert word not in full
    assert full.count("rupture") == full.count("the chance of a rupture") == 1
    assert "rupture" not in reasons.one_line(BOND)


def test_after_few_ratings_nothing_is_called_usual() -> None:
    few = replace(BOND, earlier=2)
    assert reasons.one_line(few) == "Bond fell to 2.0; 3.6 to 4.8 was to be expected."
    assert reasons.one_line(few, "Ana") == (
        "Bond fell to 2.0; for Ana 3.6 to 4.8 was to be expected."
    )


def test_a_score_below_the_range_never_looks_as_if_it_lay_in_it() -> None:
    close = replace(BOND, score=3.54, usual_low=3.541)
    assert reasons.one_line(close) == "Bond fell to 3.5; it is usually 3.6 to 4.8."


def test_parts_that_were_not_rated_are_not_spoken_of() -> None:
    alone = reasons.in_full(replace(BOND, changes={"bond": -2.0}))[0]
    assert "part" not in alone
    two = reasons.in_full(replace(BOND, changes={"bond": -2.0, "goal": 0.0}))[0]
    assert "The other part that was rated is about as usual." in two
