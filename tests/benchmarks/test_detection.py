"""The detection benchmark in small: who is compared, how, and what is said about it."""

import json
from argparse import ArgumentTypeError

import numpy as np
import pytest

from benchmarks.detection import tables
from benchmarks.detection.__main__ import as_json, world_names
from benchmarks.detection.contestants import (
    ENGINE,
    EXACT,
    FITTED,
    QUESTIONS,
    Tryout,
    best_settings,
    courses_of,
    engine,
    families,
    finds,
    judged,
    try_out,
)
from benchmarks.detection.metrics import sensitivity_at
from benchmarks.detection.study import (
    Lesson,
    Plan,
    Study,
    Summary,
    TrialTask,
    hold_trial,
    regained,
)
from benchmarks.detection.worlds import USUAL, WORLDS, simulate
from trends.engine.rules import RULES


@pytest.fixture(scope="module")
def study() -> Study:
    plan = Plan(("usual", "6 items, 1 to 7"), treatments=12, seeds=1, particles=8, exact=True)
    tuned = best_settings([try_out(Tryout(name, 12, 101)) for name in plan.worlds])
    trials = [hold_trial(TrialTask(plan, name, 1, tuned)) for name in plan.worlds]
    lost, back = {"state at 5 %": 0.3, "state AUC": 0.7}, {"state at 5 %": 0.4, "state AUC": 0.9}
    lesson = Lesson("usual", 1, {"state at 5 %": 0.5, "state AUC": 0.9}, lost, back)
    return Study(plan, tuned, trials, [lesson])


def test_every_family_is_there_but_what_looks_ahead() -> None:
    names = set(families())
    assert set(RULES) - names == {"strauss-type", "stiles-type", "sudden-losses"}
    assert "Strauss-/Stiles-type" in names
    assert not any(rule.retrospective for settings in families().values() for rule in settings)


def test_a_rule_is_tuned_to_the_setting_that_finds_most() -> None:
    tuned = best_settings([try_out(Tryout("usual", 60, 101))])
    drawn = simulate(USUAL, treatments=60, seed=101)
    for question in QUESTIONS:
        for name, settings in families().items():
            chosen = finds(question, tuned[question][name].severity(drawn.scores), drawn)
            assert chosen == max(
                finds(question, rule.severity(drawn.scores), drawn) for rule in settings
            )


def test_what_is_judged() -> None:
    drawn = simulate(USUAL, treatments=50, seed=1)
    state, onset, fresh = (judged(drawn, target)[1] for target in ("state", "onset", "fresh onset"))
    np.testing.assert_array_equal(state, drawn.rated)
    np.testing.assert_array_equal(onset, drawn.rated)
    np.testing.assert_array_equal(onset & ~fresh, drawn.rated & drawn.ruptured & ~drawn.onset)


def test_the_engine_reads_the_worlds_own_scale() -> None:
    """Found well in seven points only if they are read as seven."""
    world = WORLDS["12 items, 1 to 7"]
    drawn = simulate(world, treatments=200, seed=1)
    courses = courses_of(world, drawn)
    assert courses.scale == (1, 7)
    assert (courses.items == np.where(courses.little, 1, 4)).all()
    truth, among = judged(drawn, "state")
    assert sensitivity_at(engine(courses).p_rupture[among], truth[among], 0.05) > 0.5


def test_the_tables_name_everyone(study: Study) -> None:
    text = tables.as_markdown(study)
    for name in (EXACT, ENGINE, FITTED, *families(), *study.plan.worlds):
        assert f"| {name} |" in text
    for table in tables.all_tables(study):
        assert {len(row) for row in table.rows} == {len(table.head)}


def test_without_the_exact_answer_the_rest_is_said(study: Study) -> None:
    plan = Plan(study.plan.worlds, 12, 1, 8, exact=False)
    alone = Study(plan, study.tuned, study.trials, [])
    assert "exact" not in tables.as_markdown(alone)


def test_the_figures_are_json(study: Study) -> None:
    assert json.loads(json.dumps(as_json(study)))["plan"]["treatments"] == 12


def test_the_best_rule_is_the_best_of_each_world(study: Study) -> None:
    summary = Summary(study)
    for world, best in enumerate(summary.best_values("state at 5 %")):
        every = [summary.values(name, "state at 5 %")[world] for name in families()]
        assert best == max(every)


def test_what_learning_regains(study: Study) -> None:
    assert regained(study.lessons, "state at 5 %") == pytest.approx(0.5)
    assert regained(study.lessons, "state AUC") == pytest.approx(1)
    unharmed = Lesson("usual", 1, *[{"state AUC": 0.9}] * 3)
    assert np.isnan(regained([unharmed], "state AUC"))


def test_an_aim_is_met_or_missed() -> None:
    assert tables.Aim("AUC", 0.991, 0.99).line == "met: AUC .991; aim at least .990"
    line = tables.Aim("error", 0.0456, 0.03, at_most=True, detail="noisy").line
    assert line == "MISSED: error .046 (noisy); aim at most .030"
    assert not tables.Aim("nothing", float("nan"), 0.5).met


def test_figures_are_written_as_the_field_does() -> None:
    assert [tables.number(x) for x in (0.5, -0.25, 1.0, 10.04)] == [
        ".500",
        "-.250",
        "1.000",
        "10.040",
    ]


def test_names_of_worlds() -> None:
    assert world_names("6 items, 1 to 7,usual") == ("usual", "6 items, 1 to 7")
    assert world_names("6 items") == ("6 items",)
    with pytest.raises(ArgumentTypeError, match="no world 'nowhere'"):
        world_names("usual,nowhere")
