"""What became of a form, in words; and the page that tells it of every form."""

import re
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import Clinic, User
from clients import services as clients
from clients.models import Client, Treatment
from outbox.models import Message
from sessions import services
from sessions.models import REMINDER, RatingRequest, TherapySession
from sessions.sending import delivery, sent_forms
from sessions.sending.sent_forms import Show
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


def test_it_is_told_since_when(form: RatingRequest) -> None:
    Message.objects.update(state_at=AT - timedelta(minutes=5))
    assert told(form, State.SENT).at == AT - timedelta(minutes=5)
    RatingRequest.objects.update(expires_at=AT - timedelta(minutes=1))
    assert told(form).at == AT - timedelta(minutes=1)
    rating = people.answer(form.session)
    assert told(form).at == rating.submitted_at


def test_a_mail_that_waits_for_an_hour_tells_which(form: RatingRequest) -> None:
    Message.objects.update(due_at=AT + timedelta(hours=9))
    assert told(form).goes_out_at == AT + timedelta(hours=9)
    assert told(form, State.SENT).goes_out_at is None


@pytest.mark.parametrize("state", [State.SENT, State.FAILED])
def test_a_client_who_asks_for_a_link_can_be_sent_one(form: RatingRequest, state: State) -> None:
    """However long ago the session was: it is they who ask."""
    RatingRequest.objects.update(
        link_asked_at=AT, created_at=AT - delivery.REMEMBERED, expires_at=AT
    )
    found = told(form, state)
    assert (found.is_asked_for, found.can_resend) == (True, True)


def test_a_form_that_was_never_mailed_is_not_on_its_way(ana: Treatment) -> None:
    Client.objects.update(contact=Client.Contact.IN_ROOM)
    request = services.open_request(people.hold(ana), by=ana.therapist, at=AT)
    found = told(request)
    assert found.words == "to be filled in at the clinic"
    assert (found.is_waiting, found.can_resend) == (False, False)


# --- The page about every form


@pytest.fixture
def now() -> Any:
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


def read(browser: Browser, query: str = "?show=all") -> str:
    response = browser.get(f"/delivery/{query}")
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def shown(user: User, show: Show, at: datetime = AT) -> set[Any]:
    return {request.pk for request in sent_forms.page(user, show, "", at)}


STATES = [*State, None]


@pytest.mark.parametrize("state", STATES)
def test_the_lists_hold_what_the_words_tell(mara: User, state: State | None) -> None:
    """The database chooses; each row is asked once more in plain Python."""
    for number, (end, active, answered) in enumerate(
        product((None, -30, -3, -1, 1), (None, -3, -1), (False, True))
    ):
        session = people.hold(people.take_on(mara, f"Client {number}"))
        if answered:
            people.answer(session)
        hours = {"expires_at": end, "active_at": active}
        RatingRequest.objects.filter(session=session).update(
            **{name: h and AT + timedelta(hours=h) for name, h in hours.items()}
        )
    Message.objects.all().delete() if state is None else Message.objects.update(state=state)
    rows = RatingRequest.objects.with_delivery().select_related("rating")
    forms = {row.pk: delivery.of_request(row, AT) for row in rows}
    assert len(forms) == 30
    assert shown(mara, Show.ALL) == set(forms)
    assert shown(mara, Show.NEEDS) == {pk for pk, form in forms.items() if form.is_troubled}
    assert shown(mara, Show.WAITING) == {pk for pk, form in forms.items() if form.is_waiting}
    assert shown(mara, Show.ANSWERED) == {pk for pk, f in forms.items() if f.words == "answered"}


def test_every_mail_of_a_form_is_told(
    as_mara: Browser, form: RatingRequest, now: time_machine.Traveller
) -> None:
    Message.objects.filter(kind=REMINDER).delete()
    Message.objects.update(state=State.FAILED, reason="No such address.", state_at=people.MONDAY)
    services.send_again(form, by=form.session.recorded_by, at=AT - timedelta(hours=1))
    Message.objects.filter(slot=1).update(state=State.SENT)
    due = AT + timedelta(days=2)
    Message.objects.create(
        kind=REMINDER, about=form.pk, clinic_id=None, created_at=AT, state_at=AT, due_at=due
    )
    page = read(as_mara)
    assert "First e-mail: not sent , 7 Sep 2026, 14:00 No such address." in page
    assert "Sent again: sent , 7 Sep 2026, 15:00" in page
    assert "Reminder: waiting to be sent , goes out 9 Sep 2026, 16:00" in page
    assert page.index("Reminder:") < page.index("Sent again:") < page.index("First e-mail:")


@pytest.mark.usefixtures("form", "now")
def test_each_sees_the_forms_of_their_reach(
    as_mara: Browser, as_noor: Browser, jonas: User, stranger: User
) -> None:
    people.hold(people.take_on(jonas, "Petra K."))
    people.hold(people.take_on(stranger, "Foreign F."))
    assert "Ana R." in read(as_mara)
    assert "Petra K." not in read(as_mara)
    for words in ("Ana R.", "Mara Lindqvist", "Petra K.", "Jonas Okafor"):
        assert words in read(as_noor)
    for browser in (as_mara, as_noor):
        assert "Foreign F." not in read(browser)


def test_the_desk_is_led_to_contact_data_and_the_therapist_to_the_client(
    as_mara: Browser, as_noor: Browser, form: RatingRequest, now: time_machine.Traveller
) -> None:
    place = f"/clients/{form.session.treatment.client_id}/"
    assert f'href="{place}"' in as_mara.get("/delivery/?show=all").content.decode()
    assert f'href="{place}edit/"' in as_noor.get("/delivery/?show=all").content.decode()


