"""Every change of every service is in the audit, or not done."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model

from accounts import services as accounts
from accounts.models import Invitation, User
from accounts.permissions import Role
from audit.models import Event
from clients import agreements, sharing, transferring
from clients import services as clients
from clients.models import Treatment
from outbox import links
from outbox.models import Message
from sessions import reading
from sessions import services as sessions
from sessions.at_clinic import in_clinic
from sessions.correcting import corrections, undoing
from sessions.form import answering
from sessions.models import TherapySession
from tests import people
from tests.registry.database import fingerprint
from trends import services as trends
from trends.flags import moves
from trends.models import Flag
from trends.report import taking_along

AT = people.MONDAY

Change = Callable[[], object]


@pytest.fixture(scope="module")
def changes(rows_of_the_module: None) -> dict[str, Change]:
    """Every service that changes something, ready to be called, by the event it must record."""
    clinic = people.open_clinic(crisis_text="Call 112.")
    mara = people.hire(clinic, "Mara Lindqvist", Role.THERAPIST)
    ruth = people.hire(clinic, "Ruth Adler", Role.ADMIN)
    ana = people.take_on(mara)
    later = AT + timedelta(weeks=5)
    *_, low = people.course(ana, (4, 4, 4), (4, 4, 4), (4, 4, 4), (4, 4, 1))
    trends.nightly(clinic.pk, at=AT + timedelta(weeks=4))
    waiting = people.hold(ana, AT + timedelta(weeks=4)).request
    Message.objects.filter(about=waiting.pk).update(state="failed")
    token = links.new_token()
    Invitation.objects.create(
        clinic=clinic,
        email="lena@northside.example",
        roles=["therapist"],
        digest=links.digest(token),
        created_at=AT,
        expires_at=AT + timedelta(days=1),
    )
    other = people.take_on(mara, "Petra K.")
    answered = people.answer(people.hold(other, AT), at=AT)
    unread = people.answer(people.hold(people.take_on(mara, "Nia S."), AT), at=AT)
    publish(ruth)
    colleague = people.hire(clinic, "Kim Sato", Role.THERAPIST)
    api_token, _secret = accounts.create_token(by=mara, days=30, at=AT)
    return {
        "accounts.open_clinic": lambda: accounts.open_clinic(name="New", at=AT),
        "accounts.change_clinic": lambda: accounts.change_clinic(
            clinic, by=ruth, at=AT, name="New name"
        ),
        "accounts.invite": lambda: accounts.invite(
            clinic=clinic, email="kim@x.example", roles=[Role.ADMIN], by=ruth, at=AT
        ),
        "accounts.issue_invitation_link": lambda: accounts.issue_invitation_link(
            Invitation.objects.get(), at=AT
        ),
        "accounts.withdraw_invitation": lambda: accounts.withdraw_invitation(
            Invitation.objects.get(), by=ruth, at=AT
        ),
        "accounts.password_changed": lambda: accounts.password_changed(mara, at=AT),
        "accounts.create_person": lambda: accounts.accept_invitation(
            token, display_name="Lena", password=people.PASSWORD, at=AT
        ),
        "accounts.deactivate": lambda: accounts.deactivate(mara, by=ruth, at=AT),
        "accounts.reactivate": lambda: accounts.reactivate(mara, by=ruth, at=AT),
        "accounts.create_token": lambda: accounts.create_token(by=mara, days=30, at=AT),
        "accounts.revoke_token": lambda: accounts.revoke_token(
            token_key=api_token.token_key, by=mara, at=AT
        ),
        "clients.add_client": lambda: people.take_on(mara, "Third C."),
        "clients.change_client": lambda: clients.change_client(
            ana.client,
            name="A",
            email="a@b.example",
            language="de",
            contact="email",
            by=mara,
            at=AT,
        ),
        **changes_of_contact(mara),
        "accounts.publish_profile": lambda: publish(mara),
        "accounts.take_profile_down": lambda: accounts.take_profile_down(by=ruth, at=AT),
        **wishes_of(mara),
        "clients.end_treatment": lambda: clients.end_treatment(other, by=mara, at=AT),
        "clients.start_treatment": lambda: clients.start_treatment(other.client, by=ruth, at=AT),
        "clients.transfer": lambda: transferring.transfer(
            other, to=colleague, history_agreed=True, by=mara, at=AT
        ),
        "sessions.record_session": lambda: people.hold(ana, later),
        "sessions.plan_next": lambda: sessions.plan_next(
            ana, next_at=later + timedelta(days=1), by=mara, at=later
        ),
        "sessions.send_again": lambda: sessions.send_again(waiting, by=mara, at=later),
        "sessions.issue_link": lambda: sessions.issue_link(waiting, at=AT),
        "sessions.submit_rating": lambda: people.answer(waiting.session),
        "sessions.ask_for_new_link": lambda: sessions.ask_for_new_link(waiting, at=later),
        "sessions.hand_over": lambda: in_clinic.hand_over(
            waiting.session, provenance="room", by=mara, at=later
        ),
        "sessions.rate_as_therapist": lambda: people.rate(waiting.session),
        "sessions.mark_read": lambda: reading.mark_read(unread, by=mara, at=later),
        "sessions.take_back": lambda: in_clinic.take_back(waiting.pk, by=mara, at=later),
        "sessions.change_rating": lambda: answering.change_rating(
            answered, said=replace(answering.Said.of(answered), comment="New."), at=AT
        ),
        **changes_of_agreements(other),
        **sharings_of(ana, other),
        **corrections_of(mara),
        **steps_of_a_flag(low, answered.session, mara),
        "trends.calibrate": lambda: trends.nightly(clinic.pk, at=later),
        "trends.set_alert_budget": lambda: trends.set_alert_budget(
            clinic, budget=8, by=ruth, at=AT
        ),
        "trends.take_along": lambda: taking_along.take_along(
            ana, kind="pdf", with_words=False, by=mara, at=AT
        ),
        "outbox.queue": lambda: accounts.ask_password_reset(mara, at=AT),
    }


def corrections_of(mara: User) -> dict[str, Change]:
    """Of sessions of a client of their own: one answered, one not, one that was voided before."""
    treatment, other = people.take_on(mara, "Wrong W."), people.take_on(mara, "Right R.")
    first, second, third, fourth = (
        people.hold(treatment, AT + timedelta(days=day)) for day in range(4)
    )
    rating, doubted = people.answer(second, at=AT + timedelta(days=2)), people.answer(third)
    at = AT + timedelta(days=5)
    people.rate(first, at=at - timedelta(hours=1))
    corrections.dispute(doubted, reason="Her son.", by=mara, at=at)
    made = corrections.void_session(fourth, reason="Not held.", by=mara, at=at)
    told: dict[str, Any] = {"reason": "A mistake.", "by": mara, "at": at}
    return {
        "sessions.correct_redate": lambda: corrections.redate(
            first, held_at=AT - timedelta(days=1), **told
        ),
        "sessions.correct_void_session": lambda: corrections.void_session(first, **told),
        "sessions.withdraw_request": lambda: corrections.void_session(first, **told),
        "sessions.correct_reassign": lambda: corrections.reassign(first, treatment=other, **told),
        "sessions.correct_void_rating": lambda: corrections.void_rating(rating, **told),
        "sessions.correct_move_rating": lambda: corrections.move_rating(
            rating, session=first, **told
        ),
        "sessions.correct_not_blind": lambda: corrections.move_rating(
            rating, session=first, **told
        ),
        "sessions.correct_dispute": lambda: corrections.dispute(rating, **told),
        "sessions.correct_settle": lambda: corrections.settle_dispute(doubted, by=mara, at=at),
        "sessions.correct_undo": lambda: undoing.undo(made, by=mara, at=at),
        "sessions.restore_request": lambda: undoing.undo(made, by=mara, at=at),
    }


def changes_of_agreements(treatment: Treatment) -> dict[str, Change]:
    goal, by = people.agree(treatment).agreement, treatment.therapist
    over = people.agree(treatment, "An old one").agreement
    over = agreements.end(over, ended_as="dropped", by=by, at=AT)
    return {
        "clients.propose_agreement": lambda: people.agree(treatment, "Another one"),
        "clients.reword_agreement": lambda: agreements.reword(goal, words="New", by=by, at=AT),
        "clients.take_over_words": lambda: agreements.take_over(goal, words="New", by=by, at=AT),
        "clients.end_agreement": lambda: agreements.end(goal, ended_as="dropped", by=by, at=AT),
        "clients.resume_agreement": lambda: agreements.resume(over, by=by, at=AT),
    }


def sharings_of(shared: Treatment, closed: Treatment) -> dict[str, Change]:
    """Of one that a supervisor reads, and of one that is not shared yet."""
    by = shared.therapist
    sven = people.hire(by.own_clinic, "Sven Dahl", Role.SUPERVISOR)
    share = sharing.share(shared, supervisor=sven, by=by, at=AT)
    return {
        "clients.share": lambda: sharing.share(closed, supervisor=sven, by=by, at=AT),
        "clients.read_shared": lambda: sharing.note_reading(share, by=sven, at=AT),
        "clients.withdraw_share": lambda: sharing.withdraw(share, by=by, at=AT),
    }


def wishes_of(user: User) -> dict[str, Change]:
    wanted: dict[str, Any] = {"tells": True, "reminds": True, "digest": False}
    quiet: dict[str, Any] = {"quiet_from": time(20), "quiet_until": time(6)}
    return {
        "accounts.set_mail_wishes": lambda: accounts.set_mail_wishes(
            **wanted, **quiet, by=user, at=AT
        ),
        "accounts.stop_mails": lambda: accounts.stop_mails(user, at=AT),
    }


def steps_of_a_flag(low: TherapySession, other: TherapySession, mara: User) -> dict[str, Change]:
    """What therapists do with an open one, and with one of another client that is closed."""
    flag = Flag.objects.get(session=low)
    session = TherapySession.objects.filter(treatment=low.treatment).earliest("held_at")
    hand = moves.mark_by_hand(other, words="", by=mara, at=AT)
    closed = moves.close(hand, reason="settled", words="", by=mara, at=AT)
    tried: dict[str, Any] = {"kind": "unclear", "tried": [], "words": "", "raise_when": "next"}
    return {
        "trends.mark_flag": lambda: moves.mark_by_hand(session, words="", by=mara, at=AT),
        "trends.acknowledge_flag": lambda: moves.acknowledge(flag, note="seen", by=mara, at=AT),
        "trends.log_repair": lambda: moves.log_repair(flag, **tried, by=mara, at=AT),
        "trends.close_flag": lambda: moves.close(flag, reason="other", words="", by=mara, at=AT),
        "trends.reopen_flag": lambda: moves.reopen(closed, by=mara, at=AT),
    }


def publish(user: User) -> None:
    accounts.publish_profile(title="Dr.", qualifications="", way_of_working="", by=user, at=AT)


def changes_of_contact(mara: User) -> dict[str, Change]:
    """What a client says by link, and how the staff answers; of one where all of it was said."""
    quiet = people.take_on(mara, "Quiet C.").client
    loud = people.take_on(mara, "Loud C.").client
    for client in (quiet, loud):
        clients.change_client(
            client,
            name="C",
            email="c@d.example",
            language="en",
            contact="email",
            pin="4711",
            by=mara,
            at=AT,
        )
    desk = people.hire(mara.own_clinic, "Noor Haddad", Role.FRONT_DESK)
    changed = {"name": "C", "email": "c@d.example", "language": "en", "contact": "email"}
    clients.change_client(loud, **changed, pin="1234", by=desk, at=AT)
    clients.check_secret(loud, answer="0000", at=AT)
    clients.stop_mail(loud, at=AT)
    clients.ask_erasure(loud, at=AT)
    return {
        "clients.issue_link": lambda: clients.issue_link(quiet, purpose="mail", at=AT),
        "clients.answer_wrong": lambda: clients.check_secret(quiet, answer="0000", at=AT),
        "clients.answer_right": lambda: clients.check_secret(quiet, answer="4711", at=AT),
        "clients.block_own_link": lambda: clients.change_client(
            quiet, **changed, pin="1234", by=desk, at=AT
        ),
        "clients.confirm_contact": lambda: clients.confirm_contact(loud, by=mara, at=AT),
        "clients.unlock": lambda: clients.unlock(loud, by=mara, at=AT),
        "clients.stop_mail": lambda: clients.stop_mail(quiet, at=AT),
        "clients.resume_mail": lambda: clients.resume_mail(loud, by=mara, at=AT),
        "clients.change_language": lambda: clients.change_language(
            quiet, language="de", by=None, at=AT
        ),
        "clients.note_bounce": lambda: clients.note_bounce(quiet, at=AT),
        "clients.ask_erasure": lambda: clients.ask_erasure(quiet, at=AT),
        "clients.settle_erasure": lambda: clients.settle_erasure(loud, by=mara, at=AT),
    }


ACTIONS = [
    "accounts.open_clinic",
    "accounts.change_clinic",
    "accounts.invite",
    "accounts.create_person",
    "accounts.issue_invitation_link",
    "accounts.password_changed",
    "accounts.withdraw_invitation",
    "accounts.deactivate",
    "accounts.reactivate",
    "accounts.create_token",
    "accounts.revoke_token",
    "clients.add_client",
    "clients.change_client",
    "accounts.publish_profile",
    "accounts.take_profile_down",
    "accounts.set_mail_wishes",
    "accounts.stop_mails",
    "clients.share",
    "clients.read_shared",
    "clients.withdraw_share",
    "clients.issue_link",
    "clients.answer_wrong",
    "clients.answer_right",
    "clients.block_own_link",
    "clients.confirm_contact",
    "clients.unlock",
    "clients.stop_mail",
    "clients.resume_mail",
    "clients.change_language",
    "clients.note_bounce",
    "clients.ask_erasure",
    "clients.settle_erasure",
    "clients.propose_agreement",
    "clients.reword_agreement",
    "clients.take_over_words",
    "clients.end_agreement",
    "clients.resume_agreement",
    "clients.end_treatment",
    "clients.start_treatment",
    "clients.transfer",
    "sessions.record_session",
    "sessions.plan_next",
    "sessions.issue_link",
    "sessions.send_again",
    "sessions.submit_rating",
    "sessions.change_rating",
    "sessions.mark_read",
    "sessions.hand_over",
    "sessions.rate_as_therapist",
    "sessions.take_back",
    "sessions.ask_for_new_link",
    "sessions.correct_redate",
    "sessions.correct_void_session",
    "sessions.correct_reassign",
    "sessions.correct_void_rating",
    "sessions.correct_move_rating",
    "sessions.correct_not_blind",
    "sessions.correct_dispute",
    "sessions.correct_settle",
    "sessions.correct_undo",
    "sessions.withdraw_request",
    "sessions.restore_request",
    "trends.mark_flag",
    "trends.acknowledge_flag",
    "trends.log_repair",
    "trends.close_flag",
    "trends.reopen_flag",
    "trends.calibrate",
    "trends.set_alert_budget",
    "trends.take_along",
    "outbox.queue",
]


class Broken(Exception):
    """The audit cannot be written."""


@pytest.fixture
def as_they_were(db: None, changes: dict[str, Change]) -> None:
    """What other tests did to the rows is undone in the database, but not yet in memory."""
    cells = [
        cell
        for change in changes.values()
        for cell in inspect.getclosurevars(change).nonlocals.values()
    ]
    known = [
        *cells,
        *(value for cell in cells if isinstance(cell, dict) for value in cell.values()),
    ]
    for row in {id(each): each for each in known if isinstance(each, Model)}.values():
        row.refresh_from_db()


@pytest.mark.usefixtures("as_they_were")
@pytest.mark.parametrize("action", ACTIONS)
def test_a_change_is_recorded_or_not_done(
    changes: dict[str, Change], action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise Broken

    before = fingerprint(without=())
    with monkeypatch.context() as patch:
        patch.setattr(Event.objects, "create", fail)
        with pytest.raises(Broken), transaction.atomic():
            changes[action]()
    assert fingerprint(without=()) == before
    count = Event.objects.filter(action=action).count()
    changes[action]()
    assert Event.objects.filter(action=action).count() == count + 1
