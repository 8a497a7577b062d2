"""What the benchmark of the therapist's five minutes computes. (The browser is not asked here.)"""

import pytest

from benchmarks.usability.figures import Figure, Work, person_seconds


def test_a_person_points_clicks_types_and_waits() -> None:
    assert person_seconds(Work(clicks=3, fields=0, keys=0, pages=3, machine=0.5)) == pytest.approx(
        3 * (1.35 + 1.1 + 0.2) + 0.5
    )
    typed = Work(clicks=0, fields=1, keys=10, pages=1, machine=0)
    assert person_seconds(typed) == pytest.approx(1.35 + 0.8 + 2.8)


def test_a_figure_is_the_middle_of_its_runs() -> None:
    runs = [Work(2, 0, 0, 2, machine) for machine in (0.3, 0.9, 0.4)]
    figure = Figure.of(runs)
    assert (figure.clicks, figure.machine) == (2, 0.4)
    assert figure.person == pytest.approx(2 * 2.65 + 0.4)


def test_runs_that_clicked_differently_are_not_one_task() -> None:
    with pytest.raises(ValueError, match="differ"):
        Figure.of([Work(2, 0, 0, 2, 1.0), Work(3, 0, 0, 2, 1.0)])
