"""The clinic's device in a client's hands: the form, the lock around it, and the way back."""

import html
import re
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.http import HttpRequest
from django.test import Client as Browser

from accounts import services as accounts
from accounts.models import Clinic, User
from accounts.permissions import Role
from audit.models import Event
from clients import services as clients
from clients.models import Treatment
from outbox.models import Message
from sessions.at_clinic import handed_over
from sessions.models import Draft, Rating, RatingRequest, TherapySession
from tests import people
from tests.conftest import logged_in
from tests.registry import world as worlds
from tests.registry.addresses import all_addresses, ids_for
from tests.registry.database import fingerprint
from tests.registry.loud import loud_templates, missing_in

COMMENT = "CANARY-comment-on-the-device"
WRONG = "not the password at all"
STORE = import_module(settings.SESSION_ENGINE).SessionStore

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def session(ana: Treatment) -> TherapySession:
    return people.hold(ana, note="CANARY-note")


@pytest.fixture
def device(as_mara: Browser, session: TherapySession) -> Browser:
    """Mara's browser, in Ana's hands."""
    give(as_mara, session)
    return as_mara


def give(browser: Browser, session: TherapySession, **more: str) -> Any:
    return browser.post(f"/sessions/{session.pk}/hand-over/", more)


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


def token(browser: Browser) -> str:
    return str(browser.session[handed_over.NOTE]["token"])


def filled_in(browser: Browser, session: TherapySession, **changed: str) -> dict[str, str]:
    named = {"handed_over": token(browser), "comment": COMMENT}
    return people.filled_in(session.request) | named | changed


def send(browser: Browser, session: TherapySession, **changed: str) -> Any:
    return browser.post("/device/", filled_in(browser, session, **changed))


def take_back(browser: Browser, password: str = people.PASSWORD) -> Any:
    return browser.post("/device/unlock/", {"password": password})


def is_locked(browser: Browser) -> bool:
    response = browser.get("/caseload/")
    return response.status_code == 303 and response.headers["Location"] == "/device/"


# --- Handing over


def test_the_therapist_hands_over_and_the_form_is_there(
    as_mara: Browser, session: TherapySession
) -> None:
    given = give(as_mara, session)
    assert (given.status_code, given.headers["Location"]) == (303, "/device/")
    page = as_mara.get("/device/")
    assert page.status_code == 200
    assert "I felt understood today." in text(page)
    assert "Your answers are not shown to the next person." in text(page)
    assert "Call 112." in text(page)


def test_the_form_shows_nothing_of_the_staff(device: Browser) -> None:
    page = text(device.get("/device/"))
    for words in ("CANARY-note", "Ana R.", "ana@mail.example", "mara@northside", "Caseload"):
        assert words not in page
    assert 'autocomplete="off"' in page
    assert "data-draft" not in page


def test_every_page_is_given_what_it_asks_for(as_mara: Browser, session: TherapySession) -> None:
    with loud_templates():
        give(as_mara, session)
        pages = [
            as_mara.get("/device/"),
            as_mara.get("/device/unlock/"),
            take_back(as_mara, WRONG),
            as_mara.post("/device/", {"handed_over": token(as_mara)}),
            as_mara.post("/clients/add/", {}),
            send(as_mara, session),
            as_mara.get("/device/"),
            send(as_mara, session, comment="else"),
            Browser().post("/device/", {}),
        ]
    assert [page.status_code for page in pages] == [200, 200, 422, 422, 423, 303, 200, 409, 403]
    assert [missing_in(text(page)) for page in pages] == [set()] * len(pages)


def test_a_session_without_form_gets_one_that_is_not_mailed(as_mara: Browser, mara: User) -> None:
    treatment = people.take_on(mara, "Bo K.", email="", contact="none")
    session = people.hold(treatment)
    assert not hasattr(session, "request")
    give(as_mara, session)
    assert RatingRequest.objects.get(session=session)
    assert not Message.objects.exists()
    send(as_mara, TherapySession.objects.get(pk=session.pk))
    assert Rating.objects.get().provenance == "room"


