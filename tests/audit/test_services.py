"""Events are only added, and in the same transaction as what they tell about."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import Clinic, User
from audit.models import Event
from audit.refusals import Refused
from audit.services import record
from clients.models import Treatment
from outbox import services as outbox
from tests import people
from tests.registry.database import fingerprint

AT = people.MONDAY


def test_record_outside_a_transaction_refuses(transactional_db: None) -> None:
    with pytest.raises(RuntimeError, match="outside the transaction"):
        record("test.change", by=None, at=AT, about=Clinic())
    assert not Event.objects.exists()


def test_record_keeps_who_what_when_and_about_whom(mara: User, ana: Treatment) -> None:
    event = record(
        "test.change",
        by=mara,
        at=AT,
        about=ana,
        clinic_id=mara.clinic_id,
        client_id=ana.client_id,
        state="open",
    )
    event.refresh_from_db()
    assert (event.action, event.by_id, event.at) == ("test.change", mara.pk, AT)
    assert (event.about, event.about_id) == ("clients.Treatment", ana.pk)
    assert (event.clinic_id, event.client_id) == (mara.clinic_id, ana.client_id)
    assert event.details == {"state": "open"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET action = 'nothing'",
        "UPDATE audit_event SET at = at",
        "DELETE FROM audit_event",
    ],
)
def test_raw_sql_cannot_change_or_remove_events(clinic: Clinic, statement: str) -> None:
    before = list(Event.objects.values())
    with (
        pytest.raises(DatabaseError, match="only added"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert list(Event.objects.values()) == before


def test_the_orm_cannot_change_or_remove_events(clinic: Clinic) -> None:
    for change in (Event.objects.all().delete, lambda: Event.objects.update(action="x")):
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            change()


def test_a_refusal_says_its_sentence() -> None:
    class TooLate(Refused):
        sentence = "It is too late."
        code = "too_late"

    assert str(TooLate()) == "It is too late."
    assert TooLate.status == 422
    assert TooLate.field is None


def test_computing_records_the_flag_it_raises_or_raises_none(
    ana: Treatment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for week, scores in enumerate([(4, 4, 4), (4, 4, 4), (4, 4, 1)]):
        people.answer(people.hold(ana, AT + timedelta(weeks=week)), *scores)
    before = fingerprint()
    with monkeypatch.context() as patch:
        patch.setattr(Event.objects, "create", lambda **event: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            people.compute(ana, at=AT + timedelta(weeks=3))
    assert fingerprint() == before
    people.compute(ana, at=AT + timedelta(weeks=3))
    assert Event.objects.filter(action="trends.raise_flag").count() == 1


def test_a_message_moves_with_its_event_or_not_at_all(
    mara: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = uuid4()
    message = outbox.queue("audit.test", about, clinic_id=None, by=mara, at=AT)
    before = fingerprint()
    monkeypatch.setattr(Event.objects, "create", lambda **event: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        outbox.deliver(message.pk, at=AT)
    assert fingerprint() == before
