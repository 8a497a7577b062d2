"""From ratings to trajectories and flags."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.permissions import Role
from audit.models import Event
from clients.models import Treatment
from sessions.models import Rating, TherapySession
from tests import people
from tests.registry.database import fingerprint
from trends import services
from trends.engine import VERSION, detect
from trends.models import Flag, Trajectory

WEEK = timedelta(weeks=1)
LATER = people.MONDAY + 10 * WEEK
STEADY = (4, 4, 4)
LOW = (4, 4, 1)
State = Flag.State


def course(ana: Treatment, *scores: tuple[int, int, int] | None) -> list[TherapySession]:
    return people.course(ana, *scores)


def flags() -> list[tuple[int, str]]:
    """Session numbers with the states of their flags."""
    numbers = {row.pk: n for n, row in enumerate(TherapySession.objects.order_by("held_at"), 1)}
    return sorted((numbers[flag.session_id], flag.state) for flag in Flag.objects.all())


def test_a_trajectory_has_one_point_for_each_session_that_took_place(ana: Treatment) -> None:
    held = course(ana, STEADY, None, STEADY)
    people.hold(ana, people.MONDAY + 3 * WEEK, attendance="cancelled")
    trajectory = people.compute(ana)
    assert [point["session"] for point in trajectory.points] == [str(row.pk) for row in held]
    assert [point["point"]["score"] for point in trajectory.points] == [4.0, None, 4.0]
    assert (trajectory.sessions, trajectory.rated, trajectory.missing) == (3, 2, 0)
    assert trajectory.engine == VERSION


def test_a_trajectory_tells_the_last_rating_and_what_is_missing_since(ana: Treatment) -> None:
    course(ana, STEADY, (5, 3, 2), None, None)
    trajectory = Trajectory.objects.get(treatment=ana)
    assert trajectory.last == {"goal": 5.0, "task": 3.0, "bond": 2.0}
    assert trajectory.missing == 2


def test_a_treatment_without_sessions_has_an_empty_trajectory(ana: Treatment) -> None:
    trajectory = people.compute(ana)
    assert (trajectory.points, trajectory.last, trajectory.sessions) == ([], None, 0)
    assert trajectory.due_at is None


def test_sessions_count_in_the_order_they_were_held(ana: Treatment) -> None:
    second = people.hold(ana, people.MONDAY + WEEK)
    first = people.hold(ana, people.MONDAY, at=people.MONDAY + WEEK)
    points = people.compute(ana).points
    assert [point["session"] for point in points] == [str(first.pk), str(second.pk)]


def test_computing_twice_changes_nothing(ana: Treatment) -> None:
    course(ana, STEADY, STEADY, LOW)
    people.compute(ana, at=LATER)
    before = fingerprint()
    people.compute(ana, at=LATER)
    assert fingerprint() == before


def test_a_fall_raises_a_flag_with_its_numbers(ana: Treatment) -> None:
    *_, low = course(ana, STEADY, STEADY, LOW)
    flag = Flag.objects.get()
    assert (flag.session, flag.state, flag.engine) == (low, State.OPEN, VERSION)
    assert flag.raised_at == people.MONDAY + 3 * WEEK
    assert (flag.why.dimension, flag.why.score, flag.why.earlier) == ("bond", 1.0, 2)


def test_one_flag_for_each_onset(ana: Treatment) -> None:
    course(ana, *[STEADY] * 4, LOW, LOW, *[STEADY] * 8, (1, 1, 1))
    assert flags() == [(5, State.OPEN), (15, State.OPEN)]


def test_two_ratings_are_too_few_for_a_flag(ana: Treatment) -> None:
    course(ana, (5, 5, 5), (1, 1, 1))
    assert flags() == []


def late_answer(session: TherapySession, *scores: int) -> None:
    people.answer(session, *scores, at=session.held_at + timedelta(days=3))


def test_a_late_answer_moves_the_onset_and_withdraws_the_flag(ana: Treatment) -> None:
    *_, third, _fourth = course(ana, STEADY, STEADY, None, LOW)
    assert flags() == [(4, State.OPEN)]
    late_answer(third, *LOW)
    people.compute(ana, at=LATER)
    assert flags() == [(3, State.OPEN), (4, State.WITHDRAWN)]
    assert Event.objects.filter(action="trends.withdraw_flag").count() == 1


def test_a_withdrawn_flag_is_raised_again_when_the_picture_changes_back(ana: Treatment) -> None:
    *_, third, fourth = course(ana, STEADY, STEADY, None, LOW)
    late_answer(third, *LOW)
    people.compute(ana, at=LATER)
    Rating.objects.filter(session=third).update(bond=4.0)  # as if it had been corrected
    people.compute(ana, at=LATER + WEEK)
    assert flags() == [(3, State.WITHDRAWN), (4, State.OPEN)]
    assert Flag.objects.get(session=fourth).raised_at == LATER + WEEK


def acknowledge(flag: Flag, note: str = "", at: Any = LATER) -> Flag:
    return services.acknowledge_flag(flag, note=note, by=flag.treatment.therapist, at=at)


def test_an_acknowledged_flag_is_never_withdrawn(ana: Treatment) -> None:
    *_, third, fourth = course(ana, STEADY, STEADY, None, LOW)
    acknowledge(Flag.objects.get(session=fourth), "Seen.")
    late_answer(third, *LOW)
    people.compute(ana)
    assert flags() == [(3, State.OPEN), (4, State.ACKNOWLEDGED)]
    assert Flag.objects.get(session=fourth).note == "Seen."


def test_new_numbers_are_kept_with_the_flag_and_its_state(ana: Treatment) -> None:
    _first, second, *_, low = course(ana, STEADY, None, STEADY, LOW)
    acknowledge(Flag.objects.get(session=low))
    assert Flag.objects.get(session=low).why.earlier == 2
    late_answer(second, *STEADY)
    people.compute(ana)
    flag = Flag.objects.get(session=low)
    assert (flag.why.earlier, flag.state) == (3, State.ACKNOWLEDGED)
    assert Event.objects.filter(action="trends.update_flag").count() == 1


def test_acknowledge_keeps_who_when_and_the_note(ana: Treatment) -> None:
    course(ana, STEADY, STEADY, LOW)
    acknowledge(Flag.objects.get(), "  Talked about it. ")
    flag = Flag.objects.get()
    assert (flag.state, flag.note) == (State.ACKNOWLEDGED, "Talked about it.")
    assert (flag.acknowledged_at, flag.acknowledged_by) == (LATER, ana.therapist)


def test_acknowledge_twice_changes_nothing(ana: Treatment) -> None:
    course(ana, STEADY, STEADY, LOW)
    acknowledge(Flag.objects.get(), "Seen.")
    before = fingerprint(without=())
    acknowledge(Flag.objects.get(), "Seen.", at=LATER + WEEK)
    acknowledge(Flag.objects.get(), "", at=LATER + WEEK)
    assert fingerprint(without=()) == before


def test_a_new_note_is_kept_and_the_first_look_too(ana: Treatment) -> None:
    course(ana, STEADY, STEADY, LOW)
    acknowledge(Flag.objects.get(), "Seen.")
    acknowledge(Flag.objects.get(), "Talked about it.", at=LATER + WEEK)
    flag = Flag.objects.get()
    assert (flag.note, flag.acknowledged_at) == ("Talked about it.", LATER)


def test_acknowledging_a_flag_that_was_withdrawn_meanwhile_is_refused(ana: Treatment) -> None:
    course(ana, STEADY, STEADY, LOW)
    Flag.objects.update(state=State.WITHDRAWN)
    with pytest.raises(services.FlagWithdrawn):
        acknowledge(Flag.objects.get())
    assert Flag.objects.get().state == State.WITHDRAWN


def test_acknowledged_at_and_by_go_together(ana: Treatment) -> None:
    course(ana, STEADY, STEADY, LOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Flag.objects.update(acknowledged_at=LATER)


def test_one_flag_for_each_session_is_a_constraint(ana: Treatment) -> None:
    *_, low = course(ana, STEADY, STEADY, LOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Flag.objects.create(treatment=ana, session=low, reason={}, raised_at=LATER)


# --- What is due


def test_whatever_changes_the_history_makes_it_due(ana: Treatment) -> None:
    session = people.hold(ana)
    assert Trajectory.objects.due(LATER).count() == 1
    people.compute(ana)
    assert Trajectory.objects.due(LATER).count() == 0
    people.answer(session)
    assert Trajectory.objects.due(LATER).count() == 1


def test_due_is_rolled_back_with_the_change(ana: Treatment) -> None:
    session = people.hold(ana)
    people.compute(ana)
    with transaction.atomic():
        people.answer(session)
        transaction.set_rollback(True)
    assert not Trajectory.objects.due(LATER).exists()


def test_a_rating_that_owes_no_trajectory_is_not_stored(
    ana: Treatment, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = people.hold(ana)
    monkeypatch.setattr(Trajectory.objects, "filter", lambda **look_up: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        people.answer(session)
    assert not Rating.objects.exists()


def test_recompute_due_computes_all_that_is_due(ana: Treatment) -> None:
    for name in ("Petra K.", "Zoe A."):
        people.hold(people.take_on(ana.therapist, name))
    people.hold(ana)
    assert services.recompute_due(at=LATER) == 3
    assert services.recompute_due(at=LATER) == 0
    assert Trajectory.objects.filter(sessions=1).count() == 3


def test_recompute_due_takes_no_more_than_its_limit(ana: Treatment) -> None:
    for name in ("Petra K.", "Zoe A."):
        people.hold(people.take_on(ana.therapist, name))
    assert services.recompute_due(at=LATER, limit=1) == 1
    assert Trajectory.objects.due(LATER).count() == 1


def test_one_treatment_that_fails_is_set_aside_and_the_others_are_computed(
    ana: Treatment, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    people.hold(ana)
    petra = people.take_on(ana.therapist, "Petra K.")
    people.hold(petra)
    real = services.recompute

    def fails_for_ana(treatment_id: Any, *, at: Any) -> Trajectory:
        if treatment_id == ana.pk:
            raise ZeroDivisionError
        return real(treatment_id, at=at)

    monkeypatch.setattr(services, "recompute", fails_for_ana)
    with caplog.at_level(logging.ERROR):
        services.recompute_due(at=LATER)
    assert str(ana.pk) in caplog.text
    assert Trajectory.objects.get(treatment=petra).due_at is None
    assert Trajectory.objects.get(treatment=ana).due_at == LATER + services.PAUSE_AFTER_FAILURE


def test_one_that_failed_is_tried_again(ana: Treatment, monkeypatch: pytest.MonkeyPatch) -> None:
    people.hold(ana)
    with monkeypatch.context() as patch:
        patch.setattr(services, "detect", lambda history: 1 / 0)
        services.recompute_due(at=LATER)
    assert services.recompute_due(at=LATER) == 0
    assert services.recompute_due(at=LATER + services.PAUSE_AFTER_FAILURE) == 1
    assert Trajectory.objects.get(treatment=ana).due_at is None


def test_an_error_leaves_the_earlier_trajectory(
    ana: Treatment, monkeypatch: pytest.MonkeyPatch
) -> None:
    course(ana, STEADY, STEADY, LOW)
    before = fingerprint()
    monkeypatch.setattr(services, "_raise_flags", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        people.compute(ana)
    assert fingerprint() == before


def test_a_treatment_that_does_not_exist_gets_no_trajectory(db: None) -> None:
    services.recompute(uuid4(), at=LATER)
    with pytest.raises(IntegrityError):  # the foreign key is checked at the commit
        connection.check_constraints()


# --- At the same time


@pytest.fixture
def ana_for_all(transactional_db: None) -> Treatment:
    """Ana, seen by other connections too."""
    return people.take_on(people.hire(people.open_clinic(), "Mara Lindqvist", Role.THERAPIST))


def in_another_connection(work: Any) -> Any:
    def run(*args: object) -> Any:
        try:
            return work(*args)
        finally:
            connection.close()

    return run


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_raise_one_flag(ana_for_all: Treatment) -> None:
    for week, scores in enumerate([STEADY, STEADY, LOW]):
        people.answer(people.hold(ana_for_all, people.MONDAY + week * WEEK), *scores)
    start = threading.Barrier(6)

    def compute(_worker: int) -> None:
        start.wait()
        people.compute(ana_for_all, at=LATER)

    with ThreadPoolExecutor(6) as workers:
        list(workers.map(in_another_connection(compute), range(6)))
    assert flags() == [(3, State.OPEN)]
    assert Event.objects.filter(action="trends.raise_flag").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_rating_that_arrives_while_computing_is_due_afterwards(
    ana_for_all: Treatment, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = people.hold(ana_for_all)
    real = detect
    arrived = threading.Event()

    def answer() -> None:
        arrived.set()
        people.answer(session)

    with ThreadPoolExecutor(1) as phone:

        def detect_slowly(history: Any) -> Any:
            submitted.append(phone.submit(in_another_connection(answer)))
            arrived.wait(5)
            with pytest.raises(TimeoutError):
                submitted[0].result(timeout=0.3)  # it waits for the row that is being computed
            return real(history)

        submitted: list[Any] = []
        monkeypatch.setattr(services, "detect", detect_slowly)
        people.compute(ana_for_all, at=LATER)
        submitted[0].result(timeout=5)
    monkeypatch.setattr(services, "detect", real)
    assert Trajectory.objects.get().due_at is not None
    services.recompute_due(at=LATER)
    assert Trajectory.objects.get().rated == 1
