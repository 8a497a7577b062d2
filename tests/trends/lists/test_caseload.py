"""The therapist's home: who needs me first, and why."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import Clinic, User
from clients import services as clients
from clients.models import Client, Treatment
from outbox.models import Message
from sessions import reading
from sessions.models import RatingRequest, TherapySession
from sessions.sending import to_know, unanswered
from tests import people
from trends.flags import moves
from trends.lists import caseload
from trends.lists.finding import plain
from trends.models import Flag, Trajectory

WEEK = timedelta(weeks=1)
NOW = people.MONDAY + 4 * WEEK + timedelta(hours=5)
STEADY, LOW = (4, 4, 4), (4, 4, 1)


@pytest.fixture(autouse=True)
def now() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def rows(user: User) -> list[caseload.Row]:
    return caseload.rows(user, NOW)


def row_of(ana: Treatment) -> caseload.Row:
    [row] = rows(ana.therapist)
    return row


def flagged(therapist: User, name: str, *, raised_days_ago: int) -> Treatment:
    treatment = people.take_on(therapist, name)
    people.course(treatment, STEADY, STEADY, LOW)
    raised_at = NOW - timedelta(days=raised_days_ago)
    Flag.objects.filter(treatment=treatment).update(raised_at=raised_at)
    return treatment


def test_open_flags_come_first_the_oldest_on_top_then_names(mara: User) -> None:
    people.take_on(mara, "zoe A.")
    people.take_on(mara, "Ana R.")
    flagged(mara, "New flag", raised_days_ago=1)
    flagged(mara, "Old flag", raised_days_ago=9)
    people.take_on(mara, "Petra K.")
    names = [row.client.name for row in rows(mara)]
    assert names == ["Old flag", "New flag", "Ana R.", "Petra K.", "zoe A."]


def test_among_open_flags_the_likelier_comes_first_then_the_older(mara: User) -> None:
    chances = {"Less": 0.4, "More, new": 0.84, "More, old": 0.86, "Least": 0.2}  # 85 % to people
    for days, (name, chance) in enumerate(chances.items(), start=1):
        treatment = flagged(mara, name, raised_days_ago=days)
        Trajectory.objects.filter(treatment=treatment).update(p_rupture=chance)
    names = [row.client.name for row in rows(mara)]
    assert names == ["More, old", "More, new", "Less", "Least"]


def section_of(ana: Treatment) -> str:
    return row_of(ana).section


def test_who_asked_to_talk_needs_somebody_until_it_is_read(ana: Treatment) -> None:
    rating = people.answer(people.hold(ana), follow_up="raise", comment="Please.")
    assert section_of(ana) == caseload.Section.NEEDS
    reading.mark_read(rating, by=ana.therapist, at=NOW)
    assert section_of(ana) == caseload.Section.STEADY
    assert not row_of(ana).asked_to_talk


def test_just_so_you_know_needs_nobody(ana: Treatment) -> None:
    people.answer(people.hold(ana), follow_up="know", comment="It rained.")
    assert section_of(ana) == caseload.Section.STEADY


@pytest.mark.parametrize("trouble", ["mail", "bounce", "link", "lock"])
def test_a_form_that_does_not_arrive_needs_somebody(ana: Treatment, trouble: str) -> None:
    people.hold(ana, NOW - timedelta(hours=2))
    assert section_of(ana) == caseload.Section.WAITING
    if trouble == "mail":
        mail_is("failed")
    elif trouble == "link":
        RatingRequest.objects.update(link_asked_at=NOW)
    elif trouble == "bounce":
        Client.objects.update(bounced_at=NOW)
    else:
        Client.objects.update(failed_checks=Client.MOST_TRIES)
    assert section_of(ana) == caseload.Section.NEEDS


def test_flags_come_before_wishes_and_wishes_before_forms(mara: User) -> None:
    people.take_on(mara, "A steady")
    broken = people.take_on(mara, "B form")
    Client.objects.filter(pk=broken.client_id).update(bounced_at=NOW)
    people.answer(people.hold(people.take_on(mara, "C wish")), follow_up="raise")
    flagged(mara, "D flag", raised_days_ago=1)
    assert [row.client.name for row in rows(mara)] == ["D flag", "C wish", "B form", "A steady"]


def test_the_newest_scores_say_what_changed_since_the_rating_before(ana: Treatment) -> None:
    people.course(ana, (4, 4, 4), None, (5, 4, 2))
    told = [(score.letter, score.score, score.change) for score in row_of(ana).scores]
    assert told == [("G", "5.0", "up 1.0"), ("T", "4.0", ""), ("B", "2.0", "down 2.0")]


def test_the_first_rating_has_changed_from_nothing(ana: Treatment) -> None:
    people.course(ana, (4, 4, 1))
    assert [score.change for score in row_of(ana).scores] == ["", "", ""]


@pytest.mark.parametrize(
    ("state", "words", "step"),
    [
        (Flag.State.ACKNOWLEDGED, "possible rupture, seen", "Log what you tried"),
        (Flag.State.IN_REPAIR, "in repair", "Go on with the repair"),
        (Flag.State.NOT_YET, "not back yet", "See what came after"),
        (Flag.State.CAME_BACK, "ratings came back, 4 Oct", ""),
    ],
)
def test_a_flag_that_is_seen_is_told_in_quiet_words(
    mara: User, state: str, words: str, step: str
) -> None:
    flagged(mara, "Ana R.", raised_days_ago=3)
    Flag.objects.update(state=state, state_at=NOW - timedelta(days=1))
    [row] = rows(mara)
    assert words in row.now
    assert (row.step.words if row.step else "") == step
    in_repair = state in (Flag.State.IN_REPAIR, Flag.State.NOT_YET)
    assert row.section == (caseload.Section.REPAIR if in_repair else caseload.Section.STEADY)


def test_a_repair_that_is_under_way_stands_between_need_and_waiting(
    mara: User, as_mara: Browser
) -> None:
    treatment = flagged(mara, "Ana R.", raised_days_ago=3)
    Flag.objects.update(state=Flag.State.IN_REPAIR)
    people.hold(treatment, NOW - timedelta(hours=2))
    assert [section.value for section in caseload.Section] == [
        "needs",
        "repair",
        "waiting",
        "steady",
    ]
    assert section_of(treatment) == caseload.Section.REPAIR, "though a form is out"
    page = as_mara.get("/caseload/").content.decode()
    assert "You are on it. Ratings have not come back yet." in page
    Client.objects.update(bounced_at=NOW)
    assert section_of(treatment) == caseload.Section.NEEDS
    assert "have come back since" in as_mara.get("/caseload/?show=repair").content.decode()


def test_beside_a_flag_that_stands_nothing_is_called_usual(mara: User, ana: Treatment) -> None:
    people.course(ana, STEADY, STEADY, STEADY)
    assert row_of(ana).now == ["in the usual range"]
    moves.mark_by_hand(ana.sessions.latest("held_at"), words="", by=mara, at=NOW)
    assert row_of(ana).now == ["rupture you marked"]


def test_that_it_came_back_is_no_news_after_a_month(mara: User) -> None:
    flagged(mara, "Ana R.", raised_days_ago=3)
    Flag.objects.update(state=Flag.State.CAME_BACK, state_at=NOW - timedelta(days=31))
    assert not any("came back" in words for words in rows(mara)[0].now)


def test_a_flag_marked_by_hand_has_a_reason_of_its_own(mara: User) -> None:
    flagged(mara, "Ana R.", raised_days_ago=1)
    Flag.objects.update(reason=None, origin=Flag.Origin.HAND)
    assert rows(mara)[0].reason == "You marked it by hand."


def test_sessions_that_were_recorded_by_mistake_do_not_count(ana: Treatment) -> None:
    people.course(ana, STEADY, LOW)
    TherapySession.objects.filter(held_at__gt=people.MONDAY).update(voided_at=NOW)
    row = row_of(ana)
    assert (row.session_count, row.last_session_at) == (1, people.MONDAY)
    assert row.last == {"goal": 4.0, "task": 4.0, "bond": 4.0}


# --- The next step


def step_of(ana: Treatment) -> tuple[str, str]:
    step = row_of(ana).step
    return (step.words, step.url) if step else ("", "")


def test_before_anything_the_step_is_the_first_session(ana: Treatment) -> None:
    assert step_of(ana) == ("Record the first session", f"/sessions/record/?treatment={ana.pk}")


def test_while_a_form_is_out_there_is_nothing_to_do(ana: Treatment) -> None:
    people.hold(ana, NOW - timedelta(hours=2))
    assert step_of(ana) == ("", "")


def test_the_step_of_an_open_flag_is_its_page(mara: User) -> None:
    treatment = flagged(mara, "Ana R.", raised_days_ago=1)
    Client.objects.update(bounced_at=NOW)
    flag = Flag.objects.get()
    assert step_of(treatment) == ("Review the possible rupture", f"/flags/{flag.pk}/")


def test_the_step_of_a_wish_is_to_read_it(ana: Treatment) -> None:
    rating = people.answer(people.hold(ana), follow_up="raise")
    assert step_of(ana) == ("Read what Ana R. wrote", f"/inbox/#rating-{rating.pk}")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"bounced_at": NOW}, "Correct the address"),
        ({"failed_checks": 5}, "See who was locked out"),
        ({"own_link_blocked_at": NOW}, "Confirm address and PIN"),
        ({"erasure_asked_at": NOW}, "Answer the wish for deletion"),
    ],
)
def test_the_step_of_a_notice_is_where_it_is_solved(
    ana: Treatment, found: dict[str, Any], words: str
) -> None:
    Client.objects.update(**found)
    assert step_of(ana)[0] == words
    assert step_of(ana)[1].startswith(f"/clients/{ana.client_id}/edit/#notice-")


def test_the_step_of_a_form_in_trouble_is_the_client_s_page(ana: Treatment) -> None:
    people.hold(ana, NOW - timedelta(hours=2))
    mail_is("failed")
    page = f"/clients/{ana.client_id}/"
    assert step_of(ana) == ("See why the form did not arrive", page)
    RatingRequest.objects.update(link_asked_at=NOW)
    assert step_of(ana) == ("Send a new link", page)


def test_a_planned_session_that_is_over_is_to_be_recorded(ana: Treatment) -> None:
    Treatment.objects.update(next_at=NOW + timedelta(days=1))
    assert step_of(ana) == ("", "")
    assert row_of(ana).next_words == "next Tue 6 Oct, 19:00"
    Treatment.objects.update(next_at=NOW - timedelta(days=4))
    assert step_of(ana)[0] == "Record Thursday's session"
    assert row_of(ana).next_words == ""


def test_three_forms_without_an_answer_suggest_to_fill_in_the_next_together(ana: Treatment) -> None:
    people.course(ana, STEADY, None, None, None)
    RatingRequest.objects.update(expires_at=NOW - timedelta(days=1))
    assert step_of(ana)[0] == "Fill in the next form together"


# --- Search, filter, order


def found(browser: Browser, query: str) -> list[str]:
    page = browser.get(f"/caseload/{query}")
    assert page.status_code == 200
    return [row.client.name for row in page.context["found"]]


@pytest.fixture
def three(mara: User) -> None:
    """One of each section, and one in repair."""
    repaired = flagged(mara, "Łukasz Ångström", raised_days_ago=3)
    Flag.objects.filter(treatment=repaired).update(state=Flag.State.IN_REPAIR)
    flagged(mara, "Zoë O'Brien", raised_days_ago=3)
    people.hold(people.take_on(mara, "Ana R."), NOW - timedelta(hours=2))


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("ana", ["Ana R."]),
        ("ZOE", ["Zoë O'Brien"]),
        ("o'brien", ["Zoë O'Brien"]),
        ("angstrom lukasz", ["Łukasz Ångström"]),
        ("ÅNGSTRÖM", ["Łukasz Ångström"]),
        ("  ", ["Zoë O'Brien", "Ana R.", "Łukasz Ångström"]),
        ("nobody", []),
    ],
)
def test_search_by_a_part_of_the_name(as_mara: Browser, typed: str, names: list[str]) -> None:
    assert found(as_mara, f"?q={typed}") == names


def test_names_are_compared_as_one_types_them_without_accents() -> None:
    assert plain("Straße ÆØ Łódź İpek Émile") == "strasse aeo lodz ipek emile"


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("show", "names"),
    [
        ("needs", ["Zoë O'Brien"]),
        ("waiting", ["Ana R."]),
        ("steady", []),
        ("repair", ["Łukasz Ångström"]),
        ("junk", ["Zoë O'Brien", "Ana R.", "Łukasz Ångström"]),
    ],
)
def test_filter_by_section(as_mara: Browser, show: str, names: list[str]) -> None:
    assert found(as_mara, f"?show={show}") == names


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("name", ["Ana R.", "Łukasz Ångström", "Zoë O'Brien"]),
        ("last", ["Łukasz Ångström", "Zoë O'Brien", "Ana R."]),
        ("next", ["Zoë O'Brien", "Ana R.", "Łukasz Ångström"]),
        ("chance", ["Łukasz Ångström", "Zoë O'Brien", "Ana R."]),
    ],
)
def test_an_order_of_one_s_own(as_mara: Browser, sort: str, names: list[str]) -> None:
    coming = {row.client.name: row for row in Treatment.objects.select_related("client")}
    Treatment.objects.filter(pk=coming["Zoë O'Brien"].pk).update(next_at=NOW + WEEK)
    assert found(as_mara, f"?sort={sort}") == names


@pytest.mark.usefixtures("three")
def test_what_was_chosen_stays_in_the_form_and_in_the_address(as_mara: Browser) -> None:
    page = as_mara.get("/caseload/?q=%22%3E%3Cb%3E&show=waiting&sort=name").content.decode()
    assert 'name="q" value="&quot;&gt;&lt;b&gt;"' in page
    assert '<option value="waiting" selected>' in page
    assert '<option value="name" selected>' in page
    assert '<form class="find no-print" method="get"' in page


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("query", ["?q=nobody", "?q=zo&show=waiting", "?show=repair&q=ana"])
def test_when_nobody_is_found_there_is_a_way_back(as_mara: Browser, query: str) -> None:
    page = as_mara.get(f"/caseload/{query}").content.decode()
    assert "Nobody found" in page
    assert page.count('href="/caseload/">Show everybody') == 1
    assert "3 treatments" in page, "the head counts all"


def test_the_keys_are_listed_without_scripts_and_for_therapists_alone(
    as_mara: Browser, as_noor: Browser, ana: Treatment
) -> None:
    page = as_mara.get("/caseload/").content.decode()
    listed = page[page.index('id="keys"') :]
    assert '<kbd>r</kbd></dt><dd><a href="/sessions/record/"' in listed
    assert "shortcuts.js" in page
    assert "data-shortcuts-on" in page, "and can be switched off"
    assert "shortcuts.js" not in as_noor.get("/front-desk/").content.decode()


def test_a_row_tells_the_last_rating_and_when(ana: Treatment) -> None:
    people.course(ana, STEADY, (5, 4, 3), None)
    row = row_of(ana)
    assert row.last == {"goal": 5.0, "task": 4.0, "bond": 3.0}
    assert (row.session_count, row.last_session_at) == (3, people.MONDAY + 2 * WEEK)
    assert row.days_since == 14
    assert row.url == f"/clients/{ana.client_id}/"
    assert str(row.sparkline).startswith("<svg")


def test_a_row_before_the_first_session(ana: Treatment) -> None:
    row = row_of(ana)
    assert (row.session_count, row.days_since, row.last, row.sparkline) == (0, None, None, "")
    assert row.now == ["no rating yet"]


def test_sessions_that_did_not_take_place_do_not_count(ana: Treatment) -> None:
    people.hold(ana)
    people.hold(ana, people.MONDAY + WEEK, attendance="no_show")
    row = row_of(ana)
    assert (row.session_count, row.last_session_at) == (1, people.MONDAY)


def test_days_are_counted_on_the_clinic_s_wall(
    ana: Treatment, as_mara: Browser, clinic: Clinic
) -> None:
    """Ten in the evening in Auckland is yesterday at one in the night."""
    Clinic.objects.update(time_zone="Pacific/Auckland")
    held_at = NOW.replace(hour=10, minute=0)  # 23:00 in Auckland, the day before it is now there
    people.hold(ana, held_at, at=NOW)
    assert "yesterday" in as_mara.get("/caseload/").content.decode()


def test_an_open_flag_gives_its_reason_in_one_line(mara: User) -> None:
    flagged(mara, "Ana R.", raised_days_ago=1)
    [row] = rows(mara)
    assert row.flag is not None
    assert row.reason.startswith("Bond fell to 1.0; for Ana R. 3.4 to 4.8 was")


@pytest.mark.parametrize("state", [Flag.State.ACKNOWLEDGED, Flag.State.WITHDRAWN])
def test_a_flag_that_is_not_open_does_not_ask_for_anybody(mara: User, state: str) -> None:
    flagged(mara, "Ana R.", raised_days_ago=1)
    Flag.objects.update(state=state)
    [row] = rows(mara)
    assert (row.flag, row.reason) == (None, "")


def mail_is(state: str) -> None:
    Message.objects.update(state=state)


def test_a_form_on_its_way(ana: Treatment) -> None:
    people.hold(ana, NOW - timedelta(hours=2))
    row = row_of(ana)
    assert row.now == ["form on its way"]
    assert row.is_waiting


def test_a_form_without_answer_yet(ana: Treatment) -> None:
    people.hold(ana, NOW - timedelta(hours=2))
    mail_is("sent")
    people.compute(ana)
    row = row_of(ana)
    assert row.now == ["form sent, no answer yet"]
    assert row.is_waiting


def test_a_form_that_did_not_arrive(ana: Treatment) -> None:
    people.hold(ana, NOW - timedelta(hours=2))
    mail_is("failed")
    people.compute(ana)
    row = row_of(ana)
    assert row.trouble == "form: not sent"
    assert row.now == ["no rating for 1 session"]
    assert not row.is_waiting


def test_missing_ratings_are_counted_without_the_one_that_may_still_come(ana: Treatment) -> None:
    people.course(ana, STEADY, None, None)
    people.hold(ana, NOW - timedelta(hours=2))
    mail_is("sent")
    people.compute(ana)
    assert row_of(ana).now == [
        "form sent, no answer yet",
        "no rating for 2 sessions",
    ]


@pytest.mark.parametrize(("newest", "words"), [(STEADY, []), (LOW, ["lower than usual"])])
def test_silence_is_never_called_usual(
    ana: Treatment, newest: tuple[int, int, int], words: list[str]
) -> None:
    people.course(ana, STEADY, STEADY, newest, None)
    RatingRequest.objects.update(expires_at=NOW)
    mail_is("sent")
    assert row_of(ana).now == ["no rating for 1 session", *words]


def test_a_client_who_is_not_mailed_is_not_told_as_waiting(ana: Treatment) -> None:
    Client.objects.update(contact="none")
    people.hold(ana, NOW - timedelta(hours=2))
    row = row_of(ana)
    assert "gets no forms" in row.now
    assert not row.is_waiting


def test_the_newest_form_tells(ana: Treatment) -> None:
    people.course(ana, None, STEADY)
    RatingRequest.objects.update(expires_at=NOW)
    assert row_of(ana).now == ["too few ratings to compare yet"]


@pytest.mark.parametrize(
    ("newest", "words"),
    [(STEADY, "in the usual range"), ((5, 5, 5), "in the usual range"), (LOW, "lower than usual")],
)
def test_from_three_ratings_on_the_newest_is_compared(
    ana: Treatment, newest: tuple[int, int, int], words: str
) -> None:
    """Never "steady" or "fine": the words say how the rating lies, and no more."""
    people.course(ana, STEADY, STEADY, newest)
    assert row_of(ana).now == [words]


def test_a_wish_to_talk_waits_until_it_is_read_whatever_came_after(
    ana: Treatment, as_mara: Browser
) -> None:
    """The one that has waited longest, though three newer ratings are there."""
    first = people.answer(people.hold(ana), follow_up="raise", comment="Please.")
    assert "With the rating of 7 September 2026." in told(as_mara)
    for week in (1, 2, 3):
        again = "raise" if week == 1 else ""
        people.answer(people.hold(ana, people.MONDAY + week * WEEK), follow_up=again)
    row = row_of(ana)
    assert (row.section, row.known.wish) == (caseload.Section.NEEDS, first)
    assert len(row.known.ratings) == 2
    assert step_of(ana)[1] == f"/inbox/#rating-{first.pk}"
    assert "Asked on 7 September, not read yet." in told(as_mara)
    reading.mark_read(first, by=ana.therapist, at=NOW)
    assert "Asked on 14 September, not read yet." in told(as_mara)


def told(browser: Browser) -> str:
    return " ".join(browser.get("/caseload/").content.decode().split())


@pytest.mark.parametrize(("is_newest", "waits"), [(True, True), (False, False)])
def test_after_a_month_only_the_newest_rating_s_wish_waits(
    ana: Treatment, is_newest: bool, waits: bool
) -> None:
    people.answer(people.hold(ana, NOW - 5 * WEEK), follow_up="raise")
    if not is_newest:
        people.answer(people.hold(ana, NOW - WEEK))
    assert row_of(ana).asked_to_talk == waits


def notes(ana: Treatment) -> list[tuple[str, bool]]:
    return [(note.words, note.needs_person) for note in row_of(ana).notes]


def test_three_forms_in_a_row_without_an_answer_are_told_once(ana: Treatment) -> None:
    people.course(ana, STEADY, None, None, None)
    RatingRequest.objects.update(expires_at=NOW - timedelta(days=1))
    assert notes(ana) == [("3 forms in a row not answered", False)]
    assert "no rating for 3 sessions" not in row_of(ana).now


@pytest.mark.parametrize("scores", [[None, None, STEADY], [None, None, None, STEADY], [None] * 2])
def test_fewer_than_three_in_a_row_are_not_told(
    ana: Treatment, scores: list[tuple[int, int, int] | None]
) -> None:
    people.course(ana, *scores)
    RatingRequest.objects.update(expires_at=NOW - timedelta(days=1))
    assert notes(ana) == []


def test_a_form_that_is_still_open_is_not_counted(ana: Treatment) -> None:
    people.course(ana, None, None, None)
    RatingRequest.objects.update(expires_at=NOW - timedelta(days=1))
    newest = RatingRequest.objects.filter(session__held_at=people.MONDAY + 2 * WEEK)
    newest.update(expires_at=NOW + timedelta(days=1))
    assert notes(ana) == []
    people.hold(ana, NOW - timedelta(hours=2))
    RatingRequest.objects.filter(session__held_at__lt=NOW - WEEK).update(expires_at=NOW - WEEK)
    assert notes(ana) == [("3 forms in a row not answered", False)]


@pytest.mark.parametrize("answered", [0, 1, 2, 3, 4])
def test_tired_here_is_tired_there(ana: Treatment, answered: int) -> None:
    """The page and the mails ask different queries."""
    scores = [STEADY if 4 - number == answered else None for number in range(5)]
    people.course(ana, *scores)
    RatingRequest.objects.update(expires_at=NOW - timedelta(days=1))
    found = to_know.tired_treatments(ana.therapist, NOW)
    assert (ana.pk in found) == unanswered.is_tired(ana, NOW)


def test_who_asks_for_a_new_link_is_told(ana: Treatment) -> None:
    people.course(ana, None, STEADY)
    RatingRequest.objects.filter(rating__isnull=True).update(link_asked_at=NOW)
    assert notes(ana) == [("asks for a new link", True)]


def test_what_stands_between_a_client_and_the_mails_is_told(
    ana: Treatment, as_mara: Browser
) -> None:
    Client.objects.update(stopped_at=NOW, bounced_at=NOW, failed_checks=5, erasure_asked_at=NOW)
    assert [needs for _words, needs in notes(ana)] == [True, True, True, False]
    assert "gets no forms" not in row_of(ana).now, "which the notices tell already"
    page = as_mara.get("/caseload/").content.decode()
    assert "Stopped all e-mails on" in page


def test_notices_stand_on_the_card_of_a_flag_too(mara: User, as_mara: Browser) -> None:
    flagged(mara, "Ana R.", raised_days_ago=1)
    Client.objects.update(bounced_at=NOW)
    assert "have come back since" in as_mara.get("/caseload/").content.decode()


def test_who_answers_at_the_clinic_is_not_told_as_without_forms(ana: Treatment) -> None:
    Client.objects.update(contact="in_room")
    assert row_of(ana).now == ["fills in at the clinic"]


def test_the_page_leads_to_forms_and_e_mails(as_mara: Browser, ana: Treatment) -> None:
    assert 'href="/delivery/"' in as_mara.get("/caseload/").content.decode()


def test_without_words_for_need_the_page_says_that_no_forms_go_out(
    as_mara: Browser, ana: Treatment
) -> None:
    assert "No forms go out yet." not in as_mara.get("/caseload/").content.decode()
    Clinic.objects.update(crisis_text="")
    page = as_mara.get("/caseload/").content.decode()
    assert "No forms go out yet." in page
    assert "Please ask a clinic admin" in page


def test_ended_treatments_stand_apart(ana: Treatment) -> None:
    flagged_ = flagged(ana.therapist, "Petra K.", raised_days_ago=3)
    clients.end_treatment(flagged_, by=ana.therapist, at=NOW)
    assert [row.client.name for row in rows(ana.therapist)] == ["Ana R."]
    assert [row.treatment for row in caseload.ended(ana.therapist)] == [flagged_]


def test_who_asks_to_be_forgotten_is_listed_after_the_end_too(
    as_mara: Browser, ana: Treatment
) -> None:
    others = [people.take_on(ana.therapist, name) for name in ("Aaron A.", "Zoe Z.")]
    for treatment in (ana, *others):
        clients.end_treatment(treatment, by=ana.therapist, at=NOW)
    page = as_mara.get("/caseload/").content.decode()
    assert '<details class="more section no-print">' in page, "nothing to do, so it is closed"
    clients.note_bounce(ana.client, at=NOW)
    clients.ask_erasure(others[1].client, at=NOW)
    listed = caseload.ended(ana.therapist)
    assert [row.treatment.client.name for row in listed] == ["Zoe Z.", "Ana R.", "Aaron A."]
    page = as_mara.get("/caseload/").content.decode()
    assert '<details class="more section no-print" open>' in page
    assert "to have all data deleted" in page
    assert f'href="/clients/{others[1].client_id}/edit/#notice-erasure"' in page


def test_nobody_else_s_clients(ana: Treatment, jonas: User, ruth: User, root: User) -> None:
    for user in (jonas, ruth, root):
        assert rows(user) == []
        assert caseload.ended(user) == []


def fill(therapist: User, count: int) -> None:
    """Treatments in every state that a row can have."""
    for number in range(count):
        treatment = people.take_on(therapist, f"Client {number}")
        people.course(treatment, STEADY, *([STEADY, LOW] if number % 3 == 0 else [None]))
    ended = people.take_on(therapist, "Ended")
    clients.end_treatment(ended, by=therapist, at=NOW)


def test_queries_do_not_grow_from_2_to_40_treatments(
    as_mara: Browser, mara: User, count_queries: Any
) -> None:
    fill(mara, 2)
    few = count_queries(lambda: as_mara.get("/caseload/"))
    fill(mara, 38)
    assert len(rows(mara)) == 40
    assert count_queries(lambda: as_mara.get("/caseload/")) == few
    assert few < 18
    assert len(as_mara.get("/caseload/").content) < 40 * 1500 + 15_000