def test_handing_over_and_taking_back_are_recorded(
    device: Browser, session: TherapySession, mara: User
) -> None:
    send(device, session)
    take_back(device)
    given, back = Event.objects.filter(action__in=["sessions.hand_over", "sessions.take_back"])
    for event in (given, back):
        assert (event.by_id, event.about_id) == (mara.pk, session.request.pk)
        assert event.client_id == session.treatment.client_id
    assert given.details == {"provenance": "room"}
    assert back.details == {"answered": True}


def answer_it(session: TherapySession) -> None:
    people.answer(session, at=people.MONDAY + timedelta(minutes=30))


def end_it(session: TherapySession) -> None:
    therapist = session.treatment.therapist
    clients.end_treatment(session.treatment, by=therapist, at=people.MONDAY + timedelta(hours=1))


def take_words_away(session: TherapySession) -> None:
    Clinic.objects.update(crisis_text=" ")


def dismiss(session: TherapySession) -> None:
    gone = {"is_active": False, "deactivated_at": people.MONDAY}
    User.objects.filter(pk=session.treatment.therapist_id).update(**gone)


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        (answer_it, "The form about this session is already answered."),
        (end_it, "This treatment has ended"),
        (take_words_away, "The clinic has no words yet"),
        (dismiss, "The therapist is no longer active"),
    ],
)
def test_what_cannot_be_handed_over_is_refused_with_a_sentence(
    as_noor: Browser, session: TherapySession, before: Any, sentence: str
) -> None:
    before(session)
    refused = give(as_noor, session)
    assert (refused.status_code, refused.headers["Location"]) == (303, "/front-desk/")
    assert sentence in html.unescape(text(as_noor.get("/front-desk/")))
    assert handed_over.NOTE not in as_noor.session
    assert not Event.objects.filter(action="sessions.hand_over").exists()


def test_the_therapist_reads_the_refusal_on_the_client_page(
    as_mara: Browser, ana: Treatment
) -> None:
    session = people.hold(ana, attendance="no_show")
    refused = give(as_mara, session)
    assert refused.headers["Location"] == f"/clients/{ana.client_id}/"
    assert "did not take place" in text(as_mara.get(f"/clients/{ana.client_id}/"))
    assert not RatingRequest.objects.exists()


@pytest.mark.parametrize("chosen", ["de", "xx"])
def test_the_staff_may_choose_the_language(
    as_mara: Browser, session: TherapySession, chosen: str
) -> None:
    give(as_mara, session, language=chosen)
    language = "de" if chosen == "de" else "en"
    assert f'<html lang="{language}"' in text(as_mara.get("/device/"))
    send(as_mara, session, language=language)
    assert Rating.objects.get().language == language
    assert session.treatment.client.language == "en"  # the mails stay as they are


# --- The front desk


def test_the_front_desk_hands_over_a_form_that_is_due(
    as_noor: Browser, session: TherapySession
) -> None:
    assert give(as_noor, session).headers["Location"] == "/device/"
    assert is_locked(as_noor)
    send(as_noor, session)
    rating = Rating.objects.get()
    assert (rating.provenance, rating.comment) == ("waiting", COMMENT)
    back = take_back(as_noor)
    assert (back.status_code, back.headers["Location"]) == (303, "/front-desk/")
    assert COMMENT not in text(as_noor.get("/front-desk/"))


def test_the_front_desk_cannot_ask_about_a_session_without_form(
    as_noor: Browser, mara: User
) -> None:
    session = people.hold(people.take_on(mara, "Bo K.", email="", contact="none"))
    before = fingerprint()
    assert give(as_noor, session).status_code == 404
    assert fingerprint() == before


def test_the_front_desk_of_another_clinic_finds_nothing(
    stranger: User, session: TherapySession
) -> None:
    assert stranger.clinic
    desk = logged_in(people.hire(stranger.clinic, "Otto Frank", Role.FRONT_DESK))
    assert give(desk, session).status_code == 404
    assert give(logged_in(stranger), session).status_code == 404


def test_colleagues_and_admins_hand_nothing_over(
    jonas: User, as_ruth: Browser, session: TherapySession
) -> None:
    assert give(logged_in(jonas), session).status_code == 404
    assert give(as_ruth, session).status_code == 403


def test_somebody_with_both_roles_is_in_the_room_with_own_clients(
    clinic: Clinic, session: TherapySession
) -> None:
    omar = people.hire(clinic, "Omar Sabry", Role.THERAPIST, Role.FRONT_DESK)
    own = people.hold(people.take_on(omar, "Bo K."))
    for held, provenance in ((own, "room"), (session, "waiting")):
        browser = logged_in(omar)
        give(browser, held)
        send(browser, held)
        assert Rating.objects.get(session=held).provenance == provenance


