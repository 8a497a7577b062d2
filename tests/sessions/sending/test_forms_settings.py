"""What a clinic decides about forms and e-mails, and how it looks before anybody gets it."""

import re
from datetime import time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client as Browser

from accounts.models import Clinic
from audit.models import Event
from clients.models import Treatment
from outbox import services as outbox
from outbox.models import Message
from sessions.models import REMINDER, RatingRequest, RequestLink, TherapySession
from tests import people
from tests.registry.database import fingerprint

pytestmark = pytest.mark.usefixtures("clock")

PATH = "/clinic/forms/"
USUAL = {
    "link_valid_days": "4",
    "reminder_days": "2",
    "quiet_from": "21:00",
    "quiet_until": "08:00",
    "sender_name": "",
    "mail_subject": "",
    "long_form_every": "nothing",
    "agreements_every": "4",
    "change_minutes": "15",
    "shows_course": "on",
}


def save(browser: Browser, /, **changed: str) -> Any:
    body = {name: value for name, value in (USUAL | changed).items() if value != "off"}
    return browser.post(PATH, body, follow=True)


def words(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_the_page_shows_what_is_set(as_ruth: Browser, clinic: Clinic) -> None:
    Clinic.objects.update(link_valid_days=9, reminder_days=None, mail_subject="Our form")
    html = as_ruth.get(PATH).content.decode()
    assert '<option value="9" selected>9 days</option>' in html
    assert '<option value="nothing" selected>No reminder</option>' in html
    assert 'value="Our form"' in html
    assert "the place where the client lives" in html
    assert "must not tell what your clinic" in html


def test_saving_changes_each_of_them(as_ruth: Browser, clinic: Clinic) -> None:
    response = save(
        as_ruth,
        link_valid_days="nothing",
        reminder_days="9",
        quiet_from="20:30",
        quiet_until="09:15",
        sender_name="The desk",
        mail_subject="A question",
        names_therapist="on",
        long_form_every="6",
        agreements_every="nothing",
        checks_links="on",
        change_minutes="0",
        shows_course="off",
    )
    assert response.redirect_chain == [(PATH, 302)]
    assert "Saved. This counts for forms sent from now on." in words(response)
    clinic.refresh_from_db()
    assert (clinic.link_valid_days, clinic.reminder_days) == (None, 9)
    assert (clinic.quiet_from, clinic.quiet_until) == (time(20, 30), time(9, 15))
    assert (clinic.sender_name, clinic.mail_subject) == ("The desk", "A question")
    assert (clinic.long_form_every, clinic.change_minutes) == (6, 0)
    assert clinic.agreements_every is None
    said = (clinic.names_therapist, clinic.checks_links, clinic.shows_course)
    assert said == (True, True, False)
    assert Event.objects.filter(action="accounts.change_clinic").count() == 1


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("link_valid_days", "0"),
        ("link_valid_days", "31"),
        ("link_valid_days", "x"),
        ("link_valid_days", ""),  # nobody takes a limit away by leaving it out
        ("reminder_days", "0"),
        ("reminder_days", "10"),
        ("reminder_days", "4"),  # not shorter than the link
        ("quiet_from", ""),
        ("quiet_until", "25:00"),
        ("long_form_every", "1"),
        ("agreements_every", "0"),
        ("long_form_every", "51"),
        ("change_minutes", "-1"),
        ("change_minutes", "1441"),
        ("change_minutes", ""),
        ("sender_name", "x" * 61),
        ("mail_subject", "x" * 79),
        ("mail_subject", "One\r\nBcc: all@mail.example"),
        ("mail_subject", "One\u2028two"),
        ("sender_name", "One\nTwo"),
    ],
)
@pytest.mark.parametrize("step", [{}, {"preview": "1"}])
def test_what_is_wrong_is_sent_back_with_everything_typed(
    as_ruth: Browser, clinic: Clinic, field: str, wrong: str, step: dict[str, str]
) -> None:
    before = fingerprint()
    response = save(as_ruth, **{"mail_subject": "Kept words", field: wrong} | step)
    assert response.status_code == 422
    assert "Please check what you entered" in words(response)
    if field != "mail_subject":
        assert 'value="Kept words"' in response.content.decode()
    assert "Nothing is saved yet" not in words(response)
    assert fingerprint() == before


