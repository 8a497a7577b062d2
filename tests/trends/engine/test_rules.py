"""The rules of the literature: what each says of a course, and what holds for all of them."""

from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trends.engine.history import BadScale, Floats, InfiniteScore, OutOfScale, WrongShape
from trends.engine.rules import (
    RULES,
    Rule,
    families,
    flag,
    retrospective_sudden_gains,
    retrospective_sudden_losses,
)
from trends.engine.rules.charts import (
    c4,
    cusum_path,
    ewma_path,
    ewma_sigma,
    limits,
    moving_range_sigma,
    unbiased_sigma,
)
from trends.engine.rules.severities import smallest_reliable_change
from trends.engine.running import count_before, mean_before

NAN = float("nan")
EVERY_SETTING = list(chain.from_iterable(families().values()))
LIVE = [rule for rule in EVERY_SETTING if not rule.retrospective]


def named(rule: Rule) -> str:
    return f"{rule.name}: {rule.setting}"


def course(*values: float) -> Floats:
    """One treatment whose three dimensions are always rated alike."""
    return np.repeat(np.array(values, dtype=float)[None, :, None], 3, axis=2)


def severities(name: str, *values: float, **parameters: Any) -> list[float]:
    """Of a course on a scale from 1 to 5, with the rule's parameters or these in their place."""
    rule = RULES[name]
    kept = {"minimum": rule.minimum, **rule.parameters, **parameters}
    found = rule.function(course(*values), scale=(1.0, 5.0), **kept)
    return [float(severity) for severity in found[0]]


def same(expected: list[float]) -> Any:
    return pytest.approx(expected, nan_ok=True)


# --- What each rule says -----------------------------------------------------------------------


def test_previous_is_the_last_rated_session() -> None:
    assert severities("previous", 4, 3, NAN, 4, 2) == same([NAN, 0.25, NAN, -0.25, 0.5])


def test_own_mean_needs_two_earlier_ratings() -> None:
    assert severities("own-mean", 4, 5, NAN, 2.5, 3) == same([NAN, NAN, NAN, 0.5, 0.8333333 / 4])


def test_the_worst_dimension_counts_against_its_own_mean() -> None:
    scores = np.array([[[5, 3, 4], [4, 3, NAN], [4.5, 2, 1]]])
    rule = RULES["own-mean-worst"]
    # Bond has one earlier rating only, so that its fall by three points says nothing yet.
    assert rule.severity(scores)[0].tolist() == same([NAN, NAN, 0.25])


def test_pre_drop_maximum() -> None:
    assert severities("pre-drop-maximum", 3, 5, 4, 3, 5) == same([NAN, -0.5, 0.25, 0.5, 0])


def test_level() -> None:
    assert severities("level", 5, 4.6, NAN, 1) == same([0, 0.1, NAN, 1])


def test_level_flags_36_of_40() -> None:
    scores = np.repeat(np.array([[[40.0], [36.5], [36.0]]]), 3, axis=2)
    assert RULES["level"].flags(scores, (0, 40)).tolist() == [[False, False, True]]


def test_a_session_rated_in_part_has_the_mean_of_what_is_rated() -> None:
    scores = np.array([[[4, 4, 4], [NAN, 3, 2]]])
    assert RULES["previous"].severity(scores)[0].tolist() == same([NAN, 1.5 / 4])


def test_drop_in_own_sd() -> None:
    # Earlier ratings 4, 5, 3: mean 4, SD 1.
    assert severities("own-sd", 4, 5, 3, 2) == same([NAN, NAN, NAN, 2])
    assert severities("strauss-type", 4, 5, 3, 2) == same([NAN, NAN, NAN, 1])
    assert severities("stiles-type", 4, 5, 3, 2, reference="pre-drop-maximum")[3] == pytest.approx(
        3
    )


@pytest.mark.parametrize(
    ("spread", "sd"),
    [
        ("own-to-date", 1.0),
        ("own-whole-series-retrospective", (5 / 3) ** 0.5),
        ("pooled-within", 0.45 * 4 / 6),
        ("between", 0.85 * 4 / 6),
    ],
)
def test_whose_sd(spread: str, sd: float) -> None:
    assert severities("stiles-type", 4, 5, 3, 2, spread=spread)[3] == pytest.approx(1 / sd)


def test_strauss_and_stiles_types_differ_in_their_threshold() -> None:
    strauss, stiles = RULES["strauss-type"], RULES["stiles-type"]
    assert (strauss.threshold, stiles.threshold) == (1, 2)
    assert strauss.parameters == stiles.parameters