# --- The lock

LET_THROUGH = {"device", "device_unlock", "account_logout"}
PUBLIC = {"open_link", "open_mail", "mail_choice", "about"}


def is_public(name: str) -> bool:
    return name in PUBLIC or name == "rate" or name.startswith("rate_")


@pytest.mark.parametrize("person", ["mara", "noor"])
def test_every_other_address_is_locked(db: None, person: str) -> None:
    """Each of the URLconf, with what it needs to be found, asked for in every way."""
    with time_machine.travel(worlds.NOW, tick=False):
        world = worlds.build()
        browser = world.browser(person)
        give(browser, world.request.session)
        before, walked = fingerprint(), 0
        for address in all_addresses():
            if address.name in LET_THROUGH or is_public(address.name):
                continue
            path = address.path(ids_for(address, world))
            for ask, expected in ((browser.get, 303), (browser.head, 303), (browser.post, 423)):
                response = ask(path)
                assert (address.name, response.status_code) == (address.name, expected)
                shown = text(response)
                assert "Ana R." not in shown
                assert "CANARY" not in shown
            walked += 1
        assert walked > 40
        assert fingerprint() == before
        assert is_locked(browser)


def test_public_pages_of_clients_stay_open(device: Browser, session: TherapySession) -> None:
    link = people.link_for(session.request)
    assert device.get(f"/r/{link}/").headers["Location"] == f"/rate/{session.request.pk}/"
    assert device.get(f"/rate/{session.request.pk}/").status_code == 200
    assert device.get("/r/no-such-link/").status_code == 404


@pytest.mark.parametrize("path", ["/", "/no/such/page/", "/accounts/logout/", "/accounts/login/"])
def test_typed_addresses_lead_to_the_form(device: Browser, path: str) -> None:
    response = device.get(path)
    assert (response.status_code, response.headers["Location"]) == (303, "/device/")


def test_the_api_goes_on_with_its_token(device: Browser, mara: User) -> None:
    _token, secret = accounts.create_token(by=mara, days=30, at=people.MONDAY)
    headers = {"Authorization": f"Bearer {secret}"}
    assert Browser().get("/api/v1/clients/", headers=headers).status_code == 200
    assert device.get("/api/v1/clients/").status_code == 303


def test_a_form_of_the_staff_is_told_that_nothing_was_saved(
    device: Browser, ana: Treatment
) -> None:
    """And its words are not shown to whoever sits there. Without CSRF token, too."""
    words = {"name": "CANARY-name", "note": "CANARY-note", "email": "canary@mail.example"}
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies = device.cookies
    for browser in (device, strict):
        response = browser.post("/clients/add/", words, headers={"Sec-Fetch-Site": "same-origin"})
        assert response.status_code == 423
        assert "Nothing was saved" in text(response)
        assert "canary" not in text(response).lower()
    assert ana.client.__class__.objects.count() == 1


def test_a_locked_page_has_all_headers(device: Browser) -> None:
    for response in (device.get("/caseload/"), device.post("/clients/add/")):
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_a_second_tab_cannot_hand_over_something_else(device: Browser, ana: Treatment) -> None:
    other = people.hold(ana, people.MONDAY - timedelta(days=7))
    assert give(device, other).status_code == 423
    assert device.session[handed_over.NOTE]["request"] != other.request.pk.hex


def test_another_browser_of_the_same_person_is_not_locked(device: Browser, mara: User) -> None:
    assert logged_in(mara).get("/caseload/").status_code == 200
    assert is_locked(device)


def test_a_request_that_began_before_cannot_undo_the_lock(
    as_mara: Browser, session: TherapySession
) -> None:
    """It wrote its own copy of the session when it ended, without the note."""
    stale = STORE(as_mara.session.session_key)
    stale.load()
    give(as_mara, session)
    with pytest.raises(UpdateError):
        stale.save()
    assert is_locked(as_mara)


