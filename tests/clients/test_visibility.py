"""The one rule about rows, as a truth table."""

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from accounts.permissions import Role
from clients import services
from clients.models import Client, Treatment
from sessions.models import Rating, RatingRequest, TherapySession
from tests import people
from trends.models import Flag, Trajectory

#             clinical rows, roster rows
SEES = {
    "mara": (True, True),
    "jonas": (False, False),
    "stranger": (False, False),
    "ruth": (False, False),
    "noor": (False, True),
    "root": (False, False),
}


@pytest.mark.parametrize("name", SEES)
def test_who_sees_the_rows_of_ana(
    ana: Treatment, name: str, request: pytest.FixtureRequest
) -> None:
    user: User = request.getfixturevalue(name)
    people.course(ana, (4, 4, 4), (4, 4, 4), (4, 4, 1))
    clinical, roster = SEES[name]
    for rows in (Treatment, TherapySession, Rating, Trajectory, Flag):
        assert (rows, rows.objects.visible_to(user).exists()) == (rows, clinical)
    assert Treatment.objects.on_roster_of(user).exists() is roster
    assert Client.objects.visible_to(user).exists() is roster
    assert RatingRequest.objects.visible_to(user).exists() is roster


def test_nobody_sees_nothing(ana: Treatment) -> None:
    people.course(ana, (4, 4, 4), (4, 4, 4), (4, 4, 1))
    for rows in (Treatment, TherapySession, Rating, Trajectory, Flag, Client, RatingRequest):
        assert not rows.objects.visible_to(AnonymousUser()).exists()


def test_a_deactivated_therapist_sees_nothing(ana: Treatment) -> None:
    ana.therapist.is_active = False
    assert not Treatment.objects.visible_to(ana.therapist).exists()


def test_a_therapist_who_moved_to_another_clinic_sees_nothing_of_the_old(
    ana: Treatment, stranger: User
) -> None:
    ana.therapist.clinic = stranger.clinic
    ana.therapist.save()
    assert not Treatment.objects.visible_to(ana.therapist).exists()
    assert not Client.objects.visible_to(ana.therapist).exists()


def test_two_therapists_of_one_client_see_their_own_treatment(ana: Treatment, jonas: User) -> None:
    theirs = services.start_treatment(ana.client, by=jonas, at=people.MONDAY)
    people.course(ana, (4, 4, 4))
    assert list(Client.objects.visible_to(jonas)) == [ana.client]
    assert list(Treatment.objects.visible_to(jonas)) == [theirs]
    assert not Rating.objects.visible_to(jonas).exists()


def test_a_front_desk_therapist_sees_the_roster_of_all_and_the_own_clinical_rows(
    ana: Treatment, jonas: User
) -> None:
    jonas.roles = [Role.THERAPIST, Role.FRONT_DESK]
    own = people.take_on(jonas, "Petra K.")
    assert set(Treatment.objects.on_roster_of(jonas)) == {ana, own}
    assert list(Treatment.objects.visible_to(jonas)) == [own]


def test_an_ended_treatment_stays_visible(ana: Treatment) -> None:
    services.end_treatment(ana, by=ana.therapist, at=people.MONDAY)
    assert list(Treatment.objects.visible_to(ana.therapist)) == [ana]
