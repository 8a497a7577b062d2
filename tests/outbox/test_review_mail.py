"""The mail to therapists, all the way: from a client's answers to a real mail server."""

from datetime import timedelta

import time_machine

from alliance.sweep import sweep
from clients.models import Treatment
from outbox.models import Message
from tests import people
from tests.outbox.conftest import Serves
from tests.outbox.mail_servers import Accepting
from trends.mails import telling

AT = people.MONDAY + timedelta(days=2)  # a Wednesday, 14:00


def test_a_low_rating_becomes_one_mail_to_the_therapist(ana: Treatment, serves: Serves) -> None:
    """Nothing is called here but what a browser and the sweep call."""
    server = serves(Accepting())
    with time_machine.travel(AT, tick=False):
        for week, bond in enumerate([5, 5, 1]):
            session = people.hold(ana, AT - timedelta(weeks=3 - week))
            people.answer(session, 5, 5, bond)
        assert sweep(AT)["trajectories"] == 1
        sweep(AT)
    [mail] = [each for each in server.mails if each["To"] == "mara@northside.example"]
    message = Message.objects.get(kind=telling.REVIEW)
    assert (message.state, message.about) == ("sent", ana.therapist_id)
    assert mail["Subject"] == "Something to review"
    assert mail["From"] == "Northside Clinic <alliance@clinic.example>"
    assert mail["Message-ID"] == message.message_id
    for kind in ("plain", "html"):
        part = mail.get_body([kind])
        assert part is not None
        words = part.get_content()
        assert "http://localhost/inbox/" in words
        assert "Ana" not in words
        assert "rupture" not in words