def test_equal_ratings_are_not_endlessly_sure() -> None:
    # An SD of 0 counts as a hundredth of the scale, .04 points.
    assert severities("own-sd", 4, 4, 4, 3)[3] == pytest.approx(25)
    assert severities("own-sd", 4, 4, 4, 4)[3] == 0


def test_gumz_type_takes_the_larger_sd() -> None:
    between = 0.85 * 4 / 6
    assert severities("gumz-type", 4, 4, 4, 3)[3] == pytest.approx(1 / between)
    assert severities("gumz-type", 5, 3, 4, 3)[3] == pytest.approx(1)
    assert severities("gumz-type", 4, 4, 4, 3, usual="pooled-within")[3] == pytest.approx(1 / 0.3)


@pytest.mark.parametrize(
    ("sd", "reliability", "change"),
    [(0.92, 0.90, 0.81), (0.92, 0.73, 1.33), (0.67, 0.90, 0.59), (0.80, 0.90, 0.70)],
)
def test_reliable_change_of_published_measures(
    sd: float, reliability: float, change: float
) -> None:
    assert smallest_reliable_change(sd, reliability) == pytest.approx(change, abs=0.0051)


def test_reliable_change() -> None:
    scores = np.repeat(np.array([[[6.0], [5.2], [4.4], [3.58]]]), 3, axis=2)
    assert RULES["reliable-change"].flags(scores, (1, 7)).tolist() == [[False, False, False, True]]


def test_individuals_chart_uses_the_ratings_before() -> None:
    # Moving ranges 1, 1 and centre 4 1/3, then .5 from there.
    found = severities("individuals-chart", 4, 5, 4, 3)
    assert found == same([NAN, NAN, NAN, (4 / 3) * 1.128])


def test_ewma_of_a_chart_with_full_weight_is_the_individuals_chart() -> None:
    ratings = (4.0, 5.0, NAN, 4.5, 3.0, 4.0, 2.0)
    assert severities("ewma", *ratings, weight=1.0) == same(
        severities("individuals-chart", *ratings)
    )


def test_cusum_adds_up_what_lies_beyond_the_slack() -> None:
    chart = severities("individuals-chart", 4, 5, 4, 3, NAN, 3, 5)
    first, second, third = chart[3], chart[5], chart[6]
    found = severities("cusum", 4, 5, 4, 3, NAN, 3, 5)
    assert found[3] == pytest.approx(first - 0.5)
    assert np.isnan(found[4])
    assert found[5] == pytest.approx(first + second - 1)
    assert found[6] == pytest.approx(max(0, first + second + third - 1.5))


def test_a_sudden_loss_is_flagged_at_the_session_after_the_drop() -> None:
    rule = RULES["sudden-losses"]
    lasting = course(4.5, 4.6, 4.5, 3, 3.1, 3)
    brief = course(4.5, 4.6, 4.5, 3, 4.6, 4.5)
    assert rule.flags(lasting).tolist() == [[False, False, False, True, False, False]]
    assert not rule.flags(brief).any()


def test_sudden_losses_are_those_of_the_reversed_score() -> None:
    rng = np.random.default_rng(3)
    totals = np.round(rng.normal(3.5, 0.2, (400, 12)) - (np.arange(12) > 6), 1).clip(1, 5)
    totals[rng.random(totals.shape) < 0.1] = NAN
    rule = RULES["sudden-losses"]
    cut = rule.parameters["cut"] * 4
    losses = retrospective_sudden_losses(6 - totals, cut=cut).happened
    assert losses.sum() > 50
    scores = np.repeat(totals[:, :, None], 3, axis=2)
    np.testing.assert_array_equal(rule.flags(scores), losses)


# --- Sudden gains and losses: the R package suddengains 0.7.2 ----------------------------------


def happened(found: Any) -> list[int]:
    return [int(session) for session in np.flatnonzero(found.happened[0])]


def test_the_packages_example_of_a_gain() -> None:
    gains = retrospective_sudden_gains(np.array([[32.0, 31, 33, 5, 6, 7]]), cut=7)
    assert happened(gains) == [3]
    assert gains.magnitude[0, 3] == 28
    assert not gains.reversed.any()


