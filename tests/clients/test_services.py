from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Clinic, User
from accounts.permissions import Role
from audit.models import Event
from clients import services
from clients.models import Client, Treatment
from tests import people

AT = people.MONDAY
LATER = AT + timedelta(days=7)


def test_add_client_starts_a_treatment_today(mara: User) -> None:
    treatment = people.take_on(mara, " Ana R. ", email=" ana@mail.example ", at=AT)
    client = Client.objects.get()
    assert (client.name, client.email, client.clinic) == ("Ana R.", "ana@mail.example", mara.clinic)
    assert (treatment.client, treatment.therapist) == (client, mara)
    assert (treatment.started_on, treatment.ended_on) == (date(2026, 9, 7), None)


@pytest.mark.parametrize(
    ("zone", "day"), [("Pacific/Auckland", date(2026, 9, 8)), ("America/Lima", date(2026, 9, 7))]
)
def test_today_is_the_clinic_s_day(db: None, zone: str, day: date) -> None:
    clinic = people.open_clinic(time_zone=zone)
    mara = people.hire(clinic, "Mara Lindqvist", Role.THERAPIST)
    assert people.take_on(mara, at=AT).started_on == day


@pytest.mark.parametrize("email", ["", "   "])
def test_a_client_who_is_mailed_needs_an_address(mara: User, email: str) -> None:
    with pytest.raises(services.NeedsAddress):
        people.take_on(mara, email=email)
    assert not Client.objects.exists()


def test_a_client_who_gets_nothing_needs_no_address(mara: User) -> None:
    treatment = people.take_on(mara, email="", contact=Client.Contact.NONE)
    assert not treatment.client.can_be_mailed


def test_an_address_alone_mails_nobody(mara: User) -> None:
    treatment = people.take_on(mara, contact=Client.Contact.NONE)
    assert treatment.client.email
    assert not treatment.client.can_be_mailed


def change(client: Client, by: User, **changed: str) -> Client:
    fields = {"name": "Ana S.", "email": "new@x.example", "language": "de", "contact": "email"}
    return services.change_client(client, **(fields | changed), by=by, at=LATER)


def test_change_client(ana: Treatment) -> None:
    change(ana.client, ana.therapist)
    client = Client.objects.get()
    assert (client.name, client.email, client.language) == ("Ana S.", "new@x.example", "de")


def test_change_client_records_which_fields_but_not_what_they_say(ana: Treatment) -> None:
    change(ana.client, ana.therapist, pin="4711", name="Ana R.")
    event = Event.objects.get(action="clients.change_client")
    assert event.details == {"fields": ["email", "language", "pin"]}


def test_change_client_leaves_what_is_not_said(ana: Treatment) -> None:
    change(ana.client, ana.therapist, pin="4711", time_zone="America/Lima")
    change(Client.objects.get(), ana.therapist)
    client = Client.objects.get()
    assert (client.pin, client.time_zone) == ("4711", "America/Lima")


def test_change_client_needs_an_address_too(ana: Treatment) -> None:
    with pytest.raises(services.NeedsAddress):
        change(ana.client, ana.therapist, email="")
    assert Client.objects.get().email == "ana@mail.example"


def test_one_open_treatment_for_each_pair(ana: Treatment) -> None:
    with pytest.raises(services.AlreadyOpen):
        services.start_treatment(ana.client, by=ana.therapist, at=LATER)
    assert Treatment.objects.count() == 1


def test_one_open_treatment_for_each_pair_is_a_constraint(ana: Treatment) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Treatment.objects.create(
            client=ana.client, therapist=ana.therapist, started_on=date(2026, 9, 7)
        )


def test_another_therapist_may_begin_with_the_same_client(ana: Treatment, jonas: User) -> None:
    services.start_treatment(ana.client, by=jonas, at=LATER)
    assert Treatment.objects.filter(client=ana.client).count() == 2


def test_end_treatment_today(ana: Treatment) -> None:
    ended = services.end_treatment(ana, reason="moved", by=ana.therapist, at=LATER)
    assert ended.end_reason == "moved"
    assert ended.ended_on == date(2026, 9, 14)
    assert not Treatment.objects.open().exists()


def test_end_treatment_twice_is_refused(ana: Treatment) -> None:
    services.end_treatment(ana, by=ana.therapist, at=AT)
    with pytest.raises(services.AlreadyEnded):
        services.end_treatment(ana, by=ana.therapist, at=LATER)
    ana.refresh_from_db()
    assert ana.ended_on == date(2026, 9, 7)


def test_end_treatment_never_before_it_started(ana: Treatment) -> None:
    """The clinic's clock may have been set to another zone in between."""
    early: datetime = people.MONDAY - timedelta(days=200)
    assert services.end_treatment(ana, by=ana.therapist, at=early).ended_on == ana.started_on


def test_ends_after_start_is_a_constraint(ana: Treatment) -> None:
    ana.ended_on = ana.started_on - timedelta(days=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        ana.save()


def test_start_again_after_the_end(ana: Treatment) -> None:
    services.end_treatment(ana, by=ana.therapist, at=AT)
    again = services.start_treatment(ana.client, by=ana.therapist, at=LATER)
    assert list(Treatment.objects.open()) == [again]


def test_a_client_with_treatments_cannot_be_deleted(ana: Treatment) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ana.client.delete()


def test_what_stands_in_logs_names_nobody(ana: Treatment, clinic: Clinic) -> None:
    assert "Ana" not in f"{ana.client!r} {ana!r} {ana.client} {ana}"
