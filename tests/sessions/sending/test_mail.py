"""The mail with the link: neutral for whoever reads over a shoulder (M2)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives

from accounts.models import Clinic
from clients import services as clients
from clients.models import Client, Treatment
from outbox import services as outbox
from outbox.models import Message
from sessions.form.answering import ANSWERED
from sessions.models import RatingRequest, RequestLink
from sessions.sending import mail as mails
from tests import people

pytestmark = pytest.mark.usefixtures("clock")

# Words that tell what kind of appointment it was.
HEALTH = re.compile(
    "therap|psycho|client|patient|alliance|rupture|session|treatment|clinical|mental|health"
    "|score|rating|diagnos|symptom|mood|feel"
)


@pytest.fixture
def form(ana: Treatment) -> RatingRequest:
    Clinic.objects.update(name="Northside")  # so that no word of ours is the clinic's
    ana.client.clinic.refresh_from_db()
    return people.hold(ana).request


def mailed() -> EmailMultiAlternatives:
    outbox.deliver_due(at=people.MONDAY + timedelta(hours=1))
    sent = mail.outbox[-1]
    assert isinstance(sent, EmailMultiAlternatives)
    return sent


def everything(sent: EmailMultiAlternatives) -> str:
    html = str(sent.alternatives[0][0])
    return f"{sent.subject}\n{sent.from_email}\n{sent.body}\n{html}"


def test_mail_goes_to_the_client_in_the_clinic_s_name(form: RatingRequest) -> None:
    sent = mailed()
    assert sent.to == ["ana@mail.example"]
    assert sent.from_email == "Northside <alliance@clinic.example>"
    assert sent.subject == "A short form from Northside"


def test_mail_names_neither_client_nor_therapist_nor_what_it_is_about(form: RatingRequest) -> None:
    words = everything(mailed()).lower()
    words = re.sub(r"http://localhost/(r|mail)/\S+", "", words)
    words = words.replace("alliance@clinic.example", "")
    assert "ana r." not in words
    assert "lindqvist" not in words
    assert HEALTH.findall(words) == []


def test_mail_names_the_therapist_when_the_clinic_chose_it(form: RatingRequest) -> None:
    Clinic.objects.update(names_therapist=True)
    words = everything(mailed())
    assert words.count("Mara Lindqvist") == 2, "in the text and in the HTML"


def test_mail_comes_in_the_name_that_the_clinic_chose(form: RatingRequest) -> None:
    Clinic.objects.update(sender_name="The desk")
    sent = mailed()
    assert sent.from_email == "The desk <alliance@clinic.example>"
    assert sent.subject == "A short form from The desk"
    assert "Northside" not in everything(sent)


def test_mail_says_the_day_and_until_when_on_the_clinic_s_clock(form: RatingRequest) -> None:
    Clinic.objects.update(time_zone="Europe/Stockholm")
    body = str(mailed().body)
    assert "7 September 2026" in body
    assert "11 September 2026" in body
    assert "CEST" in body


def test_mail_speaks_the_language_of_the_form(ana: Treatment) -> None:
    Client.objects.update(language="de")
    people.hold(ana)
    assert '<html lang="de"' in everything(mailed())


def test_mail_loads_nothing_from_elsewhere(form: RatingRequest) -> None:
    html = str(mailed().alternatives[0][0])
    addresses = re.findall(r'(?:src|href|background)="([^"]+)"', html)
    assert addresses
    ours = ("http://localhost/r/", "http://localhost/mail/")
    assert all(address.startswith(ours) for address in addresses)
    assert "<img" not in html


def test_the_link_is_the_same_in_text_and_html(form: RatingRequest) -> None:
    sent = mailed()
    found = set(re.findall(r"http://localhost/r/[\w-]+/", everything(sent)))
    assert len(found) == 1


def test_each_mail_has_a_link_of_its_own(form: RatingRequest) -> None:
    first = people.composers.compose("sessions.rating_request", form.pk, people.MONDAY)
    second = people.composers.compose("sessions.rating_request", form.pk, people.MONDAY)
    assert first.text != second.text
    assert RequestLink.objects.filter(request=form).count() == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("answered", ANSWERED),
        ("expired", mails.EXPIRED),
        ("ended", mails.ENDED),
        ("not by mail", mails.NOT_BY_MAIL),
        ("stopped", mails.STOPPED),
        ("bounced", mails.BOUNCED),
        ("no crisis text", mails.NO_CRISIS_TEXT),
    ],
)
def test_a_mail_that_lost_its_purpose_is_not_sent(
    form: RatingRequest, change: str, reason: str, clock: time_machine.Traveller
) -> None:
    treatment = form.session.treatment
    at = people.MONDAY + timedelta(hours=2)
    if change == "answered":
        people.answer(form.session)
    elif change == "expired":
        assert form.expires_at
        at = form.expires_at
    elif change == "ended":
        clients.end_treatment(treatment, by=treatment.therapist, at=at)
    elif change == "stopped":
        clients.stop_mail(treatment.client, at=at)
    elif change == "bounced":
        clients.note_bounce(treatment.client, at=at)
    elif change == "no crisis text":
        Clinic.objects.update(crisis_text="")
    else:
        Client.objects.update(contact=Client.Contact.NONE)
    outbox.deliver_due(at=at)
    message = Message.objects.get()
    assert (message.state, message.reason) == (Message.State.CANCELLED, reason)
    assert mail.outbox == []
    assert not RequestLink.objects.exists()


def test_a_mail_goes_to_the_address_of_the_moment(form: RatingRequest) -> None:
    client = form.session.treatment.client
    clients.change_client(
        client,
        name="Ana R.",
        email="new@mail.example",
        language="en",
        contact="email",
        by=form.session.recorded_by,
        at=people.MONDAY,
    )
    assert mailed().to == ["new@mail.example"]
