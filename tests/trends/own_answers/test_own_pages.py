"""The client's own rights: the link, the second check behind it, and what stands inside."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client as Browser
from django.test import override_settings
from django.utils import timezone

from accounts.models import Clinic, User
from audit.models import Event
from clients import checked
from clients import services as clients
from clients.models import Client, ClientLink, Treatment
from outbox import composers
from sessions.form import answering
from sessions.models import OWN_LINK, TherapySession
from tests import people
from tests.conftest import logged_in
from tests.registry.database import dump, fingerprint, holds
from tests.registry.loud import loud_templates, missing_in
from trends.flags import moves
from trends.models import Flag
from trends.own_answers import own_views

pytestmark = pytest.mark.usefixtures("clock")

PIN = "4711"
DAY = timedelta(days=1)
INSIDE = ["/own/", "/own/answers.json", "/own/answers.txt", "/own/erasure/"]
NOTE = "CANARY-note-about-the-session"
FLAG_NOTE = "CANARY-note-about-the-flag"
COMMENT = "CANARY-words-of-ana"
OTHERS = "CANARY-words-of-petra"


def with_secret(client: Client, **secret: str) -> Client:
    by = User.objects.therapists().earliest("created_at")
    said = {"name": client.name, "email": client.email, "language": "en", "contact": "email"}
    return clients.change_client(client, **said, **secret, by=by, at=people.MONDAY)


@pytest.fixture
def client(ana: Treatment) -> Client:
    return with_secret(ana.client, pin=PIN)


def issue(client: Client, purpose: str = ClientLink.Purpose.OWN) -> str:
    return clients.issue_link(client, purpose=purpose, at=timezone.now(), valid=DAY)


def opened(client: Client) -> Browser:
    """A browser that holds the link, and no more."""
    browser = Browser()
    assert browser.get(f"/own/{issue(client)}/").status_code == 303
    return browser


def let_in(client: Client, answer: str = PIN) -> Browser:
    browser = opened(client)
    assert browser.post("/own/check/", {"answer": answer}).status_code == 303
    return browser


def words(response: Any) -> str:
    """What stands on a page, without tags, in one line."""
    assert response.status_code < 500
    body = re.sub(r"(?s)<head>.*?</head>|<[^>]+>", " ", response.content.decode())
    return " ".join(body.split())


@pytest.fixture
def answered(ana: Treatment, client: Client, mara: User) -> Client:
    """Ana has answered three forms; the third raised a flag, and Mara wrote a note about it."""
    for week, scores in enumerate([(5, 5, 5), (5, 5, 5), (5, 5, 1)]):
        session = people.hold(ana, people.MONDAY + timedelta(weeks=week), note=NOTE)
        people.answer(session, *scores, comment=f"{COMMENT}-{week}", follow_up="raise")
    at = people.MONDAY + timedelta(weeks=3)
    people.compute(ana, at=at)
    moves.acknowledge(Flag.objects.get(), note=FLAG_NOTE, by=mara, at=at)
    return client


# --- The link


def test_the_mailed_link_opens_the_question(client: Client) -> None:
    mail = composers.compose(OWN_LINK, client.pk, timezone.now())
    path = mail.text.split("http://localhost")[1].split()[0]
    response = Browser().get(path, follow=True)
    assert response.redirect_chain == [("/own/", 303)]
    assert "Your PIN" in words(response)


def test_the_token_moves_into_a_cookie_that_lives_as_long_as_the_link(client: Client) -> None:
    token = issue(client)
    with time_machine.travel(timezone.now() + timedelta(hours=3), tick=False):
        response = Browser().get(f"/own/{token}/")
    assert (response.status_code, response.headers["Location"]) == (303, "/own/")
    cookie = response.cookies["own"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["max-age"] == 21 * 3600
    assert not holds(token, in_dump=dump())


def test_under_https_the_cookie_belongs_to_this_host(client: Client) -> None:
    with override_settings(HTTPS=True):
        response = Browser().get(f"/own/{issue(client)}/", secure=True)
    assert response.cookies["__Host-own"]["secure"]


def test_an_unknown_link_says_nothing(client: Client) -> None:
    response = Browser().get("/own/no-such-token/")
    assert response.status_code == 404
    assert not response.cookies
    assert "This link does not work" in words(response)
    assert "Northside" not in words(response)


def test_expired_unknown_and_foreign_links_look_the_same(client: Client) -> None:
    unknown = Browser().get("/own/no-such-token/").content
    old, mail = issue(client), issue(client, ClientLink.Purpose.MAIL)
    assert Browser().get(f"/own/{mail}/").content == unknown
    with time_machine.travel(timezone.now() + DAY, tick=False):
        response = Browser().get(f"/own/{old}/")
    assert (response.status_code, response.content) == (404, unknown)


def test_a_browser_that_is_inside_is_out_when_the_link_ends(client: Client) -> None:
    browser = let_in(client)
    with time_machine.travel(timezone.now() + DAY - timedelta(minutes=5), tick=False):
        browser.post("/own/check/", {"answer": PIN})
        assert browser.get("/own/answers.txt").status_code == 200
    with time_machine.travel(timezone.now() + DAY, tick=False):
        browser.cookies["own"]["max-age"] = ""  # a browser that keeps it too long
        assert browser.get("/own/answers.txt").status_code == 404


@pytest.mark.parametrize("path", INSIDE)
def test_without_a_link_every_page_is_unknown(path: str, client: Client) -> None:
    assert Browser().get(path).status_code == 404
    assert Browser().post("/own/check/", {"answer": PIN}).status_code == 404
    assert Browser().post("/own/erasure/").status_code == 404


def test_whoever_guesses_links_is_stopped_and_the_client_is_not(client: Client) -> None:
    cache.clear()
    statuses = [Browser().get(f"/own/guess-{number}/").status_code for number in range(32)]
    assert (statuses[0], statuses[-1]) == (404, 429)
    assert let_in(client).get("/own/").status_code == 200
    cache.clear()


# --- The second check


@pytest.mark.parametrize("path", INSIDE[1:])
def test_the_link_alone_only_asks(path: str, answered: Client) -> None:
    browser = opened(answered)
    response = browser.get(path)
    assert (response.status_code, response.headers["Location"]) == (303, "/own/")
    page = words(browser.get("/own/"))
    for closed in ("Ana", "ana@mail", "Mara", COMMENT, "September"):
        assert closed not in page


def test_the_link_alone_asks_for_no_erasure(client: Client) -> None:
    assert opened(client).post("/own/erasure/").status_code == 303
    assert Client.objects.get().erasure_asked_at is None


def test_the_right_answer_opens_for_half_an_hour(answered: Client) -> None:
    browser = opened(answered)
    response = browser.post("/own/check/", {"answer": "47 11"})
    assert (response.status_code, response.headers["Location"]) == (303, "/own/")
    [name] = [name for name in response.cookies if name != "csrftoken"]
    cookie = response.cookies[name]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 1800)
    assert COMMENT in words(browser.get("/own/"))
    with time_machine.travel(timezone.now() + timedelta(minutes=31), tick=False):
        page = words(browser.get("/own/"))
    assert "Your PIN" in page
    assert COMMENT not in page


def test_five_wrong_answers_close_it_and_say_whom_to_ask(client: Client) -> None:
    browser = opened(client)
    answers = [browser.post("/own/check/", {"answer": "0000"}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 429]
    assert "That does not match." in words(answers[0])
    for response in (
        answers[-1],
        browser.post("/own/check/", {"answer": PIN}),
        browser.get("/own/"),
        opened(client).get("/own/"),
    ):
        assert response.status_code == 429
        assert "Please ask the clinic to help you." in words(response)
        assert "Your PIN" not in words(response)
    assert opened(client).get("/own/answers.txt").status_code == 303


def test_five_tries_are_five_in_all_browsers_together(client: Client) -> None:
    for number in range(5):
        opened(client).post("/own/check/", {"answer": f"000{number}"})
    assert opened(client).post("/own/check/", {"answer": PIN}).status_code == 429


def test_whoever_is_inside_stays_inside_while_others_guess(answered: Client) -> None:
    browser = let_in(answered)
    for _ in range(5):
        opened(answered).post("/own/check/", {"answer": "0000"})
    assert COMMENT in words(browser.get("/own/"))


def test_an_empty_answer_is_no_try(client: Client) -> None:
    response = opened(client).post("/own/check/", {})
    assert response.status_code == 422
    assert "Please type your answer." in words(response)
    assert Client.objects.get().failed_checks == 0


@pytest.mark.parametrize("answer", ["", "1984", "0", "None"])
def test_a_client_without_secret_cannot_get_in(ana: Treatment, answer: str) -> None:
    browser = opened(ana.client)
    before = fingerprint()
    for response in (browser.get("/own/"), browser.post("/own/check/", {"answer": answer})):
        assert response.status_code == 403
        assert "you need a PIN" in words(response)
    assert browser.get("/own/answers.json").status_code == 303
    assert fingerprint() == before


def test_the_year_of_birth_opens_where_there_is_no_pin(ana: Treatment) -> None:
    with_secret(ana.client, birth_year="1984")
    browser = opened(ana.client)
    assert "The year you were born" in words(browser.get("/own/"))
    assert let_in(ana.client, "1984").get("/own/answers.txt").status_code == 200


def test_a_new_pin_ends_what_was_open(answered: Client) -> None:
    browser = let_in(answered)
    with_secret(answered, pin="9999")
    assert COMMENT not in words(browser.get("/own/"))


def test_the_check_of_a_form_does_not_open_the_answers(answered: Client) -> None:
    browser, passed = opened(answered), HttpResponse()
    checked.remember(passed, answered, scope="form-1", minutes=30)
    browser.cookies.update(passed.cookies)
    assert "Your PIN" in words(browser.get("/own/"))


# --- Who is there


@pytest.mark.parametrize("person", ["mara", "ruth", "noor", "root"])
def test_who_is_logged_in_does_not_matter(
    person: str, answered: Client, request: pytest.FixtureRequest
) -> None:
    browser = logged_in(request.getfixturevalue(person))
    assert browser.get("/own/").status_code == 404
    browser.get(f"/own/{issue(answered)}/")
    page = words(browser.get("/own/"))
    assert "Your PIN" in page
    assert COMMENT not in page
    browser.post("/own/check/", {"answer": PIN})
    inside = browser.get("/own/").content.decode()
    assert "/caseload/" not in inside
    assert browser.session["_auth_user_id"]  # neither more nor less logged in than before


def test_inside_opens_nothing_of_the_staff(client: Client) -> None:
    browser = let_in(client)
    for path in ("/caseload/", f"/clients/{client.pk}/"):
        assert browser.get(path).headers["Location"].startswith("/accounts/login/")


def test_two_clients_see_their_own(answered: Client, mara: User, jonas: User) -> None:
    petra = people.take_on(jonas, "Petra K.", email="petra@mail.example")
    with_secret(petra.client, pin="1234")
    people.answer(people.hold(petra), comment=OTHERS)
    for browser, inside, closed in (
        (let_in(answered), COMMENT, (OTHERS, "Petra", "petra@", "Jonas")),
        (let_in(petra.client, "1234"), OTHERS, (COMMENT, "Ana", "ana@", "Mara")),
    ):
        for path in INSIDE[:3]:
            page = browser.get(path).content.decode()
            assert inside in page
            assert not [canary for canary in closed if canary in page]


def test_the_check_of_one_client_does_not_open_another(answered: Client, jonas: User) -> None:
    petra = with_secret(people.take_on(jonas, "Petra K.").client, pin="1234")
    browser = let_in(petra, "1234")
    browser.get(f"/own/{issue(answered)}/")
    assert COMMENT not in words(browser.get("/own/"))
    assert browser.get("/own/answers.json").status_code == 303


def test_both_treatments_of_a_client_stand_there(answered: Client, jonas: User) -> None:
    second = clients.start_treatment(answered, by=jonas, at=people.MONDAY)
    people.answer(people.hold(second), comment="CANARY-to-jonas")
    page = words(let_in(answered).get("/own/"))
    assert page.index("With Jonas Okafor") < page.index("CANARY-to-jonas")
    assert page.index("CANARY-to-jonas") < page.index("With Mara Lindqvist")
    assert page.index("With Mara Lindqvist") < page.index(f"{COMMENT}-2")


# --- Inside


def test_all_answers_stand_there_in_words_newest_first(answered: Client) -> None:
    with loud_templates():
        response = let_in(answered).get("/own/")
    assert not missing_in(response.content.decode())
    page = words(response)
    places = [page.index(f"{COMMENT}-{week}") for week in (2, 1, 0)]
    assert places == sorted(places)
    request = TherapySession.objects.earliest("held_at").request
    instrument = request.form_instrument()
    for item in instrument.items:
        assert page.count(item.text["en"]) >= 3
    assert dict(instrument.choices("en"))[1] in page
    assert page.count("Please raise it with me") == 3
    assert "Was there any tension or misunderstanding today?" in page


def test_a_changed_answer_says_so(ana: Treatment, client: Client) -> None:
    rating = people.answer(people.hold(ana), comment="CANARY-before")
    said = answering.Said(rating.answers, rating.tension, comment="CANARY-after")
    answering.change_rating(rating, said=said, at=rating.submitted_at + timedelta(minutes=5))
    page = words(let_in(client).get("/own/"))
    assert "You changed it on 7 September 2026 at 17:05" in page
    assert "CANARY-after" in page
    assert "CANARY-before" not in page


@pytest.mark.parametrize("path", INSIDE)
def test_nothing_that_others_wrote_or_computed(path: str, answered: Client) -> None:
    page = let_in(answered).get(path).content.decode()
    closed = (NOTE, FLAG_NOTE, "rupture", "flag", "chart-alarm", "chart-band", "probab", PIN)
    assert [canary for canary in closed if canary in page] == []


def test_the_page_names_no_client(answered: Client) -> None:
    page = words(let_in(answered).get("/own/"))
    assert "Ana R." not in page
    assert "ana@mail" not in page


def test_the_course_is_a_picture_with_a_table(answered: Client) -> None:
    page = let_in(answered).get("/own/").content.decode()
    assert page.count('class="chart-dot" cx=') == 3 + 3  # the chart, and the end of each small one
    assert '<td class="number score--bond" data-label="Bond">1.0</td>' in page


def test_a_clinic_may_hide_scores_and_only_scores(answered: Client, clinic: Clinic) -> None:
    Clinic.objects.update(shows_course=False)
    browser = let_in(answered)
    response = browser.get("/own/")
    assert "<svg class=" not in response.content.decode()
    assert "score--bond" not in response.content.decode()
    page = words(response)
    assert page.count("This clinic does not show scores here. You can ask your therapist") == 1
    assert f"{COMMENT}-2" in page
    assert "scores" not in json.dumps(browser.get("/own/answers.json").json()["treatments"])
    assert "Goal 5.0" not in browser.get("/own/answers.txt").content.decode()


def test_before_the_first_answer_the_page_says_so(ana: Treatment, client: Client) -> None:
    people.hold(ana)
    page = words(let_in(client).get("/own/"))
    assert "Nothing is here yet" in page
    assert "Save a copy" in page


def test_the_page_speaks_the_language_of_the_client(answered: Client) -> None:
    clients.change_language(answered, language="de", by=None, at=people.MONDAY)
    page = let_in(answered).get("/own/").content.decode()
    assert '<html lang="de" dir="ltr">' in page
    assert '<dl class="facts" lang="en">' in page  # the words that were answered


def test_days_are_those_of_the_client(ana: Treatment, client: Client) -> None:
    with_secret(client, time_zone="Pacific/Auckland")
    people.answer(people.hold(ana))  # 14:00 in UTC is 2:00 of the next day there
    assert "Session on 8 September 2026" in words(let_in(client).get("/own/"))


def test_comments_cannot_write_the_page(ana: Treatment, client: Client) -> None:
    people.answer(people.hold(ana), comment="<script>alert(1)</script>")
    assert b"<script>alert" not in let_in(client).get("/own/").content


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing(method: str, answered: Client) -> None:
    token = issue(answered)
    browser = let_in(answered)
    before = fingerprint()
    for path in (f"/own/{token}/", *INSIDE):
        for asking in (browser, Browser()):
            getattr(asking, method)(path)
    assert fingerprint() == before


@pytest.mark.parametrize("path", INSIDE)
def test_nothing_is_kept_by_browsers_or_between(path: str, answered: Client) -> None:
    response = let_in(answered).get(path)
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]


# --- The copy


@pytest.mark.parametrize(
    ("name", "kind"),
    [("answers.json", "application/json"), ("answers.txt", "text/plain; charset=utf-8")],
)
def test_the_copy_is_a_file_whose_name_tells_nothing(
    name: str, kind: str, answered: Client
) -> None:
    response = let_in(answered).get(f"/own/{name}")
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response.headers["Content-Type"] == kind
    for week in range(3):
        assert f"{COMMENT}-{week}" in response.content.decode()


def test_the_data_is_whole_and_readable(ana: Treatment, client: Client) -> None:
    people.answer(people.hold(ana), comment="Ça va, größer, 良い")
    response = let_in(client).get("/own/answers.json")
    assert "Ça va, größer, 良い" in response.content.decode()
    assert response.json()["client"]["name"] == "Ana R."


# --- Asking to be forgotten


def test_asking_for_erasure_is_passed_on_and_deletes_nothing(answered: Client) -> None:
    browser = let_in(answered)
    assert "Nothing is deleted at once." in words(browser.get("/own/erasure/"))
    response = browser.post("/own/erasure/")
    assert (response.status_code, response.headers["Location"]) == (303, "/own/erasure/")
    assert "We have passed it on" in words(browser.get("/own/erasure/"))
    assert Client.objects.get().erasure_asked_at == timezone.now()
    event = Event.objects.get(action="clients.ask_erasure")
    assert (event.by_id, event.client_id) == (None, answered.pk)
    assert COMMENT in words(browser.get("/own/"))


def test_asked_twice_it_says_since_when(client: Client) -> None:
    let_in(client).post("/own/erasure/")
    first = timezone.now()
    with time_machine.travel(first + timedelta(days=3), tick=False):
        browser = let_in(client)
        assert browser.post("/own/erasure/").status_code == 303
        page = words(browser.get("/own/erasure/"))
    assert "on 7 September 2026 at 15:00" in page
    assert "Ask the clinic to delete" not in page
    assert Client.objects.get().erasure_asked_at == first


# --- Going


def test_logging_out_forgets_the_link_and_the_check(answered: Client) -> None:
    browser = let_in(answered)
    kept = {name for name in browser.cookies if name != "csrftoken"}
    assert len(kept) == 2
    response = browser.post("/own/leave/")
    assert "You are logged out" in words(response)
    for name in kept:
        assert (response.cookies[name]["max-age"], response.cookies[name]["path"]) == (0, "/")
    assert browser.get("/own/").status_code == 404
    browser.get(f"/own/{issue(answered)}/")
    assert COMMENT not in words(browser.get("/own/"))


def test_a_check_that_was_forgotten_is_over_even_if_a_browser_keeps_it(answered: Client) -> None:
    browser = let_in(answered)
    browser.post("/own/leave/")
    for cookie in browser.cookies.values():
        cookie["max-age"] = 9999
    browser.get(f"/own/{issue(answered)}/")
    assert COMMENT not in words(browser.get("/own/"))


def test_under_https_logging_out_reaches_the_same_cookies(client: Client) -> None:
    with override_settings(HTTPS=True):
        browser = Browser()
        browser.get(f"/own/{issue(client)}/", secure=True)
        browser.post("/own/check/", {"answer": PIN}, secure=True)
        response = browser.post("/own/leave/", secure=True)
    ours = [cookie for name, cookie in response.cookies.items() if name.startswith("__Host-")]
    assert len(ours) == 2
    for cookie in ours:
        assert (cookie["max-age"], cookie["secure"], cookie["path"]) == (0, True, "/")


def test_logging_out_twice_is_no_error(client: Client) -> None:
    for _ in range(2):
        assert Browser().post("/own/leave/").status_code == 200


def test_every_view_says_how_it_may_be_asked() -> None:
    browser: Any = Browser()
    for path in ("/own/", "/own/answers.json", "/own/answers.txt", "/own/some-token/"):
        assert browser.post(path).status_code == 405
    for path in ("/own/check/", "/own/leave/"):
        assert browser.get(path).status_code == 405
    assert own_views.CHECKED_MINUTES == 30