def test_without_csrf_token_no_page_shows_what_was_typed(
    device: Browser, session: TherapySession
) -> None:
    """Nor after the device was taken back, when a page of the client is still open in a tab."""
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies = device.cookies
    public = f"/rate/{session.request.pk}/"
    strict.get(f"/r/{people.link_for(session.request)}/")
    typed = filled_in(device, session)

    def answered(path: str) -> str:
        page = strict.post(path, typed, headers={"Sec-Fetch-Site": "same-origin"})
        assert page.status_code == 403
        return text(page)

    assert COMMENT not in answered("/device/")
    assert COMMENT not in answered(public)
    take_back(device)
    assert COMMENT not in answered("/device/")
    assert COMMENT in answered(public)  # nobody else has this browser any more


def test_before_handing_over_there_is_no_such_page(as_mara: Browser) -> None:
    for path in ("/device/", "/device/unlock/"):
        for response in (as_mara.get(path), as_mara.post(path, {})):
            assert (response.status_code, response.headers["Location"]) == (303, "/")


# --- Taking it back


def test_the_password_brings_the_pages_back(device: Browser, session: TherapySession) -> None:
    back = take_back(device)
    assert back.status_code == 303
    assert back.headers["Location"] == f"/clients/{session.treatment.client_id}/"
    assert device.get("/caseload/").status_code == 200
    assert device.get("/device/").headers["Location"] == "/"


@pytest.mark.parametrize("password", [WRONG, "", people.PASSWORD.upper()])
def test_a_wrong_password_does_not(device: Browser, password: str) -> None:
    refused = take_back(device, password)
    assert refused.status_code == 422
    assert "error" in text(refused)
    assert is_locked(device)


def test_nor_does_the_password_of_somebody_else(device: Browser, noor: User) -> None:
    noor.set_password("another quiet harbour")
    noor.save()
    assert take_back(device, "another quiet harbour").status_code == 422
    assert is_locked(device)


def guess(device: Browser) -> Any:
    """Wrong passwords, as many as the device takes; the page after the last one."""
    for _ in range(handed_over.MOST_TRIES - 1):
        assert take_back(device, WRONG).status_code == 422
        assert is_locked(device)
    return take_back(device, WRONG)


def test_too_many_tries_end_the_login(device: Browser, session: TherapySession) -> None:
    send(device, session)
    page = guess(device)
    assert page.status_code == 403
    assert "Please give the device back." in text(page)
    assert "not saved" not in text(page)
    assert 'href="/device/unlock/"' in text(page)
    for path in ("/device/", "/device/unlock/", "/caseload/"):
        assert device.get(path).headers["Location"].startswith("/accounts/login/")
    assert take_back(device).status_code == 403
    assert Rating.objects.exists()


def test_who_guesses_locks_nobody_out(device: Browser, mara: User, clinic: Clinic) -> None:
    """Neither here nor elsewhere, in however many hands the device was."""
    right = {"login": mara.email, "password": people.PASSWORD}
    for number in range(3):
        guess(device)
        for browser in (Browser(), device):
            assert browser.post("/accounts/login/", right).status_code == 302
            assert browser.get("/caseload/").status_code == 200
        give(device, people.hold(people.take_on(mara, f"Client {number}")))
        assert is_locked(device)


def test_an_empty_password_is_no_try(device: Browser) -> None:
    for _ in range(handed_over.MOST_TRIES + 1):
        assert take_back(device, "").status_code == 422
    assert take_back(device).headers["Location"].startswith("/clients/")


def test_a_new_hand_over_has_all_tries(device: Browser, session: TherapySession) -> None:
    for _ in range(2):
        for _ in range(handed_over.MOST_TRIES - 1):
            take_back(device, WRONG)
        assert take_back(device).headers["Location"].startswith("/clients/")
        give(device, session)


def test_another_language_does_not_bring_tries_back(
    device: Browser, session: TherapySession
) -> None:
    take_back(device, WRONG)
    device.post("/device/", filled_in(device, session, to="de", tension=""))
    assert device.session[handed_over.NOTE]["tries"] == 1


def test_a_copy_of_the_cookie_has_no_tries_of_its_own(device: Browser) -> None:
    copy = Browser()
    copy.cookies.load(device.cookies.output(header=""))
    take_back(device, WRONG)
    assert take_back(copy).status_code == 403
    assert copy.get("/caseload/").headers["Location"].startswith("/accounts/login/")


