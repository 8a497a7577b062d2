"""What is learned each night, and all courses computed anew."""

import io
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Clinic, User
from accounts.permissions import Role
from audit.models import Event
from clients.models import Treatment
from sessions.models import Rating, RatingRequest, TherapySession
from tests import people
from trends import services
from trends.computing import batches, calibrations, histories, lookback, storing
from trends.computing.lookback import Past
from trends.engine import DEFAULT, DEFAULT_THRESHOLD, Tally, detect
from trends.engine.policy import LEAST_THRESHOLD, RATED_NEEDED, THRESHOLDS
from trends.models import Calibration, Flag, FlagMove, Trajectory

WEEK = timedelta(weeks=1)
NIGHT = people.MONDAY + 5 * WEEK
STEADY, LOW = (4, 4, 4), (4, 4, 1)
State = Flag.State


def a_clinic_s_life(mara: User, treatments: int = 4) -> list[Treatment]:
    """Courses of different lengths, with gaps, a no-show, a late rating, and some without any."""
    courses = (
        (STEADY, (5, 4, 4), STEADY, LOW),
        (STEADY, None, (3, 4, 4), None, STEADY),
        (None,),
        ((5, 5, 5), (5, 5, 4), (2, 2, 2), (5, 5, 5), (5, 5, 5)),
    )
    found = []
    for number, scores in enumerate(islice(cycle(courses), treatments)):
        treatment = people.take_on(mara, f"Client {number}")
        people.hold(treatment, people.MONDAY - WEEK, attendance="no_show")
        people.hold(treatment, people.MONDAY - 2 * WEEK, attendance="cancelled")
        people.course(treatment, *scores)
        found.append(treatment)
    return found


def stored() -> list[dict[str, Any]]:
    rows = Trajectory.objects.order_by("pk").values()
    return [{name: value for name, value in row.items() if name != "computed_at"} for row in rows]


# --- Computing all of a clinic


def test_a_night_stores_what_computing_each_treatment_gives(mara: User) -> None:
    treatments = a_clinic_s_life(mara)
    Trajectory.objects.update(points=[], rated=0, sessions=0, missing=0, last_goal=None)
    services.nightly(mara.own_clinic.pk, at=NIGHT)
    at_night = stored()
    assert [len(row["points"]) for row in at_night] != [0] * 4
    for treatment in treatments:
        people.compute(treatment, at=NIGHT)
    assert at_night == stored()


def test_points_written_straight_as_json_are_those_of_the_engine(mara: User) -> None:
    """To the last digit, for every kind of session."""
    treatments = a_clinic_s_life(mara)
    in_use = calibrations.InUse(DEFAULT, DEFAULT_THRESHOLD)
    courses = [histories.of_treatment(each.pk, NIGHT) for each in treatments]
    written = {each.course.treatment_id: each for each in storing.write_all(courses, in_use)}
    for course in courses:
        values = written[course.treatment_id].values
        judged = zip(detect(course.history), course.took_place, strict=True)
        rows = [point for point, took_place in judged if took_place]
        found = json.loads(values[0])
        assert [each["point"] for each in found] == [point.as_dict() for point in rows]
        assert found == storing.computed(course, in_use)["points"]


def test_looking_back_is_the_level_with_later_ratings_in_it(ana: Treatment) -> None:
    people.course(ana, STEADY, STEADY, STEADY, *[(5, 5, 5)] * 8)
    people.compute(ana)
    points = Trajectory.objects.get(treatment=ana).points
    assert points[-1]["looking_back"] == points[-1]["point"]["level"]
    assert points[2]["looking_back"] > points[2]["point"]["level"]


def test_a_treatment_whose_sessions_were_all_missed_has_no_point(mara: User) -> None:
    treatment = people.take_on(mara)
    people.hold(treatment, attendance="no_show")
    people.compute(treatment)
    services.nightly(mara.own_clinic.pk, at=NIGHT)
    trajectory = Trajectory.objects.get()
    assert (trajectory.points, trajectory.sessions, trajectory.p_rupture) == ([], 0, None)


