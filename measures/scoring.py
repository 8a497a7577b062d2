"""From answers to scores. Pure: imports neither Django nor an app."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from measures.catalogue import DIMENSIONS, Instrument


class BadAnswers(ValueError):
    """Answers that do not fit the instrument: missing, unknown or off the scale."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Mean item score of each dimension, in points of the instrument's scale."""

    goal: float
    task: float
    bond: float


def score(instrument: Instrument, answers: Mapping[str, int]) -> Scores:
    """Score one complete form.

    Parameters: `answers` maps every item key of `instrument` to a whole point of its scale.
    Returns the unweighted mean of each dimension's items (no item is reversed, none imputed).
    Raises `BadAnswers` if an item is missing, unknown, or its answer is not on the scale.
    """
    if set(answers) != {item.key for item in instrument.items}:
        raise BadAnswers("Every item needs one answer, and nothing else.")
    for key, value in answers.items():
        if type(value) is not int or value not in instrument.points:
            raise BadAnswers(f"The answer to {key} is not on the scale.")
    means = {
        dimension: fmean(
            answers[item.key] for item in instrument.items if item.dimension == dimension
        )
        for dimension in DIMENSIONS
    }
    return Scores(**means)
