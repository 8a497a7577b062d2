"""What became of a form, in words."""

from datetime import timedelta

import pytest

from clients.models import Client, Treatment
from outbox.models import Message
from sessions import delivery, services
from sessions.models import RatingRequest, TherapySession
from tests import people

AT = people.MONDAY + timedelta(hours=2)
State = Message.State


@pytest.fixture
def form(ana: Treatment) -> RatingRequest:
    return people.hold(ana).request


def told(form: RatingRequest, state: State | None = None, reason: str = "") -> delivery.Delivery:
    if state:
        Message.objects.filter(about=form.pk).update(state=state, reason=reason)
    row = RatingRequest.objects.with_delivery().get(pk=form.pk)
    return delivery.of_request(row, AT)


@pytest.mark.parametrize(
    ("state", "words", "what"),
    [
        (State.QUEUED, "form on its way", {"is_waiting"}),
        (State.SENDING, "form on its way", {"is_waiting"}),
        (State.SENT, "form sent, no answer yet", {"is_waiting", "can_resend"}),
        (State.FAILED, "not sent", {"is_troubled", "can_resend"}),
        (State.BOUNCED, "came back", {"is_troubled", "can_resend"}),
        (State.UNCERTAIN, "perhaps not sent", {"is_troubled", "can_resend"}),
        (State.CANCELLED, "not sent", {"can_resend"}),
    ],
)
def test_each_state_has_words_and_what_to_do(
    form: RatingRequest, state: State, words: str, what: set[str]
) -> None:
    found = told(form, state, "Said the server.")
    assert found.words == words
    flags = {"is_troubled", "can_resend", "is_waiting"}
    assert {name for name in flags if getattr(found, name)} == what
    if found.is_troubled:
        assert found.reason == "Said the server."


@pytest.mark.parametrize("state", State)
def test_an_answered_form_is_answered_whatever_its_mail_did(
    form: RatingRequest, state: State
) -> None:
    people.answer(form.session)
    found = told(form, state)
    assert (found.words, found.can_resend, found.is_troubled) == ("answered", False, False)


def test_a_form_that_ran_out_can_be_sent_again(form: RatingRequest) -> None:
    RatingRequest.objects.update(expires_at=AT)
    found = told(form, State.SENT)
    assert (found.words, found.can_resend, found.is_waiting) == (
        "not answered in time",
        True,
        False,
    )


def test_the_newest_mail_tells(form: RatingRequest) -> None:
    Message.objects.update(state=State.FAILED, state_at=AT)
    services.send_again(form, by=form.session.recorded_by, at=AT)
    assert told(form).words == "form on its way"


def test_a_form_about_a_session_long_ago_is_not_offered_again(form: RatingRequest) -> None:
    """The client would have to answer about an hour that nobody remembers."""
    RatingRequest.objects.update(created_at=AT - delivery.REMEMBERED, expires_at=AT)
    assert not told(form, State.SENT).can_resend


@pytest.mark.parametrize(
    ("attendance", "words"), [("cancelled", "cancelled"), ("no_show", "did not come")]
)
def test_a_session_that_did_not_take_place_says_so(
    ana: Treatment, attendance: str, words: str
) -> None:
    session = people.hold(ana, attendance=attendance)
    assert delivery.of_session(session, None, AT).words == words


def test_a_session_without_form(ana: Treatment) -> None:
    Client.objects.update(contact=Client.Contact.NONE)
    session = people.hold(ana)
    assert not hasattr(TherapySession.objects.get(pk=session.pk), "request")
    assert delivery.of_session(session, None, AT).words == "no form sent"
