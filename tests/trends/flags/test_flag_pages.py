"""The page of a possible rupture, and what is done on it."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import User
from accounts.permissions import Role
from clients.models import Share, Treatment
from sessions.models import TherapySession
from tests import people
from tests.conftest import logged_in
from tests.trends.test_pages import words
from trends.engine import VERSION
from trends.flags import moves, prompts, reasons
from trends.models import Flag, FlagMove, RepairEntry

WEEK = timedelta(weeks=1)
NOW = people.MONDAY + 4 * WEEK + timedelta(hours=5)
STEADY, LOW = (4, 4, 4), (4, 4, 1)
FORM = {"kind": "confrontation", "tried": ["bond_heard"], "words": "", "raise_when": "later"}


@pytest.fixture(autouse=True)
def now() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def flag(ana: Treatment) -> Flag:
    """Bond fell in the fourth session; the client wrote something."""
    people.course(ana, STEADY, STEADY, STEADY)
    session = people.hold(ana, people.MONDAY + 3 * WEEK)
    people.answer(session, *LOW, tension="strong", comment="You seemed away.", follow_up="raise")
    people.compute(ana, at=NOW)
    return Flag.objects.get()


def page(browser: Browser, flag: Flag) -> Any:
    return browser.get(f"/flags/{flag.pk}/")


def test_the_page_says_why_with_numbers_and_what_it_cannot_see(
    as_mara: Browser, flag: Flag
) -> None:
    response = page(as_mara, flag)
    told = words(response)
    assert flag.why is not None
    for sentence in reasons.in_full(flag.why, "Ana R."):
        assert " ".join(sentence.split()) in told
    for part in (
        "Possible rupture, session 4",
        "not yet seen, since 5 October 2026",
        "You seemed away.",
        "Said there was tension or a misunderstanding. Asks you to raise it.",
        "The part that fell most Bond",
        "When it was flagged: that there was a rupture very likely, more than 95",
        f"Engine {VERSION}",
        "Prior default",
        "What this cannot see Ratings show only some ruptures.",
        "No rating by the client has come in since",
        "Nothing is logged yet",
        "the program flagged",
    ):
        assert part in told, part
    html = response.content.decode()
    assert 'href="/method/"' in html
    assert '<svg class="chart"' in html
    assert "style=" not in html


def test_seen_in_two_clicks_from_the_caseload(as_mara: Browser, flag: Flag) -> None:
    """The third is the log-in."""
    caseload = as_mara.get("/caseload/").content.decode()
    assert f'href="/flags/{flag.pk}/"' in caseload
    [action] = re.findall(
        r'action="(/flags/[^"]+/acknowledge/)"', page(as_mara, flag).content.decode()
    )
    response = as_mara.post(action, {"note": ""}, follow=True)
    assert response.redirect_chain == [(f"/flags/{flag.pk}/", 302)]
    assert "Noted: you have seen this." in words(response)
    flag.refresh_from_db()
    assert flag.state == Flag.State.ACKNOWLEDGED


def test_a_note_that_is_too_long_is_told_and_kept(as_mara: Browser, flag: Flag) -> None:
    response = as_mara.post(f"/flags/{flag.pk}/acknowledge/", {"note": "x" * 2001})
    assert response.status_code == 422
    assert "x" * 2001 in response.content.decode()


def test_a_repair_is_logged_and_shown(as_mara: Browser, flag: Flag) -> None:
    response = as_mara.post(f"/flags/{flag.pk}/repair/", FORM | {"words": "Heard it."}, follow=True)
    told = words(response)
    assert "Written down." in told
    assert "in repair, since 5 October 2026" in told
    for part in (
        "Confrontation:",
        "Heard how it was for them",
        "Heard it.",
        "Later, when the time",
    ):
        assert part in told


def test_the_lists_begin_with_the_part_that_fell(as_mara: Browser, flag: Flag) -> None:
    told = words(as_mara.get(f"/flags/{flag.pk}/repair/"))
    assert told.index("about the bond") < told.index("goals are in question")
    assert "a consensus of experts and theory, not proof" in told
    for group in prompts.PROMPTS.values():
        assert all(str(prompt.words) in told for prompt in group)


@pytest.mark.parametrize(
    ("step", "sent", "told"),
    [
        (
            "repair",
            {"words": "I was late.", "tried": ["bond_heard"]},
            "Please choose one. “Both, or unclear” is fine.",
        ),
        ("repair", FORM | {"words": "I was late.", "tried": ["made_up"]}, "Select a valid choice."),
        ("close", {"words": "I was late."}, "Please choose one."),
        ("close", {"words": "I was late.", "reason": "junk"}, "Select a valid choice."),
    ],
)
def test_what_is_missing_is_told_and_words_stay(
    as_mara: Browser, flag: Flag, step: str, sent: dict[str, Any], told: str
) -> None:
    response = as_mara.post(f"/flags/{flag.pk}/{step}/", sent)
    assert response.status_code == 422
    assert told in words(response)
    assert "I was late." in response.content.decode()
    assert not RepairEntry.objects.exists()
    assert Flag.objects.get().state == Flag.State.OPEN


def test_what_was_ticked_stays_ticked(as_mara: Browser, flag: Flag) -> None:
    html = as_mara.post(f"/flags/{flag.pk}/repair/", {"tried": ["bond_heard"]}).content.decode()
    [box] = re.findall(r"<input[^>]*bond_heard[^>]*>", html)
    assert "checked" in box


def test_closed_and_opened_again(as_mara: Browser, flag: Flag) -> None:
    sent = {"reason": "elsewhere", "words": "Her father died."}
    told = words(as_mara.post(f"/flags/{flag.pk}/close/", sent, follow=True))
    assert "closed, since 5 October 2026: Something outside of our work explains it" in told
    assert "Her father died." in told
    told = words(as_mara.post(f"/flags/{flag.pk}/reopen/", follow=True))
    assert "It is open again, and counts as seen." in told


def test_reasons_to_close_are_grouped_by_what_they_say(as_mara: Browser, flag: Flag) -> None:
    response = as_mara.post(f"/flags/{flag.pk}/close/", {"words": "x"})
    told = words(response)
    order = [
        "Counts as: the flag was wrong",
        "There was no rupture",
        "The form was misread",
        "Counts as: there was one",
        "we have settled it",
        "Counts as: not judged",
        "Something outside",
        "Another reason",
    ]
    places = [told.index(part) for part in order]
    assert places == sorted(places)
    html = response.content.decode()
    assert 'href="#id_reason_0"' in html
    assert 'id="id_reason_0"' in html


def test_the_repair_form_says_that_it_confirms(as_mara: Browser, flag: Flag) -> None:
    told = words(as_mara.get(f"/flags/{flag.pk}/repair/"))
    assert "it counts as confirmed in the clinic" in told


def test_a_flag_of_a_session_that_counts_no_more_says_so_and_can_be_closed(
    as_mara: Browser, flag: Flag
) -> None:
    as_mara.post(f"/flags/{flag.pk}/acknowledge/", {"note": ""})
    flag.session.voided_at = NOW
    flag.session.save()
    told = words(page(as_mara, flag))
    assert "The session it belongs to does not count any more. So it can be closed." in told
    assert "Close this" in told
    assert "Log a repair" not in told


def test_a_refused_note_is_given_back(as_mara: Browser, flag: Flag) -> None:
    Flag.objects.update(state=Flag.State.WITHDRAWN)
    response = as_mara.post(f"/flags/{flag.pk}/acknowledge/", {"note": "To raise."})
    assert response.status_code == 409
    assert "withdrawn meanwhile" in words(response)
    assert "What you typed was not kept. Here it is: To raise." in words(response)


# --- What came after


def after(flag: Flag, *scores: tuple[int, int, int]) -> None:
    for week, rated in enumerate(scores, start=4):
        people.answer(people.hold(flag.treatment, people.MONDAY + week * WEEK), *rated)
        people.compute(flag.treatment, at=people.MONDAY + week * WEEK + timedelta(hours=4))


def again(flag: Flag) -> Browser:
    """A log-in lasts no weeks."""
    return logged_in(flag.treatment.therapist)


def test_two_later_ratings_and_it_came_back_by_itself(
    as_mara: Browser, flag: Flag, now: Any
) -> None:
    as_mara.post(f"/flags/{flag.pk}/repair/", FORM)
    after(flag, (4, 4, 3), STEADY)
    now.move_to(people.MONDAY + 6 * WEEK)
    told = words(page(again(flag), flag))
    assert "came back, since 12 October 2026" in told
    assert (
        "Bond came back: half regained at session 5, back at its earlier level, give or take the "
        "measurement error, at session 6."
    ) in told
    assert "the program found to have come back" in told


def test_an_open_one_says_that_ratings_came_back(flag: Flag, now: Any) -> None:
    after(flag, STEADY, STEADY)
    now.move_to(people.MONDAY + 6 * WEEK)
    told = words(page(again(flag), flag))
    assert "It stays open until you say you have seen it." in told
    assert "I have seen this" in told


def test_not_yet_points_to_supervision(as_mara: Browser, flag: Flag, now: Any) -> None:
    as_mara.post(f"/flags/{flag.pk}/repair/", FORM)
    FlagMove.objects.update(made_at=people.MONDAY + 3 * WEEK)
    Flag.objects.update(state_at=people.MONDAY + 3 * WEEK)
    after(flag, LOW, LOW, LOW)
    now.move_to(people.MONDAY + 7 * WEEK)
    told = words(page(again(flag), flag))
    assert "not back yet, since" in told
    assert "Not yet after 3 ratings: the highest was 1.0, the earlier level" in told
    assert "it may help to take it to supervision" in told


# --- Marked by hand


def test_a_session_can_be_marked_from_the_client_s_page(
    as_mara: Browser, ana: Treatment, flag: Flag
) -> None:
    first = TherapySession.objects.earliest("held_at")
    client_page = as_mara.get(f"/clients/{ana.client_id}/").content.decode()
    assert f'href="/sessions/{first.pk}/mark/"' in client_page
    assert f"/sessions/{flag.session_id}/mark/" not in client_page
    assert "Many ruptures do not show in ratings." in words(
        as_mara.get(f"/sessions/{first.pk}/mark/")
    )
    response = as_mara.post(f"/sessions/{first.pk}/mark/", {"words": "Fell silent."}, follow=True)
    told = words(response)
    for part in (
        "Rupture that you marked, session 1",
        "The ratings did not show it, so they cannot say whether it came back.",
        "You can close it as settled when it is.",
        "no number stands behind it",
        "Mara Lindqvist marked by hand Fell silent.",
    ):
        assert part in told, part
    assert "So this may be wrong" not in told
    assert "marked by you" in told
    again = as_mara.get(f"/sessions/{first.pk}/mark/", follow=True)
    assert "You have marked this session already." in words(again)
    twice = as_mara.post(f"/sessions/{first.pk}/mark/", {"words": "Something else."})
    assert twice.status_code == 409
    assert "You have marked this session already." in words(twice)
    assert "rupture marked by hand, seen" in words(as_mara.get(f"/clients/{ana.client_id}/"))


def test_a_session_that_has_one_leads_to_its_page(as_mara: Browser, flag: Flag) -> None:
    response = as_mara.get(f"/sessions/{flag.session_id}/mark/", follow=True)
    assert response.redirect_chain == [(f"/flags/{flag.pk}/", 302)]


def test_a_session_that_did_not_take_place_cannot_be_marked(
    as_mara: Browser, ana: Treatment
) -> None:
    session = people.hold(ana, attendance="no_show")
    response = as_mara.post(f"/sessions/{session.pk}/mark/", {"words": "Fell silent."})
    assert response.status_code == 409
    assert "A rupture can be marked in a session that took place." in words(response)
    assert "Fell silent." in response.content.decode()


# --- Readers


@pytest.fixture
def sonja(ana: Treatment) -> User:
    """A supervisor, with whom Mara shares Ana's treatment."""
    user = people.hire(ana.client.clinic, "Sonja Weber", Role.SUPERVISOR)
    Share.objects.create(treatment=ana, supervisor=user, shared_at=people.MONDAY)
    return user


