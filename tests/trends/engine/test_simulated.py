"""The rule against courses whose ruptures are known, because we made them. Zero noise first.

The bounds leave two standard errors around the figures in the docstring of `own_mean`.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from trends.engine import History, Point, detect

from .simulation import Bools, Treatments, World, simulate

SILENT = replace(
    World(), item_noise=0, state_sd=0, between_sd=0, dimension_sd=0, growth=0, missing=0
)


@dataclass(frozen=True)
class Found:
    false_alarms: float
    onsets: float
    states: float
    inside_usual: float


def judge(world: World, *, treatments: int, seed: int) -> Found:
    truth = simulate(world, treatments=treatments, seed=seed)
    found = [detect(History(scores, items=world.items)) for scores in truth.scores]
    return compare(truth, found)


def compare(truth: Treatments, found: list[list[Point]]) -> Found:
    flagged = np.array([[point.flag for point in points] for points in found])
    calm = truth.rated & ~truth.ruptured
    return Found(
        false_alarms=share(flagged, calm),
        onsets=share(flagged, truth.onset & truth.rated),
        states=share(flagged, truth.ruptured & truth.rated),
        inside_usual=share(inside(found), calm & known(found)),
    )


def share(of: Bools, among: Bools) -> float:
    return of[among].mean() if among.any() else float("nan")


def known(found: list[list[Point]]) -> Bools:
    return np.array([[point.low is not None for point in points] for points in found])


def inside(found: list[list[Point]]) -> Bools:
    return np.array(
        [
            [p.low is not None and p.low <= (p.score or 0) <= (p.high or 0) for p in points]
            for points in found
        ]
    )


def test_without_noise_and_ruptures_nothing_is_flagged() -> None:
    assert judge(replace(SILENT, hazard=0), treatments=100, seed=1).false_alarms == 0


def test_without_noise_every_deep_rupture_is_found_when_it_begins() -> None:
    world = replace(
        SILENT, depth=2, depth_shape=1e6, share_in_one=0, stays=0, permanent=0, missing_in_rupture=0
    )
    truth = simulate(replace(world, hazard=0.05), treatments=300, seed=1)
    first = truth.onset & (truth.ruptured.cumsum(axis=1) == 1)
    flagged = np.array([[p.flag for p in detect(History(scores))] for scores in truth.scores])
    assert first.sum() > 100
    assert flagged[first].all()
    assert not flagged[~truth.ruptured].any()


def test_usual_world() -> None:
    found = judge(World(), treatments=1500, seed=11)
    assert 0.030 < found.false_alarms < 0.043
    assert 0.38 < found.onsets < 0.47
    assert 0.27 < found.states < 0.35
    assert 0.82 < found.inside_usual < 0.88


def test_world_without_ruptures() -> None:
    assert judge(replace(World(), hazard=0), treatments=1500, seed=12).false_alarms < 0.05


def test_four_items_find_more_with_fewer_false_alarms() -> None:
    found = judge(replace(World(), items=4), treatments=1000, seed=13)
    assert found.false_alarms < 0.035
    assert found.onsets > 0.46


@pytest.mark.parametrize(
    "change",
    [{"autocorrelation": 0.6}, {"noise_varies": 0.5}, {"mean": 4.7}, {"missing": 0.4}],
    ids=["sticky", "varied people", "ceiling", "many missing"],
)
def test_harder_worlds_raise_no_more_false_alarms(change: dict[str, Any]) -> None:
    assert judge(replace(World(), **change), treatments=600, seed=14).false_alarms < 0.05


def test_the_same_seed_gives_the_same_treatments() -> None:
    one, other = (simulate(World(), treatments=5, seed=7) for _ in range(2))
    assert np.array_equal(one.scores, other.scores, equal_nan=True)
    different = simulate(World(), treatments=5, seed=8)
    assert not np.array_equal(one.scores, different.scores, equal_nan=True)


def test_the_simulation_scatters_like_the_published_ratings() -> None:
    """Twelve items on 1 to 7: seen were an SD of .45 within persons and .72 to .92 between."""
    world = replace(World(), items=4, hazard=0, growth=0, missing=0)
    totals = simulate(world, treatments=2000, seed=9).scores.mean(axis=2) * 6 / 4
    assert np.sqrt(totals.var(axis=1, ddof=1).mean()) == pytest.approx(0.40, abs=0.05)
    assert totals.mean(axis=1).std() == pytest.approx(0.82, abs=0.1)


def test_ruptures_come_and_go_as_told() -> None:
    world = replace(World(), sessions=200, permanent=0, stays=0.5)
    truth = simulate(world, treatments=400, seed=10)
    at_risk = ~truth.ruptured[:, 2:-1]
    assert truth.onset[:, 3:][at_risk].mean() == pytest.approx(world.hazard, abs=0.005)
    assert truth.ruptured.sum() / truth.onset.sum() == pytest.approx(2, abs=0.1)
    assert not truth.ruptured[:, :2].any()
