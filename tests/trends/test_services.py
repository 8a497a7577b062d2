"""From ratings to trajectories and flags."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from accounts.permissions import Role
from audit.models import Event
from clients.models import Treatment
from sessions.models import Rating, TherapySession
from tests import people
from tests.registry.database import fingerprint
from trends import services
from trends.computing import storing
from trends.engine import DEFAULT, VERSION, Prior
from trends.engine.courses import Courses
from trends.engine.trends import Trends, compute
from trends.flags import flagging, moves
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


def test_a_no_show_counts_but_has_no_point(ana: Treatment) -> None:
    """It is weak evidence: the chance in the next session is higher for it."""
    course(ana, STEADY, STEADY, STEADY)
    people.answer(people.hold(ana, people.MONDAY + 4 * WEEK), 4, 4, 3)
    before = people.compute(ana, at=LATER)
    people.hold(ana, people.MONDAY + 3 * WEEK, attendance="no_show", at=LATER)
    after = people.compute(ana, at=LATER)
    assert [each["session"] for each in after.points] == [each["session"] for each in before.points]
    assert (after.sessions, after.rated) == (4, 4)
    assert p_ruptures(after)[3] > p_ruptures(before)[3]
    assert p_ruptures(after)[:3] == p_ruptures(before)[:3]


def p_ruptures(trajectory: Trajectory) -> list[float]:
    return [each["point"]["p_rupture"] for each in trajectory.points]


def test_a_form_that_is_still_open_is_no_silence(ana: Treatment) -> None:
    *_, unanswered = course(ana, STEADY, STEADY, STEADY, None)
    closes_at = people.end_of(unanswered.request)
    still_open = p_ruptures(people.compute(ana, at=closes_at - timedelta(seconds=1)))
    assert p_ruptures(people.compute(ana, at=closes_at))[3] > still_open[3]


def test_a_session_without_a_form_is_no_silence(mara: User) -> None:
    nobody_asked = people.take_on(mara, contact="none")
    ana = people.take_on(mara)
    for treatment in (nobody_asked, ana):
        people.hold(treatment)
    [without] = p_ruptures(people.compute(nobody_asked, at=LATER))
    [with_form] = p_ruptures(people.compute(ana, at=LATER))
    assert without <= with_form


def test_the_answer_about_tension_counts(ana: Treatment) -> None:
    *_, last = course(ana, STEADY, STEADY, STEADY, (4, 4, 3))
    calm = p_ruptures(people.compute(ana, at=LATER))
    Rating.objects.filter(session=last).update(tension="strong")
    assert p_ruptures(people.compute(ana, at=LATER))[3] > calm[3]


def test_a_trajectory_names_engine_and_prior(ana: Treatment) -> None:
    course(ana, STEADY)
    trajectory = Trajectory.objects.get()
    assert (trajectory.engine, trajectory.prior) == (VERSION, DEFAULT.version)
    assert trajectory.p_rupture == p_ruptures(trajectory)[-1]


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
    assert flag.why is not None
    assert (flag.why.dimension, flag.why.score, flag.why.earlier) == ("bond", 1.0, 2)


def test_two_ratings_are_too_few_for_a_flag(ana: Treatment) -> None:
    course(ana, (5, 5, 5), (1, 1, 1))
    assert flags() == []


def test_acknowledged_at_and_by_go_together(ana: Treatment) -> None:
    course(ana, STEADY, STEADY, LOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Flag.objects.update(acknowledged_at=LATER)


def test_one_flag_for_each_session_is_a_constraint(ana: Treatment) -> None:
    *_, low = course(ana, STEADY, STEADY, LOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Flag.objects.create(treatment=ana, session=low, reason={}, raised_at=LATER, state_at=LATER)


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
        patch.setattr(storing, "compute", lambda courses, prior: 1 / 0)
        services.recompute_due(at=LATER)
    assert services.recompute_due(at=LATER) == 0
    assert services.recompute_due(at=LATER + services.PAUSE_AFTER_FAILURE) == 1
    assert Trajectory.objects.get(treatment=ana).due_at is None


def test_an_error_leaves_the_earlier_trajectory(
    ana: Treatment, monkeypatch: pytest.MonkeyPatch
) -> None:
    course(ana, STEADY, STEADY, LOW)
    before = fingerprint()
    monkeypatch.setattr(flagging, "raise_new", lambda *args, **kwargs: 1 / 0)
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
        people.compute(ana_for_all, at=people.MONDAY + 3 * WEEK)

    with ThreadPoolExecutor(6) as workers:
        list(workers.map(in_another_connection(compute), range(6)))
    assert flags() == [(3, State.OPEN)]
    assert Event.objects.filter(action="trends.raise_flag").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_rating_that_arrives_while_computing_is_due_afterwards(
    ana_for_all: Treatment, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = people.hold(ana_for_all)
    real = compute
    arrived = threading.Event()

    def answer() -> None:
        arrived.set()
        people.answer(session)

    with ThreadPoolExecutor(1) as phone:

        def compute_slowly(courses: Courses, prior: Prior) -> Trends:
            submitted.append(phone.submit(in_another_connection(answer)))
            arrived.wait(5)
            with pytest.raises(TimeoutError):
                submitted[0].result(timeout=0.3)  # it waits for the row that is being computed
            return real(courses, prior)

        submitted: list[Any] = []
        monkeypatch.setattr(storing, "compute", compute_slowly)
        people.compute(ana_for_all, at=LATER)
        submitted[0].result(timeout=5)
    monkeypatch.setattr(storing, "compute", real)
    assert Trajectory.objects.get().due_at is not None
    services.recompute_due(at=LATER)
    assert Trajectory.objects.get().rated == 1


@pytest.mark.django_db(transaction=True)
def test_seen_while_it_is_computed_waits_and_is_kept(
    ana_for_all: Treatment, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.course(ana_for_all, STEADY, STEADY, STEADY, LOW)
    flag = Flag.objects.get()
    real = flagging.follow_ratings
    seen: list[Any] = []

    def see() -> None:
        moves.acknowledge(flag, note="", by=flag.treatment.therapist, at=LATER)

    with ThreadPoolExecutor(1) as therapist:

        def follow(*given: Any, **more: Any) -> None:
            seen.append(therapist.submit(in_another_connection(see)))
            with pytest.raises(TimeoutError):
                seen[0].result(timeout=0.3)
            real(*given, **more)

        monkeypatch.setattr(flagging, "follow_ratings", follow)
        services.recompute(ana_for_all.pk, at=LATER)
        seen[0].result(timeout=5)
    assert Flag.objects.get().state == State.ACKNOWLEDGED
