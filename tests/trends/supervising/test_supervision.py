"""Pages of supervision: what a supervisor reads, and how a therapist shares and withdraws it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import User
from accounts.permissions import Role
from audit.models import Event
from clients import sharing
from clients.models import Share, Treatment
from sessions.correcting import corrections
from sessions.models import Rating, TherapySession
from tests import people
from tests.conftest import CountsQueries, logged_in
from trends.flags import moves
from trends.models import Flag

NOW = people.MONDAY + timedelta(weeks=3)
NOTE, COMMENT, FLAG_NOTE = "Private words.", "Words of the client.", "Seen, and thought about."


@pytest.fixture(autouse=True)
def now() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def rated(ana: Treatment) -> Treatment:
    for week, bond in enumerate([5, 5, 1]):
        session = people.hold(ana, people.MONDAY + timedelta(weeks=week), note=NOTE)
        people.answer(session, 5, 5, bond, comment=COMMENT, follow_up="know")
    people.compute(ana, at=NOW)
    return ana


def share(treatment: Treatment, supervisor: User) -> Share:
    return sharing.share(treatment, supervisor=supervisor, by=treatment.therapist, at=NOW)


def words_of(browser: Browser, path: str) -> str:
    html = browser.get(path).content.decode()
    main = html[html.index("<main") : html.index("</main>")]
    return re.sub(r"\s+", " ", main)


def client_page(treatment: Treatment) -> str:
    return f"/clients/{treatment.client_id}/"


# --- What a supervisor reads


def test_the_page_of_a_client_is_closed_until_it_is_shared(rated: Treatment, sven: User) -> None:
    browser = logged_in(sven)
    assert browser.get(client_page(rated)).status_code == 404
    shared = share(rated, sven)
    assert browser.get(client_page(rated)).status_code == 200
    sharing.withdraw(shared, by=rated.therapist, at=NOW)
    assert browser.get(client_page(rated)).status_code == 404


def test_a_supervisor_reads_the_course_and_why(rated: Treatment, sven: User) -> None:
    share(rated, sven)
    page = words_of(logged_in(sven), client_page(rated))
    assert "You read this because Mara Lindqvist shared it with you on 28 September 2026" in page
    for words in ("Ana R.", "With Mara Lindqvist since", COMMENT, "score--bond", "<svg"):
        assert words in page
    assert "Possible rupture, session 3" in page


def test_a_supervisor_gets_no_private_words_and_no_contact_data(
    rated: Treatment, sven: User
) -> None:
    flag = Flag.objects.get(treatment=rated)
    moves.acknowledge(flag, note=FLAG_NOTE, by=rated.therapist, at=NOW)
    share(rated, sven)
    page = words_of(logged_in(sven), client_page(rated))
    own = words_of(logged_in(rated.therapist), client_page(rated))
    for words in (NOTE, FLAG_NOTE, "ana@mail.example", "Contact"):
        assert words in own
        assert words not in page


def test_a_supervisor_is_not_told_why_something_was_corrected(
    rated: Treatment, sven: User, mara: User
) -> None:
    """The reason may name another client."""
    session = TherapySession.objects.filter(treatment=rated).latest("held_at")
    corrections.void_session(session, reason="It was Bo K.", by=mara, at=NOW)
    share(rated, sven)
    assert "Bo K." in words_of(logged_in(mara), client_page(rated))
    told = words_of(logged_in(sven), client_page(rated))
    assert "Session does not count" in told
    assert "Bo K." not in told


def test_there_is_nothing_to_do_on_a_page_that_is_only_read(rated: Treatment, sven: User) -> None:
    """No form of any kind, and links to pages that this person may open."""
    share(rated, sven)
    browser = logged_in(sven)
    people.hold(rated, NOW - timedelta(hours=1))  # could be filled in, or sent again
    page = words_of(browser, client_page(rated))
    assert "<form" not in page
    assert "<button" not in page
    places = {path.partition("#")[0] for path in re.findall(r'href="(/[^"]*)"', page)}
    opened = {path: browser.get(path).status_code for path in places if path}
    assert opened == dict.fromkeys(opened, 200)


def test_an_earlier_treatment_of_the_client_stays_closed(
    rated: Treatment, sven: User, jonas: User
) -> None:
    other = Treatment.objects.create(client=rated.client, therapist=jonas, started_on=NOW.date())
    share(rated, sven)
    page = words_of(logged_in(sven), f"{client_page(rated)}?treatment={other.pk}")
    assert "With Mara Lindqvist" in page
    assert "Jonas" not in page


def test_reading_is_noted_by_opening_the_page_not_by_asking_for_its_head(
    rated: Treatment, sven: User, now: time_machine.Traveller
) -> None:
    shared = share(rated, sven)
    browser = logged_in(sven)
    browser.head(client_page(rated))
    browser.get("/supervision/")
    logged_in(rated.therapist).get(client_page(rated))
    shared.refresh_from_db()
    assert shared.read_at is None
    now.move_to(NOW + timedelta(hours=5))
    browser = logged_in(sven)
    browser.get(client_page(rated))
    browser.get(client_page(rated))
    shared.refresh_from_db()
    assert shared.read_at == NOW + timedelta(hours=5)
    assert Event.objects.filter(action="clients.read_shared").count() == 1
    told = words_of(logged_in(rated.therapist), client_page(rated))
    assert "read on 28 September 2026, 19:00" in told


def test_a_successor_reads_why_too(rated: Treatment, jonas: User) -> None:
    Treatment.objects.create(
        client=rated.client,
        therapist=jonas,
        started_on=NOW.date(),
        follows=rated,
        history_agreed=True,
    )
    browser = logged_in(jonas)
    assert "With you since" in words_of(browser, client_page(rated))
    page = words_of(browser, f"{client_page(rated)}?treatment={rated.pk}")
    assert "You go on with this client, who agreed that you read what came before." in page
    assert NOTE not in page
    assert "<form" not in page


# --- The supervisor's home


def test_a_supervisor_begins_with_what_is_shared(rated: Treatment, sven: User) -> None:
    share(rated, sven)
    browser = logged_in(sven)
    assert browser.get("/").headers["Location"] == "/supervision/"
    page = words_of(browser, "/supervision/")
    for words in ("Ana R.", "Mara Lindqvist", "<svg", "possible rupture: not yet seen"):
        assert words in page
    assert f"{client_page(rated)}?treatment={rated.pk}" in page
    assert "not read yet" in page
    assert "needs" not in page.replace("needs_", ""), "nothing waits for a supervisor"


def test_without_anything_shared_the_page_says_how_it_comes_there(sven: User) -> None:
    page = words_of(logged_in(sven), "/supervision/")
    assert "Nothing is shared with you" in page
    assert "A therapist can share a treatment" in page


def test_many_shares_take_as_many_queries_as_one(
    mara: User, sven: User, count_queries: CountsQueries
) -> None:
    browser = logged_in(sven)
    counted = []
    for number in range(3):
        treatment = people.take_on(mara, f"Client {number}")
        people.course(treatment, (5, 5, 5), (5, 5, 5), (5, 5, 1))
        share(treatment, sven)
        counted.append(count_queries(lambda: browser.get("/supervision/")))
    assert len(set(counted)) == 1


def test_who_treats_and_supervises_has_both_places(clinic: object, mara: User) -> None:
    mara.roles = [Role.THERAPIST, Role.SUPERVISOR]
    mara.save()
    html = logged_in(mara).get("/caseload/").content.decode()
    assert 'href="/supervision/"' in html


# --- How a therapist shares


def test_a_therapist_shares_and_withdraws(as_mara: Browser, rated: Treatment, sven: User) -> None:
    assert "Shared with nobody." in words_of(as_mara, client_page(rated))
    path = f"/treatments/{rated.pk}/share/"
    assert as_mara.post(path, {"supervisor": str(sven.pk)}).status_code == 302
    page = words_of(as_mara, client_page(rated))
    assert "Sven Dahl can read this treatment now." in page
    assert "not read yet" in page
    shared = Share.objects.get()
    assert as_mara.post(f"/shares/{shared.pk}/withdraw/").status_code == 302
    page = words_of(as_mara, client_page(rated))
    assert "Sven Dahl can no longer read this treatment." in page
    assert "Shared with nobody." in page


def test_only_supervisors_can_be_chosen(
    as_mara: Browser, rated: Treatment, sven: User, jonas: User, stranger: User
) -> None:
    stranger.roles = [Role.SUPERVISOR]
    stranger.save()
    page = words_of(as_mara, client_page(rated))
    assert re.findall(r"<option[^>]*>([^<]+)", page) == ["Sven Dahl"]
    for person in (jonas, stranger):
        answer = as_mara.post(f"/treatments/{rated.pk}/share/", {"supervisor": str(person.pk)})
        assert answer.status_code == 422
        assert "Select a valid choice" in answer.content.decode()
    assert not Share.objects.exists()


def test_where_nobody_supervises_the_card_says_what_to_do(
    as_mara: Browser, rated: Treatment
) -> None:
    page = words_of(as_mara, client_page(rated))
    assert "a clinic admin can invite one" in page
    assert "<select" not in page[page.index('id="shared"') :].partition("</section>")[0]


def test_nobody_else_s_treatment_can_be_shared_or_withdrawn(
    rated: Treatment, sven: User, jonas: User
) -> None:
    shared = share(rated, sven)
    for person, status in ((jonas, 404), (sven, 403)):
        browser = logged_in(person)
        body = {"supervisor": str(sven.pk)}
        assert browser.post(f"/treatments/{rated.pk}/share/", body).status_code == status
        assert browser.post(f"/shares/{shared.pk}/withdraw/").status_code == status
    shared.refresh_from_db()
    assert shared.withdrawn_at is None


def test_the_hour_of_reading_is_on_the_clinic_s_clock(
    as_mara: Browser, rated: Treatment, sven: User
) -> None:
    shared = share(rated, sven)
    rated.client.clinic.time_zone = "Europe/Stockholm"
    rated.client.clinic.save()
    Share.objects.filter(pk=shared.pk).update(read_at=datetime(2026, 3, 12, 13, 5, tzinfo=UTC))
    assert "12 March 2026" in words_of(as_mara, client_page(rated))
    assert "14:05" in words_of(as_mara, client_page(rated))


def test_the_place_of_what_a_supervisor_reads_is_supervision(rated: Treatment, sven: User) -> None:
    share(rated, sven)
    page = logged_in(sven).get(client_page(rated)).content.decode()
    assert 'href="/supervision/" aria-current="page"' in page


def test_what_the_client_asks_of_the_therapist_is_told_so(rated: Treatment, sven: User) -> None:
    share(rated, sven)
    Rating.objects.update(follow_up=Rating.FollowUp.RAISE, tension="strong", settled="yes")
    page = words_of(logged_in(sven), client_page(rated))
    assert "Said it is settled between them. Asks the therapist to raise it." in page
    assert "Asks you" not in page
    own = words_of(logged_in(rated.therapist), client_page(rated))
    assert "Said it is settled between you." in own
    assert "<strong>Asks you to raise it.</strong>" in own
    Rating.objects.update(read_at=NOW)
    own = words_of(logged_in(rated.therapist), client_page(rated))
    assert "Asked you to raise it · read 28 Sep" in own