@pytest.mark.parametrize(
    ("valid", "reminder"), [("30", "9"), ("1", "nothing"), ("nothing", "9"), ("2", "1")]
)
def test_the_ends_of_what_is_possible(
    as_ruth: Browser, clinic: Clinic, valid: str, reminder: str
) -> None:
    save(as_ruth, link_valid_days=valid, reminder_days=reminder)
    clinic.refresh_from_db()
    days = (clinic.link_valid_days or "nothing", clinic.reminder_days or "nothing")
    assert tuple(map(str, days)) == (valid, reminder)


def test_a_change_counts_for_forms_sent_from_now_on(as_ruth: Browser, ana: Treatment) -> None:
    Clinic.objects.update(reminder_days=2)
    before = people.hold(ana).request
    save(
        as_ruth,
        link_valid_days="10",
        reminder_days="nothing",
        long_form_every="2",
        mail_subject="Hi",
    )
    after = people.hold(Treatment.objects.get(), people.MONDAY + timedelta(minutes=30)).request
    first = RatingRequest.objects.get(pk=before.pk)
    assert first.expires_at == first.created_at + timedelta(days=4)
    assert after.expires_at == after.created_at + timedelta(days=10)
    assert (first.instrument, after.instrument) == ("alliance-6", "alliance-12")
    assert list(Message.objects.filter(kind=REMINDER).values_list("about")) == [(first.pk,)]


# --- Preview


def test_a_preview_saves_and_sends_nothing_and_keeps_what_was_typed(
    as_ruth: Browser, clinic: Clinic
) -> None:
    before = fingerprint()
    response = save(as_ruth, preview="1", sender_name="The desk", mail_subject="A question for you")
    assert response.status_code == 200
    page, html = words(response), response.content.decode()
    assert "This is how it will look. Nothing is saved yet" in page
    assert 'value="The desk"' in html
    assert 'value="A question for you"' in html
    assert fingerprint() == before
    for table in (TherapySession, RatingRequest, RequestLink, Message):
        assert not table.objects.exists()
    assert mail.outbox == []


def test_a_preview_shows_both_mails_as_clients_get_them(as_ruth: Browser, clinic: Clinic) -> None:
    page = words(save(as_ruth, preview="1", sender_name="The desk", mail_subject="A question"))
    assert "From The desk Subject A question" in page
    assert "Subject Reminder: A question" in page
    assert "It is about your appointment on 7 September 2026." in page
    assert "The link works until 11 September 2026" in page
    assert page.count("/r/example/") == 2
    assert 'href="http://localhost/r/' not in save(as_ruth, preview="1").content.decode()


def test_a_preview_follows_what_was_typed(as_ruth: Browser, clinic: Clinic) -> None:
    page = words(save(as_ruth, preview="1", reminder_days="nothing", names_therapist="on"))
    assert "your appointment with Name of the therapist" in page
    assert "The reminder" not in page
    assert "The link works until" not in words(
        save(as_ruth, preview="1", link_valid_days="nothing")
    )


def test_a_preview_is_the_mail_that_is_sent(as_ruth: Browser, ana: Treatment) -> None:
    """Line by line, but for the links."""
    Clinic.objects.update(sender_name="The desk", names_therapist=False)
    people.hold(Treatment.objects.get())
    outbox.deliver_due(at=people.MONDAY + timedelta(hours=1))
    shown = words(save(as_ruth, preview="1", sender_name="The desk"))
    lines = [line for line in str(mail.outbox[0].body).splitlines() if "http" not in line]
    assert len(lines) > 6
    for line in filter(None, lines):
        assert line.strip() in shown


def test_markup_in_a_preview_is_text(as_ruth: Browser, clinic: Clinic) -> None:
    html = save(as_ruth, preview="1", sender_name="<b>x", mail_subject="<i>y").content.decode()
    assert "<b>x" not in html
    assert "<i>y" not in html
    assert "&lt;b&gt;x has a short form for you." in html


def test_it_is_reached_from_the_settings(as_ruth: Browser, clinic: Clinic) -> None:
    assert f'href="{PATH}"' in as_ruth.get("/clinic/settings/").content.decode()
    assert 'href="/clinic/settings/" aria-current="page"' in as_ruth.get(PATH).content.decode()


def test_a_clinic_without_words_for_need_is_told(as_ruth: Browser, clinic: Clinic) -> None:
    assert "No forms go out yet." not in words(as_ruth.get(PATH))
    Clinic.objects.update(crisis_text="")
    assert "No forms go out yet." in words(as_ruth.get(PATH))
