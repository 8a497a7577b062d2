"""From answers to scores. Pure: imports neither Django nor an app."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from measures.catalogue import Instrument


class BadAnswers(ValueError):
    """Answers that do not fit the instrument: missing, unknown or off the scale."""


class NoAllianceForm(ValueError):
    """The instrument has no scores for goal, task and bond."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Mean item score of each dimension, in points of the instrument's scale."""

    goal: float
    task: float
    bond: float


def score(instrument: Instrument, answers: Mapping[str, int]) -> Scores:
    """Score one complete alliance form: its `profile`, by name.

    Raises `BadAnswers` as `profile` does, and `NoAllianceForm` for any other instrument.
    """
    if not instrument.is_alliance_form:
        raise NoAllianceForm(f"{instrument.key} has no scores for goal, task and bond.")
    return Scores(**profile(instrument, answers))


def profile(instrument: Instrument, answers: Mapping[str, int]) -> dict[str, float]:
    """Mean item score of each dimension, in points of the scale; the dimensions in their order.

    Parameters: `answers` maps every item key of `instrument` to a whole point of its scale.
    Returns the unweighted mean of each dimension's items (no item is reversed, none imputed).
    Raises `BadAnswers` if an item is missing, unknown, or its answer is not on the scale.
    """
    check(instrument, answers)
    return {
        dimension: fmean(
            answers[item.key] for item in instrument.items if item.dimension == dimension
        )
        for dimension in instrument.dimensions
    }


def check(instrument: Instrument, answers: Mapping[str, int]) -> None:
    """Raises `BadAnswers` unless every item has one answer that is a point of the scale."""
    if set(answers) != {item.key for item in instrument.items}:
        raise BadAnswers("Every item needs one answer, and nothing else.")
    for key, value in answers.items():
        if type(value) is not int or value not in instrument.points:
            raise BadAnswers(f"The answer to {key} is not on the scale.")
