from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts import services as accounts
from accounts.models import Clinic, User
from audit.models import Event
from audit.refusals import Refused
from clients import services as clients
from clients.models import Client, Treatment
from measures import catalogue
from outbox.models import Message
from sessions import services
from sessions.form import answering
from sessions.models import RATING_REQUEST, Rating, RatingRequest, RequestLink, TherapySession
from tests import people
from tests.registry.database import fingerprint
from trends.models import Trajectory

AT = people.MONDAY
HOUR = timedelta(hours=1)
Attendance = TherapySession.Attendance


@pytest.mark.parametrize("attendance", [Attendance.ATTENDED, Attendance.LATE])
def test_a_session_that_took_place_sends_the_form(ana: Treatment, attendance: str) -> None:
    session = people.hold(ana, attendance=attendance)
    request = RatingRequest.objects.get(session=session)
    mail = Message.objects.get()
    assert (mail.kind, mail.about, mail.state) == (RATING_REQUEST, request.pk, "queued")
    assert mail.clinic_id == ana.client.clinic_id


@pytest.mark.parametrize("attendance", [Attendance.CANCELLED, Attendance.NO_SHOW])
def test_a_session_that_did_not_take_place_sends_nothing(ana: Treatment, attendance: str) -> None:
    people.hold(ana, attendance=attendance)
    assert not RatingRequest.objects.exists()
    assert not Message.objects.exists()


def test_a_client_who_is_not_mailed_gets_no_form(mara_s_quiet_client: Treatment) -> None:
    people.hold(mara_s_quiet_client)
    assert not RatingRequest.objects.exists()
    assert not Message.objects.exists()


@pytest.fixture
def mara_s_quiet_client(ana: Treatment) -> Treatment:
    return people.take_on(ana.therapist, "Petra K.", contact=Client.Contact.NONE)


def test_a_session_keeps_what_was_recorded(ana: Treatment) -> None:
    people.hold(ana, AT, note="  Talked about sleep. ", at=AT + HOUR)
    session = TherapySession.objects.get()
    assert (session.held_at, session.note, session.minutes) == (AT, "Talked about sleep.", 50)
    assert (session.recorded_at, session.recorded_by) == (AT + HOUR, ana.therapist)


def test_a_form_is_the_newest_instrument_in_the_client_s_language(ana: Treatment) -> None:
    Client.objects.update(language="de")
    request = people.hold(ana).request
    newest = catalogue.newest("alliance-6")
    assert (request.instrument, request.instrument_version) == (newest.key, newest.version)
    assert request.language == "de"


@pytest.mark.parametrize("days", [1, 4, 30])
def test_a_form_is_open_for_the_days_that_the_clinic_chose(
    ana: Treatment, clinic: Clinic, days: int
) -> None:
    Clinic.objects.update(link_valid_days=days)
    request = people.hold(ana, at=AT + HOUR).request
    assert request.expires_at == AT + HOUR + timedelta(days=days)
    assert not request.is_expired(request.expires_at - timedelta(seconds=1))
    assert request.is_expired(request.expires_at)


def test_the_clocks_of_two_computers_may_differ_a_little(ana: Treatment) -> None:
    people.hold(ana, AT + timedelta(minutes=5), at=AT)
    assert TherapySession.objects.exists()


def refused(refusal: type[Refused], ana: Treatment, **changed: object) -> None:
    """The session is refused and not a byte is written."""
    before = fingerprint(without=())
    with pytest.raises(refusal):
        people.hold(ana, **changed)  # type: ignore[arg-type]
    assert fingerprint(without=()) == before


def test_a_session_in_the_future_is_refused(ana: Treatment) -> None:
    refused(services.SessionInFuture, ana, held_at=AT + timedelta(minutes=6), at=AT)


def test_a_session_at_the_same_time_is_refused(ana: Treatment) -> None:
    people.hold(ana, AT)
    refused(services.SessionExists, ana, held_at=AT)