def test_the_packages_example_of_a_loss_with_a_gap() -> None:
    losses = retrospective_sudden_losses(np.array([[5.0, NAN, 7, 16, 12, 14]]), cut=7)
    assert happened(losses) == [3]
    assert losses.magnitude[0, 3] == -9
    assert not losses.reversed.any()


@pytest.mark.parametrize(
    "symptoms",
    [
        [32.0, 31, 33, 26.5, 27, 26],  # 1: less than 7
        [60.0, 61, 60, 46, 45, 46],  # 2: less than a quarter
        [40.0, 20, 33, 20, 33, 18],  # 3: too unsteady
        [NAN, NAN, 33, 5, 6, 7],  # 3: one rating before
        [32.0, 31, 33, 5, NAN, NAN],  # 3: one rating after
        [32.0, 33, NAN, 5, 6, 7],  # not two neighbouring sessions
    ],
)
def test_no_gain(symptoms: list[float]) -> None:
    assert happened(retrospective_sudden_gains(np.array([symptoms]), cut=7)) == []


# Means 30 and 30 - d with an SD of 1 on either side: a gain from the critical value on, which is
# 2.776 for three ratings against three, 3.182 and 4.303 with one and two of them missing.
@pytest.mark.parametrize(
    ("before", "after", "critical"),
    [
        ((-1, 0, 1), (-1, 0, 1), 2.776),
        ((NAN, -(0.5**0.5), 0.5**0.5), (-1, 0, 1), 3.182),
        ((-1, 0, 1), (-(0.5**0.5), NAN, 0.5**0.5), 3.182),
        ((NAN, -(0.5**0.5), 0.5**0.5), (-(0.5**0.5), NAN, 0.5**0.5), 4.303),
    ],
)
def test_critical_values(
    before: tuple[float, ...], after: tuple[float, ...], critical: float
) -> None:
    for beyond, gains in ((-0.001, []), (0.001, [3])):
        later = 10.0 - critical - beyond + np.array(after)
        symptoms = np.concatenate([10.0 + np.array(before), later])[None]
        assert happened(retrospective_sudden_gains(symptoms, cut=1, share=0)) == gains


def test_a_change_is_reversed_once_more_than_half_is_given_back() -> None:
    gain = [30.0, 31, 30, 20, 21, 20]
    half, more = np.array([[*gain, NAN, 25]]), np.array([[*gain, NAN, 25.5]])
    assert not retrospective_sudden_gains(half, cut=7).reversed.any()
    assert np.flatnonzero(retrospective_sudden_gains(more, cut=7).reversed) == [3]
    half, more = 50 - half, 50 - more
    assert not retrospective_sudden_losses(half, cut=7).reversed.any()
    assert np.flatnonzero(retrospective_sudden_losses(more, cut=7).reversed) == [3]


# --- Control charts: the R package qcc ---------------------------------------------------------

# Montgomery's viscosities of batches 1 to 20. What is known after them is asked at one more.
VISCOSITIES = """
    34.05 34.40 33.59 35.96 34.70 33.51 33.79 34.04 34.52 33.75
    33.27 33.71 34.03 34.58 34.02 33.97 34.05 34.04 33.73 34.05
"""
VISCOSITY = np.array(VISCOSITIES.split(), dtype=float)[None]
AFTER = np.concatenate([VISCOSITY, [[NAN]]], axis=1)
CENTRE = mean_before(AFTER)[:, -1]


def test_qcc_individuals_chart() -> None:
    sigma = moving_range_sigma(AFTER)[:, -1]
    low, high = limits(CENTRE, sigma, 3)
    assert pytest.approx([34.088]) == CENTRE
    assert sigma == pytest.approx([0.5076521], abs=5e-8)
    assert (low[0], high[0]) == pytest.approx((32.56504, 35.61096), abs=5e-6)
    assert np.flatnonzero((low > VISCOSITY) | (high < VISCOSITY)).tolist() == [3]


def test_qcc_individuals_chart_with_sd() -> None:
    sigma = unbiased_sigma(AFTER, count_before(AFTER))[:, -1]
    low, high = limits(CENTRE, sigma, 3)
    assert sigma == pytest.approx([0.5769854], abs=5e-8)
    assert (low[0], high[0]) == pytest.approx((32.35704, 35.81896), abs=5e-6)


def test_c4_is_that_of_the_tables() -> None:
    assert [round(c4(n), 4) for n in (2, 3, 4, 5, 25)] == [0.7979, 0.8862, 0.9213, 0.9400, 0.9896]