def test_of_tries_at_the_same_moment_one_is_looked_at(device: Browser) -> None:
    """Two requests have read the session before either has counted."""
    first, second = (HttpRequest(), HttpRequest())
    for request in (first, second):
        request.session = STORE(device.session.session_key)
    note = handed_over.Note(**first.session[handed_over.NOTE])
    assert note == handed_over.Note(**second.session[handed_over.NOTE])
    counted = handed_over.spend_try(first, note)
    assert counted
    assert counted.tries == 1
    assert handed_over.spend_try(second, note) is None
    with pytest.raises(UpdateError):
        second.session.save()


def test_the_page_for_the_password_is_not_filled_in_by_the_browser(device: Browser) -> None:
    page = text(device.get("/device/unlock/"))
    assert re.search(r'<input type="password"[^>]*autocomplete="new-password"', page)
    assert "Ana R." not in page


def test_the_unlocking_page_leads_nowhere_else(device: Browser) -> None:
    response = device.post("/device/unlock/?next=/clinic/", {"password": people.PASSWORD})
    assert response.headers["Location"].startswith("/clients/")


def test_logging_out_ends_it(device: Browser, mara: User) -> None:
    device.post("/accounts/logout/")
    assert device.get("/caseload/").headers["Location"].startswith("/accounts/login/")
    device.post("/accounts/login/", {"login": mara.email, "password": people.PASSWORD})
    assert device.get("/caseload/").status_code == 200


def test_the_end_of_the_login_ends_it(
    device: Browser, session: TherapySession, clock: time_machine.Traveller
) -> None:
    """And answers that come then are not shown to whoever takes the device next."""
    late = filled_in(device, session)
    clock.shift(settings.SESSION_COOKIE_AGE + 1)
    page = device.post("/device/", late, headers={"Sec-Fetch-Site": "same-origin"})
    assert page.status_code == 403
    assert "This form is closed" in text(page)
    assert COMMENT not in text(page)
    assert device.get("/device/").headers["Location"].startswith("/accounts/login/")
    assert not Rating.objects.exists()


def test_who_is_deactivated_meanwhile_leaves_the_login_page(
    device: Browser, mara: User, ruth: User
) -> None:
    accounts.deactivate(mara, by=ruth, at=people.MONDAY)
    assert device.get("/device/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")


def test_a_role_taken_away_meanwhile_closes_the_form(device: Browser, mara: User) -> None:
    User.objects.filter(pk=mara.pk).update(roles=[Role.ADMIN])
    assert device.get("/device/").status_code == 410
    assert is_locked(device)
    assert take_back(device).headers["Location"] == "/"
    assert device.get("/clinic/").status_code == 200


# --- The answers


def test_the_answers_are_stored_with_where_they_were_given(
    device: Browser, session: TherapySession, clock: time_machine.Traveller
) -> None:
    opened = re.search(r'name="opened" value="([^"]+)"', text(device.get("/device/")))
    assert opened
    clock.shift(42)
    sent = send(device, session, opened=opened[1], follow_up="raise")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/device/")
    rating = Rating.objects.get()
    assert (rating.provenance, rating.seconds, rating.language) == ("room", 42, "en")
    assert (rating.comment, rating.follow_up, rating.entered_by) == (COMMENT, "raise", None)


def test_a_form_that_is_no_longer_open_by_link_is_open_here(
    as_mara: Browser, session: TherapySession, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(days=60))
    browser = logged_in(session.treatment.therapist)
    give(browser, session)
    send(browser, session)
    assert Rating.objects.get().provenance == "room"


def test_afterwards_the_device_says_thanks_and_nothing_else(
    device: Browser, session: TherapySession
) -> None:
    assert COMMENT not in text(send(device, session))
    page = text(device.get("/device/"))
    assert "Please give the device back." in page
    assert "item_" not in page
    assert "change" not in page


def test_no_later_page_on_the_device_shows_the_answers(
    device: Browser, session: TherapySession
) -> None:
    """Walk everywhere: locked, unlocked to the front of the site, and locked for the next one."""
    sent = filled_in(device, session)
    device.post("/device/", sent)
    for path in ("/device/", "/device/unlock/", "/caseload/", f"/rate/{session.request.pk}/"):
        assert COMMENT not in text(device.get(path, follow=True))
    for again in (sent, sent | {"tension": ""}, sent | {"to": "de"}, sent | {"comment": "x"}):
        assert COMMENT not in text(device.post("/device/", again, follow=True))
    assert COMMENT not in text(take_back(device, WRONG))
    assert not Draft.objects.exists()