def test_a_session_of_an_ended_treatment_is_refused(ana: Treatment) -> None:
    clients.end_treatment(ana, by=ana.therapist, at=AT)
    refused(services.TreatmentEnded, ana, held_at=AT)


def test_a_session_long_before_the_treatment_is_refused(ana: Treatment) -> None:
    """A year typed wrong. Sessions of before, when the program was not in use, may be recorded."""
    refused(services.SessionTooOld, ana, held_at=AT - timedelta(days=2 * 366), at=AT)
    people.hold(ana, AT - timedelta(days=366), at=AT)


def test_sessions_of_two_clients_may_be_at_the_same_time(
    ana: Treatment, mara_s_quiet_client: Treatment
) -> None:
    people.hold(ana, AT)
    people.hold(mara_s_quiet_client, AT)
    assert TherapySession.objects.count() == 2


def test_once_at_a_time_is_a_constraint(ana: Treatment) -> None:
    session = people.hold(ana)
    copy = TherapySession(
        treatment=ana, held_at=session.held_at, recorded_at=AT, recorded_by=ana.therapist
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save()


def test_a_session_owes_a_new_trajectory_in_the_same_transaction(ana: Treatment) -> None:
    people.hold(ana, at=AT + HOUR)
    assert Trajectory.objects.get(treatment=ana).due_at == AT + HOUR


# --- Answering


@pytest.fixture
def request_(ana: Treatment) -> RatingRequest:
    return people.hold(ana, AT, at=AT).request


def test_an_answer_is_scored_and_kept(request_: RatingRequest) -> None:
    people.answer(request_.session, 5, 4, 2, tension="some", comment="Rushed.", follow_up="raise")
    rating = Rating.objects.get()
    assert (rating.goal, rating.task, rating.bond) == (5.0, 4.0, 2.0)
    assert (rating.tension, rating.comment, rating.follow_up) == ("some", "Rushed.", "raise")
    assert rating.answers == people.points(request_, 5, 4, 2)
    assert rating.session == request_.session


def test_the_same_answers_again_are_the_same_rating(request_: RatingRequest) -> None:
    first = people.answer(request_.session, comment="Yes.")
    before = fingerprint(without=())
    assert people.answer(request_.session, comment="Yes.") == first
    assert fingerprint(without=()) == before


@pytest.mark.parametrize(
    "changed",
    [{"bond": 1}, {"tension": "strong"}, {"comment": "Something else."}, {"follow_up": "know"}],
)
def test_other_answers_are_refused_and_the_first_ones_kept(
    request_: RatingRequest, changed: dict[str, object]
) -> None:
    people.answer(request_.session, 4, 4, 4)
    before = fingerprint(without=())
    with pytest.raises(answering.AnswersDiffer):
        people.answer(request_.session, **changed)  # type: ignore[arg-type]
    assert fingerprint(without=()) == before


def test_one_rating_for_each_request_is_a_constraint(request_: RatingRequest) -> None:
    rating = people.answer(request_.session)
    with pytest.raises(IntegrityError), transaction.atomic():
        Rating.objects.create(
            session=request_.session,
            request=request_,
            answers={},
            goal=1,
            task=1,
            bond=1,
            tension="none",
            submitted_at=rating.submitted_at,
        )


def test_whoever_opened_the_form_in_time_may_finish_it(request_: RatingRequest) -> None:
    last = people.end_of(request_) + request_.TIME_TO_FINISH - timedelta(seconds=1)
    assert people.answer(request_.session, at=last)


def test_late_answers_are_refused(request_: RatingRequest) -> None:
    with pytest.raises(answering.RequestExpired):
        people.answer(request_.session, at=people.end_of(request_) + request_.TIME_TO_FINISH)
    assert not Rating.objects.exists()


def test_the_same_answers_again_are_thanked_for_also_when_it_is_late(
    request_: RatingRequest,
) -> None:
    """The first thanks got lost on the way; the phone sends again the next week."""
    first = people.answer(request_.session)
    late = people.end_of(request_) + timedelta(days=7)
    assert people.answer(request_.session, at=late) == first


@pytest.mark.parametrize("wrong", [{}, {"goal_same": 3}, {"other": 3}])
def test_incomplete_answers_are_refused(request_: RatingRequest, wrong: dict[str, int]) -> None:
    with pytest.raises(answering.AnswersMissing):
        answering.submit_rating(request_, said=answering.Said(wrong, "none"), at=AT)
    assert not Rating.objects.exists()


def test_an_answer_owes_a_new_trajectory(request_: RatingRequest) -> None:
    people.compute(request_.session.treatment)
    people.answer(request_.session, at=AT + HOUR)
    assert Trajectory.objects.get().due_at == AT + HOUR


def test_an_answer_is_recorded_without_what_was_said(request_: RatingRequest) -> None:
    people.answer(request_.session, 5, 4, 2, comment="CANARY")
    event = Event.objects.get(action="sessions.submit_rating")
    assert event.by_id is None, "a client has no account"
    assert event.client_id == request_.session.treatment.client_id
    assert event.details == {}


# --- Sending again


def send_again(request: RatingRequest, at: object = AT + HOUR, mail: str = "failed") -> None:
    """After the first mail has ended like this."""
    Message.objects.update(state=mail, state_at=AT)
    services.send_again(request, by=request.session.recorded_by, at=at)  # type: ignore[arg-type]


def test_send_again_owes_a_mail_of_its_own_with_fresh_time(request_: RatingRequest) -> None:
    send_again(request_)
    request_.refresh_from_db()
    assert people.end_of(request_) == AT + HOUR + timedelta(days=4)
    assert sorted(Message.objects.values_list("slot", flat=True)) == [0, 1]


def test_send_again_opens_an_expired_form(request_: RatingRequest) -> None:
    send_again(request_, at=people.end_of(request_) + HOUR)
    request_.refresh_from_db()
    people.answer(request_.session, at=people.end_of(request_) - HOUR)
    assert Rating.objects.exists()


def test_send_again_follows_a_new_language(request_: RatingRequest) -> None:
    Client.objects.update(language="es")
    send_again(request_)
    request_.refresh_from_db()
    assert request_.language == "es"


@pytest.mark.parametrize("mail", ["queued", "sending"])
def test_send_again_while_a_mail_is_under_way_is_refused(
    request_: RatingRequest, mail: str
) -> None:
    with pytest.raises(services.JustSent):
        send_again(request_, mail=mail)


def test_send_again_right_after_a_mail_was_sent_is_refused(request_: RatingRequest) -> None:
    with pytest.raises(services.JustSent):
        send_again(request_, at=AT + timedelta(minutes=9), mail="sent")
    send_again(request_, at=AT + timedelta(minutes=11), mail="sent")
    assert Message.objects.count() == 2


def test_send_again_of_a_deactivated_therapist_s_form_is_refused(
    request_: RatingRequest, ruth: User
) -> None:
    accounts.deactivate(request_.session.recorded_by, by=ruth, at=AT)
    refused_again(request_)


def test_send_again_after_the_answer_is_refused(request_: RatingRequest) -> None:
    people.answer(request_.session)
    refused_again(request_)


def test_send_again_after_the_end_is_refused(request_: RatingRequest) -> None:
    treatment = request_.session.treatment
    clients.end_treatment(treatment, by=treatment.therapist, at=AT)
    refused_again(request_)


def test_send_again_to_who_is_not_mailed_any_more_is_refused(request_: RatingRequest) -> None:
    Client.objects.update(contact=Client.Contact.NONE)
    refused_again(request_)


def refused_again(request: RatingRequest) -> None:
    Message.objects.update(state="failed", state_at=AT)
    before = fingerprint(without=())
    with pytest.raises(services.NothingToSend):
        send_again(request)
    assert fingerprint(without=()) == before


def test_issue_link_stores_the_digest_alone(request_: RatingRequest) -> None:
    token = services.issue_link(request_, at=AT)
    assert people.is_held(request_, token)
    assert token not in str(list(RequestLink.objects.values()))