def test_another_scale_is_brought_to_that_of_the_newest_rating(
    ana: Treatment, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = people.course(ana, (5, 3, 1), LOW)
    real = histories.form

    def form(key: str, version: int) -> histories.Form:
        return histories.Form((0.0, 10.0), 4) if version == 7 else real(key, version)

    monkeypatch.setattr(histories, "form", form)
    type(first.request).objects.filter(pk=first.request.pk).update(instrument_version=7)
    history = histories.of_treatment(ana.pk, NIGHT).history
    assert history.scale == (1.0, 5.0)
    assert history.scores[0].tolist() == [3.0, 2.2, 1.4]
    assert history.items.tolist() == [4, 2]


def test_trajectories_that_are_due_are_left_to_the_worker(mara: User) -> None:
    treatments = a_clinic_s_life(mara, 2)
    people.hold(treatments[0], people.MONDAY + 6 * WEEK)
    services.nightly(mara.own_clinic.pk, at=NIGHT)
    assert Trajectory.objects.get(treatment=treatments[0]).computed_at != NIGHT
    assert Trajectory.objects.get(treatment=treatments[0]).due_at is not None
    assert Trajectory.objects.get(treatment=treatments[1]).computed_at == NIGHT


def test_a_rating_that_arrives_during_the_night_is_not_overwritten(mara: User) -> None:
    """Whether it waits to be computed or already is."""
    waiting, computed, others = a_clinic_s_life(mara, 3)
    found = batches.read(mara.own_clinic.pk, NIGHT)
    for treatment in (waiting, computed):
        held_at = people.MONDAY + 6 * WEEK
        people.answer(people.hold(treatment, held_at), *STEADY)
    people.compute(computed, at=NIGHT + timedelta(minutes=1))
    in_use = calibrations.of_clinic(mara.clinic_id)
    assert batches.write(found, in_use, at=NIGHT + timedelta(minutes=2)) == 1
    assert Trajectory.objects.get(treatment=waiting).due_at is not None
    assert Trajectory.objects.get(treatment=computed).sessions == 6
    assert Trajectory.objects.get(treatment=others).computed_at == NIGHT + timedelta(minutes=2)


def test_the_number_of_queries_does_not_grow_with_the_treatments(
    mara: User, count_queries: Any
) -> None:
    def night() -> object:
        return batches.write(
            batches.read(mara.own_clinic.pk, NIGHT),
            calibrations.InUse(DEFAULT, 2.0),  # no flag: each is written and audited by itself
            at=NIGHT,
        )

    a_clinic_s_life(mara, 2)
    few = count_queries(night)
    a_clinic_s_life(mara, 6)
    assert count_queries(night) == few


# --- Flags at night


def forget_flags() -> None:
    """As if the threshold had been too high for them."""
    FlagMove.objects.all().delete()
    Flag.objects.all().delete()


def test_a_night_raises_flags_for_recent_sessions_only(mara: User) -> None:
    a_clinic_s_life(mara)
    forget_flags()
    before = Event.objects.filter(action="trends.raise_flag").count()
    services.nightly(mara.own_clinic.pk, at=NIGHT)
    recent = NIGHT - timedelta(days=30)
    assert {flag.session.held_at >= recent for flag in Flag.objects.all()} == {True}
    raised = Event.objects.filter(action="trends.raise_flag").count() - before
    assert raised == Flag.objects.count() > 0
    forget_flags()
    services.nightly(mara.own_clinic.pk, at=NIGHT + timedelta(days=100))
    assert not Flag.objects.exists()


def test_a_night_withdraws_and_rewrites_nothing(mara: User) -> None:
    a_clinic_s_life(mara)
    before = list(Flag.objects.order_by("pk").values())
    assert before
    found = batches.read(mara.own_clinic.pk, NIGHT)
    batches.write(found, calibrations.InUse(DEFAULT, 0.99), at=NIGHT)
    assert list(Flag.objects.order_by("pk").values()) == before


def test_a_second_night_changes_nothing_but_its_time(mara: User) -> None:
    a_clinic_s_life(mara)
    services.nightly(mara.own_clinic.pk, at=NIGHT)
    before, flags = stored(), list(Flag.objects.order_by("pk").values())
    services.nightly(mara.own_clinic.pk, at=NIGHT)
    assert (stored(), list(Flag.objects.order_by("pk").values())) == (before, flags)


def test_nights_of_other_clinics_are_their_own(mara: User, stranger: User) -> None:
    a_clinic_s_life(mara, 1)
    a_clinic_s_life(stranger, 1)
    services.nightly(mara.own_clinic.pk, at=NIGHT)
    computed = dict(Trajectory.objects.values_list("treatment__therapist__email", "computed_at"))
    assert computed[mara.email] == NIGHT
    assert computed[stranger.email] != NIGHT


# --- What is learned


def test_with_few_treatments_the_default_prior_counts(mara: User) -> None:
    a_clinic_s_life(mara)
    calibration = services.nightly(mara.own_clinic.pk, at=NIGHT)
    assert calibration
    assert (calibration.learned, calibration.version) == (DEFAULT, DEFAULT.version)
    assert (calibration.treatments, calibration.threshold, calibration.rated) == (
        0,
        DEFAULT_THRESHOLD,
        0,
    )


def test_with_enough_treatments_the_clinic_has_a_prior_of_its_own(
    mara: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "TREATMENTS_TO_LEARN", 3)
    treatments = a_clinic_s_life(mara)  # three of the four have three ratings
    calibration = services.nightly(mara.own_clinic.pk, at=NIGHT)
    assert calibration
    assert calibration.version.startswith("fit-")
    assert (calibration.treatments, calibration.sessions) == (3, 12)
    assert set(Trajectory.objects.values_list("prior", flat=True)) == {calibration.version}
    assert calibrations.of_treatment(treatments[0].pk).prior == calibration.learned
    assert people.compute(treatments[0], at=NIGHT).prior == calibration.version


def past(flags: int, rated: int, rated_ever: int | None = None) -> Past:
    """So many flags at thresholds below .5, none above."""
    by_threshold = np.where(THRESHOLDS < 0.5, flags, 0)
    ever = rated if rated_ever is None else rated_ever
    return Past(Tally(by_threshold, rated), Tally(by_threshold, ever), by_threshold, 10)


def test_a_threshold_follows_from_the_clinic_s_own_past() -> None:
    assert past(11, RATED_NEEDED).choose(5) == lookback.Choice(0.5, RATED_NEEDED)
    assert past(10, RATED_NEEDED).choose(5) == lookback.Choice(LEAST_THRESHOLD, RATED_NEEDED)


def test_with_few_recent_sessions_all_of_the_past_counts() -> None:
    few = RATED_NEEDED - 1
    assert past(11, few, RATED_NEEDED).choose(5) == lookback.Choice(0.5, RATED_NEEDED)
    assert past(11, few).choose(5) == lookback.Choice(DEFAULT_THRESHOLD, 0)


def test_a_past_is_kept_as_it_was() -> None:
    kept = Past.from_dict(json.loads(json.dumps(past(11, 300, 400).as_dict())))
    assert kept.as_dict() == past(11, 300, 400).as_dict()
    assert kept.flags_and_clients(0.35) == (11, 11)
    assert kept.flags_and_clients(0.5) == (0, 0)


def test_the_past_is_what_the_stored_points_tell(mara: User) -> None:
    a_clinic_s_life(mara, 8)
    services.nightly(mara.own_clinic.pk, at=NIGHT)
    kept = Calibration.objects.get().seen
    points = [each["point"] for row in stored() for each in row["points"]]
    rated = sum(point["score"] is not None for point in points)
    assert (kept.recent.rated, kept.ever.rated, kept.of) == (rated, rated, 6)
    flags, clients = kept.flags_and_clients(DEFAULT_THRESHOLD)
    assert flags == sum(point["onset"] for point in points)
    flagged = [row for row in stored() if any(each["point"]["onset"] for each in row["points"])]
    assert clients == len(flagged)


def test_a_client_with_two_treatments_is_one_client(mara: User, jonas: User) -> None:
    [one, other] = a_clinic_s_life(mara, 1) + a_clinic_s_life(jonas, 1)
    Treatment.objects.filter(pk=other.pk).update(client=one.client)
    services.nightly(mara.own_clinic.pk, at=NIGHT)
    assert Calibration.objects.get().seen.flags_and_clients(DEFAULT_THRESHOLD) == (2, 1)


def test_sessions_of_more_than_ninety_days_ago_are_not_recent(mara: User) -> None:
    a_clinic_s_life(mara, 1)
    services.nightly(mara.own_clinic.pk, at=people.MONDAY + timedelta(days=90) + WEEK)
    kept = Calibration.objects.get().seen
    assert (kept.recent.rated, kept.ever.rated) == (3, 4)


# --- The alert budget


def test_a_budget_changes_the_threshold_at_once(mara: User, ruth: User) -> None:
    clinic = mara.own_clinic
    services.nightly(clinic.pk, at=NIGHT)
    Calibration.objects.update(past=past(11, RATED_NEEDED).as_dict())
    later = NIGHT + timedelta(hours=9)
    services.set_alert_budget(clinic, budget=6, by=ruth, at=later)
    first, second = Calibration.objects.order_by("created_at")
    assert (first.budget, first.threshold, first.created_at) == (5, DEFAULT_THRESHOLD, NIGHT)
    assert (second.budget, second.threshold, second.rated) == (6, LEAST_THRESHOLD, RATED_NEEDED)
    assert (second.fitted_at, second.created_at) == (NIGHT, later)
    assert calibrations.of_clinic(clinic.pk).threshold == LEAST_THRESHOLD
    actions = Event.objects.filter(by_id=ruth.pk, at=later).values_list("action", flat=True)
    assert set(actions) == {"accounts.change_clinic", "trends.set_alert_budget"}


def test_a_budget_set_during_a_night_does_not_hide_what_was_learned(
    mara: User, ruth: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = mara.own_clinic
    services.nightly(clinic.pk, at=NIGHT)
    real, next_night = batches.write, NIGHT + timedelta(days=1)

    def write(*args: Any, **more: Any) -> int:
        later = next_night + timedelta(minutes=1)
        services.set_alert_budget(clinic, budget=7, by=ruth, at=later)
        return real(*args, **more)

    monkeypatch.setattr(batches, "write", write)
    services.nightly(clinic.pk, at=next_night)
    newest = Calibration.objects.newest(clinic.pk)
    assert newest is not None
    assert (newest.fitted_at, newest.budget) == (next_night, 7)
    assert calibrations.due(next_night + timedelta(hours=1)) == []


def test_a_treatment_that_cannot_be_read_is_left_out_of_the_night(
    mara: User, caplog: pytest.LogCaptureFixture
) -> None:
    whole, broken = a_clinic_s_life(mara, treatments=2)
    RatingRequest.objects.filter(session__treatment=broken).update(instrument="gone")
    tonight = NIGHT + timedelta(days=1)
    assert services.nightly(mara.own_clinic.pk, at=tonight) is not None
    assert Trajectory.objects.get(treatment=whole).computed_at == tonight
    assert Trajectory.objects.get(treatment=broken).computed_at != tonight
    assert f"Treatment {broken.pk} is left out: UnknownInstrument." in caplog.text


def test_a_budget_before_the_first_night_waits_for_it(mara: User, ruth: User) -> None:
    services.set_alert_budget(mara.own_clinic, budget=6, by=ruth, at=NIGHT)
    assert not Calibration.objects.exists()
    calibration = services.nightly(mara.own_clinic.pk, at=NIGHT)
    assert calibration
    assert calibration.budget == 6


def test_only_one_s_own_clinic_s_calibration_is_visible(ruth: User, stranger: User) -> None:
    services.nightly(ruth.own_clinic.pk, at=NIGHT)
    assert Calibration.objects.visible_to(ruth).count() == 1
    assert Calibration.objects.visible_to(stranger).count() == 0


# --- When a night is owed


def at(hour: int, day: int = 12) -> datetime:
    return datetime(2026, 10, day, hour, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "now", "is_due"),
    [
        (None, at(15), True),
        (at(2), at(3), False),
        (at(2, 11), at(2), True),
        (at(2, 11), at(15), False),  # it is day
        (at(2, 10), at(2), True),
        (at(15, 10), at(14), False),
        (at(15, 10), at(15), True),  # two days: at any time
    ],
)
def test_a_night_is_owed_once_a_day(
    clinic: Clinic, last: datetime | None, now: datetime, is_due: bool
) -> None:
    if last:
        services.nightly(clinic.pk, at=last)
    assert calibrations.due(now) == ([clinic.pk] if is_due else [])


def test_it_is_night_on_the_clinic_s_clock(clinic: Clinic) -> None:
    services.nightly(clinic.pk, at=at(2, 11))
    Clinic.objects.update(time_zone="Pacific/Auckland")
    assert calibrations.due(at(2)) == []
    assert calibrations.due(at(14)) == [clinic.pk]  # three in the morning there


def test_the_longest_without_a_night_is_first(clinic: Clinic) -> None:
    new, waiting = people.open_clinic("New Practice"), people.open_clinic("Old Practice")
    services.nightly(clinic.pk, at=at(3, 2))
    services.nightly(waiting.pk, at=at(3, 1))
    assert calibrations.due(at(3)) == [new.pk, waiting.pk, clinic.pk]


def test_all_nights_that_are_owed_are_done_once(clinic: Clinic) -> None:
    people.open_clinic("New Practice")
    assert services.nights_due(at=NIGHT) == 2
    assert services.nights_due(at=NIGHT) == 0
    assert Calibration.objects.count() == 2


def test_a_night_that_fails_is_set_aside_and_the_others_are_done(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = people.open_clinic("New Practice")
    real = batches.read

    def read(clinic_id: Any, at: datetime) -> Any:
        return 1 / 0 if clinic_id == clinic.pk else real(clinic_id, at)

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(batches, "read", read)
        assert services.nights_due(at=NIGHT) == 1
    assert str(clinic.pk) in caplog.text
    assert Calibration.objects.get().clinic == other
    assert services.nights_due(at=NIGHT) == 0  # for an hour


def test_a_night_that_was_cut_off_is_done_again(
    mara: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_clinic_s_life(mara, 1)
    with monkeypatch.context() as patch:
        patch.setattr(batches, "write", lambda *args, **kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            services.nightly(mara.own_clinic.pk, at=NIGHT)
    assert calibrations.due(NIGHT) == [mara.clinic_id]
    assert services.nightly(mara.own_clinic.pk, at=NIGHT)


# --- At the same time


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_do_one_night(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    mara = people.hire(people.open_clinic(), "Mara Lindqvist", Role.THERAPIST)
    people.course(people.take_on(mara), STEADY, STEADY, LOW)
    reading, go_on = threading.Event(), threading.Event()
    real = batches.read

    def read(clinic_id: Any, at: datetime) -> Any:
        reading.set()
        go_on.wait(5)
        return real(clinic_id, at)

    def first() -> Any:
        try:
            return services.nightly(mara.own_clinic.pk, at=NIGHT)
        finally:
            connection.close()

    monkeypatch.setattr(batches, "read", read)
    with ThreadPoolExecutor(1) as worker:
        night = worker.submit(first)
        assert reading.wait(5)
        assert services.nightly(mara.own_clinic.pk, at=NIGHT) is None
        go_on.set()
        assert night.result(timeout=10)
    assert Calibration.objects.count() == 1
    assert services.nightly(mara.own_clinic.pk, at=NIGHT)  # the lock is given back


@pytest.mark.django_db(transaction=True)
def test_a_trajectory_that_is_being_computed_is_left_out(transactional_db: None) -> None:
    mara = people.hire(people.open_clinic(), "Mara Lindqvist", Role.THERAPIST)
    treatments = a_clinic_s_life(mara, 2)
    found = batches.read(mara.own_clinic.pk, NIGHT)
    locked, go_on = threading.Event(), threading.Event()

    def hold_a_lock() -> None:
        from django.db import transaction  # noqa: PLC0415

        with transaction.atomic():
            Trajectory.objects.select_for_update(no_key=True).get(treatment=treatments[0])
            locked.set()
            go_on.wait(5)
        connection.close()

    with ThreadPoolExecutor(1) as worker:
        holding = worker.submit(hold_a_lock)
        assert locked.wait(5)
        stored = batches.write(found, calibrations.of_clinic(mara.clinic_id), at=NIGHT)
        go_on.set()
        holding.result(timeout=5)
    assert stored == 1


# --- The command


def printed(*args: str) -> str:
    out = io.StringIO()
    call_command("recompute", *args, stdout=out)
    return out.getvalue()


def spoil() -> None:
    """As an earlier engine left it."""
    Trajectory.objects.update(points=[], engine="own-mean-1")


def test_the_command_computes_all_clinics(mara: User, stranger: User) -> None:
    a_clinic_s_life(mara, 2)
    a_clinic_s_life(stranger, 1)
    spoil()
    assert printed() == (
        "Elsewhere Practice: 1 courses computed.\nNorthside Clinic: 2 courses computed.\n"
    )
    assert not Trajectory.objects.filter(engine="own-mean-1").exists()
    assert not Calibration.objects.exists()


def test_the_command_computes_one_clinic_or_one_treatment(mara: User, stranger: User) -> None:
    treatment, _ = a_clinic_s_life(mara, 2)
    a_clinic_s_life(stranger, 1)
    spoil()
    assert printed("--treatment", str(treatment.pk)) == "1 course computed.\n"
    assert Trajectory.objects.filter(engine="own-mean-1").count() == 2
    assert "2 courses" in printed("--clinic", str(mara.clinic_id))
    assert Trajectory.objects.filter(engine="own-mean-1").count() == 1


def test_the_command_raises_no_flag_for_long_ago(mara: User) -> None:
    a_clinic_s_life(mara)
    forget_flags()
    printed()  # today: the sessions were held in September
    assert not Flag.objects.exists()


def test_the_command_makes_the_trajectories_that_are_missing(ana: Treatment) -> None:
    people.course(ana, STEADY, STEADY)
    Trajectory.objects.all().delete()
    printed()
    assert Trajectory.objects.get().rated == 2


@pytest.mark.parametrize("option", ["--clinic", "--treatment"])
def test_the_command_names_what_does_not_exist(db: None, option: str) -> None:
    nobody = str(uuid4())
    with pytest.raises(CommandError, match=nobody):
        printed(option, nobody)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_command_shows_its_progress_on_a_terminal(mara: User) -> None:
    a_clinic_s_life(mara, 2)
    out = Terminal()
    call_command("recompute", stdout=out)
    assert "Northside Clinic: 2 of 2" in out.getvalue()


def test_the_scores_of_a_session_are_told_apart_from_their_order(mara: User) -> None:
    """Columns are read by place: goal, task and bond must not change places on the way."""
    treatment = people.take_on(mara)
    people.course(treatment, (5, 3, 1))
    history = histories.of_treatment(treatment.pk, NIGHT).history
    assert history.scores.tolist() == [[5.0, 3.0, 1.0]]
    assert Rating.objects.get().goal == 5.0
    assert TherapySession.objects.count() == 1
