"""The clinic in which every row exists, built once for a module."""

import copy
from collections.abc import Iterator

import pytest
import time_machine

from tests.registry import world as worlds
from tests.registry.world import World


@pytest.fixture(scope="module")
def built(rows_of_the_module: None) -> World:
    with time_machine.travel(worlds.NOW, tick=False):
        return worlds.build()


@pytest.fixture
def world(db: None, built: World) -> Iterator[World]:
    """At the time of its last row, and as nobody has touched it yet."""
    with time_machine.travel(worlds.NOW, tick=False):
        yield copy.deepcopy(built)