def test_qcc_ewma_limits() -> None:
    sigma = moving_range_sigma(AFTER)[:, -1] * ewma_sigma(np.array([1.0, 2.0]), weight=0.2)
    low, high = limits(CENTRE, sigma, 2.7)
    assert low == pytest.approx([33.81387, 33.73694], abs=5e-6)
    assert high == pytest.approx([34.36213, 34.43906], abs=5e-6)


# Centre (rounded, hence the tolerances) and sigma of the 25 first samples of five piston rings.
RINGS_CENTRE, RINGS_SIGMA = 74.00118, 0.009785039 / 5**0.5


def test_qcc_ewma_limits_of_the_piston_rings() -> None:
    sigma = RINGS_SIGMA * ewma_sigma(np.array([1.0]), weight=0.2)
    low, high = limits(np.array([RINGS_CENTRE]), sigma, 3)
    assert (low[0], high[0]) == pytest.approx((73.99855, 74.00380), abs=1e-5)


def test_ewma_path() -> None:
    values = np.array([[4.0, NAN, 2.0], [0.0, 0.0, 0.0]])
    path = ewma_path(values, start=np.array([3.0, 10.0]), weight=0.5)
    assert path.tolist() == [[3.5, 3.5, 2.75], [5, 2.5, 1.25]]


def test_cusum_path() -> None:
    z = np.array([[-1.0, 3.0, -1.5, NAN, -2.0]])
    assert cusum_path(z, slack=0.5).tolist() == [[0.5, 0, 1, 1, 2.5]]


# --- What holds for every rule and every setting -----------------------------------------------

RATINGS = st.sampled_from([NAN, *[1 + half / 2 for half in range(9)]])
SHAPES = st.tuples(st.integers(0, 4), st.integers(0, 10), st.just(3))
SCORES = hnp.arrays(float, SHAPES, elements=RATINGS)

# A busy machine is no reason to fail.
unhurried = settings(deadline=None)
any_rule = st.sampled_from(EVERY_SETTING)
live_rule = st.sampled_from(LIVE)


@unhurried
@given(SCORES, any_rule)
def test_a_severity_for_every_rated_session_with_enough_history(scores: Floats, rule: Rule) -> None:
    severity = rule.severity(scores)
    assert severity.shape == scores.shape[:2]
    assert not np.isinf(severity).any()
    rated = ~np.isnan(scores).all(axis=2)
    enough = np.cumsum(rated, axis=1) - rated >= rule.minimum
    assert not (~np.isnan(severity) & ~(rated & enough)).any()


@unhurried
@given(hnp.arrays(float, SHAPES, elements=st.sampled_from([2.0, 3.5, 4.0, 5.0])), live_rule)
def test_nothing_else_is_left_unsaid(scores: Floats, rule: Rule) -> None:
    said = ~np.isnan(rule.severity(scores))
    enough = np.arange(scores.shape[1]) >= rule.minimum
    np.testing.assert_array_equal(said, np.broadcast_to(enough, said.shape))


@unhurried
@given(SCORES, live_rule, st.integers(0, 10))
def test_the_future_does_not_change_the_past(scores: Floats, rule: Rule, t: int) -> None:
    np.testing.assert_array_equal(rule.severity(scores)[:, :t], rule.severity(scores[:, :t]))


@unhurried
@given(SCORES, any_rule)
def test_a_treatment_alone_is_judged_as_among_others(scores: Floats, rule: Rule) -> None:
    together = rule.severity(scores)
    for number, one in enumerate(scores):
        np.testing.assert_array_equal(rule.severity(one[None])[0], together[number])


@unhurried
@given(SCORES, any_rule, st.sampled_from([-1.0, 0.0, 3.0]), st.sampled_from([0.5, 2.0, 10.0]))
def test_the_unit_of_the_scale_does_not_matter(
    scores: Floats, rule: Rule, shift: float, factor: float
) -> None:
    there = rule.severity(scores * factor + shift, (factor + shift, 5 * factor + shift))
    # A sudden loss among equal ratings is endlessly clear, or not at all: a billionth decides.
    here = rule.severity(scores).clip(-1e6, 1e6)
    np.testing.assert_allclose(there.clip(-1e6, 1e6), here, rtol=1e-6, atol=1e-6)


