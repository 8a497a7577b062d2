"""The population is learned when there is enough to learn from, and left alone when not."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.detection.worlds import USUAL, World, simulate
from trends.engine import DEFAULT, History, Prior
from trends.engine.courses import Courses, empty, pack
from trends.engine.learning import LEARNED, fit, noise

NOISY = replace(USUAL, item_noise=1.4 * USUAL.item_noise, noise_varies=0.05, hazard=0.0)


def courses_of(world: World, treatments: int, seed: int = 1) -> Courses:
    scores = simulate(world, treatments=treatments, seed=seed).scores
    courses = empty(scores.shape[:2], (1.0, float(world.points)))
    courses.scores[:] = scores
    courses.items[:] = world.items
    courses.held[:] = True
    return courses


@pytest.fixture(scope="module")
def usual() -> Courses:
    return courses_of(USUAL, 200)


@pytest.fixture(scope="module")
def learned(usual: Courses) -> Prior:
    return fit([usual]).prior


def test_the_noise_is_read_off_the_differences() -> None:
    """Away from the ends of the scale, and with the error of whole-point answers in it."""
    middle = replace(NOISY, mean=3.0, between_sd=0.3)
    truth = np.hypot(NOISY.item_noise / 4, 1 / 4 / np.sqrt(12))
    assert noise([courses_of(middle, 300)], DEFAULT) == pytest.approx(truth, rel=0.06)


def test_a_shifted_population_is_found(learned: Prior) -> None:
    low = courses_of(replace(USUAL, mean=3.2, between_sd=0.3), 200)
    moved = fit([low]).prior
    assert moved.mean < learned.mean - 0.15
    assert moved.between < learned.between - 0.02


def test_what_the_simulation_was_made_with_is_found(learned: Prior) -> None:
    assert learned.between == pytest.approx(USUAL.between_sd / 4, rel=0.25)
    assert learned.apart == pytest.approx(USUAL.dimension_sd / 4, rel=0.2)
    assert learned.noise == pytest.approx(0.163, rel=0.1)
    assert learned.hazard == pytest.approx(USUAL.hazard, rel=0.4)


def test_a_start_of_nothing_can_be_left(usual: Courses) -> None:
    nothing = replace(DEFAULT, hazard=0.0, beside=0.0, one_sided=1.0, state=0.0)
    found = fit([usual.some(slice(0, 20))], start=nothing).prior
    assert 0 <= found.hazard < 1
    assert found.between > 0


def test_few_treatments_hardly_move_what_is_hard_to_tell() -> None:
    few = fit([courses_of(USUAL, 4)]).prior
    for name in ("hazard", "depth", "stays"):
        assert getattr(few, name) == pytest.approx(getattr(DEFAULT, name), rel=0.35)


def test_nothing_to_learn_from() -> None:
    silent = pack([History(np.full((4, 3), np.nan))])
    for blocks in ([], [silent]):
        found = fit(blocks)
        assert found.prior == DEFAULT
        assert (found.treatments, found.sessions, found.gain) == (0, 0, 0.0)


def test_the_same_ratings_give_the_same_version_and_others_another(
    usual: Courses, learned: Prior
) -> None:
    assert fit([usual]).prior == learned
    assert learned.version.startswith("fit-")
    other = fit([courses_of(USUAL, 40, seed=2)])
    assert other.prior.version != learned.version
    assert other.treatments == 40
    assert other.gain > 0


def test_blocks_may_have_different_lengths(usual: Courses) -> None:
    short = courses_of(replace(USUAL, sessions=6), 20, seed=3)
    found = fit([usual.some(slice(0, 30)), short])
    assert found.treatments == 50


def test_what_nobody_can_learn_from_ratings_stays(learned: Prior) -> None:
    names = {each.name for each in LEARNED} | {"noise", "version"}
    for name, value in DEFAULT.as_dict().items():
        if name not in names:
            assert getattr(learned, name) == value


def test_many_treatments_are_thinned_evenly(
    usual: Courses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trends.engine.learning.MOST_TREATMENTS", 50)
    assert fit([usual]).treatments == 50


# --- Ratings that say little


def with_little(courses: Courses, share: float) -> Courses:
    """Some ratings with one point for all, and known for it."""
    little = np.random.default_rng(1).random(courses.held.shape) < share
    one = np.round(courses.scores.mean(axis=2, keepdims=True))
    return replace(
        courses,
        scores=np.where(little[..., None], one, courses.scores),
        items=np.where(little, 1.0, courses.items),
        little=little,
    )


def test_noise_is_not_read_off_ratings_that_say_little(usual: Courses) -> None:
    """Their dimensions never move apart: taken along, everybody would seem to be precise."""
    some = with_little(usual, 0.3)
    honest = noise([usual], DEFAULT)
    assert noise([some], DEFAULT) == pytest.approx(honest, rel=0.03)
    taken_along = replace(some, little=np.zeros_like(some.little))
    assert noise([taken_along], DEFAULT) < 0.8 * honest


def test_where_every_rating_says_little_the_noise_stays(usual: Courses) -> None:
    assert noise([with_little(usual, 1.0)], DEFAULT) == DEFAULT.noise
