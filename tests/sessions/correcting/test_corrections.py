"""Putting right, and taking that back: what counts, what stays, and that nothing else moves."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import serializers

from accounts.models import User
from audit.models import Event
from audit.refusals import Refused
from clients.models import Treatment
from outbox.models import Message
from sessions import services
from sessions.at_clinic import in_clinic
from sessions.correcting import corrections, undoing
from sessions.form import answering
from sessions.models import (
    AgreementAnswer,
    Correction,
    Draft,
    Rating,
    RatingRequest,
    RequestLink,
    TherapySession,
)
from sessions.own_rating import therapist_ratings
from tests import people
from trends.models import Flag, Trajectory

NOW = people.MONDAY + timedelta(weeks=4)
CLINICAL: tuple[type[Any], ...] = (
    Treatment,
    TherapySession,
    RatingRequest,
    RequestLink,
    Draft,
    Rating,
    AgreementAnswer,
)


def fingerprint(treatment: Treatment) -> str:
    """Every value of every clinical row of a treatment."""
    of: dict[type[Any], dict[str, Any]] = {
        Treatment: {"pk": treatment.pk},
        TherapySession: {"treatment": treatment},
        RatingRequest: {"session__treatment": treatment},
        RequestLink: {"request__session__treatment": treatment},
        Draft: {"request__session__treatment": treatment},
        Rating: {"session__treatment": treatment},
        AgreementAnswer: {"rating__session__treatment": treatment},
    }
    rows = [row for model in CLINICAL for row in model.objects.filter(**of[model]).order_by("pk")]
    return json.dumps(json.loads(serializers.serialize("json", rows)), indent=1)


@pytest.fixture
def held(ana: Treatment) -> list[TherapySession]:
    """Four weekly sessions; the second and the fourth are not answered."""
    held = people.course(ana, (5, 5, 5), None, (2, 3, 4), None)
    request = held[1].request
    people.link_for(request)
    at = held[1].held_at + timedelta(hours=2)
    answering.keep_draft(request, browser="b", typed={"comment": "Hm."}, at=at)
    return held


def rating_of(session: TherapySession) -> Rating:
    return Rating.objects.get(session=session)


def is_due(treatment: Treatment) -> bool:
    return Trajectory.objects.get(treatment=treatment).due_at is not None


def test_another_date_changes_the_order(held: list[TherapySession], mara: User) -> None:
    before = people.MONDAY - timedelta(weeks=1)
    made = corrections.redate(held[2], held_at=before, reason="Mixed up.", by=mara, at=NOW)
    treatment = held[0].treatment
    rows = list(TherapySession.objects.filter(treatment=treatment).in_order())
    assert [row.pk for row in rows][:2] == [held[2].pk, held[0].pk]
    assert made.reason == "Mixed up."
    assert is_due(treatment)
    stored = people.compute(treatment, at=NOW).points
    assert stored[0]["session"] == str(held[2].pk)


@pytest.mark.parametrize(
    ("days", "refusal"),
    [
        (28, services.SessionInFuture),
        (-800, services.SessionTooOld),
        (-14, services.SessionExists),
        (1, corrections.AnsweredBefore),
        (0, corrections.NothingChanged),
    ],
)
def test_a_date_that_cannot_be(
    held: list[TherapySession], mara: User, days: int, refusal: type[Refused]
) -> None:
    to = held[2].held_at + timedelta(days=days)
    with pytest.raises(refusal):
        corrections.redate(held[2], held_at=to, reason="x", by=mara, at=NOW)
    assert not Correction.objects.exists()


def test_what_counts_no_more_is_kept(held: list[TherapySession], mara: User) -> None:
    treatment = held[0].treatment
    corrections.void_session(held[2], reason="Not held.", by=mara, at=NOW)
    assert Rating.objects.filter(session=held[2]).exists()
    assert not Rating.objects.standing().filter(session=held[2]).exists()
    trajectory = people.compute(treatment, at=NOW)
    assert (trajectory.sessions, trajectory.rated) == (3, 1)
    with pytest.raises(corrections.DoesNotCount):
        corrections.void_session(held[2], reason="Again.", by=mara, at=NOW)


def test_the_time_of_what_counts_no_more_is_free(held: list[TherapySession], mara: User) -> None:
    made = corrections.void_session(held[3], reason="Other client.", by=mara, at=NOW)
    people.hold(held[3].treatment, held[3].held_at, at=NOW)
    with pytest.raises(services.SessionExists):
        undoing.undo(made, by=mara, at=NOW)


def test_a_form_that_is_no_longer_needed(held: list[TherapySession], mara: User) -> None:
    session = held[3]
    corrections.void_session(session, reason="Not held.", by=mara, at=NOW)
    request = RatingRequest.objects.get(session=session)
    assert request.withdrawn_at == NOW
    mail = Message.objects.get(about=request.pk)
    assert mail.state == Message.State.CANCELLED
    said = answering.Said(people.points(request, 4, 4, 4), "none")
    with pytest.raises(answering.NoLongerNeeded):
        answering.submit_rating(request, said=said, at=session.held_at + timedelta(hours=3))
    with pytest.raises(answering.RequestExpired):
        answering.keep_draft(request, browser="b", typed={"comment": "x"}, at=NOW)
    with pytest.raises(services.NothingToSend):
        services.send_again(request, by=mara, at=NOW)
    with pytest.raises(in_clinic.NoLongerNeeded):
        in_clinic.hand_over(session, provenance="room", by=mara, at=NOW)
    with pytest.raises(in_clinic.NoLongerNeeded):
        in_clinic.type_in(session, said=said, language="en", answered_at=NOW, by=mara, at=NOW)
    services.ask_for_new_link(request, at=NOW)
    assert RatingRequest.objects.get(pk=request.pk).link_asked_at is None


def test_an_answered_form_stays_answered(held: list[TherapySession], mara: User) -> None:
    corrections.void_session(held[2], reason="Not held.", by=mara, at=NOW)
    assert RatingRequest.objects.get(session=held[2]).withdrawn_at is None


def test_a_cancelled_mail_is_owed_again(held: list[TherapySession], mara: User) -> None:
    made = corrections.void_session(held[3], reason="Not held.", by=mara, at=NOW)
    undoing.undo(made, by=mara, at=NOW)
    request = RatingRequest.objects.get(session=held[3])
    mails = Message.objects.filter(about=request.pk).order_by("slot")
    assert [mail.state for mail in mails] == [Message.State.CANCELLED, Message.State.QUEUED]


def test_a_flag_goes_with_its_session(ana: Treatment, mara: User) -> None:
    held = people.course(ana, (5, 5, 5), (5, 5, 5), (5, 5, 5), (1, 1, 1))
    at = held[-1].held_at + timedelta(days=1)
    flag = Flag.objects.get(treatment=ana)
    made = corrections.void_session(held[-1], reason="Not held.", by=mara, at=at)
    people.compute(ana, at=at)
    flag.refresh_from_db()
    assert flag.state == Flag.State.WITHDRAWN
    undoing.undo(made, by=mara, at=at)
    people.compute(ana, at=at)
    flag.refresh_from_db()
    assert flag.state == Flag.State.OPEN


# --- To another client, to another session


def test_to_another_client(held: list[TherapySession], mara: User) -> None:
    bo = people.take_on(mara, "Bo K.", email="bo@mail.example")
    made = corrections.reassign(held[3], treatment=bo, reason="It was Bo.", by=mara, at=NOW)
    new = TherapySession.objects.get(treatment=bo)
    assert (new.held_at, new.note, made.before) == (
        held[3].held_at,
        held[3].note,
        {"new": str(new.pk)},
    )
    assert new.request.withdrawn_at is None
    held[3].refresh_from_db()
    assert held[3].voided_at == NOW
    undoing.undo(made, by=mara, at=NOW)
    new.refresh_from_db()
    held[3].refresh_from_db()
    assert new.voided_at is not None
    assert held[3].voided_at is None
    assert RatingRequest.objects.get(session=new).withdrawn_at is not None


def test_answers_never_become_somebody_else_s(held: list[TherapySession], mara: User) -> None:
    bo = people.take_on(mara, "Bo K.", email="bo@mail.example")
    with pytest.raises(corrections.HasAnswered):
        corrections.reassign(held[2], treatment=bo, reason="x", by=mara, at=NOW)
    made = corrections.reassign(held[3], treatment=bo, reason="x", by=mara, at=NOW)
    people.answer(TherapySession.objects.get(treatment=bo), at=NOW)
    with pytest.raises(undoing.AnsweredSince):
        undoing.undo(made, by=mara, at=NOW)


def test_not_to_a_colleague_s_client(held: list[TherapySession], mara: User, jonas: User) -> None:
    bo = people.take_on(jonas, "Bo K.", email="bo@mail.example")
    with pytest.raises(corrections.OtherTherapist):
        corrections.reassign(held[3], treatment=bo, reason="x", by=mara, at=NOW)
    with pytest.raises(corrections.NothingChanged):
        corrections.reassign(held[3], treatment=held[3].treatment, reason="x", by=mara, at=NOW)


def test_answers_move_with_their_form(held: list[TherapySession], mara: User) -> None:
    rating, other = rating_of(held[2]), held[1].request
    corrections.move_rating(rating, session=held[1], reason="Late.", by=mara, at=NOW)
    moved = Rating.objects.select_related("request").get(pk=rating.pk)
    assert moved.session_id == moved.request.session_id == held[1].pk
    other.refresh_from_db()
    assert (other.session_id, other.withdrawn_at) == (held[2].pk, NOW)
    assert TherapySession.objects.filter(treatment=held[0].treatment).count() == 4
    trajectory = people.compute(held[0].treatment, at=NOW)
    rated = [row["session"] for row in trajectory.points if row["point"]["score"] is not None]
    assert rated == [str(held[0].pk), str(held[1].pk)]


def test_answers_move_to_a_session_without_a_form(held: list[TherapySession], mara: User) -> None:
    RequestLink.objects.filter(request__session=held[1]).delete()
    Draft.objects.all().delete()
    RatingRequest.objects.filter(session=held[1]).delete()
    before = fingerprint(held[0].treatment)
    made = corrections.move_rating(
        rating_of(held[2]), session=held[1], reason="Late.", by=mara, at=NOW
    )
    assert not RatingRequest.objects.filter(session=held[2]).exists()
    undoing.undo(made, by=mara, at=NOW)
    assert fingerprint(held[0].treatment) == before


def test_where_answers_cannot_go(held: list[TherapySession], mara: User) -> None:
    rating, treatment = rating_of(held[2]), held[0].treatment
    missed = people.hold(treatment, held[0].held_at + timedelta(days=1), attendance="no_show")
    bo = people.take_on(mara, "Bo K.", email="bo@mail.example")
    elsewhere = people.hold(bo)
    refusals: dict[TherapySession, type[Refused]] = {
        held[0]: corrections.IsRated,
        held[2]: corrections.NothingChanged,
        held[3]: corrections.AnsweredBefore,
        missed: corrections.DidNotTakePlace,
        elsewhere: corrections.OtherTreatment,
    }
    for session, refusal in refusals.items():
        with pytest.raises(refusal):
            corrections.move_rating(rating, session=session, reason="x", by=mara, at=NOW)


def test_doubt_stands_beside_answers_that_count(held: list[TherapySession], mara: User) -> None:
    rating = rating_of(held[2])
    made = corrections.dispute(rating, reason="Ana says it was her son.", by=mara, at=NOW)
    assert Rating.objects.standing().get(pk=rating.pk).disputed_at == NOW
    with pytest.raises(corrections.NothingChanged):
        corrections.dispute(rating, reason="Twice.", by=mara, at=NOW)
    corrections.settle_dispute(rating, by=mara, at=NOW)
    rating.refresh_from_db()
    made.refresh_from_db()
    assert (rating.disputed_at, made.undone_at) == (None, NOW)
    with pytest.raises(corrections.NothingChanged):
        corrections.settle_dispute(rating, by=mara, at=NOW)


def test_answers_that_count_no_more(held: list[TherapySession], mara: User) -> None:
    rating = rating_of(held[2])
    corrections.void_rating(rating, reason="Her son did it.", by=mara, at=NOW)
    trajectory = people.compute(held[0].treatment, at=NOW)
    assert (trajectory.sessions, trajectory.rated) == (4, 1)
    with pytest.raises(corrections.DoesNotCount):
        corrections.void_rating(rating, reason="Again.", by=mara, at=NOW)
    with pytest.raises(corrections.DoesNotCount):
        corrections.move_rating(rating, session=held[1], reason="x", by=mara, at=NOW)


# --- Taking it back

Correct = Callable[[list[TherapySession], User], Correction]

EVERY_KIND: dict[str, Correct] = {
    "redate": lambda held, by: corrections.redate(
        held[3], held_at=held[3].held_at - timedelta(days=2), reason="x", by=by, at=NOW
    ),
    "void": lambda held, by: corrections.void_session(held[1], reason="x", by=by, at=NOW),
    "void_answered": lambda held, by: corrections.void_session(held[2], reason="x", by=by, at=NOW),
    "reassign": lambda held, by: corrections.reassign(
        held[1], treatment=people.take_on(by, "Bo K."), reason="x", by=by, at=NOW
    ),
    "void_rating": lambda held, by: corrections.void_rating(
        rating_of(held[2]), reason="x", by=by, at=NOW
    ),
    "move": lambda held, by: corrections.move_rating(
        rating_of(held[2]), session=held[1], reason="x", by=by, at=NOW
    ),
    "dispute": lambda held, by: corrections.dispute(rating_of(held[2]), reason="x", by=by, at=NOW),
}


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_undone_it_is_as_it_was(held: list[TherapySession], mara: User, kind: str) -> None:
    treatment = held[0].treatment
    before = fingerprint(treatment)
    points = people.compute(treatment, at=NOW).points
    made = EVERY_KIND[kind](held, mara)
    assert is_due(treatment)
    assert fingerprint(treatment) != before
    people.compute(treatment, at=NOW)
    undone = undoing.undo(made, by=mara, at=NOW + Correction.UNDO_WITHIN - timedelta(seconds=1))
    assert undone.undone_at is not None
    assert is_due(treatment)
    assert fingerprint(treatment) == before
    assert people.compute(treatment, at=NOW).points == points
    with pytest.raises(undoing.TooLate):
        undoing.undo(made, by=mara, at=NOW)
    assert Event.objects.filter(action="sessions.correct_undo").count() == 1


def test_after_ten_minutes_it_stays(held: list[TherapySession], mara: User) -> None:
    made = corrections.void_session(held[2], reason="x", by=mara, at=NOW)
    with pytest.raises(undoing.TooLate):
        undoing.undo(made, by=mara, at=NOW + Correction.UNDO_WITHIN)


def test_the_newest_first(held: list[TherapySession], mara: User) -> None:
    before = fingerprint(held[0].treatment)
    moved = corrections.move_rating(
        rating_of(held[2]), session=held[1], reason="x", by=mara, at=NOW
    )
    later = NOW + timedelta(minutes=1)
    void = corrections.void_session(held[1], reason="x", by=mara, at=later)
    with pytest.raises(undoing.SomethingNewer):
        undoing.undo(moved, by=mara, at=later)
    undoing.undo(void, by=mara, at=later)
    undoing.undo(moved, by=mara, at=later)
    assert fingerprint(held[0].treatment) == before


def test_drafts_wait_for_the_undo(held: list[TherapySession], mara: User) -> None:
    RatingRequest.objects.filter(session=held[1]).update(expires_at=None)
    Draft.objects.update(saved_at=NOW)
    corrections.void_session(held[1], reason="x", by=mara, at=NOW)
    assert answering.purge_drafts(at=NOW + timedelta(minutes=9)) == 0
    assert answering.purge_drafts(at=NOW + Correction.UNDO_WITHIN) == 1


def test_the_reason_is_sealed_and_not_in_the_audit(held: list[TherapySession], mara: User) -> None:
    corrections.void_session(held[2], reason="CANARY", by=mara, at=NOW)
    assert not [event for event in Event.objects.all() if "CANARY" in json.dumps(event.details)]


def test_a_session_that_was_moved_on_stands_for_one_client(ana: Treatment, mara: User) -> None:
    second, third = people.take_on(mara, "Bo K."), people.take_on(mara, "Cy L.")
    session, later = people.hold(ana), NOW + timedelta(minutes=1)
    first = corrections.reassign(session, treatment=second, reason="x", by=mara, at=NOW)
    there = TherapySession.objects.get(treatment=second)
    on = corrections.reassign(there, treatment=third, reason="x", by=mara, at=later)
    with pytest.raises(undoing.SomethingNewer):
        undoing.undo(first, by=mara, at=NOW + timedelta(minutes=2))
    assert TherapySession.objects.standing().get().treatment == third
    undoing.undo(on, by=mara, at=NOW + timedelta(minutes=3))
    undoing.undo(first, by=mara, at=NOW + timedelta(minutes=4))
    assert TherapySession.objects.standing().get() == session


def test_answers_that_were_read_elsewhere_make_nothing_blind(ana: Treatment, mara: User) -> None:
    """Read here, rated there, moved there; or moved, rated here, and undone."""
    here, there = people.hold(ana), people.hold(ana, people.MONDAY + timedelta(days=1))
    rating = people.answer(here, at=people.MONDAY + timedelta(days=1, hours=1))
    own = people.rate(there, at=people.MONDAY + timedelta(days=1, hours=2))
    assert own.is_blind
    told: dict[str, Any] = {"reason": "x", "by": mara}
    moved = corrections.move_rating(rating, session=there, at=NOW, **told)
    own.refresh_from_db()
    assert not own.is_blind
    here = TherapySession.objects.get(pk=here.pk)
    with pytest.raises(therapist_ratings.AnswersAreIn):
        therapist_ratings.check_blind(here)
    late = NOW + timedelta(minutes=1)
    opened = people.MONDAY
    assert not people.rate(here, opened_at=opened, at=late).is_blind
    undoing.undo(moved, by=mara, at=NOW + timedelta(minutes=2))
    assert Event.objects.filter(action="sessions.correct_not_blind").count() == 1
