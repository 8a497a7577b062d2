"""Goals and tasks: written down, put differently, ended, and never overwritten."""

from datetime import timedelta

import pytest

from accounts.models import User
from audit.models import Event
from audit.refusals import Refused
from clients import agreements
from clients.models import Agreement, Side, Treatment, Wording
from tests import people

AT = people.MONDAY


def events() -> list[tuple[str, dict[str, object]]]:
    rows = Event.objects.filter(about="clients.Agreement").order_by("pk")
    return [(row.action, row.details) for row in rows]


def test_a_goal_is_written_down_in_one_line(ana: Treatment, mara: User) -> None:
    goal = agreements.propose(ana, kind="goal", words=" Sleep\nagain ", by=mara, at=AT)
    wording = goal.wordings.get()
    assert (wording.words, wording.side, wording.written_by, wording.said_at) == (
        "Sleep again",
        Side.THERAPIST,
        mara,
        AT,
    )
    assert events() == [("clients.propose_agreement", {"kind": "goal", "side": "therapist"})]


def test_new_words_stand_beside_the_earlier_ones(ana: Treatment, mara: User) -> None:
    goal = people.agree(ana).agreement
    later = AT + timedelta(days=1)
    agreements.reword(goal, words="Sleep five hours", by=mara, at=AT)
    agreements.take_over(goal, words="Wake up rested", by=mara, at=later)
    rows = goal.wordings.order_by("said_at")
    assert [(row.words, row.side) for row in rows] == [
        ("Sleep through the night", "therapist"),
        ("Sleep five hours", "therapist"),
        ("Wake up rested", "client"),
    ]
    assert [action for action, _details in events()][1:] == [
        "clients.reword_agreement",
        "clients.take_over_words",
    ]


def test_the_same_words_again_change_nothing(ana: Treatment, mara: User) -> None:
    goal = people.agree(ana).agreement
    for _time in range(2):
        agreements.take_over(goal, words="Wake up rested", by=mara, at=AT)
    agreements.take_over(goal, words=" Wake  up rested", by=mara, at=AT)
    assert goal.wordings.count() == 2


def test_an_end_stays_and_nothing_follows_it(ana: Treatment, mara: User) -> None:
    goal = people.agree(ana).agreement
    agreements.end(goal, ended_as=Agreement.End.REACHED, by=mara, at=AT)
    goal.refresh_from_db()
    assert (goal.ended_at, goal.ended_as) == (AT, "reached")
    with pytest.raises(agreements.AgreementEnded):
        agreements.end(goal, ended_as=Agreement.End.DROPPED, by=mara, at=AT)
    with pytest.raises(agreements.AgreementEnded):
        agreements.reword(goal, words="New", by=mara, at=AT)
    people.agree(ana)  # the same words may be agreed on once more


def test_what_has_ended_is_put_back_once(ana: Treatment, mara: User) -> None:
    goal = people.agree(ana).agreement
    agreements.end(goal, ended_as=Agreement.End.REACHED, by=mara, at=AT)
    for _time in range(2):
        agreements.resume(goal, by=mara, at=AT)
    goal.refresh_from_db()
    assert (goal.ended_at, goal.ended_as) == (None, "")
    assert [action for action, _details in events()][1:] == [
        "clients.end_agreement",
        "clients.resume_agreement",
    ]


def test_nothing_is_put_back_twice_over_or_beside_six(
    ana: Treatment, mara: User, jonas: User
) -> None:
    goal = people.agree(ana).agreement
    agreements.end(goal, ended_as="dropped", by=mara, at=AT)
    with pytest.raises(agreements.NotTheirTherapist):
        agreements.resume(goal, by=jonas, at=AT)
    again = people.agree(ana).agreement
    with pytest.raises(agreements.AlreadyThere):
        agreements.resume(goal, by=mara, at=AT)
    agreements.end(again, ended_as="dropped", by=mara, at=AT)
    for number in range(agreements.MOST):
        people.agree(ana, f"Goal {number}")
    with pytest.raises(agreements.TooMany):
        agreements.resume(goal, by=mara, at=AT)


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (" \n ", agreements.NoWords),
        ("x" * 201, agreements.TooLong),
        ("Sleep  through the night", agreements.AlreadyThere),
    ],
)
def test_words_that_are_refused(
    ana: Treatment, mara: User, words: str, refused: type[Refused]
) -> None:
    people.agree(ana)
    with pytest.raises(refused):
        agreements.propose(ana, kind="goal", words=words, by=mara, at=AT)
    assert Wording.objects.count() == 1


def test_a_few_at_a_time(ana: Treatment, mara: User) -> None:
    goals = [people.agree(ana, f"Goal {number}") for number in range(agreements.MOST)]
    with pytest.raises(agreements.TooMany):
        people.agree(ana, "One more")
    agreements.end(goals[0].agreement, ended_as="dropped", by=mara, at=AT)
    people.agree(ana, "One more")


def test_only_the_therapist_of_an_open_treatment_writes(
    ana: Treatment, mara: User, jonas: User
) -> None:
    goal = people.agree(ana).agreement
    with pytest.raises(agreements.NotTheirTherapist):
        agreements.propose(ana, kind="task", words="Mine", by=jonas, at=AT)
    with pytest.raises(agreements.NotTheirTherapist):
        agreements.end(goal, ended_as="dropped", by=jonas, at=AT)
    Treatment.objects.update(ended_on=AT.date())
    with pytest.raises(agreements.TreatmentClosed):
        agreements.reword(goal, words="Too late", by=mara, at=AT)


def test_rows_are_seen_by_the_therapist_alone(ana: Treatment, mara: User, jonas: User) -> None:
    people.agree(ana)
    for rows in (Agreement.objects, Wording.objects):
        assert (rows.visible_to(mara).count(), rows.visible_to(jonas).count()) == (1, 0)
        assert (rows.read_by(mara).count(), rows.read_by(jonas).count()) == (1, 0)
