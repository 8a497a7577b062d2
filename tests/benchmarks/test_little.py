"""Simulated clients who give one point to every item, and three ways to take their forms."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.detection.contestants import courses_of
from benchmarks.detection.little import SIX, WAYS, WORLDS, compare
from benchmarks.detection.worlds import USUAL, Alike, World, simulate

SOME = replace(SIX, alike_clients=0.5, alike_forms=0.5, missing=0.0, missing_in_rupture=0.0)


def test_without_such_clients_few_forms_are_alike() -> None:
    drawn = simulate(USUAL, treatments=100, seed=1)
    assert 0 < drawn.alike.mean() < 0.1
    equal = drawn.scores.min(axis=2) == drawn.scores.max(axis=2)
    assert (equal[drawn.alike & drawn.rated]).all()


@pytest.mark.parametrize("alike", ["first", "mean", "habit"])
def test_some_forms_of_some_clients_have_one_point(alike: Alike) -> None:
    plain = simulate(replace(SOME, alike_clients=0.0), treatments=200, seed=1)
    drawn = simulate(replace(SOME, alike=alike), treatments=200, seed=1)
    np.testing.assert_array_equal(drawn.ruptured, plain.ruptured)
    changed = (drawn.scores != plain.scores).any(axis=2)
    assert drawn.alike[changed].all()
    assert changed.any(axis=1).mean() == pytest.approx(0.5, abs=0.1)
    assert drawn.alike.mean() == pytest.approx(0.25 + 0.75 * plain.alike.mean(), abs=0.05)


def test_who_answers_by_habit_says_nothing_of_a_rupture() -> None:
    always = replace(SOME, alike_clients=1.0, alike_forms=1.0, growth=0.0)
    habit = simulate(replace(always, alike="habit"), treatments=100, seed=1).scores
    first = simulate(replace(always, alike="first"), treatments=100, seed=1).scores
    assert (habit == habit[:, :1]).all()
    assert not (first == first[:, :1]).all()


@pytest.mark.parametrize("world", [SOME, replace(SOME, items=1)], ids=["two items", "one item"])
def test_the_ways_to_take_them(world: World) -> None:
    drawn = simulate(world, treatments=30, seed=1)
    courses = courses_of(world, drawn)
    given, one, none = (way(courses) for way in WAYS.values())
    assert (given.items == world.items).all()
    assert not given.little.any()
    assert (one.items[one.little] == 1).all()
    np.testing.assert_array_equal(one.little, drawn.alike & (world.items > 1))
    np.testing.assert_array_equal(none.rated, one.rated & ~one.little)


def test_the_tables() -> None:
    name = "6 items: the first answer"
    default, learned = compare(12, [1], {name: WORLDS[name]})
    for table in (default, learned):
        assert [row[2] for row in table.rows] == list(WAYS)
        assert {len(row) for row in table.rows} == {len(table.head)}
