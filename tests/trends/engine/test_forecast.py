import numpy as np
import pytest

from trends.engine.forecast import POOLED_WEIGHT, earlier, forecast, pooled_sd, sum_above, t_80
from trends.engine.history import Floats

NAN = float("nan")


def column(*values: float) -> Floats:
    return np.array(values, dtype=float)[:, None]


# Quantiles of Student's t for a tail of .10, from the usual printed tables.
@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(7, 1.415), (10, 1.372), (11, 1.363), (20, 1.325), (30, 1.310), (60, 1.296), (120, 1.289)],
)
def test_t_80_against_the_tables(freedom: float, quantile: float) -> None:
    assert t_80(np.array(float(freedom))) == pytest.approx(quantile, abs=0.001)


# A scale from 1 to 7: state .30, item noise .94. Four items give .558, between the .48 and .66 seen
# for subscales; twelve give .405, against .45 seen for the total.
@pytest.mark.parametrize(("items", "expected"), [(1, 0.987), (2, 0.729), (4, 0.558), (12, 0.405)])
def test_pooled_sd_on_seven_points(items: int, expected: float) -> None:
    assert pooled_sd(items, span=6) == pytest.approx(expected, abs=0.001)


def test_pooled_sd_follows_the_length_of_the_scale() -> None:
    assert pooled_sd(2, span=4) == pytest.approx(pooled_sd(2, span=6) * 4 / 6)


def test_sum_above() -> None:
    assert sum_above(column(1, 2, 3)).ravel().tolist() == [0, 1, 3]
    assert sum_above(np.empty((0, 3))).shape == (0, 3)


def test_earlier_by_hand() -> None:
    count, mean, squares = earlier(column(3, 5, NAN, 4, 1), origin=1)
    assert count.ravel().tolist() == [0, 1, 2, 2, 3]
    assert mean.ravel().tolist()[1:] == [3, 4, 4, 4]
    assert squares.ravel().tolist() == [0, 0, 2, 2, 2]


@pytest.mark.parametrize("origin", [0, 1, 4.2])
def test_earlier_against_numpy(origin: float) -> None:
    values = np.random.default_rng(1).uniform(1, 5, (50, 3))
    _, mean, squares = earlier(values, origin=origin)
    for t in range(2, 50):
        assert mean[t] == pytest.approx(values[:t].mean(axis=0))
        assert squares[t] == pytest.approx(values[:t].var(axis=0) * t)


def test_nothing_is_expected_before_two_ratings() -> None:
    expected = forecast(column(4, NAN, 4, 4), pooled=0.5, origin=1)
    assert np.isnan(expected.mean[:3]).all()
    assert np.isnan(expected.spread[:3]).all()
    assert np.isnan(expected.margin[:3]).all()
    assert expected.mean[3] == 4


def test_spread_by_hand() -> None:
    # Pooled SD .5, two earlier ratings 3 and 5: S = 2, s^2 = (10 * .25 + 2) / (10 + 1) = 4.5 / 11,
    # and the next rating has the variance s^2 (1 + 1/2) = 6.75 / 11.
    expected = forecast(column(3, 5, 4), pooled=0.5, origin=1)
    assert expected.mean[2] == 4
    assert expected.spread[2] == pytest.approx(np.sqrt(6.75 / 11))
    assert expected.margin[2] == pytest.approx(1.3634 * np.sqrt(6.75 / 11), abs=0.001)


def test_the_pooled_sd_gives_way_to_the_persons_own() -> None:
    rng = np.random.default_rng(2)
    steady = rng.normal(4, 0.1, (400, 1))
    spread = forecast(steady, pooled=0.5, origin=1).spread[:, 0]
    assert spread[2] > 0.45
    assert spread[30] < 0.3
    assert spread[399] == pytest.approx(0.1, rel=0.4)


def test_zero_noise_leaves_only_the_pooled_sd() -> None:
    spread = forecast(column(*[4] * 12), pooled=0.5, origin=1).spread[11, 0]
    n = 11
    variance = POOLED_WEIGHT * 0.25 / (POOLED_WEIGHT + n - 1) * (1 + 1 / n)
    assert spread == pytest.approx(np.sqrt(variance))
