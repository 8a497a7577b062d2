"""The filter against arithmetic done in another way, and at its corners."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from trends.engine import DEFAULT, Prior
from trends.engine.grid import gamma_means, grid
from trends.engine.history import Floats
from trends.engine.smoothing import smooth
from trends.engine.steps import Step, summarise
from trends.engine.switching import EARLY_SESSIONS, follow

# Far from the ends of the scale the clip is a straight line; without ruptures and with one noise
# what remains is an ordinary Kalman filter.
PLAIN = replace(
    DEFAULT, mean=0.5, between=0.05, hazard=1e-12, noise=0.02, noise_varies=1e-9, growth=0.01
)


def followed(scores: Any, prior: Prior, items: int = 4, weeks: float = 1.0) -> Step:
    """One treatment's steps, stacked: (sessions, ..)."""
    rows = np.array(scores, dtype=float)[:, :, None]
    ones = np.ones((len(rows), 1))
    found = summarise(list(follow(rows, items * ones, 0 * ones, weeks * ones, prior)), rows)
    return Step(*(column[..., 0] for column in vars(found).values()))


def dense(scores: Floats, prior: Prior, items: int) -> tuple[Floats, Floats, float]:
    """Means and covariance of all sessions' levels, and the log density, by one large normal.

    Written down from the model: level[t, d] = person + own[d] + growth + random walk, shared by the
    dimensions; the score adds an autocorrelated state and noise.
    """
    sessions = len(scores)
    t = np.repeat(np.arange(sessions), 3)
    d = np.tile(np.arange(3), sessions)
    walk = prior.drift**2 * np.minimum(t[:, None], t[None, :])
    levels = prior.between**2 + prior.apart**2 * (d[:, None] == d[None, :]) + walk
    state = prior.state**2 * prior.carry ** np.abs(t[:, None] - t[None, :])
    noise = prior.noise**2 / items * np.eye(3 * sessions)
    mean = prior.mean + prior.growth * np.log1p(t) / np.log(EARLY_SESSIONS)
    known = np.isfinite(scores.ravel())
    seen = (levels + state + noise)[np.ix_(known, known)]
    surprise = scores.ravel()[known] - mean[known]
    solved = np.linalg.solve(seen, surprise)
    density = -(surprise @ solved + np.linalg.slogdet(2 * np.pi * seen)[1]) / 2
    gain = np.linalg.solve(seen, levels[known])
    return mean + levels[:, known] @ solved, levels - levels[:, known] @ gain, float(density)


def scores_in_the_middle(sessions: int, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).normal(0.5, 0.03, (sessions, 3))


def test_without_ruptures_it_is_a_kalman_filter() -> None:
    scores = scores_in_the_middle(12)
    found = followed(scores, PLAIN)
    for t in range(12):
        mean, covariance, _ = dense(scores[: t + 1], PLAIN, items=4)
        assert found.level[t, :3] == pytest.approx(mean[-3:], abs=2e-3)
        assert found.level[t, 3] == pytest.approx(mean[-3:].mean(), abs=2e-3)
        assert found.level_var[t, 3] == pytest.approx(covariance[-3:, -3:].mean(), rel=0.01)
        assert found.level_var[t, 0] == pytest.approx(covariance[-1, -1], rel=0.01)


def test_evidence_is_the_log_density_of_the_scores() -> None:
    """Of the mean and the differences: a session's is sqrt(3) times that of the scores."""
    scores = scores_in_the_middle(10)
    scores[4] = np.nan
    constant = 27 * np.log(2 * np.pi) / 2 + 9 * np.log(3) / 2
    ours = followed(scores, PLAIN).evidence.sum() - constant
    assert ours == pytest.approx(dense(scores, PLAIN, items=4)[2], abs=0.02)


def test_a_missing_dimension_is_nearly_the_exact_answer() -> None:
    scores = scores_in_the_middle(12)
    scores[3:, 2] = np.nan
    found = followed(scores, PLAIN)
    mean, covariance, _ = dense(scores, PLAIN, items=4)
    assert found.level[-1, :3] == pytest.approx(mean[-3:], abs=0.01)
    assert found.level_var[-1, 0] == pytest.approx(covariance[-3, -3], rel=0.35)


