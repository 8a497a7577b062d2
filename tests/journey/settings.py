"""The settings of a production for the real processes of a test, with a clock that it moves."""

import os
from pathlib import Path

from alliance.settings import *  # noqa: F403
from tests.journey import clock

STATIC_ROOT = Path(os.environ["STATIC_ROOT"])  # not the project's own, which a demo may be using
clock.follow(Path(os.environ["CLOCK_FILE"]))
