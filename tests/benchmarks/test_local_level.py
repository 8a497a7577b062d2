"""Against statsmodels 0.15.0 and Durbin & Koopman's Nile example, chapter 2."""

import numpy as np
import pytest

from benchmarks.detection.local_level import local_level, log_likelihood

# Annual flow of the Nile at Aswan, 1871-1970, 10^8 cubic metres. Public domain (Cobb 1978).
NILE_FLOWS = """
    1120 1160  963 1210 1160 1160  813 1230 1370 1140  995  935 1110  994 1020  960 1180  799  958
    1140 1100 1210 1150 1250 1260 1220 1030 1100  774  840  874  694  940  833  701  916  692 1020
    1050  969  831  726  456  824  702 1120 1100  832  764  821  768  845  864  862  698  845  744
     796 1040  759  781  865  845  944  984  897  822 1010  771  676  649  846  812  742  801 1040
     860  874  848  890  744  749  838 1050  918  986  797  923  975  815 1020  906  901 1170  912
     746  919  718  714  740
"""
NILE = np.array(NILE_FLOWS.split(), dtype=float)[None]
NOISE, STEP = 15098.5, 1469.1


def test_a_wide_start_gives_the_published_numbers() -> None:
    nile = local_level(NILE, noise_variance=NOISE, step_variance=STEP, start=(0.0, 1e7))
    assert nile.innovations[0, :3] == pytest.approx([1120, 41.688, -177.108], abs=5e-4)
    assert nile.innovation_variances[0, 1:3] == pytest.approx([31643.3, 24461.9], abs=0.05)
    without_first = log_likelihood(nile.innovations[:, 1:], nile.innovation_variances[:, 1:])
    assert without_first == pytest.approx([-632.544], abs=5e-4)


def test_a_diffuse_start_begins_at_the_first_value() -> None:
    nile = local_level(NILE, noise_variance=NOISE, step_variance=STEP)
    assert np.isnan(nile.innovations[0, 0])
    assert nile.innovations[0, 1:3] == pytest.approx([40, -177.92787], abs=1e-5)
    assert nile.innovation_variances[0, :3].tolist() == [
        np.inf,
        pytest.approx(31666.1),
        pytest.approx(24467.08584),
    ]
    # statsmodels counts half of log(2 pi) for the first value too.
    assert nile.log_likelihood - np.log(2 * np.pi) / 2 == pytest.approx([-633.46456], abs=1e-5)


def test_the_published_estimates_are_the_most_likely() -> None:
    def likelihood(noise: float, step: float) -> float:
        nile = local_level(NILE, noise_variance=noise, step_variance=step, start=(0.0, 1e7))
        found = log_likelihood(nile.innovations[:, 1:], nile.innovation_variances[:, 1:])
        return float(found[0])

    best = likelihood(15078.0, 1478.8)
    assert best == pytest.approx(-632.54, abs=5e-3)
    for noise, step in ((0.95, 1), (1.05, 1), (1, 0.9), (1, 1.1)):
        assert likelihood(15078.0 * noise, 1478.8 * step) < best


def test_a_missing_value_only_lets_the_level_wander() -> None:
    gap = np.array([[5.0, np.nan, np.nan, 6.0]])
    filtered = local_level(gap, noise_variance=2.0, step_variance=0.5, start=(4.0, 2.0))
    assert filtered.means.tolist() == [[4.0, 4.5, 4.5, 4.5]]
    assert filtered.variances.tolist() == [[2.0, 1.5, 2.0, 2.5]]
    assert np.isnan(filtered.innovations).tolist() == [[False, True, True, False]]


def test_values_missing_at_first_leave_a_diffuse_start_diffuse() -> None:
    late = np.array([[np.nan, np.nan, 5.0, 6.0]])
    filtered = local_level(late, noise_variance=2.0, step_variance=0.5)
    assert filtered.variances.tolist() == [[np.inf, np.inf, np.inf, 2.5]]
    assert filtered.innovations[0, 3] == 1


def test_nothing_to_filter() -> None:
    assert local_level(np.empty((0, 4)), noise_variance=1, step_variance=1).means.shape == (0, 4)
    assert local_level(np.empty((2, 0)), noise_variance=1, step_variance=1).means.shape == (2, 0)
    unrated = local_level(np.full((2, 3), np.nan), noise_variance=1, step_variance=1)
    assert unrated.log_likelihood.tolist() == [0, 0]


def test_each_series_is_filtered_for_itself() -> None:
    both = np.concatenate([NILE, NILE[:, ::-1]])
    together = local_level(both, noise_variance=NOISE, step_variance=STEP)
    alone = local_level(both[1:], noise_variance=NOISE, step_variance=STEP)
    np.testing.assert_array_equal(together.means[1:], alone.means)
    assert together.log_likelihood[1:] == pytest.approx(alone.log_likelihood)