def test_no_score_and_no_word_of_a_client_stands_here(
    as_noor: Browser, form: RatingRequest, now: time_machine.Traveller
) -> None:
    people.answer(form.session, 1, 1, 1, comment="Between us.", at=AT)
    page = as_noor.get("/delivery/?show=answered").content.decode()
    assert "Ana R." in page
    for hidden in ("Between us.", "score--", "says little", "rupture"):
        assert hidden not in page


def test_who_asks_for_a_link_comes_first_in_every_list(
    as_mara: Browser, form: RatingRequest, now: time_machine.Traveller
) -> None:
    RatingRequest.objects.update(created_at=AT - timedelta(days=300), link_asked_at=AT)
    for show in Show:
        page = read(as_mara, f"?show={show.value}")
        assert "Ask for a new link 1" in page
        assert page.count("Ana R. Form about") == 1
        assert page.index("Form about") < page.index("Needs somebody")


def test_who_asked_is_gone_after_a_new_link(
    as_mara: Browser, form: RatingRequest, now: time_machine.Traveller
) -> None:
    RatingRequest.objects.update(link_asked_at=AT)
    Message.objects.update(state=State.SENT, state_at=AT - timedelta(hours=1))
    path = f"/requests/{form.pk}/send-again/"
    response: Any = as_mara.post(path, {"back": "waiting"}, follow=True)
    assert response.redirect_chain == [("/delivery/?show=waiting", 302)]
    assert "A new link is on its way." in response.content.decode()
    assert "Ask for a new link" not in response.content.decode()


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "other", ""])
def test_sending_again_leads_nowhere_else(
    as_mara: Browser, form: RatingRequest, back: str, now: time_machine.Traveller
) -> None:
    Message.objects.update(state=State.FAILED)
    response: Any = as_mara.post(f"/requests/{form.pk}/send-again/", {"back": back})
    assert response["Location"] == f"/clients/{form.session.treatment.client_id}/"


def test_what_cannot_be_sent_has_no_button(
    as_mara: Browser, form: RatingRequest, now: time_machine.Traveller
) -> None:
    Message.objects.update(state=State.FAILED)
    assert "Send again" in read(as_mara)
    clients.end_treatment(form.session.treatment, by=form.session.recorded_by, at=AT)
    assert "Send again" not in read(as_mara)


def test_older_forms_are_left_out(
    as_mara: Browser, form: RatingRequest, now: time_machine.Traveller
) -> None:
    RatingRequest.objects.update(created_at=AT - sent_forms.PERIOD)
    assert "No form here" in read(as_mara)


def test_nothing_to_do_is_said_without_a_promise(
    as_mara: Browser, now: time_machine.Traveller
) -> None:
    page = read(as_mara, "")
    assert "Nothing waits for you here" in page
    assert "That does not say that it was read." in page


@pytest.mark.parametrize("query", ["?show=junk", "?show=", "?page=junk", "?page=-1", "?page=99"])
def test_junk_in_the_address_shows_a_list(
    as_mara: Browser, form: RatingRequest, query: str, now: time_machine.Traveller
) -> None:
    assert "Forms and e-mails" in read(as_mara, query)


def test_long_lists_have_pages(
    as_mara: Browser,
    form: RatingRequest,
    now: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sent_forms, "ON_A_PAGE", 2)
    treatment = form.session.treatment
    for days in range(1, 4):
        people.hold(treatment, people.MONDAY - timedelta(days=days))
    first, second = read(as_mara), read(as_mara, "?show=all&page=2")
    assert "Page 1 of 2 Older" in first
    assert "Newer Page 2 of 2" in second
    assert "7 Sep 2026 form" in first
    assert "7 Sep 2026 form" not in second


def test_the_page_s_queries_do_not_grow(
    as_noor: Browser, mara: User, count_queries: Any, now: time_machine.Traveller
) -> None:
    people.hold(people.take_on(mara, "Ana R."))
    few = count_queries(lambda: read(as_noor))
    for number in range(10):
        session = people.hold(people.take_on(mara, f"Client {number}"))
        services.issue_link(session.request, at=AT)
        if number % 2:
            RatingRequest.objects.filter(session=session).update(link_asked_at=AT)
    assert count_queries(lambda: read(as_noor)) <= few + 1  # the cards have mails too
    assert RatingRequest.objects.count() == 11


def test_addresses_that_do_not_work_are_named_with_the_way_to_correct_them(
    as_mara: Browser, as_noor: Browser, ana: Treatment, jonas: User
) -> None:
    assert "Every e-mail went out" in read(as_mara, "")
    people.take_on(jonas, "Ben K.")
    Client.objects.update(bounced_at=AT)
    own = read(as_mara, "")
    assert "1 address does not work: Ana R." in own
    assert "Every e-mail went out" not in own
    assert "Nothing waits for you here" not in own
    assert "2 addresses do not work: Ana R. , Ben K." in read(as_noor, "")
    page = as_mara.get("/delivery/").content.decode()
    assert f'href="/clients/{ana.client_id}/edit/#notice-bounced"' in page


def test_navigation_to_the_page(as_mara: Browser, as_noor: Browser, clinic: Clinic) -> None:
    desk = as_noor.get("/delivery/").content.decode()
    assert 'href="/delivery/" aria-current="page"' in desk
    therapist = as_mara.get("/delivery/").content.decode()
    assert 'href="/caseload/" aria-current="page"' in therapist
    assert "aria-current" not in therapist.split('href="/caseload/" aria-current="page"')[0]
