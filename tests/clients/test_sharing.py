"""A therapist opens a treatment to a supervisor; it is read, and closed again."""

from datetime import timedelta

import pytest

from accounts import services as accounts
from accounts.models import User
from accounts.permissions import Role
from audit.models import Event
from clients import sharing
from clients.models import Share, Treatment
from sessions.models import Rating, RatingRequest, TherapySession
from tests import people
from trends.models import Flag, Trajectory

AT = people.MONDAY
HOUR = timedelta(hours=1)

READABLE = (Treatment, TherapySession, Rating, RatingRequest, Trajectory, Flag)


def share(treatment: Treatment, supervisor: User) -> Share:
    return sharing.share(treatment, supervisor=supervisor, by=treatment.therapist, at=AT)


def reads(user: User) -> bool:
    return Treatment.objects.read_by(user).exists()


def test_a_supervisor_reads_what_is_shared_and_works_with_nothing(
    ana: Treatment, sven: User
) -> None:
    people.course(ana, (4, 4, 4), (4, 4, 4), (4, 4, 1))
    for rows in READABLE:
        assert not rows.objects.read_by(sven).exists()
    share(ana, sven)
    for rows in READABLE:
        assert (rows, rows.objects.read_by(sven).exists()) == (rows, True)
        assert (rows, rows.objects.visible_to(sven).exists()) == (rows, False)
    assert not Treatment.objects.on_roster_of(sven).exists()
    assert not ana.is_own_of(sven)
    assert ana.is_own_of(ana.therapist)


def test_other_treatments_stay_closed(ana: Treatment, sven: User, jonas: User) -> None:
    share(ana, sven)
    people.take_on(ana.therapist, "Ben K.")
    people.take_on(jonas, "Petra K.")
    assert list(Treatment.objects.read_by(sven)) == [ana]


def test_withdrawn_it_is_closed_at_once(ana: Treatment, sven: User) -> None:
    shared = share(ana, sven)
    sharing.withdraw(shared, by=ana.therapist, at=AT + HOUR)
    assert not reads(sven)
    sharing.withdraw(shared, by=ana.therapist, at=AT + 2 * HOUR)
    shared.refresh_from_db()
    assert shared.withdrawn_at == AT + HOUR
    assert Event.objects.filter(action="clients.withdraw_share").count() == 1


def test_it_can_be_shared_again(ana: Treatment, sven: User) -> None:
    sharing.withdraw(share(ana, sven), by=ana.therapist, at=AT)
    share(ana, sven)
    assert reads(sven)
    assert Share.objects.count() == 2


def test_a_role_taken_away_closes_it(ana: Treatment, sven: User) -> None:
    """Also for somebody who still treats clients of their own."""
    share(ana, sven)
    sven.roles = [Role.THERAPIST]
    sven.save()
    assert not reads(sven)


def test_an_account_that_was_closed_reads_nothing(ana: Treatment, sven: User, ruth: User) -> None:
    share(ana, sven)
    accounts.deactivate(sven, by=ruth, at=AT)
    assert not reads(sven)


def test_a_supervisor_who_moved_to_another_clinic_reads_nothing(
    ana: Treatment, sven: User, stranger: User
) -> None:
    share(ana, sven)
    sven.clinic = stranger.clinic
    sven.save()
    assert not reads(sven)


@pytest.mark.parametrize("who", ["jonas", "ruth", "noor", "mara", "stranger", "left"])
def test_only_an_active_supervisor_of_the_clinic_can_be_asked(
    ana: Treatment, sven: User, who: str, request: pytest.FixtureRequest
) -> None:
    asked: User = sven if who == "left" else request.getfixturevalue(who)
    if who == "left":
        accounts.deactivate(sven, by=ana.therapist, at=AT)
    if who in ("mara", "stranger"):
        asked.roles = [Role.THERAPIST, Role.SUPERVISOR]
        asked.save()
    with pytest.raises(sharing.NotASupervisor):
        sharing.share(ana, supervisor=asked, by=ana.therapist, at=AT)
    assert not Share.objects.exists()
    assert not Event.objects.filter(action="clients.share").exists()


def test_it_is_shared_once_at_a_time(ana: Treatment, sven: User) -> None:
    share(ana, sven)
    with pytest.raises(sharing.AlreadyShared):
        share(ana, sven)
    assert Share.objects.count() == 1


def test_reading_is_noted_once_an_hour(ana: Treatment, sven: User) -> None:
    shared = share(ana, sven)
    for minutes in (0, 1, 59):
        shared.refresh_from_db()
        sharing.note_reading(shared, by=sven, at=AT + timedelta(minutes=minutes))
    shared.refresh_from_db()
    assert shared.read_at == AT
    assert Event.objects.filter(action="clients.read_shared").count() == 1
    sharing.note_reading(shared, by=sven, at=AT + HOUR)
    shared.refresh_from_db()
    assert shared.read_at == AT + HOUR
    events = Event.objects.filter(action="clients.read_shared", by_id=sven.pk)
    assert [event.client_id for event in events] == [ana.client_id] * 2


def test_nobody_else_s_reading_is_noted(ana: Treatment, sven: User, jonas: User) -> None:
    shared = share(ana, sven)
    sharing.note_reading(shared, by=jonas, at=AT)
    sharing.withdraw(shared, by=ana.therapist, at=AT)
    sharing.note_reading(shared, by=sven, at=AT)
    shared.refresh_from_db()
    assert shared.read_at is None
    assert not Event.objects.filter(action="clients.read_shared").exists()


def test_the_therapist_sees_the_shares_and_nobody_else(
    ana: Treatment, sven: User, jonas: User, stranger: User
) -> None:
    shared = share(ana, sven)
    assert list(Share.objects.visible_to(ana.therapist)) == [shared]
    assert list(Share.objects.opened_to(sven)) == [shared]
    for other in (sven, jonas, stranger):
        assert not Share.objects.visible_to(other).exists()
    for other in (ana.therapist, jonas, stranger):
        assert not Share.objects.opened_to(other).exists()


def test_whoever_goes_on_with_the_client_reads_what_was_before_if_they_agreed(
    ana: Treatment, jonas: User
) -> None:
    new = Treatment.objects.create(
        client=ana.client, therapist=jonas, started_on=AT.date(), follows=ana
    )
    assert list(Treatment.objects.read_by(jonas)) == [new]
    new.history_agreed = True
    new.save()
    assert set(Treatment.objects.read_by(jonas)) == {ana, new}
    assert list(Treatment.objects.visible_to(jonas)) == [new]
