"""The caseload, a client's page and the clinic's page, as they are read."""

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import Clinic, User
from clients import services as clients
from clients.models import Client, Treatment
from outbox.models import Message
from sessions.models import Rating, RatingRequest, TherapySession
from tests import people
from tests.clients.test_api import api
from tests.conftest import logged_in
from trends import method, services
from trends.flags import moves
from trends.models import Calibration, Flag, Trajectory

WEEK = timedelta(weeks=1)
NOW = people.MONDAY + 4 * WEEK + timedelta(hours=5)
STEADY, LOW = (4, 4, 4), (4, 4, 1)


@pytest.fixture(autouse=True)
def now() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def words(response: Any) -> str:
    """What a person reads: no tags, single spaces."""
    html = re.sub(r"<(script|style)\b.*?</\1>", "", response.content.decode(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
def low(ana: Treatment) -> TherapySession:
    """Ana's course fell in the last of four sessions; she wrote something."""
    people.course(ana, STEADY, (5, 4, 4), STEADY)
    session = people.hold(ana, people.MONDAY + 3 * WEEK, note="A private note.")
    people.answer(session, *LOW, tension="strong", comment="You seemed away.", follow_up="raise")
    people.compute(ana, at=NOW)
    return session


def client_page(browser: Browser, ana: Treatment, query: str = "") -> Any:
    return browser.get(f"/clients/{ana.client_id}/{query}")


def test_caseload_puts_the_flag_on_top_with_its_reason(
    as_mara: Browser, low: TherapySession
) -> None:
    people.take_on(low.recorded_by, "Aaron A.")
    page = words(as_mara.get("/caseload/"))
    assert page.index("Ana R.") < page.index("Aaron A.")
    assert "Possible rupture. Bond fell to 1.0; for Ana R. 3.4 to 4." in page
    assert "2 treatments · 1 needs you" in page
    assert "Asked you to raise it" in page


def test_caseload_without_clients_says_what_to_do(as_mara: Browser) -> None:
    page = as_mara.get("/caseload/")
    assert "Add your first client" in words(page)


def test_caseload_without_flags_does_not_say_that_all_is_well(
    as_mara: Browser, ana: Treatment
) -> None:
    page = words(as_mara.get("/caseload/"))
    assert "Ratings show only some ruptures, so this does not mean that there is none." in page


def test_client_page_shows_course_reason_and_what_was_said(
    as_mara: Browser, ana: Treatment, low: TherapySession
) -> None:
    response = client_page(as_mara, ana)
    page = words(response)
    assert "Possible rupture, session 4" in page
    assert "This compares with 3 earlier ratings." in page
    assert "You seemed away." in page
    assert "Said there was tension or a misunderstanding." in page
    assert "Asks you to raise it." in page
    assert "A private note." in page
    assert "I have seen this" in page
    assert "Engine: switching-2, prior: default-1" in page
    assert "What came after No rating by the client has come in since" in page
    assert response.content.decode().count("<svg") > 1


def test_client_page_has_the_chart_s_numbers_as_a_table(
    as_mara: Browser, ana: Treatment, low: TherapySession
) -> None:
    """Every number of the chart stands in the table too: the mean and the usual range."""
    table = re.search(
        r"<table[^>]*table--small.*?</table>",
        client_page(as_mara, ana).content.decode(),
        flags=re.DOTALL,
    )
    assert table
    cells = " ".join(re.sub(r"<[^>]+>", " ", table[0]).split())
    point = Trajectory.objects.get().points[-1]["point"]
    for number in (4.0, 1.0, 3.0, point["low"], point["high"]):  # 3.0 is the mean, the chart's dot
        assert f"{number:.1f}" in cells.split("28 Sep 2026")[1]
    assert "None" not in cells


def test_sessions_that_did_not_take_place_are_no_row_of_the_chart_s_table(
    as_mara: Browser, ana: Treatment, low: TherapySession
) -> None:
    people.hold(ana, NOW - timedelta(days=1), attendance="no_show")
    page = words(client_page(as_mara, ana))
    assert "None" not in page
    assert "did not come" in page


def test_client_page_numbers_sessions_newest_first(
    as_mara: Browser, ana: Treatment, low: TherapySession
) -> None:
    html = client_page(as_mara, ana).content.decode()
    positions = [html.index(f'id="session-{number}"') for number in (4, 3, 2, 1)]
    assert positions == sorted(positions)


def test_client_page_tells_what_became_of_each_form(as_mara: Browser, ana: Treatment) -> None:
    people.hold(ana, NOW - timedelta(hours=3))
    Message.objects.update(state="failed", reason="The mail server does not know this address.")
    page = words(client_page(as_mara, ana))
    assert "not sent" in page
    assert "The mail server does not know this address." in page
    assert "Send again" in page


@pytest.mark.parametrize(
    ("scores", "sentence"),
    [
        ([], "No session is recorded yet."),
        ([None], "No rating has come in yet."),
        ([STEADY, STEADY], "A possible rupture can only be seen against at least two earlier"),
    ],
)
def test_client_page_says_when_there_is_too_little(
    as_mara: Browser, ana: Treatment, scores: list[Any], sentence: str
) -> None:
    people.course(ana, *scores)
    assert sentence in words(client_page(as_mara, ana))


def test_client_page_before_anything_was_computed(as_mara: Browser, ana: Treatment) -> None:
    people.hold(ana, NOW - timedelta(hours=3))
    assert client_page(as_mara, ana).status_code == 200


def test_client_page_shows_the_open_treatment_and_on_demand_an_earlier_one(
    as_mara: Browser, ana: Treatment, low: TherapySession
) -> None:
    clients.end_treatment(ana, by=ana.therapist, at=NOW)
    clients.start_treatment(ana.client, by=ana.therapist, at=NOW)
    assert "No session is recorded yet." in words(client_page(as_mara, ana))
    assert "You seemed away." in words(client_page(as_mara, ana, f"?treatment={ana.pk}"))


@pytest.mark.parametrize("query", ["?treatment=junk", "?treatment=", "?treatment=%00"])
def test_client_page_with_junk_shows_the_newest(
    as_mara: Browser, ana: Treatment, query: str
) -> None:
    assert client_page(as_mara, ana, query).status_code == 200


def test_the_treatment_of_a_colleague_is_not_shown_on_the_client_s_page(
    ana: Treatment, low: TherapySession, jonas: User
) -> None:
    clients.start_treatment(ana.client, by=jonas, at=NOW)
    page = client_page(logged_in(jonas), ana, f"?treatment={ana.pk}")
    assert page.status_code == 200
    assert "You seemed away." not in words(page)
    assert str(ana.pk) not in page.content.decode()


# --- How ratings came in, and how much they say


@pytest.fixture
def many_ways(ana: Treatment) -> list[TherapySession]:
    """One rating for each way, none of them with all answers alike."""
    held = people.course(ana, *[(5, 4, 4)] * len(Rating.Provenance))
    for session, way in zip(held, Rating.Provenance, strict=True):
        Rating.objects.filter(session=session).update(provenance=way)
    return held


def table_of(response: Any) -> str:
    table = re.search(r"<table[^>]*table--small.*?</table>", response.content.decode(), re.DOTALL)
    assert table
    return " ".join(re.sub(r"<[^>]+>", " ", table[0]).split())


def test_every_way_has_its_mark_its_legend_and_its_words(
    as_mara: Browser, ana: Treatment, many_ways: list[TherapySession]
) -> None:
    response = client_page(as_mara, ana)
    html, table = response.content.decode(), table_of(response)
    legend = html[html.index('class="legend"') : html.index("</figcaption>")]
    for way in Rating.Provenance:
        assert str(way.label) in table
        assert (f"</svg>{way.label}</li>" in legend) == (way != Rating.Provenance.LINK)
    assert legend.count("chart-key") == 5


def test_a_course_by_link_alone_says_nothing_of_ways(
    as_mara: Browser, ana: Treatment, low: TherapySession
) -> None:
    html = client_page(as_mara, ana).content.decode()
    assert "chart-key" not in html
    assert "chart-open" not in html


def test_an_answer_that_was_changed_says_so(
    as_mara: Browser, ana: Treatment, low: TherapySession
) -> None:
    assert "changed by the client" not in words(client_page(as_mara, ana))
    Rating.objects.filter(session=low).update(changed_at=NOW)
    response = client_page(as_mara, ana)
    assert "changed by the client" in table_of(response)
    assert response.content.decode().count("changed by the client") == 3  # list, table, mark


@pytest.mark.parametrize(
    ("settled", "sentence"),
    [
        ("yes", "Said it is settled between you."),
        ("partly", "Said it is settled in part."),
        ("no", "Said it is not settled yet."),
    ],
)
def test_whether_it_is_settled_stands_with_the_tension(
    as_mara: Browser, ana: Treatment, low: TherapySession, settled: str, sentence: str
) -> None:
    assert "settled" not in words(client_page(as_mara, ana))
    Rating.objects.filter(session=low).update(settled=settled)
    assert f"Said there was tension or a misunderstanding. {sentence}" in words(
        client_page(as_mara, ana)
    )


KIND = "It may be exactly how it was; it only tells less."


@pytest.fixture
def told_to_others(as_ruth: Browser, as_noor: Browser, mara: User) -> Callable[[], str]:
    """All that the admin and the front desk read, and what the API tells the therapist's tools."""
    pages = [
        (as_ruth, "/clinic/"),
        (as_noor, "/front-desk/"),
        (as_noor, "/delivery/?show=all"),
        *((api(mara), f"/api/v1/{rows}/") for rows in ("sessions", "trajectories", "flags")),
    ]
    return lambda: "".join(words(browser.get(path)) for browser, path in pages)


@pytest.mark.parametrize("sign", ["alike", "quick"])
def test_what_says_little_is_told_kindly_and_to_the_therapist_alone(
    as_mara: Browser,
    ana: Treatment,
    low: TherapySession,
    sign: str,
    told_to_others: Callable[[], str],
) -> None:
    Rating.objects.filter(session=low).update(seconds=1.0 if sign == "quick" else 90.0)
    if sign == "alike":
        Rating.objects.exclude(session=low).delete()
        people.compute(ana, at=NOW)
        Rating.objects.update(answers=people.points(low.request, 4, 4, 4))
    response = client_page(as_mara, ana)
    assert KIND in words(response)
    assert "says little" in table_of(response)
    assert "Ana R." in told_to_others()
    assert "little" not in told_to_others()


def test_what_says_enough_is_not_marked(
    as_mara: Browser, ana: Treatment, many_ways: list[TherapySession]
) -> None:
    assert "says little" not in words(client_page(as_mara, ana))


def test_scores_without_answers_do_not_break_the_page(
    as_mara: Browser, ana: Treatment, low: TherapySession
) -> None:
    Rating.objects.update(answers={}, provenance="imported")
    assert "says little" not in words(client_page(as_mara, ana))


# --- What the therapist is told about forms


def test_the_newest_open_form_can_be_filled_in_here(as_mara: Browser, ana: Treatment) -> None:
    people.course(ana, None, None)
    newest = ana.sessions.latest("held_at")
    html = client_page(as_mara, ana).content.decode()
    assert html.count("Fill it in together") == html.count("Enter from paper") == 1
    assert f'action="/sessions/{newest.pk}/hand-over/"' in html
    assert f'href="/sessions/{newest.pk}/paper/"' in html
    people.answer(newest)
    assert "Fill it in together" not in words(client_page(as_mara, ana))


def test_nothing_is_filled_in_after_the_end_or_without_words_for_need(
    as_mara: Browser, ana: Treatment
) -> None:
    people.course(ana, None)
    Clinic.objects.update(crisis_text="")
    assert "Fill it in together" not in words(client_page(as_mara, ana))
    Clinic.objects.update(crisis_text="Call 112.")
    clients.end_treatment(ana, by=ana.therapist, at=NOW)
    assert "Fill it in together" not in words(client_page(as_mara, ana))


def test_a_client_who_asks_for_a_link_is_told_with_the_button(
    as_mara: Browser, ana: Treatment
) -> None:
    [session] = people.course(ana, None)
    RatingRequest.objects.update(link_asked_at=NOW)
    response = client_page(as_mara, ana)
    assert "Asks for a new link. It is for the form about session 1. Send a new link" in words(
        response
    )
    assert f'action="/requests/{session.request.pk}/send-again/"' in response.content.decode()


def test_three_forms_without_an_answer_come_with_a_suggestion(
    as_mara: Browser, ana: Treatment
) -> None:
    people.course(ana, STEADY, None, None, None)
    RatingRequest.objects.update(expires_at=NOW - WEEK / 7)
    page = words(client_page(as_mara, ana))
    assert "3 forms in a row not answered. Nobody is reminded any more." in page
    assert "fill in the next one together" in page


def test_contact_troubles_lead_to_where_they_are_solved(as_mara: Browser, ana: Treatment) -> None:
    assert "About the forms" not in client_page(as_mara, ana).content.decode()
    Client.objects.update(bounced_at=NOW)
    html = client_page(as_mara, ana).content.decode()
    assert f'href="/clients/{ana.client_id}/edit/#notice-bounced"' in html


def test_each_form_tells_since_when(as_mara: Browser, ana: Treatment) -> None:
    people.hold(ana, NOW - timedelta(hours=3))
    Message.objects.update(state="failed", reason="No such address.", state_at=NOW)
    assert "5 Oct 2026, 19:00 No such address." in words(client_page(as_mara, ana))
    due = NOW + timedelta(hours=4)
    Message.objects.update(state="queued", reason="", due_at=due)
    assert "goes out 5 Oct 2026, 23:00" in words(client_page(as_mara, ana))


def acknowledge(browser: Browser, note: str = "") -> Any:
    flag = Flag.objects.get()
    return browser.post(f"/flags/{flag.pk}/acknowledge/", {"note": note}, follow=True)


def test_acknowledge_with_a_note(as_mara: Browser, ana: Treatment, low: TherapySession) -> None:
    response = acknowledge(as_mara, "We talked about it.")
    assert response.redirect_chain == [(f"/flags/{Flag.objects.get().pk}/", 302)]
    assert "Noted: you have seen this." in words(response)
    page = words(client_page(as_mara, ana))
    assert "Seen by Mara Lindqvist" in page
    assert "We talked about it." in page
    assert "I have seen this" not in page
    assert not Flag.objects.open().exists()


def test_acknowledge_with_a_note_that_is_too_long_keeps_it(
    as_mara: Browser, low: TherapySession
) -> None:
    note = "x" * 2001
    response = acknowledge(as_mara, note)
    assert response.status_code == 422
    assert note in response.content.decode()
    assert Flag.objects.get().state == Flag.State.OPEN


def test_markup_in_what_the_client_wrote_is_text(as_mara: Browser, ana: Treatment) -> None:
    people.answer(people.hold(ana), comment='"><svg onload=alert(1)>')
    html = client_page(as_mara, ana).content.decode()
    assert "<svg onload" not in html
    assert "&lt;svg onload=alert(1)&gt;" in html


def test_markup_in_a_name_stays_text_in_the_chart(as_mara: Browser, mara: User) -> None:
    evil = people.take_on(mara, "<svg onload=alert(1)>")
    people.course(evil, STEADY, STEADY, LOW)
    for path in ("/caseload/", f"/clients/{evil.client_id}/", "/sessions/record/"):
        assert "<svg onload" not in as_mara.get(path).content.decode()


def test_no_page_needs_a_style_or_a_script_in_it(
    as_mara: Browser, ana: Treatment, low: TherapySession
) -> None:
    """The content security policy would not let it through."""
    for path in ("/caseload/", f"/clients/{ana.client_id}/", "/sessions/record/"):
        html = as_mara.get(path).content.decode()
        assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", html)
        assert not re.search(r"<script(?![^>]*\bsrc=)", html)


def test_client_page_queries_do_not_grow(
    as_mara: Browser, ana: Treatment, count_queries: Any
) -> None:
    def ask() -> object:
        return client_page(as_mara, ana)

    people.course(ana, STEADY, STEADY, LOW)
    few = count_queries(ask)
    petra = people.take_on(ana.therapist, "Petra K.")
    people.course(petra, *[STEADY] * 3, LOW, *[(5, 5, 5)] * 5, LOW, STEADY, None, None)
    people.compute(petra, since=people.MONDAY)
    for number, flag in enumerate(Flag.objects.filter(treatment=petra)):
        moves.acknowledge(flag, note=f"{number}", by=ana.therapist, at=NOW)
    assert Flag.objects.filter(treatment=petra).count() >= 2

    def ask_more() -> object:
        return client_page(as_mara, petra)

    assert count_queries(ask_more) <= few


def test_clinic_page_shows_counts_and_no_answer(as_ruth: Browser, low: TherapySession) -> None:
    page = words(as_ruth.get("/clinic/"))
    assert "Mara Lindqvist" in page
    assert "The last 90 days." in page
    for hidden in ("Ana R.", "You seemed away.", "A private note.", "Bond fell"):
        assert hidden not in page


def test_clinic_page_says_too_few_instead_of_figures(as_ruth: Browser, low: TherapySession) -> None:
    assert "too few to say" in words(as_ruth.get("/clinic/"))


def test_clinic_page_of_a_new_clinic_says_what_to_do(as_ruth: Browser) -> None:
    assert "Invite a therapist" in words(as_ruth.get("/clinic/"))


def test_clinic_page_queries_do_not_grow(as_ruth: Browser, mara: User, count_queries: Any) -> None:
    people.course(people.take_on(mara), STEADY)
    few = count_queries(lambda: as_ruth.get("/clinic/"))
    for number in range(4):
        colleague = people.hire(mara.own_clinic, f"Colleague{number} C.", people.Role.THERAPIST)
        people.course(people.take_on(colleague, f"Client {number}"), STEADY, STEADY, LOW)
    assert count_queries(lambda: as_ruth.get("/clinic/")) == few


# --- How it is computed


def test_every_flag_links_to_how_it_is_computed(
    as_mara: Browser, ana: Treatment, low: TherapySession
) -> None:
    for response in (as_mara.get("/caseload/"), client_page(as_mara, ana)):
        assert 'href="/method/"' in response.content.decode()


def test_the_course_s_table_has_the_chance_of_a_rupture(
    as_mara: Browser, ana: Treatment, low: TherapySession
) -> None:
    chance = Trajectory.objects.get().points[-1]["point"]["p_rupture"]
    page = words(client_page(as_mara, ana))
    assert "Chance of a rupture" in page
    assert chance > 0.98
    assert "more than 95 %" in page
    assert "100" not in page.partition("Chance of a rupture")[2].partition("Sessions")[0]


def test_a_course_of_an_earlier_engine_is_still_shown(
    as_mara: Browser, ana: Treatment, low: TherapySession
) -> None:
    """Until it is computed anew it lacks what the earlier engine did not know."""
    row = Trajectory.objects.get()
    for stored in row.points:
        for name in ("p_rupture", "p_onset", "level", "level_low", "level_high"):
            stored["point"].pop(name)
    row.engine, row.prior, row.p_rupture = "own-mean-1", "", None
    row.save()
    flag = Flag.objects.get()
    later = ("one_in", "p_onset", "p_rupture", "also")
    flag.reason = {name: said for name, said in (flag.reason or {}).items() if name not in later}
    flag.save()
    page = words(client_page(as_mara, ana))
    assert "Bond fell to 1.0" in page
    assert "None" not in page
    assert as_mara.get("/caseload/").status_code == 200


def test_the_page_about_the_method_has_one_title_and_an_outline(as_mara: Browser) -> None:
    html = as_mara.get("/method/").content.decode()
    levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert "In plain words" in html
    assert not re.search(r"\sstyle=|<style|javascript:", html)


def test_tables_of_the_method_scroll_by_themselves_and_html_is_text() -> None:
    html = method.render("| a | n |\n|---|---:|\n| x | 1 |\n\n<script>alert(1)</script>")
    assert 'class="scroll" role="region" tabindex="0"' in html
    assert '<th scope="col" class="number">n</th>' in html
    assert '<td class="number">1</td>' in html
    assert "style=" not in html
    assert "<script>" not in html
    assert "<tr><td></td>" in method.render("| | n |\n|---|---|\n| x | 1 |").replace("\n", "")
    two = method.render("| a |\n|---|\n\nand\n\n| b |\n|---|\n")
    assert re.findall(r'aria-label="([^"]*)"', two) == ["Table 1", "Table 2"]


# --- The alert budget


@pytest.fixture
def many(mara: User) -> None:
    """Six clients with a possible rupture in the fourth of four sessions, and a night."""
    for number in range(6):
        people.course(people.take_on(mara, f"Client {number}"), STEADY, (5, 4, 4), STEADY, LOW)
    services.nightly(mara.own_clinic.pk, at=NOW)


def test_a_clinic_without_a_night_is_told_when_there_will_be_a_preview(as_ruth: Browser) -> None:
    assert "There is no preview yet." in words(as_ruth.get("/clinic/alerts/"))


def test_the_preview_counts_flags_and_clients(as_ruth: Browser, many: None) -> None:
    page = words(as_ruth.get("/clinic/alerts/"))
    assert "In the last 90 days this would have raised 6 flags for 6 clients." in page
    assert "24 sessions were rated." in page
    assert "Until the clinic has 200 rated sessions a standard threshold is used" in page
    assert [f" {budget} " in page for budget in (2, 8, 12)] == [True] * 3
    assert "5 as saved" in page
    assert "Client 1" not in page


def test_the_preview_hides_how_many_clients_if_they_are_few(
    as_ruth: Browser, mara: User, many: None
) -> None:
    calibration = Calibration.objects.get()
    calibration.past["clients"] = [4] * len(calibration.past["clients"])
    calibration.save()
    page = words(as_ruth.get("/clinic/alerts/"))
    assert "this would have raised a few flags, for fewer than 5 clients." in page
    assert " 6 " not in page.partition("What it would have meant")[2]
    assert "fewer than 5" in page


def test_few_clients_have_no_preview(as_ruth: Browser, mara: User, low: TherapySession) -> None:
    services.nightly(mara.own_clinic.pk, at=NOW)
    page = words(as_ruth.get("/clinic/alerts/"))
    assert "Fewer than 5 clients gave a rating in the last 90 days" in page
    assert "flags" not in page.lower().split("it would have meant")[1]


def test_saving_a_budget(as_ruth: Browser, mara: User) -> None:
    response = as_ruth.post("/clinic/alerts/", {"alert_budget": "8"}, follow=True)
    assert "Saved." in words(response)
    assert 'value="8"' in response.content.decode()
    mara.own_clinic.refresh_from_db()
    assert mara.own_clinic.alert_budget == 8


@pytest.mark.parametrize("wrong", ["", "0", "21", "-1", "2.5", "many"])
def test_a_wrong_budget_is_sent_back(as_ruth: Browser, mara: User, wrong: str) -> None:
    assert as_ruth.post("/clinic/alerts/", {"alert_budget": wrong}).status_code == 422
    mara.own_clinic.refresh_from_db()
    assert mara.own_clinic.alert_budget == 5


def test_the_settings_lead_to_the_budget(as_ruth: Browser) -> None:
    assert 'href="/clinic/alerts/"' in as_ruth.get("/clinic/settings/").content.decode()


def test_the_budget_s_queries_do_not_grow(
    as_ruth: Browser, mara: User, many: None, count_queries: Any
) -> None:
    few = count_queries(lambda: as_ruth.get("/clinic/alerts/"))
    for number in range(3):
        services.nightly(mara.own_clinic.pk, at=NOW + timedelta(days=number + 1))
    assert count_queries(lambda: as_ruth.get("/clinic/alerts/")) == few
