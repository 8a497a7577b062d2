"""Sealed columns, tried on the client's name and address and the session's note."""

import uuid

import pytest
from django.core.exceptions import FieldError
from django.db import connection, transaction
from django.db.models import F, Value
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from clients.models import Client, Treatment
from sessions.models import TherapySession
from tests import people
from trends.models import Flag
from vault.fields import SealedTextField
from vault.keys import CannotOpen, seal

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def stored(client: Client, column: str = "name") -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM clients_client WHERE id = %s", [client.pk])
        return bytes(cursor.fetchone()[0])


def store(client: Client, value: bytes, column: str = "name") -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE clients_client SET {column} = %s WHERE id = %s", [value, client.pk])


def fresh(client: Client) -> Client:
    return Client.objects.get(pk=client.pk)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(texts)
def test_any_text_round_trip(ana: Treatment, text: str) -> None:
    client = ana.client
    client.name = text
    client.save()
    assert fresh(client).name == text


def test_empty_text_stays_empty_and_is_sealed_too(ana: Treatment) -> None:
    session = people.hold(ana, note="")
    assert TherapySession.objects.get(pk=session.pk).note == ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT octet_length(note) FROM therapy_sessions_therapysession")
        assert cursor.fetchone()[0] > 0


def test_none_is_kept_as_null() -> None:
    field = SealedTextField(null=True)
    field.set_attributes_from_name("note")
    empty = type("Empty", (), {"note": None})()
    assert field.pre_save(empty, add=True) is None
    assert field.get_db_prep_value(None, connection) is None
    assert field.from_db_value(None) is None


def test_the_column_holds_no_plain_text(ana: Treatment) -> None:
    assert b"Ana" not in stored(ana.client)
    assert b"ana@" not in stored(ana.client, "email")


def test_a_tampered_value_raises(ana: Treatment) -> None:
    value = bytearray(stored(ana.client))
    value[-1] ^= 1
    store(ana.client, bytes(value))
    with pytest.raises(CannotOpen):
        _ = fresh(ana.client).name


def test_plain_text_in_the_column_raises(ana: Treatment) -> None:
    store(ana.client, b"Ana R.")
    with pytest.raises(CannotOpen):
        _ = fresh(ana.client).name


def test_the_value_of_another_row_raises(ana: Treatment) -> None:
    petra = people.take_on(ana.therapist, "Petra K.")
    store(ana.client, stored(petra.client))
    with pytest.raises(CannotOpen):
        _ = fresh(ana.client).name
    assert fresh(petra.client).name == "Petra K."


def test_the_value_of_another_column_raises(ana: Treatment) -> None:
    store(ana.client, stored(ana.client, "email"))
    with pytest.raises(CannotOpen):
        _ = fresh(ana.client).name


def test_the_value_of_another_table_raises(ana: Treatment) -> None:
    place = f"clients.treatment.name/{ana.client.pk}"
    store(ana.client, seal("Ana R.", place))
    with pytest.raises(CannotOpen):
        _ = fresh(ana.client).name


def test_an_unknown_key_raises(ana: Treatment, settings: Settings) -> None:
    settings.FIELD_KEYS = {"other": bytes(32)}
    with pytest.raises(CannotOpen):
        _ = fresh(ana.client).name


def test_saving_after_a_new_key_seals_with_it(ana: Treatment, settings: Settings) -> None:
    settings.FIELD_KEYS = {"new": bytes(32)} | settings.FIELD_KEYS
    client = fresh(ana.client)
    assert client.name == "Ana R."
    client.save()
    assert stored(client).startswith(b"new:")
    assert fresh(client).name == "Ana R."


def test_a_row_that_cannot_be_opened_does_not_hide_the_others(ana: Treatment) -> None:
    petra = people.take_on(ana.therapist, "Petra K.")
    store(ana.client, b"broken")
    rows = {client.pk: client for client in Client.objects.all()}
    assert rows[petra.client.pk].name == "Petra K."


def test_a_value_that_cannot_be_opened_cannot_be_saved_over(ana: Treatment) -> None:
    """Saving the row for another reason must not replace what is still there to be repaired."""
    store(ana.client, b"broken")
    client = fresh(ana.client)
    client.language = "de"
    with pytest.raises(CannotOpen), transaction.atomic():
        client.save()
    assert stored(ana.client) == b"broken"


def test_saving_a_named_field_leaves_the_sealed_ones(ana: Treatment) -> None:
    before = stored(ana.client)
    client = fresh(ana.client)
    client.language = "de"
    client.save(update_fields=["language"])
    assert stored(ana.client) == before


@pytest.mark.parametrize("look_up", ["name", "name__icontains", "name__in", "email__startswith"])
def test_filter_refuses(db: None, look_up: str) -> None:
    value = ["Ana"] if look_up.endswith("__in") else "Ana"
    with pytest.raises(FieldError, match="encrypted"):
        list(Client.objects.filter(**{look_up: value}))


def test_update_refuses(ana: Treatment) -> None:
    with pytest.raises(FieldError, match="encrypted"), transaction.atomic():
        Client.objects.update(name="Eve")
    assert fresh(ana.client).name == "Ana R."


@pytest.mark.parametrize("expression", [F("email"), Value("Eve")])
def test_update_with_an_expression_leaves_what_does_not_open(
    ana: Treatment, expression: F | Value
) -> None:
    """It passes by the field, as raw SQL does."""
    Client.objects.update(name=expression)
    with pytest.raises(CannotOpen):
        _ = fresh(ana.client).name


def test_deferred_value_opens_when_asked_for(ana: Treatment) -> None:
    client = Client.objects.defer("name").get(pk=ana.client_id)
    assert client.name == "Ana R."


def test_values_gives_no_plain_text(ana: Treatment) -> None:
    [row] = Client.objects.values("name")
    assert "Ana" not in str(row["name"])


def test_refresh_from_db_opens_the_new_value(ana: Treatment) -> None:
    client, other = fresh(ana.client), fresh(ana.client)
    assert client.name == "Ana R."
    other.name = "Ana Maria R."
    other.save()
    client.refresh_from_db()
    assert client.name == "Ana Maria R."


def test_bulk_create_seals_each_for_its_own_row(ana: Treatment) -> None:
    copies = [
        Client(clinic=ana.client.clinic, name=f"Copy {n}", created_at=people.MONDAY)
        for n in range(2)
    ]
    Client.objects.bulk_create(copies)
    assert {client.name for client in Client.objects.all()} == {"Ana R.", "Copy 0", "Copy 1"}


def test_every_sealed_model_makes_its_key_in_python() -> None:
    """The place of a value has the key in it, so it must be known before the row is stored."""
    for model in (Client, TherapySession, Flag):
        assert model._meta.pk is not None
        assert model._meta.pk.default is uuid.uuid4