def test_a_supervisor_reads_it_without_private_words_and_actions(flag: Flag, sonja: User) -> None:
    by = flag.treatment.therapist
    moves.acknowledge(flag, note="CANARY note", by=by, at=NOW)
    said: dict[str, Any] = FORM | {"words": "CANARY words"}
    moves.log_repair(flag, **said, by=by, at=NOW)
    told = words(page(logged_in(sonja), flag))
    assert "Possible rupture, session 4" in told
    assert "Heard how it was for them before explaining" in told
    assert "You can read it and change nothing." in told
    assert "CANARY" not in told
    assert "Log a repair" not in told
    Share.objects.update(withdrawn_at=NOW)
    assert page(logged_in(sonja), flag).status_code == 404


def test_queries_do_not_grow(as_mara: Browser, flag: Flag, count_queries: Any) -> None:
    few = count_queries(lambda: page(as_mara, flag))
    by = flag.treatment.therapist
    for number in range(4):
        said: dict[str, Any] = FORM | {"words": f"{number}"}
        moves.log_repair(flag, **said, by=by, at=NOW)
    after(flag, STEADY, STEADY, LOW)
    assert count_queries(lambda: page(as_mara, flag)) <= few


def test_prompts_are_stored_by_short_keys_that_differ() -> None:
    keys = [prompt.key for group in prompts.PROMPTS.values() for prompt in group]
    assert len(keys) == len(set(keys))
    assert max(map(len, keys)) <= 20
    assert {prompt.source for group in prompts.PROMPTS.values() for prompt in group} == set(
        prompts.Source
    )
