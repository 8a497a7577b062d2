"""The band of first ratings, against ratings that the benchmark's simulator draws."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.detection.worlds import USUAL, simulate
from trends.client_page.beginning import SHARE, usual
from trends.engine import DEFAULT

DRAWN = 10_000


@pytest.mark.parametrize("items", [2, 4])
def test_the_band_holds_eight_of_ten(items: int) -> None:
    """Answers are whole points, so a band cannot hold exactly 80 %; nor is its world the prior."""
    world = replace(USUAL, items=items, missing=0.0, missing_in_rupture=0.0)
    means = simulate(world, treatments=DRAWN, seed=7).scores.mean(axis=2)
    for number in (1, 2, 3):
        low, high = (1 + 4 * end for end in usual(DEFAULT, number, items).band())
        rated = means[:, number - 1]
        assert np.mean((rated >= low) & (rated <= high)) == pytest.approx(SHARE, abs=0.06)
        assert np.mean(rated < low) == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize("rating", [0.3, 0.5, 0.7, 0.9])
def test_the_share_below(rating: float) -> None:
    """By drawing from the formula itself, on another way through it."""
    rng = np.random.default_rng(1)
    prior = replace(DEFAULT, noise_varies=0.0)
    spread = np.sqrt(prior.between**2 + prior.apart**2 / 3 + prior.state**2)
    places = prior.mean + spread * rng.standard_normal(200_000)
    bend = 0.3 * prior.noise
    bent = 1 + (places - 1 - np.sqrt((places - 1) ** 2 + 4 * bend**2)) / 2
    drawn = bent + prior.noise / np.sqrt(6) * rng.standard_normal(len(places))
    assert usual(prior, 1, 2).below(rating) == pytest.approx(np.mean(drawn < rating), abs=0.005)


def test_the_band_rises_and_narrows() -> None:
    first, third = usual(DEFAULT, 1, 2).band(), usual(DEFAULT, 3, 2).band()
    assert first[0] < third[0]
    assert first[1] < third[1]
    short, long = first, usual(DEFAULT, 1, 4).band()
    assert long[1] - long[0] < short[1] - short[0]


def test_the_band_stays_on_the_scale() -> None:
    low, high = usual(replace(DEFAULT, mean=0.99, between=0.5), 1, 1).band()
    assert 0 <= low < high <= 1
