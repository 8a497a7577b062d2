"""What the benchmark of the client's form computes."""

import pytest

from benchmarks.form.figures import Spread, Words, person_seconds, ratio
from benchmarks.form.slow_phone import FAST, SLOW

FORM = """How was your session?

1 of 2
I felt understood today.
Not at all
Completely
2 of 2
We worked on what matters to me.
Not at all
Completely
"""


def test_a_spread_has_the_middle_and_both_ends() -> None:
    spread = Spread.of([1500.4, 900, 1200])
    assert (spread.median, spread.lowest, spread.highest) == (1200, 900, 1500.4)
    assert spread.shown() == "1,200 (900 to 1,500)"
    assert Spread.of([0.5]).shown(2) == "0.50 (0.50 to 0.50)"


def test_a_ratio_is_of_neighbours() -> None:
    """A slow moment that hits both of a lap does not change it."""
    assert ratio([20, 200], [10, 100]) == Spread(2, 2, 2)
    with pytest.raises(ValueError, match="shorter"):
        ratio([1, 2], [1])


def test_labels_that_stand_there_again_are_read_once() -> None:
    words = Words.of(FORM)
    assert words.all == 4 + 3 + 4 + 4 + 3 + 7 + 4
    assert words.once == words.all - 4
    assert Words.of(" \n") == Words(0, 0)


def test_a_person_reads_taps_and_waits() -> None:
    assert person_seconds(200, 8, 2.5) == 60 + 8 + 1 + 2.5
    assert person_seconds(0, 0, 0) == 1  # the tap on the link


def test_what_the_browser_is_told_about_the_line() -> None:
    """It counts bytes a second, and -1 is no limit."""
    assert (
        SLOW.conditions()["downloadThroughput"] == SLOW.conditions()["uploadThroughput"] == 50_000
    )
    assert SLOW.conditions()["latency"] == 400
    assert FAST.conditions()["downloadThroughput"] == -1
    assert "400 kbit/s" in SLOW.words
    assert "fast" in FAST.words
