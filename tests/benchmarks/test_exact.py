"""The exact answer is exact: held against counting, hand-made cases and simulated fates."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.detection.exact import answer_pmf, error_cdf, exact, score_pmf
from benchmarks.detection.worlds import USUAL, Bools, Floats, Treatments, World, answer, simulate

# Few possible ratings, so that many simulated treatments share the same; all else at its oddest.
COUNTABLE = replace(
    USUAL, points=2, items=1, sessions=5, mean=3.0, hazard=0.3, stays=0.6, permanent=0.2
)
COUNTABLE_WORLDS = {
    "at once": COUNTABLE,
    "slowly": replace(COUNTABLE, lasts_to_bottom=3, depth=2.0, growth_varies=0.4),
    "in one, shy": replace(COUNTABLE, share_in_one=1.0, beside=0.0, missing_in_rupture=0.6),
    "in all, heavy": replace(COUNTABLE, share_in_one=0.0, tails=3.0, autocorrelation=0.7),
}


@pytest.mark.parametrize(
    "world",
    [
        replace(USUAL, noise_varies=0.0),
        replace(USUAL, noise_varies=0.0, tails=3.0, items=2),
        replace(USUAL, noise_varies=0.0, tails=5.0, points=7, items=3),
    ],
)
@pytest.mark.parametrize("truth", [0.5, 3.3, 4.9])
def test_a_scores_probabilities_are_those_of_simulated_answers(world: World, truth: float) -> None:
    rng = np.random.default_rng(1)
    scores = answer(np.full((1000, 20, 3), truth), world, rng)
    sums = np.rint(scores * world.items).astype(int) - world.items
    seen = np.bincount(sums.ravel(), minlength=world.items * (world.points - 1) + 1) / sums.size
    probability = score_pmf(world, np.array(truth), np.array(world.item_noise))
    assert probability.sum() == pytest.approx(1)
    assert seen == pytest.approx(probability, abs=0.01)  # 4 standard errors


def test_an_answers_probabilities_add_up_to_one() -> None:
    truth, noise = np.linspace(-4, 10, 50)[:, None], np.array([0.05, 0.6, 3.0])
    assert answer_pmf(USUAL, truth, noise).sum(axis=0) == pytest.approx(np.ones((50, 3)))


def test_the_heavy_tails_are_students() -> None:
    at, below = error_cdf(3.0)
    for error in (-8.0, -1.0, 0.0, 0.3, 2.0):
        t = error * math.sqrt(3)  # to an SD of sqrt(3)
        share = t / math.sqrt(3)
        formula = 0.5 + (share / (1 + share**2) + math.atan(share)) / math.pi
        assert np.interp(error, at, below) == pytest.approx(formula, abs=1e-6)


@pytest.mark.parametrize("world", COUNTABLE_WORLDS.values(), ids=COUNTABLE_WORLDS)
def test_it_agrees_with_counting(world: World) -> None:
    """Among simulated treatments with the very same ratings, that share is in a rupture."""
    drawn = simulate(world, treatments=100_000, seed=7)
    for scores, ruptured, onset in with_the_same_ratings(drawn, most=8):
        p_onset, p_rupture = exact(world, scores[None], seed=3, particles=512)
        for probability, seen in ((p_onset, onset), (p_rupture, ruptured)):
            now = probability[0, -1]
            error = math.sqrt(now * (1 - now) / len(seen))
            assert seen.mean() == pytest.approx(now, abs=4 * error + 0.01)


def with_the_same_ratings(drawn: Treatments, most: int) -> Iterator[tuple[Floats, Bools, Bools]]:
    """The most frequent courses with something missing and without: their scores, and what was."""
    courses = np.nan_to_num(drawn.scores).reshape(len(drawn.scores), -1)
    unique, which, counts = np.unique(courses, axis=0, return_inverse=True, return_counts=True)
    whole = (unique > 0).all(axis=1)
    for group in (whole, ~whole):
        for course in np.argsort(np.where(group, -counts, 0))[: most // 2]:
            same = which.ravel() == course
            scores = drawn.scores[same][0]
            yield scores, drawn.ruptured[same][:, -1], drawn.onset[same][:, -1]


def test_without_any_rating_only_the_missing_forms_speak() -> None:
    world = replace(USUAL, sessions=12, lasts_to_bottom=3)
    p_onset, p_rupture = exact(world, np.full((1, 12, 3), np.nan), seed=1, particles=8)
    chances = np.array([1.0, 0.0, 0.0])  # no rupture, one that can end, a permanent one
    for session in range(12):
        begun = 0.0
        if session >= 2:
            calm, passing, lasting = chances
            begun = world.hazard * calm
            ended = (1 - world.stays) * passing
            passing += (1 - world.permanent) * begun - ended
            chances = np.array([calm - begun + ended, passing, lasting + world.permanent * begun])
        evidence = chances * [world.missing, world.missing_in_rupture, world.missing_in_rupture]
        chances = evidence / evidence.sum()
        assert p_rupture[0, session] == pytest.approx(1 - chances[0], abs=1e-5)
        begun *= world.missing_in_rupture / evidence.sum()
        assert p_onset[0, session] == pytest.approx(begun, abs=1e-5)


def test_with_next_to_no_noise_it_is_sure_and_right() -> None:
    still = replace(USUAL, between_sd=0.2, dimension_sd=0.1, state_sd=0.02, item_noise=0.02)
    fine = replace(still, points=41, items=1, depth=2.0, depth_shape=20.0)
    world = replace(fine, missing=0.0, missing_in_rupture=0.0, sessions=10)
    drawn = simulate(world, treatments=15, seed=2)
    p_onset, p_rupture = exact(world, drawn.scores, seed=1)
    assert drawn.ruptured.sum() > 10
    assert p_rupture == pytest.approx(drawn.ruptured.astype(float), abs=0.02)
    assert p_onset == pytest.approx(drawn.onset.astype(float), abs=0.02)


def test_what_it_calls_probable_happens_as_often() -> None:
    world = replace(USUAL, sessions=10)
    drawn = simulate(world, treatments=150, seed=12)
    p_onset, p_rupture = exact(world, drawn.scores, seed=1, particles=64)
    for probability, truth in ((p_onset, drawn.onset), (p_rupture, drawn.ruptured)):
        for low, high in ((0, 0.05), (0.05, 0.2), (0.2, 0.4), (0.4, 0.8), (0.8, 1)):
            here = (probability >= low) & (probability < high)
            surprise = np.where(here, truth - probability, 0).sum(axis=1)  # of each treatment
            assert abs(surprise.sum()) < 4 * math.sqrt((surprise**2).sum())


def test_the_future_does_not_matter() -> None:
    drawn = simulate(USUAL, treatments=5, seed=3)
    whole = exact(USUAL, drawn.scores, seed=1, particles=64)
    begun = exact(USUAL, drawn.scores[:, :8], seed=1, particles=64)
    for long, short in zip(whole, begun, strict=True):
        np.testing.assert_array_equal(long[:, :8], short)


def test_another_seed_gives_nearly_the_same() -> None:
    drawn = simulate(USUAL, treatments=6, seed=4)
    first, second = (exact(USUAL, drawn.scores, seed=seed) for seed in (1, 2))
    for one, other in zip(first, second, strict=True):
        assert math.sqrt(((one - other) ** 2).mean()) < 0.02
