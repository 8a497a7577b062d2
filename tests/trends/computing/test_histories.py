"""What the engine is told of a treatment: here, which of its ratings say little."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from clients.models import Treatment
from measures.quality import quality
from sessions.models import Rating, TherapySession
from tests import people
from trends.computing import histories
from trends.engine import History

WEEK = timedelta(weeks=1)
LATER = people.MONDAY + 8 * WEEK
MIXED, ALIKE = (4, 5, 4), (4, 4, 4)


def history(treatment: Treatment) -> History:
    return histories.of_treatment(treatment.pk, LATER).history


def change(session: TherapySession, **values: Any) -> None:
    Rating.objects.filter(session=session).update(**values)


def answers_of(session: TherapySession) -> dict[str, int]:
    return dict(Rating.objects.get(session=session).answers)


def test_a_form_with_one_point_for_every_item_says_little(ana: Treatment) -> None:
    people.course(ana, MIXED, ALIKE, None, (4, 4, 3))
    assert history(ana).little.tolist() == [False, True, False, False]
    assert history(ana).items.tolist() == [2, 1, 2, 2]


def test_equal_scores_of_different_answers_say_as_much_as_any(ana: Treatment) -> None:
    first, _ = people.course(ana, ALIKE, ALIKE)
    turned = dict(zip(answers_of(first), [3, 3, 3, 5, 5, 5], strict=True))  # 4.0 each
    change(first, answers=turned)
    assert history(ana).little.tolist() == [False, True]


@pytest.mark.parametrize(("seconds", "little"), [(5.9, True), (6.0, False), (None, False)])
def test_a_form_that_was_sent_before_it_could_be_read_says_little(
    ana: Treatment, seconds: float | None, little: bool
) -> None:
    first, _ = people.course(ana, MIXED, MIXED)
    change(first, seconds=seconds)
    assert history(ana).little.tolist()[0] is little


def test_it_is_the_rule_that_people_are_shown(ana: Treatment) -> None:
    """The engine's short cut and `measures.quality` say the same of every rating."""
    held = people.course(ana, ALIKE, MIXED, (5, 5, 5), (4, 4, 3), ALIKE, (1, 1, 1))
    for session, seconds in zip(held, (2.0, 2.0, 60.0, 60.0, None, 6.0), strict=True):
        change(session, seconds=seconds)
    change(held[4], answers=dict(zip(answers_of(held[4]), [3, 3, 3, 5, 5, 5], strict=True)))
    shown = [
        quality(each.request.form_instrument(), each.answers, each.seconds).says_little
        for each in Rating.objects.order_by("session__held_at")
    ]
    assert shown == [True, True, True, False, False, True]
    assert history(ana).little.tolist() == shown


def test_forms_that_cannot_be_alike_are_not_read(ana: Treatment) -> None:
    """Answers are large; a night reads those alone that may be one answer throughout."""
    people.course(ana, MIXED, ALIKE, None)
    alike = histories.COLUMNS.index("alike")
    read = [row[alike] for row in histories.rows(TherapySession.objects.all())]
    assert [text is not None for text in read] == [False, True, False]


def test_ratings_are_read_once_for_all_of_their_columns(ana: Treatment) -> None:
    sql = str(histories.rows(TherapySession.objects.filter(treatment=ana)).query)
    assert sql.count(f"JOIN {connection.ops.quote_name(Rating._meta.db_table)}") == 1
