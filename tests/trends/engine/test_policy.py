"""How often somebody is told, apart from what is believed."""

import numpy as np
import pytest

from trends.engine.history import Floats
from trends.engine.policy import CALM, NO_SESSIONS, THRESHOLDS, Tally, raise_flags, tally


def raised(chances: list[float], threshold: float = 0.4, rated: list[bool] | None = None) -> str:
    """One letter a session: R raised, u under way, - nothing."""
    p = np.array(chances)
    has_rating = np.array(rated or [True] * len(p))
    begins, lasting = raise_flags(p, has_rating, has_rating, threshold)
    letters = np.where(begins, "R", np.where(lasting, "u", "-"))
    return "".join(letters.tolist())


def test_a_flag_is_raised_once_and_lasts_until_it_is_calm() -> None:
    assert raised([0.1, 0.4, 0.9, 0.39, 0.21, 0.19, 0.3]) == "-Ruuu--"


def test_hovering_around_the_threshold_is_one_flag() -> None:
    assert raised([0.41, 0.39, 0.41, 0.38, 0.42]) == "Ruuuu"


def test_after_the_calm_a_new_flag() -> None:
    assert raised([0.5, 0.4 * CALM - 0.01, 0.5]) == "R-R"


def test_sessions_without_a_rating_neither_raise_nor_end() -> None:
    assert raised([0.9, 0.1, 0.9, 0.1], rated=[False, True, True, False]) == "--Ru"


def test_nothing_in_nothing_out() -> None:
    none = np.zeros((0, 3), dtype=bool)
    begins, lasting = raise_flags(np.zeros((0, 3)), none, none, 0.5)
    assert begins.shape == lasting.shape == (0, 3)


def courses(seed: int = 1) -> Floats:
    return np.random.default_rng(seed).beta(0.5, 4, (20, 300))


def test_the_tally_counts_what_each_threshold_raises() -> None:
    p = courses()
    yes = np.ones(p.shape, dtype=bool)
    counted = tally(p, yes, yes)
    assert counted.rated == p.size
    for place in (20, 60, 120):
        begins, _ = raise_flags(p, yes, yes, float(THRESHOLDS[place]))
        assert counted.flags[place] == begins.sum()


def test_tallies_add_up() -> None:
    p = courses()
    yes = np.ones(p.shape, dtype=bool)
    whole, parts = (
        tally(p, yes, yes),
        [tally(p[:, i::2], yes[:, i::2], yes[:, i::2]) for i in (0, 1)],
    )
    added = parts[0] + parts[1] + NO_SESSIONS
    assert (added.flags == whole.flags).all()
    assert added.rated == whole.rated


@pytest.mark.parametrize("budget", [1, 3, 5, 8])
def test_the_threshold_meets_the_budget(budget: float) -> None:
    p = courses()
    yes = np.ones(p.shape, dtype=bool)
    threshold = tally(p, yes, yes).threshold(budget)
    begins, _ = raise_flags(p, yes, yes, threshold)
    share = 100 * begins.sum() / p.size
    assert share <= budget
    assert share == pytest.approx(budget, abs=0.4)


def test_a_larger_budget_never_has_a_higher_threshold() -> None:
    p = courses()
    yes = np.ones(p.shape, dtype=bool)
    counted = tally(p, yes, yes)
    thresholds = [counted.threshold(budget) for budget in (1, 2, 4, 8, 16)]
    assert thresholds == sorted(thresholds, reverse=True)


def test_a_quiet_clinic_is_not_flagged_for_the_sake_of_its_budget() -> None:
    p = courses() / 10
    yes = np.ones(p.shape, dtype=bool)
    assert tally(p, yes, yes).threshold(20, least=0.15) == 0.15


def test_when_everything_is_too_much_it_is_the_highest_threshold() -> None:
    always = Tally(np.full(len(THRESHOLDS), 50), 100)
    assert always.threshold(5) == THRESHOLDS[-1]
    assert NO_SESSIONS.threshold(5) == THRESHOLDS[0]
