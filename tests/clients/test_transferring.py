"""A client goes on with a colleague: both happen or neither, and what was said stays agreed."""

from datetime import timedelta

import pytest
from django.test import Client as Browser

from accounts import services as accounts
from accounts.models import User
from audit.models import Event
from clients import services, transferring
from clients.models import Treatment
from sessions import services as sessions
from sessions.models import Rating
from tests import people

AT = people.MONDAY


def test_one_ends_and_one_starts(ana: Treatment, jonas: User) -> None:
    following = transferring.transfer(ana, to=jonas, history_agreed=True, by=ana.therapist, at=AT)
    ana.refresh_from_db()
    assert (ana.ended_on, ana.end_reason) == (AT.date(), "transferred")
    assert (following.therapist, following.client_id) == (jonas, ana.client_id)
    assert (following.follows, following.history_agreed) == (ana, True)
    assert following.ended_on is None
    assert Event.objects.filter(action="clients.transfer", about_id=ana.pk).exists()


@pytest.mark.parametrize("agreed", [True, False])
def test_what_goes_along_is_what_the_client_agreed_to(
    ana: Treatment, jonas: User, agreed: bool
) -> None:
    people.course(ana, (5, 5, 5))
    transferring.transfer(ana, to=jonas, history_agreed=agreed, by=ana.therapist, at=AT)
    assert Treatment.objects.read_by(jonas).filter(pk=ana.pk).exists() is agreed
    assert Rating.objects.read_by(jonas).exists() is agreed
    assert not Rating.objects.visible_to(jonas).exists()
    assert Rating.objects.visible_to(ana.therapist).exists()


def test_who_can_go_on(ana: Treatment, jonas: User, ruth: User, stranger: User) -> None:
    mara = ana.therapist
    assert list(transferring.colleagues(ana)) == [jonas]
    for nobody in (mara, ruth, stranger):
        with pytest.raises(transferring.NoColleague):
            transferring.transfer(ana, to=nobody, history_agreed=False, by=mara, at=AT)
    accounts.deactivate(jonas, by=ruth, at=AT)
    with pytest.raises(transferring.NoColleague):
        transferring.transfer(ana, to=jonas, history_agreed=False, by=mara, at=AT)
    assert Treatment.objects.open().count() == 1


def test_not_to_whom_the_client_is_already_with(ana: Treatment, jonas: User) -> None:
    services.start_treatment(ana.client, by=jonas, at=AT)
    with pytest.raises(transferring.AlreadyWithThem):
        transferring.transfer(ana, to=jonas, history_agreed=False, by=ana.therapist, at=AT)
    ana.refresh_from_db()
    assert ana.ended_on is None


def test_only_once(ana: Treatment, jonas: User) -> None:
    transferring.transfer(ana, to=jonas, history_agreed=False, by=ana.therapist, at=AT)
    with pytest.raises(services.AlreadyEnded):
        transferring.transfer(ana, to=jonas, history_agreed=False, by=ana.therapist, at=AT)


def test_forms_of_before_are_not_sent_again(ana: Treatment, jonas: User) -> None:
    request = people.hold(ana).request
    transferring.transfer(ana, to=jonas, history_agreed=True, by=ana.therapist, at=AT)
    with pytest.raises(sessions.NothingToSend):
        sessions.send_again(request, by=ana.therapist, at=AT + timedelta(hours=5))


# --- Pages


def test_the_page(ana: Treatment, jonas: User, as_mara: Browser) -> None:
    url = f"/treatments/{ana.pk}/transfer/"
    page = as_mara.get(url).content.decode()
    assert "Jonas Okafor" in page
    assert "Your private notes about the sessions stay with you" in page
    assert as_mara.post(url, {"history_agreed": "on"}).status_code == 422
    sent = {"colleague": str(jonas.pk), "history_agreed": "on"}
    assert as_mara.post(url, sent).status_code == 302
    assert Treatment.objects.get(therapist=jonas).history_agreed
    again = as_mara.post(url, sent)
    assert again.status_code == 409
    assert "already ended" in again.content.decode()


def test_nobody_there_to_go_on(ana: Treatment, as_mara: Browser) -> None:
    page = as_mara.get(f"/treatments/{ana.pk}/transfer/").content.decode()
    assert "nobody to hand over to" in page
    assert "<button" not in page.partition("<main")[2].partition("</main")[0]


@pytest.mark.parametrize("agreed", [True, False])
def test_the_colleague_finds_what_was(ana: Treatment, jonas: User, agreed: bool) -> None:
    people.answer(people.hold(ana, note="CANARY"), comment="Read me.")
    transferring.transfer(ana, to=jonas, history_agreed=agreed, by=ana.therapist, at=AT)
    colleague = Browser()
    colleague.force_login(jonas)
    page = colleague.get(f"/clients/{ana.client_id}/").content.decode()
    assert "Goes on from" in page
    assert (f"?treatment={ana.pk}" in page) is agreed
    before = colleague.get(f"/clients/{ana.client_id}/?treatment={ana.pk}").content.decode()
    assert ("Read me." in before) is agreed
    assert "CANARY" not in before


def test_ending_asks_for_the_reason(ana: Treatment, as_mara: Browser) -> None:
    url = f"/treatments/{ana.pk}/end/"
    page = as_mara.get(url).content.decode()
    assert "The client decided to stop" in page
    assert "Goes on with a colleague" not in page
    assert as_mara.post(url).status_code == 422
    assert as_mara.post(url, {"reason": "transferred"}).status_code == 422
    assert as_mara.post(url, {"reason": "no_contact"}).status_code == 302
    ana.refresh_from_db()
    assert ana.end_reason == "no_contact"
    assert as_mara.post(url, {"reason": "agreed"}).status_code == 409


@pytest.mark.parametrize("page", ["end", "transfer"])
def test_an_ended_treatment_is_shown_not_ended_again(
    ana: Treatment, as_mara: Browser, page: str
) -> None:
    services.end_treatment(ana, by=ana.therapist, at=AT)
    answer = as_mara.get(f"/treatments/{ana.pk}/{page}/", follow=True)
    assert answer.redirect_chain == [(f"/clients/{ana.client_id}/?treatment={ana.pk}", 302)]
    assert "This treatment ended on 7 September." in answer.content.decode()


@pytest.mark.parametrize("page", ["end", "transfer"])
def test_what_is_still_open_is_said_first(
    ana: Treatment, jonas: User, as_mara: Browser, page: str
) -> None:
    url = f"/treatments/{ana.pk}/{page}/"
    assert "Still open" not in as_mara.get(url).content.decode()
    people.course(ana, (5, 5, 5), (5, 5, 5), (5, 5, 5), (1, 1, 1))
    Rating.objects.update(follow_up=Rating.FollowUp.RAISE)
    told = as_mara.get(url).content.decode()
    assert "Still open: a possible rupture of session 4 (not yet seen) and Ana R. asked you" in told
    Rating.objects.update(read_at=AT)
    assert "asked you to raise" not in as_mara.get(url).content.decode()
