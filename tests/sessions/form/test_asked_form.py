"""What a form asks beside its instrument: agreed goals and tasks, progress, and the elements."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Clinic
from clients import agreements
from clients.models import Agreement, Client, Side, Treatment, Wording
from measures import catalogue
from sessions import services
from sessions.at_clinic import handed_over
from sessions.form import answering, asked
from sessions.form.said import OnAgreement, Said
from sessions.models import AgreementAnswer, EarlierAnswers, Rating, RatingRequest, TherapySession
from tests import people

pytestmark = pytest.mark.usefixtures("clock")

AT = people.MONDAY
ELEMENTS = [item.key for item in catalogue.get("elements-7", 1).items]


@pytest.fixture
def sleep(ana: Treatment) -> Wording:
    return people.agree(ana, "Sleep through the night")


@pytest.fixture
def diary(ana: Treatment) -> Wording:
    return people.agree(ana, "I write a diary", kind=Agreement.Kind.TASK)


@pytest.fixture
def form(ana: Treatment, sleep: Wording, diary: Wording) -> RatingRequest:
    """Asks about both, and the elements."""
    session = people.hold(ana)
    RatingRequest.objects.update(asks_elements=True)
    return RatingRequest.objects.get(session=session)


@pytest.fixture
def phone(form: RatingRequest) -> Browser:
    return people.open_form(form)


def page_of(form: RatingRequest) -> str:
    return f"/rate/{form.pk}/"


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


def everything(
    form: RatingRequest, sleep: Wording, diary: Wording, **changed: str
) -> dict[str, str]:
    """All that this form asks, answered."""
    about = {
        f"agree_{sleep.pk.hex}": "otherwise",
        f"reword_{sleep.pk.hex}": "CANARY wake up rested",
        f"progress_{sleep.pk.hex}": "4",
        f"agree_{diary.pk.hex}": "yes",
        f"reword_{diary.pk.hex}": "",
        "proposal": "CANARY go out more",
        **{f"element_{key}": "3" for key in ELEMENTS},
    }
    return people.filled_in(form) | about | changed


# --- The page


def test_the_form_shows_what_was_agreed_in_its_words(phone: Browser, form: RatingRequest) -> None:
    Wording.objects.update(side=Side.CLIENT)
    page = text(phone.get(page_of(form)))
    for words in ("Sleep through the night", "I write a diary", "Your goal", "What we do"):
        assert words in page
    assert "What we agreed on" in page
    assert "suggestion" not in page
    assert page.count("How close are you to this goal?") == 1
    assert " checked" not in page


def test_what_the_therapist_wrote_down_is_a_suggestion_until_the_client_says_yes(
    ana: Treatment, sleep: Wording
) -> None:
    Clinic.objects.update(agreements_every=1)
    are_suggested = []
    for weeks_ago, said in ((3, "unsure"), (2, "yes"), (1, "unsure")):
        session = people.hold(Treatment.objects.get(), AT - timedelta(weeks=weeks_ago))
        are_suggested.append(asked.of_request(session.request).suggested)
        rating = people.answer(session, agreements={sleep.pk.hex: OnAgreement(said)})
        if said == "yes":
            yes = rating
    last = people.hold(Treatment.objects.get(), AT).request
    are_suggested.append(asked.of_request(last).suggested)
    assert are_suggested == [{sleep.pk}, {sleep.pk}, set(), set()]
    Rating.objects.filter(pk=yes.pk).update(voided_at=AT)
    assert asked.of_request(last).suggested == {sleep.pk}
    page = text(people.open_form(last).get(page_of(last)))
    for words in ("A suggestion from your therapist", "Does this fit for you?", "I am not sure"):
        assert words in page
    for words in ("What we agreed on", "How close are you to this goal?", "any more"):
        assert words not in page
    assert page.count("something else you would like to work on") == 1


def test_a_yes_on_the_form_itself_leaves_its_questions_as_they_were(
    phone: Browser, form: RatingRequest, sleep: Wording
) -> None:
    phone.post(page_of(form), people.filled_in(form) | {f"agree_{sleep.pk.hex}": "yes"})
    page = text(phone.get(f"{page_of(form)}change/"))
    assert "Suggestions from your therapist" in page
    assert "How close are you to this goal?" not in page


def test_suggested_and_agreed_are_apart(
    phone: Browser, form: RatingRequest, sleep: Wording, diary: Wording
) -> None:
    Wording.objects.filter(pk=sleep.pk).update(side=Side.CLIENT)
    page = text(phone.get(page_of(form)))
    first, second = page.index("What we agreed on"), page.index("A suggestion from your therapist")
    assert first < page.index("Sleep through the night") < second < page.index("I write a diary")
    assert "Your goal" in page
    assert "What to do" in page


def test_a_page_that_asked_for_progress_keeps_it(
    phone: Browser, form: RatingRequest, sleep: Wording, ana: Treatment
) -> None:
    """Whatever has become of the yes since."""
    sent = people.filled_in(form) | {f"progress_{sleep.pk.hex}": "4"}
    assert phone.post(page_of(form), sent).status_code == 303
    assert AgreementAnswer.objects.get().progress == 4


def test_with_the_elements_it_says_that_it_takes_longer(
    phone: Browser, form: RatingRequest, ana: Treatment
) -> None:
    assert "about 2 minutes" in text(phone.get(page_of(form)))
    short = people.hold(ana, AT - timedelta(days=7), at=AT).request
    assert "about a minute" in text(people.open_form(short).get(page_of(short)))


def test_a_form_that_does_not_ask_says_nothing_of_it(ana: Treatment) -> None:
    form = people.hold(ana).request
    page = text(people.open_form(form).get(page_of(form)))
    assert "What we agreed on" not in page
    assert "How we work together" not in page


def test_all_of_it_may_stay_empty(phone: Browser, form: RatingRequest) -> None:
    assert phone.post(page_of(form), people.filled_in(form)).status_code == 303
    rating = Rating.objects.get()
    assert (rating.elements, rating.proposal) == (None, None)
    assert not AgreementAnswer.objects.exists()


def test_everything_said_is_kept(
    phone: Browser, form: RatingRequest, sleep: Wording, diary: Wording
) -> None:
    assert phone.post(page_of(form), everything(form, sleep, diary)).status_code == 303
    rating = Rating.objects.get()
    rows = {
        row.wording_id: (row.answer, row.words, row.progress) for row in rating.on_agreements.all()
    }
    assert rows == {
        sleep.pk: ("otherwise", "CANARY wake up rested", 4),
        diary.pk: ("yes", "", None),
    }
    assert rating.proposal == "CANARY go out more"
    assert rating.elements == dict.fromkeys(ELEMENTS, 3)


def test_the_words_are_sealed(
    form: RatingRequest, sleep: Wording, diary: Wording, phone: Browser
) -> None:
    phone.post(page_of(form), everything(form, sleep, diary))
    for model in (AgreementAnswer, Rating, Wording):
        assert "CANARY" not in str(list(model.objects.values()))
        assert "Sleep through" not in str(list(model.objects.values()))


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("progress_", "11", "Please choose a number from 0 to 10."),
        ("progress_", "-1", "Please choose a number from 0 to 10."),
        ("agree_", "perhaps", "Select a valid choice"),
        ("reword_", "x" * 201, "at most 200 characters"),
    ],
)
def test_what_cannot_be_is_asked_once_more_and_nothing_is_lost(
    phone: Browser,
    form: RatingRequest,
    sleep: Wording,
    diary: Wording,
    *,
    field: str,
    value: str,
    told: str,
) -> None:
    sent = everything(form, sleep, diary, **{f"{field}{sleep.pk.hex}": value})
    response = phone.post(page_of(form), sent)
    assert (response.status_code, told in text(response)) == (422, True)
    assert "CANARY go out more" in text(response)
    assert text(response).count(" checked") >= 6 + 1 + 7 + 1
    assert not Rating.objects.exists()
    assert "CANARY go out more" in text(phone.get(page_of(form)))  # from the draft


def test_some_of_the_elements_are_no_answer_but_can_be_left_out(
    phone: Browser, form: RatingRequest, sleep: Wording, diary: Wording
) -> None:
    sent = everything(form, sleep, diary)
    del sent["element_rely"]
    refused = phone.post(page_of(form), sent)
    assert (refused.status_code, text(refused).count("leave all of these out")) == (422, 1)
    assert phone.post(page_of(form), sent | {"skip_elements": "on"}).status_code == 303
    assert Rating.objects.get().elements is None


def test_a_wording_of_somebody_else_is_not_taken(
    phone: Browser, form: RatingRequest, sleep: Wording, diary: Wording, ana: Treatment
) -> None:
    theirs = people.agree(people.take_on(ana.therapist, "Petra K."), "Something else")
    sent = everything(form, sleep, diary, **{f"agree_{theirs.pk.hex}": "yes"})
    assert phone.post(page_of(form), sent).status_code == 303
    assert not theirs.answers.exists()
    said = Said({}, "none", agreements={theirs.pk.hex: OnAgreement("yes")})
    said = Said(people.points(form, 4, 4, 4), "none", agreements=said.agreements)
    with pytest.raises(answering.AnswersUnfit):
        answering.submit_rating(form, said=said, at=AT)


def test_the_parts_are_there_in_the_client_s_language(ana: Treatment, sleep: Wording) -> None:
    Client.objects.update(language="ar")
    form = people.hold(ana).request
    page = text(people.open_form(form).get(page_of(form)))
    assert 'dir="rtl"' in page
    assert "Sleep through the night" in page
    assert "Your goal" not in page


# --- Drafts, the same answers again, and second thoughts


def test_a_draft_comes_back_whole(
    phone: Browser, form: RatingRequest, sleep: Wording, diary: Wording
) -> None:
    assert phone.post(f"{page_of(form)}draft/", everything(form, sleep, diary)).status_code == 204
    page = text(phone.get(page_of(form)))
    assert page.count(" checked") == 6 + 1 + 2 + 1 + 7
    assert "CANARY wake up rested" in page
    assert "CANARY go out more" in page


def test_the_same_answers_again_are_thanked_for_and_others_are_not(
    phone: Browser, form: RatingRequest, sleep: Wording, diary: Wording
) -> None:
    sent = everything(form, sleep, diary)
    for _time in range(2):
        assert phone.post(page_of(form), sent).status_code == 303
    other = sent | {f"progress_{sleep.pk.hex}": "5"}
    assert phone.post(page_of(form), other).status_code == 409
    assert AgreementAnswer.objects.count() == 2


def test_second_thoughts_replace_the_first_which_are_kept(
    phone: Browser, form: RatingRequest, sleep: Wording, diary: Wording
) -> None:
    first = everything(form, sleep, diary)
    phone.post(page_of(form), first)
    shown = text(phone.get(f"{page_of(form)}change/"))
    assert shown.count(" checked") == 6 + 1 + 2 + 1 + 7
    changed = everything(form, sleep, diary, **{f"agree_{sleep.pk.hex}": "unsure"}, proposal="")
    assert phone.post(f"{page_of(form)}change/", changed).status_code == 303
    assert AgreementAnswer.objects.get(wording=sleep).answer == "unsure"
    assert Rating.objects.get().proposal is None
    kept = json.loads(EarlierAnswers.objects.get().said)
    assert kept["agreements"][sleep.pk.hex]["answer"] == "otherwise"
    assert phone.post(page_of(form), first).status_code == 303  # it got lost on the way


def test_answers_that_were_kept_before_there_was_more_to_say_still_read() -> None:
    old = json.dumps(
        {"answers": {"a": 4}, "tension": "none", "settled": "", "comment": "x", "follow_up": ""}
    )
    assert Said.read(old) == Said({"a": 4}, "none", comment="x")
    more = Said({"a": 4}, "none", agreements={"b": OnAgreement("yes", "", 3)}, elements={"c": 1})
    assert Said.read(more.written()) == more


# --- What changed while the form was open


def test_a_page_keeps_the_words_that_it_showed(
    phone: Browser, form: RatingRequest, sleep: Wording, diary: Wording, ana: Treatment
) -> None:
    mara = ana.therapist
    phone.post(f"{page_of(form)}draft/", {f"progress_{sleep.pk.hex}": "4"})
    agreements.reword(sleep.agreement, words="Sleep five hours", by=mara, at=AT)
    agreements.end(diary.agreement, ended_as="dropped", by=mara, at=AT)
    page = text(phone.get(page_of(form)))
    assert ("Sleep through" in page, "five hours" in page, "diary" in page) == (True, False, False)
    assert phone.post(page_of(form), everything(form, sleep, diary)).status_code == 303
    assert {row.wording for row in AgreementAnswer.objects.all()} == {sleep, diary}


def test_whoever_opens_it_later_sees_the_words_that_stand(
    form: RatingRequest, sleep: Wording
) -> None:
    by = sleep.written_by
    agreements.reword(sleep.agreement, words="Sleep five hours", by=by, at=AT + timedelta(hours=1))
    page = text(people.open_form(form).get(page_of(form)))
    assert ("Sleep through" in page, "five hours" in page) == (False, True)


# --- At the clinic


def test_it_can_be_typed_in_from_paper(
    as_mara: Browser, form: RatingRequest, sleep: Wording, diary: Wording
) -> None:
    path = f"/sessions/{form.session_id}/paper/"
    Wording.objects.update(side=Side.CLIENT)
    page = text(as_mara.get(path))
    for words in ("Sleep through the night", "How close are you", "How we work together"):
        assert words in page
    sent = everything(form, sleep, diary) | {"answered_on": AT.date().isoformat()}
    wrong = as_mara.post(path, sent | {f"progress_{sleep.pk.hex}": "11"})
    assert (wrong.status_code, "CANARY go out more" in text(wrong)) == (422, True)
    assert as_mara.post(path, sent).status_code == 302
    assert AgreementAnswer.objects.get(wording=sleep).progress == 4
    assert Rating.objects.get().elements == dict.fromkeys(ELEMENTS, 3)


def test_paper_of_a_client_without_a_form_asks_it_too(
    as_mara: Browser, ana: Treatment, sleep: Wording
) -> None:
    Client.objects.update(contact=Client.Contact.NONE)
    session = people.hold(Treatment.objects.get())
    path = f"/sessions/{session.pk}/paper/"
    assert "Sleep through the night" in text(as_mara.get(path))
    newest = catalogue.newest("alliance-6")
    made = RatingRequest(session=session, instrument=newest.key, instrument_version=newest.version)
    about = {f"agree_{sleep.pk.hex}": "yes", "answered_on": AT.date().isoformat()}
    agreements.reword(sleep.agreement, words="Sleep five hours", by=ana.therapist, at=AT)
    assert as_mara.post(path, people.filled_in(made) | about).status_code == 302
    assert AgreementAnswer.objects.get().wording == sleep


def test_the_device_asks_it_too_and_keeps_it_through_a_change_of_language(
    as_mara: Browser, form: RatingRequest, sleep: Wording, diary: Wording
) -> None:
    as_mara.post(f"/sessions/{form.session_id}/hand-over/")
    assert "Sleep through the night" in text(as_mara.get("/device/"))
    token = {"handed_over": as_mara.session[handed_over.NOTE]["token"]}
    sent = everything(form, sleep, diary) | token
    page = text(as_mara.post("/device/", sent | {"to": "de"}))
    assert page.count(" checked") == 6 + 1 + 2 + 1 + 7
    assert "CANARY wake up rested" in page
    assert as_mara.post("/device/", sent | {"language": "de"}).status_code == 303
    assert AgreementAnswer.objects.get(wording=sleep).answer == "otherwise"


# --- When a form asks


@pytest.mark.parametrize(
    ("every", "asks"),
    [
        (None, [False] * 6),
        (1, [True] * 6),
        (2, [True, False, True, False, True, False]),
        (4, [True, False, False, False, True, False]),
    ],
)
def test_a_form_asks_after_so_many_sessions(
    ana: Treatment, sleep: Wording, every: int | None, asks: list[bool]
) -> None:
    Clinic.objects.update(agreements_every=every)
    ana.client.clinic.refresh_from_db()
    asked_about = []
    for week in range(6):
        session = people.hold(Treatment.objects.get(), AT + timedelta(weeks=week))
        asked_about.append(session.request.asks_agreements)
    assert asked_about == asks


def test_nothing_is_asked_without_an_agreement_that_stands(ana: Treatment, sleep: Wording) -> None:
    agreements.end(sleep.agreement, ended_as="reached", by=ana.therapist, at=AT)
    assert not people.hold(ana).request.asks_agreements
    people.agree(ana, "A new one")
    assert people.hold(ana, AT + timedelta(days=1)).request.asks_agreements


def test_sessions_that_did_not_take_place_or_do_not_count_are_not_counted(
    ana: Treatment, sleep: Wording
) -> None:
    Clinic.objects.update(agreements_every=2)
    ana.client.clinic.refresh_from_db()
    people.hold(ana)
    people.hold(ana, AT + timedelta(days=1), attendance=TherapySession.Attendance.NO_SHOW)
    voided = people.hold(ana, AT + timedelta(days=2))
    TherapySession.objects.filter(pk=voided.pk).update(voided_at=AT)
    assert not people.hold(ana, AT + timedelta(days=3)).request.asks_agreements
    assert people.hold(ana, AT + timedelta(days=4)).request.asks_agreements
    assert not people.hold(ana, AT - timedelta(days=9), at=AT).request.asks_agreements


def test_a_form_that_was_withdrawn_has_asked_nobody(ana: Treatment, sleep: Wording) -> None:
    people.hold(ana)
    RatingRequest.objects.update(withdrawn_at=AT)
    assert people.hold(ana, AT + timedelta(days=1)).request.asks_agreements


def test_the_elements_are_asked_when_the_therapist_wants_it(ana: Treatment) -> None:
    session = people.hold(ana)
    RatingRequest.objects.all().delete()
    request = services.open_request(session, by=ana.therapist, at=AT, asks_elements=True)
    assert asked.of_request(request).elements == catalogue.get("elements-7", 1)
    assert not asked.of_request(request).proposal
    assert "I can rely on" in text(people.open_form(request).get(page_of(request)))


def test_goals_are_shown_to_nobody_who_was_not_asked(form: RatingRequest, phone: Browser) -> None:
    """Wherever there is something to ask for, also in a clinic that asks it of no other form."""
    assert "Sleep through the night" in text(phone.get(page_of(form)))
    client = form.session.treatment.client
    client.pin = "4711"
    client.save()
    shown = text(phone.get(page_of(form)))
    assert "Sleep through the night" not in shown
    assert "/check/" in shown
    phone.post(f"{page_of(form)}check/", {"answer": "4711"})
    assert "Sleep through the night" in text(phone.get(page_of(form)))


def test_never_ask_is_never_ask(form: RatingRequest, phone: Browser) -> None:
    client = form.session.treatment.client
    client.pin, client.checks_link = "4711", Client.Check.NEVER
    client.save()
    assert "Sleep through the night" in text(phone.get(page_of(form)))