@unhurried
@given(SCORES, any_rule, st.sampled_from([-0.5, 1.0]))
def test_only_the_level_depends_on_where_someone_rates(
    scores: Floats, rule: Rule, shift: float
) -> None:
    scale = (-1.0, 7.0)
    here, there = rule.severity(scores, scale), rule.severity(scores + shift, scale)
    moved = shift / 8 if rule.name == "level" else 0
    np.testing.assert_allclose(there.clip(-1e6, 1e6) + moved, here.clip(-1e6, 1e6), atol=1e-6)


@unhurried
@given(SCORES, st.integers(0, 10), live_rule)
def test_sessions_without_a_rating_are_skipped(scores: Floats, place: int, rule: Rule) -> None:
    place = min(place, scores.shape[1])
    with_gap = np.insert(scores, [place, place], NAN, axis=1)
    severity = rule.severity(with_gap)
    assert np.isnan(severity[:, place : place + 2]).all()
    np.testing.assert_array_equal(
        np.delete(severity, [place, place + 1], axis=1), rule.severity(scores)
    )


@unhurried
@given(SCORES, live_rule, st.sampled_from([0.5, 1.0]))
def test_falling_further_is_never_less_severe(scores: Floats, rule: Rule, further: float) -> None:
    lower = scores.copy()
    lower[:, -1:] = np.maximum(lower[:, -1:] - further, 1)
    here, there = rule.severity(scores)[:, -1:], rule.severity(lower)[:, -1:]
    assert not (there < here - 1e-9).any()


def test_given_scores_are_left_alone() -> None:
    scores = course(4, NAN, 3, 5, 2, 3)
    before = scores.copy()
    for rule in EVERY_SETTING:
        rule.severity(scores)
    np.testing.assert_array_equal(scores, before)


# --- The registry ------------------------------------------------------------------------------


def test_names_are_stable() -> None:
    assert sorted(RULES) == [
        "cusum",
        "ewma",
        "gumz-type",
        "individuals-chart",
        "level",
        "own-mean",
        "own-mean-worst",
        "own-sd",
        "pre-drop-maximum",
        "previous",
        "reliable-change",
        "stiles-type",
        "strauss-type",
        "sudden-losses",
    ]
    assert all(rule.name == name for name, rule in RULES.items())


def test_a_family_begins_with_its_rule_and_names_no_setting_twice() -> None:
    for name, rules in families().items():
        assert rules[0] == RULES[name]
        assert {rule.name for rule in rules} == {name}
        assert len({rule.setting for rule in rules}) == len(rules)


def test_published_families_have_every_reading() -> None:
    """Three references, four SDs and three minimums."""
    assert len(families()["stiles-type"]) == len(families()["strauss-type"]) == 36


def test_what_looks_ahead_says_so() -> None:
    assert RULES["sudden-losses"].retrospective
    assert [name for name, rule in RULES.items() if rule.retrospective] == ["sudden-losses"]
    for rule in EVERY_SETTING:
        whole = "own-whole-series-retrospective" in rule.parameters.values()
        assert rule.retrospective == (whole or rule.name == "sudden-losses")


def test_a_rule_is_a_value() -> None:
    assert len({*EVERY_SETTING, *EVERY_SETTING}) == len(EVERY_SETTING)


def test_a_flag_is_a_severity_at_the_threshold() -> None:
    assert flag(np.array([[NAN, 0.9, 1.0, 1.1]]), 1.0).tolist() == [[False, False, True, True]]


# --- What is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES.values(), ids=named)
@pytest.mark.parametrize(
    ("scores", "refusal", "message"),
    [
        ([[4, 4, 4]], WrongShape, r"\(treatments, sessions, 3\), not \(1, 3\)"),
        (np.ones((2, 4, 2)), WrongShape, "not"),
        ([[["high", 4, 4]]], WrongShape, "must be numbers"),
        (course(4, np.inf), InfiniteScore, "goal score of treatment 1, session 2 is inf"),
        (course(4, 5, 5.5), OutOfScale, "session 3 is 5.5; the scale runs from 1 to 5"),
        (course(0), OutOfScale, "goal score of treatment 1, session 1 is 0"),
    ],
)
def test_refused_scores(rule: Rule, scores: Any, refusal: type[Exception], message: str) -> None:
    with pytest.raises(refusal, match=message):
        rule.severity(scores)


@pytest.mark.parametrize("scale", [(5, 1), (3, 3), (1, np.inf), (NAN, 5)])
def test_refused_scales(scale: tuple[float, float]) -> None:
    with pytest.raises(BadScale, match="from a lower to a higher number"):
        RULES["level"].severity(course(4), scale)
