"""The engine against courses whose ruptures are known, because we made them. Zero noise first.

Figures are of our simulation (`benchmarks/detection`), whose worlds the benchmark goes through one
by one; the bounds here leave two standard errors around what was measured.
"""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.detection.worlds import USUAL, WORLDS, Bools, Floats, Treatments, World, simulate
from trends.engine import DEFAULT, DEFAULT_BUDGET
from trends.engine.courses import Courses, empty
from trends.engine.detect import one_in
from trends.engine.policy import DEFAULT_THRESHOLD, raise_flags
from trends.engine.trends import Trends, compute

SILENT = replace(
    USUAL, item_noise=1e-6, state_sd=0, between_sd=0, dimension_sd=0, growth=0, missing=0
)


def watched(world: World, treatments: int, seed: int) -> tuple[Treatments, Courses, Trends]:
    truth = simulate(world, treatments=treatments, seed=seed)
    courses = empty(truth.onset.shape, (1.0, float(world.points)))
    courses.scores[:] = truth.scores
    courses.items[:] = world.items
    courses.held[:], courses.asked[:] = True, True
    return truth, courses, compute(courses, DEFAULT)


def flags(courses: Courses, trends: Trends) -> Bools:
    may, rated = trends.can_be_flagged.T, courses.rated.T
    return raise_flags(trends.p_rupture.T, may, rated, DEFAULT_THRESHOLD)[0].T


def found_at(chances: Floats, truth: Bools, rated: Bools, false_alarms: float) -> float:
    """Share of the true sessions above the threshold that so many of the others exceed."""
    threshold = np.quantile(chances[rated & ~truth], 1 - false_alarms)
    return float((chances[rated & truth] > threshold).mean())


def test_without_noise_and_ruptures_nothing_is_flagged() -> None:
    _, courses, trends = watched(replace(SILENT, hazard=0), 100, seed=1)
    assert not flags(courses, trends).any()


def test_without_noise_every_deep_rupture_is_found_when_it_begins() -> None:
    world = replace(
        SILENT, depth=2, depth_shape=1e6, share_in_one=0, stays=0, permanent=0, missing_in_rupture=0
    )
    truth, courses, trends = watched(world, 300, seed=1)
    assert truth.onset.sum() > 100
    assert (flags(courses, trends) == truth.onset).all()


@pytest.mark.parametrize("name", WORLDS)
def test_probabilities_are_about_right_in_every_world(name: str) -> None:
    """Of the sessions said to lie in a rupture with such a chance, about so many do."""
    truth, _, trends = watched(WORLDS[name], 500, seed=21)
    p, inside = trends.p_rupture[truth.rated], truth.ruptured[truth.rated]
    assert p.mean() == pytest.approx(inside.mean(), abs=0.055)


def test_calibration_in_the_usual_world() -> None:
    truth, _, trends = watched(USUAL, 3000, seed=22)
    p, inside = trends.p_rupture[truth.rated], truth.ruptured[truth.rated]
    for low in np.arange(0, 1, 0.2):
        here = (p >= low) & (p < low + 0.2)
        assert inside[here].mean() == pytest.approx(p[here].mean(), abs=0.06)


def test_the_usual_world() -> None:
    truth, courses, trends = watched(USUAL, 1500, seed=23)
    assert found_at(trends.p_rupture, truth.ruptured, truth.rated, 0.05) > 0.60
    assert found_at(trends.p_onset, truth.onset, truth.rated, 0.05) > 0.60
    usual = trends.usual_low[:, :, 3], trends.usual_high[:, :, 3]
    calm = truth.rated & ~truth.ruptured & (trends.earlier >= 2)
    inside = (courses.totals >= usual[0]) & (courses.totals <= usual[1])
    assert 0.76 < inside[calm].mean() < 0.86


def test_the_default_threshold_is_about_the_default_budget() -> None:
    truth, courses, trends = watched(USUAL, 1500, seed=24)
    share = 100 * flags(courses, trends).sum() / truth.rated.sum()
    assert share == pytest.approx(DEFAULT_BUDGET, abs=0.7)


def test_how_rare_a_fall_is_said_to_be_is_about_how_rare_it_is() -> None:
    """Among sessions without ruptures one in 20 (100) has a fall that is called so rare."""
    truth, _, trends = watched(replace(USUAL, hazard=0), 2000, seed=25)
    calm = truth.rated & (trends.earlier >= 2)
    lowest = trends.as_low[calm].min(axis=1)
    rare = np.array([one_in(float(as_low), 3) for as_low in lowest])
    assert (rare > 20).mean() == pytest.approx(1 / 20, rel=0.15)
    assert (rare > 100).mean() == pytest.approx(1 / 100, rel=0.25)


@pytest.mark.parametrize("items", [1, 2, 4])
def test_a_collapse_to_the_bottom_never_lowers_the_probability(items: int) -> None:
    """However the last scores lay: some of them may have been at the bottom before."""
    truth, courses, trends = watched(replace(USUAL, items=items, sessions=8), 500, seed=27)
    rated = truth.rated[:, -1]
    fallen = empty(truth.onset.shape, courses.scale)
    for name in ("scores", "items", "held", "asked"):
        getattr(fallen, name)[:] = getattr(courses, name)
    fallen.scores[rated, -1] = 1
    change = compute(fallen, DEFAULT).p_rupture[rated, -1] - trends.p_rupture[rated, -1]
    assert change.min() >= -1e-9


def test_it_beats_the_drop_from_the_own_mean() -> None:
    truth, courses, trends = watched(USUAL, 1500, seed=26)
    scores, known = np.nan_to_num(courses.scores), np.isfinite(courses.scores)
    count = np.cumsum(known, axis=1) - known
    mean = (np.cumsum(scores, axis=1) - scores) / np.maximum(count, 1)
    drop = np.where(known & (count > 0), mean - scores, -9).max(axis=2)
    ours = found_at(trends.p_rupture, truth.ruptured, truth.rated, 0.05)
    theirs = found_at(drop, truth.ruptured, truth.rated, 0.05)
    assert ours > 1.18 * theirs


def test_the_same_seed_gives_the_same_treatments() -> None:
    one, other = (simulate(USUAL, treatments=5, seed=7) for _ in range(2))
    assert np.array_equal(one.scores, other.scores, equal_nan=True)
    different = simulate(USUAL, treatments=5, seed=8)
    assert not np.array_equal(one.scores, different.scores, equal_nan=True)


def test_the_simulation_scatters_like_the_published_ratings() -> None:
    """Twelve items on 1 to 7: seen were an SD of .45 within persons and .72 to .92 between."""
    world = replace(USUAL, hazard=0, growth=0, missing=0)
    totals = simulate(world, treatments=2000, seed=9).scores.mean(axis=2) * 6 / 4
    assert np.sqrt(totals.var(axis=1, ddof=1).mean()) == pytest.approx(0.40, abs=0.05)
    assert totals.mean(axis=1).std() == pytest.approx(0.82, abs=0.1)


def test_ruptures_come_and_go_as_told() -> None:
    world = replace(USUAL, sessions=200, permanent=0, stays=0.5)
    truth = simulate(world, treatments=400, seed=10)
    at_risk = ~truth.ruptured[:, 2:-1]
    assert truth.onset[:, 3:][at_risk].mean() == pytest.approx(world.hazard, abs=0.005)
    assert truth.ruptured.sum() / truth.onset.sum() == pytest.approx(2, abs=0.1)
    assert not truth.ruptured[:, :2].any()
