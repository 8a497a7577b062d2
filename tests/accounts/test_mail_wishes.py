"""Which mails a therapist wants from the program, and at which hours."""

from datetime import time

import pytest
from django.test import Client as Browser

from accounts import services
from accounts.models import MailWishes, User
from audit.models import Event
from tests import people

pytestmark = pytest.mark.usefixtures("clock")

PAGE = "/settings/mail/"
TYPED = {"tells": "on", "digest": "on", "quiet_from": "20:30", "quiet_until": "06:00"}


def ticked(page: str) -> int:
    return page[page.index("<main") : page.index("</main>")].count("checked>")


def test_whoever_decided_nothing_sees_what_counts(as_mara: Browser, mara: User) -> None:
    page = as_mara.get(PAGE).content.decode()
    assert ticked(page) == 3
    assert 'value="19:00"' in page
    assert 'value="07:00"' in page
    assert not MailWishes.objects.exists()


def test_wishes_are_kept_and_shown_again(as_mara: Browser, mara: User) -> None:
    answer = as_mara.post(PAGE, TYPED)
    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
    wishes = MailWishes.objects.get()
    assert (wishes.user, wishes.tells, wishes.reminds, wishes.digest) == (mara, True, False, True)
    assert (wishes.quiet_from, wishes.quiet_until) == (time(20, 30), time(6))
    page = as_mara.get(PAGE).content.decode()
    assert ticked(page) == 2
    assert 'value="20:30"' in page


def test_a_second_decision_replaces_the_first_and_both_are_recorded(
    as_mara: Browser, mara: User
) -> None:
    as_mara.post(PAGE, TYPED)
    as_mara.post(PAGE, {"quiet_from": "00:00", "quiet_until": "00:00"})
    wishes = MailWishes.objects.get()
    assert (wishes.tells, wishes.reminds, wishes.digest) == (False, False, False)
    events = Event.objects.filter(action="accounts.set_mail_wishes")
    assert [event.by_id for event in events] == [mara.pk] * 2


def test_an_hour_that_is_none_is_sent_back_with_what_was_typed(
    as_mara: Browser, mara: User
) -> None:
    answer = as_mara.post(PAGE, TYPED | {"quiet_from": "late"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Enter a valid time." in page
    assert 'value="late"' in page
    assert ticked(page) == 2
    assert not MailWishes.objects.exists()


def test_each_has_their_own(as_mara: Browser, mara: User, jonas: User) -> None:
    as_mara.post(PAGE, TYPED)
    assert not MailWishes.objects.filter(user=jonas).exists()


def test_who_wants_no_more_keeps_their_quiet_hours(as_mara: Browser, mara: User) -> None:
    as_mara.post(PAGE, TYPED)
    services.stop_mails(mara, at=people.MONDAY)
    wishes = MailWishes.objects.get()
    assert (wishes.tells, wishes.reminds, wishes.digest) == (False, False, False)
    assert wishes.quiet_from == time(20, 30)


def test_one_hour_alone_is_not_enough(as_mara: Browser) -> None:
    answer = as_mara.post(PAGE, TYPED | {"quiet_until": ""})
    assert answer.status_code == 422
    told = "Please give both hours, or the same hour twice for none."
    assert told in answer.content.decode()