def test_a_page_of_an_earlier_client_does_not_fill_the_form_of_the_next(
    device: Browser, session: TherapySession, mara: User
) -> None:
    """The Back button of a browser can send a page again that was refused before."""
    unfinished = filled_in(device, session, tension="")
    assert COMMENT in text(device.post("/device/", unfinished))  # one's own words, to go on
    take_back(device)
    after = device.post("/device/", unfinished)
    assert (after.status_code, after.headers["Location"]) == (303, "/")
    other = people.hold(people.take_on(mara, "Bo K."))
    give(device, other)
    for again in (unfinished, unfinished | {"tension": "none"}, unfinished | {"to": "de"}):
        page = device.post("/device/", again, follow=True)
        assert page.redirect_chain == [("/device/", 303)]
        assert COMMENT not in text(page)
    assert not Rating.objects.exists()


def test_nothing_typed_is_kept_before_it_is_sent(device: Browser, session: TherapySession) -> None:
    device.post("/device/", filled_in(device, session, tension=""))
    assert COMMENT not in text(device.get("/device/"))
    assert not Draft.objects.exists()
    assert COMMENT not in str(dict(device.session))


def test_a_forgotten_question_is_asked_again(device: Browser, session: TherapySession) -> None:
    page = device.post("/device/", filled_in(device, session, tension=""))
    assert page.status_code == 422
    assert "Please choose one answer." in text(page)
    assert COMMENT in text(page)


def test_the_same_form_twice_is_thanked_twice_and_kept_once(
    device: Browser, session: TherapySession
) -> None:
    for _ in range(2):
        sent = send(device, session)
        assert (sent.status_code, sent.headers["Location"]) == (303, "/device/")
    assert Rating.objects.count() == 1


def test_answered_by_link_meanwhile(device: Browser, session: TherapySession) -> None:
    people.answer(session, 1, 1, 1, at=people.MONDAY + timedelta(hours=1))
    refused = send(device, session)
    assert refused.status_code == 409
    assert "We kept the first ones." in text(refused)
    assert COMMENT not in text(refused)
    assert Rating.objects.get().provenance == "link"
    assert "Please give the device back." in text(device.get("/device/"))


def test_the_client_may_change_the_language_and_goes_on(
    device: Browser, session: TherapySession
) -> None:
    page = device.post("/device/", filled_in(device, session, to="de", tension=""))
    assert page.status_code == 200
    assert '<html lang="de"' in text(page)
    assert COMMENT in text(page)
    assert text(page).count(" checked") == len(session.request.form_instrument().items)
    assert '<html lang="de"' in text(device.get("/device/"))


def test_answers_on_the_device_cannot_be_changed_by_the_link(
    device: Browser, session: TherapySession
) -> None:
    send(device, session)
    phone = people.open_form(session.request)
    assert phone.get(f"/rate/{session.request.pk}/change/").status_code == 303


# --- Goals and tasks


def test_who_does_not_treat_the_client_hands_over_no_goals(
    as_noor: Browser, as_mara: Browser, ana: Treatment
) -> None:
    """The front desk could read them first; the therapist in the room knows them."""
    people.agree(ana, "Sleep through the night")
    session = people.hold(ana)
    give(as_noor, session)
    another = as_noor.post("/device/", {"to": "de", "handed_over": token(as_noor)})
    for page in (text(as_noor.get("/device/")), text(another)):
        assert "Sleep through the night" not in page
        assert 'name="proposal"' not in page
    assert send(as_noor, session, item_goal_1="").status_code in (303, 422)
    Rating.objects.all().delete()
    give(as_mara, session)
    assert "Sleep through the night" in text(as_mara.get("/device/"))


def test_a_form_that_was_withdrawn_comes_back_in_no_language(
    device: Browser, session: TherapySession
) -> None:
    its = token(device)
    RatingRequest.objects.update(withdrawn_at=people.MONDAY)
    answer = device.post("/device/", {"to": "de", "handed_over": its})
    assert answer.status_code == 410
    assert 'type="radio"' not in text(answer)
