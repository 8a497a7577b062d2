"""Run by hand: ORACLE_DATA=FOLDER .venv/bin/python -m pytest benchmarks/oracles

The folder holds two CSV files with a heading, whose first column is an id:
suddengains-sgdata.csv, the columns bdi_s1 to bdi_s12 of `sgdata` (R package suddengains, MIT), and
qcc-pistonrings.csv, the five diameters of each sample of `pistonrings` (R package qcc).
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trends.engine.history import Floats
from trends.engine.rules import retrospective_sudden_gains, retrospective_sudden_losses
from trends.engine.rules.charts import cusum_path, ewma_path, ewma_sigma, limits

# Centre (rounded, hence the tolerances) and sigma of the 25 first samples of five piston rings.
RINGS_CENTRE, RINGS_SIGMA = 74.00118, 0.009785039 / 5**0.5


def published(name: str) -> Floats:
    return np.genfromtxt(Path(os.environ["ORACLE_DATA"]) / name, delimiter=",", skip_header=1)[
        :, 1:
    ]


# (person, session before the change), as in the package's tutorial: cut 7, share .25.
TUTORIAL_GAINS = [
    *[(1, 3), (1, 7), (3, 8), (4, 3), (5, 3), (5, 8), (9, 3), (10, 2), (10, 4), (12, 3), (13, 3)],
    *[(13, 8), (14, 2), (18, 3), (39, 3), (40, 2), (40, 5), (40, 8), (41, 6), (41, 9), (42, 5)],
    *[(42, 8), (43, 5), (43, 7)],
]


def places(changes: Any) -> list[tuple[int, int]]:
    """Persons count from 1; the index of the session after is the number of the one before."""
    return [(int(person) + 1, int(after)) for person, after in np.argwhere(changes)]


def test_every_gain_of_the_packages_tutorial() -> None:
    gains = retrospective_sudden_gains(published("suddengains-sgdata.csv"), cut=7)
    assert places(gains.happened) == TUTORIAL_GAINS
    assert places(gains.reversed) == [(1, 3), (4, 3), (12, 3), (40, 8)]


def test_every_loss_of_the_packages_tutorial() -> None:
    losses = retrospective_sudden_losses(published("suddengains-sgdata.csv"), cut=7)
    assert places(losses.happened) == [(4, 9), (34, 7), (35, 7)]
    assert losses.magnitude[losses.happened].tolist() == [-9, -12, -18]
    assert places(losses.reversed) == [(4, 9), (35, 7)]


def test_qcc_alarms_of_the_piston_rings() -> None:
    means = published("qcc-pistonrings.csv").mean(axis=1)[None]
    assert means[0, :25].mean() == pytest.approx(RINGS_CENTRE, abs=5e-6)
    upper = cusum_path(-(means - RINGS_CENTRE) / RINGS_SIGMA, slack=0.5)
    assert (np.flatnonzero(upper > 5) + 1).tolist() == [37, 38, 39, 40]
    sigma = RINGS_SIGMA * ewma_sigma(np.arange(1.0, 41), weight=0.2)
    low, high = limits(np.array([RINGS_CENTRE]), sigma, 3)
    average = ewma_path(means, start=RINGS_CENTRE, weight=0.2)
    assert (np.flatnonzero((average < low) | (average > high)) + 1).tolist() == [37, 38, 39, 40]
