"""How goals and tasks stand, derived from wordings and answers, and the pages that show it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Clinic, User
from accounts.permissions import Role
from clients import agreements, sharing
from clients.models import Agreement, Side, Treatment, Wording
from sessions.form.said import OnAgreement
from sessions.models import AgreementAnswer, Rating
from tests import people
from tests.conftest import CountsQueries, logged_in
from trends.client_page import agreed, agreed_card
from trends.models import Flag

pytestmark = pytest.mark.usefixtures("clock")

AT = people.MONDAY
WEEK = timedelta(weeks=1)


@pytest.fixture(autouse=True)
def always(request: pytest.FixtureRequest, clinic: Clinic) -> None:
    """Forms ask each time."""
    Clinic.objects.update(agreements_every=1)


@pytest.fixture
def sleep(ana: Treatment) -> Wording:
    return people.agree(ana)


def say(ana: Treatment, on: dict[Wording, OnAgreement], *, week: int = 0, **more: Any) -> Rating:
    session = people.hold(Treatment.objects.get(pk=ana.pk), AT - (9 - week) * WEEK)
    about = {wording.pk.hex: said for wording, said in on.items()}
    return people.answer(session, agreements=about, **more)


def status_of(ana: Treatment) -> agreed.Status:
    [status] = agreed.of_treatments([ana])[ana.pk]
    return status


# --- How it stands


@pytest.mark.parametrize(
    ("side", "answer", "state"),
    [
        (Side.THERAPIST, "", "proposed"),
        (Side.THERAPIST, "yes", "agreed"),
        (Side.THERAPIST, "unsure", "doubted"),
        (Side.THERAPIST, "otherwise", "otherwise"),
        (Side.CLIENT, "", "agreed"),
        (Side.CLIENT, "yes", "agreed"),
        (Side.CLIENT, "unsure", "doubted"),
        (Side.CLIENT, "otherwise", "otherwise"),
    ],
)
def test_whose_words_and_the_newest_answer_make_the_state(
    side: str, answer: str, state: str
) -> None:
    given = AgreementAnswer(answer=answer) if answer else None
    assert agreed.state("", side, given) == state
    assert agreed.state("reached", side, given) == "reached"
    assert agreed.state("dropped", side, given) == "dropped"


def test_the_newest_answer_counts_and_progress_is_by_itself(ana: Treatment, sleep: Wording) -> None:
    assert (status_of(ana).state, status_of(ana).last_progress) == ("proposed", None)
    say(ana, {sleep: OnAgreement("yes", "", 2)}, week=0)
    say(ana, {sleep: OnAgreement("otherwise", "Wake up rested", None)}, week=1)
    say(ana, {sleep: OnAgreement("", "", 5)}, week=2)
    status = status_of(ana)
    assert (status.state, status.doubted, status.clients_words) == (
        "otherwise",
        True,
        "Wake up rested",
    )
    assert [row.progress for row in status.progress] == [5, 2]
    assert (status.last_progress, status.words) == (5, "Sleep through the night")


def test_an_answer_to_earlier_words_says_nothing_about_the_new_ones(
    ana: Treatment, sleep: Wording
) -> None:
    say(ana, {sleep: OnAgreement("unsure", "", 3)})
    agreements.reword(sleep.agreement, words="Sleep five hours", by=ana.therapist, at=AT)
    status = status_of(ana)
    assert (status.state, status.last_progress, len(status.wordings)) == ("proposed", 3, 2)


def test_the_client_s_words_taken_over_are_agreed(ana: Treatment, sleep: Wording) -> None:
    say(ana, {sleep: OnAgreement("otherwise", "Wake up rested")})
    words = status_of(ana).clients_words
    agreements.take_over(sleep.agreement, words=words, by=ana.therapist, at=AT)
    assert (status_of(ana).state, status_of(ana).words) == ("agreed", "Wake up rested")


def test_ratings_that_do_not_count_say_nothing_here(ana: Treatment, sleep: Wording) -> None:
    rating = say(ana, {sleep: OnAgreement("unsure", "", 3)}, proposal="Go out more")
    Rating.objects.filter(pk=rating.pk).update(voided_at=AT)
    card = agreed_card.of(ana)
    assert (status_of(ana).state, card.proposals, card.elements) == ("proposed", [], None)


def test_ended_ones_are_apart(ana: Treatment, sleep: Wording) -> None:
    agreements.end(sleep.agreement, ended_as="reached", by=ana.therapist, at=AT)
    people.agree(ana, "I write a diary", kind=Agreement.Kind.TASK)
    card = agreed_card.of(ana)
    assert [row.status.state for row in card.standing + card.ended] == ["proposed", "reached"]
    assert len(agreed.of_treatments([ana])[ana.pk]) == 1


def test_many_treatments_cost_as_much_as_one(
    mara: User, ana: Treatment, sleep: Wording, count_queries: CountsQueries
) -> None:
    say(ana, {sleep: OnAgreement("yes", "", 2)})
    others = [people.take_on(mara, f"Client {number}") for number in range(3)]
    for other in others:
        for week, words in enumerate(("One", "Two")):
            say(other, {people.agree(other, words): OnAgreement("yes", "", 1)}, week=week)
    assert count_queries(lambda: agreed.of_treatments([ana])) == 3
    assert count_queries(lambda: agreed.of_treatments([ana, *others])) == 3


def test_what_a_client_proposes_is_shown_until_it_is_taken_over(
    ana: Treatment, sleep: Wording
) -> None:
    say(ana, {}, week=0, proposal="Go out more")
    say(ana, {}, week=1, proposal="go  out more")
    say(ana, {}, week=2, proposal="Call my brother")
    assert [each.words for each in agreed_card.of(ana).proposals] == [
        "Call my brother",
        "go  out more",
    ]
    by = ana.therapist
    agreements.propose(ana, kind="goal", words="Go out more", side=Side.CLIENT, by=by, at=AT)
    assert [each.words for each in agreed_card.of(ana).proposals] == ["Call my brother"]


@pytest.mark.parametrize(
    ("state", "scores", "fell"),
    [
        (Flag.State.OPEN, (1, 5, 5), ["goal"]),
        (Flag.State.IN_REPAIR, (5, 1, 5), ["task"]),
        (Flag.State.OPEN, (5, 5, 1), []),
        (Flag.State.DISMISSED, (1, 5, 5), []),
        (Flag.State.CAME_BACK, (1, 5, 5), []),
    ],
)
def test_what_fell_is_worth_agreeing_on_again(
    ana: Treatment, state: str, scores: tuple[int, int, int], fell: list[str]
) -> None:
    people.course(ana, (5, 5, 5), (5, 5, 5), scores)
    Flag.objects.update(state=state)
    assert agreed_card.of(ana).fell == fell


# --- Pages


def page_of(treatment: Treatment) -> str:
    return f"/treatments/{treatment.pk}/agreements/"


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


@pytest.fixture
def talked(ana: Treatment, sleep: Wording) -> Rating:
    elements = dict.fromkeys(
        ("in_common", "rely", "team", "like_for_me", "same", "hard_things", "expect"), 4
    )
    say(ana, {sleep: OnAgreement("yes", "", 0)}, week=0, elements=elements | {"rely": 2})
    return say(
        ana,
        {sleep: OnAgreement("otherwise", "CANARY wake up rested", 6)},
        week=1,
        proposal="CANARY go out more",
        elements=elements,
    )


def test_the_page_tells_how_everything_stands(
    as_mara: Browser, ana: Treatment, talked: Rating
) -> None:
    page = text(as_mara.get(page_of(ana)))
    for words in (
        "Sleep through the night",
        "CANARY wake up rested",
        "CANARY go out more",
        "Take over the words of Ana R.",
        "Progress 6 of 10",
        "Seven elements of the relationship",
        "The first is 0, the newest 6.",
        "4 of 5",
    ):
        assert words in page
    assert page.count("btn--main") == 1
    assert '<td data-label="Progress">0</td>' in page


def test_the_client_page_has_it_in_short(as_mara: Browser, ana: Treatment, talked: Rating) -> None:
    page = text(as_mara.get(f"/clients/{ana.client_id}/"))
    for words in ("Agreed goals and tasks", "progress 6 of 10", "doubts one of these"):
        assert words in page
    assert page_of(ana) in page


def test_the_number_of_queries_does_not_grow(
    as_mara: Browser, ana: Treatment, talked: Rating, count_queries: CountsQueries
) -> None:
    before = count_queries(lambda: as_mara.get(page_of(ana)))
    for number in range(3):
        say(ana, {people.agree(ana, f"Goal {number}"): OnAgreement("yes", "", 1)}, week=2 + number)
    assert count_queries(lambda: as_mara.get(page_of(ana))) == before


def test_without_anything_the_page_teaches_the_first_step(as_mara: Browser, ana: Treatment) -> None:
    page = text(as_mara.get(page_of(ana)))
    assert "No goal and no task is written down." in page
    assert "Seven elements" not in page


def test_a_goal_is_added(as_mara: Browser, ana: Treatment) -> None:
    body = {"kind": "goal", "words": "  Sleep   better "}
    assert as_mara.post(f"{page_of(ana)}add/", body).headers["Location"] == page_of(ana)
    wording = Wording.objects.get()
    assert (wording.words, wording.side, wording.agreement.kind) == (
        "Sleep better",
        "therapist",
        "goal",
    )


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"words": "CANARY"}, 422, "Please choose one."),
        ({"kind": "goal", "words": " "}, 422, "Please write it down in a few words."),
        ({"kind": "goal", "words": "CANARY" * 40}, 422, "at most 200 characters"),
        ({"kind": "goal", "words": "Sleep through the night"}, 409, "already among the goals"),
    ],
)
def test_what_is_refused_stays_typed(
    as_mara: Browser,
    ana: Treatment,
    sleep: Wording,
    *,
    body: dict[str, str],
    status: int,
    told: str,
) -> None:
    response = as_mara.post(f"{page_of(ana)}add/", body)
    assert (response.status_code, told in text(response)) == (status, True)
    assert body["words"].strip() in text(response)
    assert Wording.objects.count() == 1


def test_it_is_put_differently(as_mara: Browser, ana: Treatment, sleep: Wording) -> None:
    path = f"/agreements/{sleep.agreement_id}/reword/"
    empty = as_mara.post(path, {"words": ""})
    assert (empty.status_code, "Please write it down" in text(empty)) == (422, True)
    assert as_mara.post(path, {"words": "Sleep five hours"}).status_code == 302
    assert status_of(ana).words == "Sleep five hours"
    agreements.end(sleep.agreement, ended_as="reached", by=ana.therapist, at=AT)
    assert as_mara.post(path, {"words": "Too late"}).status_code == 409


def test_it_is_ended(as_mara: Browser, ana: Treatment, sleep: Wording) -> None:
    path = f"/agreements/{sleep.agreement_id}/end/"
    as_mara.post(path, {"ended_as": "forgotten"})
    assert status_of(ana)
    as_mara.post(path, {"ended_as": "dropped"})
    sleep.agreement.refresh_from_db()
    assert sleep.agreement.ended_as == "dropped"
    again = as_mara.post(path, {"ended_as": "reached"}, follow=True)
    assert "has ended" in text(again)


def test_its_end_asks_first_and_can_be_undone(
    as_mara: Browser, ana: Treatment, sleep: Wording, talked: Rating
) -> None:
    page = text(as_mara.get(page_of(ana)))
    assert "Ana R. rated it 6 of 10 on " in page
    assert "Yes, it was reached" in page
    assert "Put it back" not in page
    as_mara.post(f"/agreements/{sleep.agreement_id}/end/", {"ended_as": "reached"})
    assert "Put it back" in text(as_mara.get(page_of(ana)))
    for number in range(agreements.MOST):
        people.agree(ana, f"Goal {number}")
    path = f"/agreements/{sleep.agreement_id}/resume/"
    assert "Six goals and tasks stand already" in text(as_mara.post(path, follow=True))
    agreements.end(
        Agreement.objects.exclude(pk=sleep.agreement_id)[0],
        ended_as="dropped",
        by=ana.therapist,
        at=AT,
    )
    assert "It stands again." in text(as_mara.post(path, follow=True))


def test_no_more_is_gone_where_there_never_was_a_yes(
    as_mara: Browser, ana: Treatment, sleep: Wording
) -> None:
    say(ana, {sleep: OnAgreement("unsure")}, week=0)
    page = text(as_mara.get(page_of(ana)))
    assert "the client is not sure" in page
    assert "not sure any more" not in page
    say(ana, {sleep: OnAgreement("yes")}, week=1)
    say(ana, {sleep: OnAgreement("unsure")}, week=2)
    assert "the client is not sure any more" in text(as_mara.get(page_of(ana)))


def test_one_click_takes_over_what_the_client_said(
    as_mara: Browser, ana: Treatment, sleep: Wording, talked: Rating
) -> None:
    [answer] = talked.on_agreements.all()
    as_mara.post(f"/agreements/answers/{answer.pk}/take-over/")
    as_mara.post(f"/ratings/{talked.pk}/add-goal/")
    words = {status.words: status.wording.side for status in agreed.of_treatment(ana)}
    assert words == {"CANARY wake up rested": "client", "CANARY go out more": "client"}
    assert not agreed_card.of(ana).proposals


def test_nothing_is_added_where_nothing_was_proposed(as_mara: Browser, ana: Treatment) -> None:
    rating = say(ana, {})
    response = as_mara.post(f"/ratings/{rating.pk}/add-goal/", follow=True)
    assert "Please write it down" in text(response)
    assert not Agreement.objects.exists()


def test_a_colleague_sees_and_does_nothing(ana: Treatment, jonas: User, talked: Rating) -> None:
    browser, [answer] = logged_in(jonas), talked.on_agreements.all()
    assert browser.get(page_of(ana)).status_code == 404
    for path in (
        f"{page_of(ana)}add/",
        f"/agreements/{answer.wording.agreement_id}/reword/",
        f"/agreements/{answer.wording.agreement_id}/end/",
        f"/agreements/{answer.wording.agreement_id}/resume/",
        f"/agreements/answers/{answer.pk}/take-over/",
        f"/ratings/{talked.pk}/add-goal/",
    ):
        assert browser.post(path, {"words": "x", "kind": "goal"}).status_code == 404


def test_a_supervisor_reads_it_without_any_form(
    ana: Treatment, clinic: Clinic, talked: Rating
) -> None:
    supervisor = people.hire(clinic, "Iris Vogel", Role.SUPERVISOR)
    assert logged_in(supervisor).get(page_of(ana)).status_code == 404
    sharing.share(ana, supervisor=supervisor, by=ana.therapist, at=AT)
    page = text(logged_in(supervisor).get(page_of(ana)))
    assert "CANARY wake up rested" in page
    assert page.count("<form") == text(logged_in(supervisor).get("/method/")).count("<form")
    assert logged_in(supervisor).post(f"{page_of(ana)}add/", {}).status_code == 403


def test_an_ended_treatment_is_only_read(as_mara: Browser, ana: Treatment, talked: Rating) -> None:
    Treatment.objects.update(ended_on=AT.date())
    page = text(as_mara.get(page_of(ana)))
    assert ("Take over the words" in page, "Add it" in page) == (False, False)
    assert "The treatment ended on" in page
    for other in (page, text(as_mara.get(f"/clients/{ana.client_id}/?treatment={ana.pk}"))):
        assert ("is asked about them on" in other, "doubts one" in other) == (False, False)