def test_looking_back_is_the_smoothed_mean() -> None:
    scores = scores_in_the_middle(15)
    prior = replace(PLAIN, state=1e-9)  # with a state the backward pass is close, not exact
    found = followed(scores, prior)
    mean, variance = smooth(found.level[None], found.level_var[None], np.ones((1, 15)), prior)
    exact, covariance, _ = dense(scores, prior, items=4)
    assert mean[0, :, 3] == pytest.approx(exact.reshape(15, 3).mean(axis=1), abs=2e-3)
    totals = covariance.reshape(15, 3, 15, 3).mean(axis=(1, 3)).diagonal()
    assert variance[0, :, 3] == pytest.approx(totals, rel=0.02)
    assert (variance <= found.level_var[None] + 1e-15).all()
    assert mean[0, -1] == pytest.approx(found.level[-1])


def test_hand_computed_first_session() -> None:
    """One rating of .6 in all dimensions: .6 - .5 times a gain, from person, state and noise."""
    prior = replace(PLAIN, apart=1e-9)
    found = followed([[0.6, 0.6, 0.6]], prior)
    noise = prior.noise**2 / 4 / 3
    gain = prior.between**2 / (prior.between**2 + prior.state**2 + noise)
    assert found.level[0, 3] == pytest.approx(0.5 + 0.1 * gain, abs=2e-3)
    assert found.expected[0] == pytest.approx([0.5] * 3, abs=2e-3)


def test_a_longer_gap_makes_a_level_less_certain() -> None:
    scores = scores_in_the_middle(6)
    short, long = (followed(scores, PLAIN, weeks=weeks) for weeks in (1.0, 26.0))
    assert (long.level_var[1:] > short.level_var[1:]).all()


def test_bayes_for_one_session_with_one_look() -> None:
    """Known level, one noise, falls of one depth in all dimensions: the odds by hand."""
    prior = replace(
        PLAIN, between=1e-6, apart=1e-6, state=1e-6, drift=1e-9, growth=0.0, hazard=0.2,
        depth=0.05, depth_varies=0.01, one_sided=1e-9,
    )  # fmt: skip
    scores = [[0.5] * 3, [0.5] * 3, [0.48] * 3]
    found = followed(scores, prior)
    var = prior.noise**2 / 4
    fall = grid(prior).falls[1:4, 0]
    clipped = 0.5 - 0.48  # the clip is straight here, and moves all looks alike
    lift = ((clipped**2 - (clipped - fall) ** 2) * 3 / (2 * var)).mean()
    odds = 0.2 / 0.8 * np.exp(lift)
    assert found.p_rupture[2] == pytest.approx(odds / (1 + odds), abs=0.01)
    assert found.p_onset[2] == pytest.approx(found.p_rupture[2], abs=1e-9)


def test_nothing_begins_in_the_first_two_sessions() -> None:
    found = followed([[0.9] * 3, [0.1] * 3], DEFAULT)
    assert found.p_rupture.tolist() == [0, 0]
    assert found.p_onset.tolist() == [0, 0]


def test_a_prior_without_one_sided_ruptures_or_with_nothing_else_works() -> None:
    scores = [[0.8] * 3] * 4 + [[0.3] * 3]
    for share in (0.0, 1.0):
        found = followed(scores, replace(DEFAULT, one_sided=share))
        assert found.p_rupture[-1] > 0.9
        assert np.isfinite(found.level).all()


def test_the_grid_keeps_what_the_prior_says() -> None:
    looks = grid(DEFAULT)
    assert looks.chances.sum() == pytest.approx(1)
    assert looks.noise_odds.sum() == pytest.approx(1)
    assert looks.falls[0].tolist() == [0, 0, 0]
    depths = looks.falls[1:].max(axis=1)
    assert (depths * looks.chances).sum() == pytest.approx(DEFAULT.depth, rel=0.01)
    one_sided = looks.chances[looks.falls[1:].min(axis=1) < depths - 1e-9].sum()
    assert one_sided == pytest.approx(DEFAULT.one_sided)


@pytest.mark.parametrize("varies", [0.01, 0.3, 0.65, 1.0])
def test_parts_of_a_gamma_distribution(varies: float) -> None:
    """The mean of the parts is the mean; for one part, too. Drawn numbers say the same."""
    drawn = np.sort(np.random.default_rng(1).gamma(1 / varies**2, 0.2 * varies**2, 300_000))
    means = drawn.reshape(3, -1).mean(axis=1)
    assert gamma_means(0.2, varies, 3) == pytest.approx(means, rel=0.02, abs=0.002)
    assert gamma_means(0.2, varies, 1) == pytest.approx([0.2], rel=0.01)
