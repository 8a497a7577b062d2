"""People with names, and short ways to let things happen through the services."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.test import Client as Browser
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Clinic, Invitation, User
from accounts.permissions import Role
from clients import agreements
from clients import services as clients
from clients.models import Agreement, Client, Treatment, Wording
from outbox import composers, links
from sessions import services as sessions
from sessions.form import answering
from sessions.models import Rating, RatingRequest, RequestLink, TherapistRating, TherapySession
from sessions.own_rating import therapist_ratings
from trends import services as trends
from trends.models import Trajectory

PASSWORD = "a quiet harbour at night"
MONDAY = datetime(2026, 9, 7, 14, 0, tzinfo=UTC)


def open_clinic(name: str = "Northside Clinic", **decided: Any) -> Clinic:
    """Its clients get mail at any hour and no reminder, unless a test decides otherwise."""
    usual: dict[str, Any] = {
        "crisis_text": "Call 112.",
        "reminder_days": None,
        "quiet_from": time(),
        "quiet_until": time(),
    }
    at = MONDAY - timedelta(days=400)
    return accounts.open_clinic(name=name, at=at, **usual | decided)


def hire(clinic: Clinic, name: str, *roles: Role) -> User:
    return accounts.create_person(
        clinic=clinic,
        email=f"{name.split(maxsplit=1)[0].lower()}@{clinic.name.split()[0].lower()}.example",
        display_name=name,
        roles=list(roles),
        password=PASSWORD,
        at=MONDAY - timedelta(days=300),
    )


def run_the_machine() -> User:
    """A superuser, who belongs to no clinic."""
    return User.objects.create_user(
        "root@host.example",
        PASSWORD,
        display_name="Root",
        is_superuser=True,
        created_at=MONDAY - timedelta(days=400),
    )


def take_on(
    therapist: User,
    name: str = "Ana R.",
    *,
    email: str = "ana@mail.example",
    contact: str = Client.Contact.EMAIL,
    at: datetime = MONDAY - timedelta(days=100),
) -> Treatment:
    return clients.add_client(
        name=name, email=email, language="en", contact=contact, by=therapist, at=at
    )


def hold(
    treatment: Treatment,
    held_at: datetime = MONDAY,
    *,
    attendance: str = TherapySession.Attendance.ATTENDED,
    note: str = "",
    at: datetime | None = None,
) -> TherapySession:
    """Record a session of a treatment; a form is on its way if it took place."""
    return sessions.record_session(
        treatment=treatment,
        held_at=held_at,
        attendance=attendance,
        format=TherapySession.Format.IN_PERSON,
        minutes=50,
        note=note,
        by=treatment.therapist,
        at=at or held_at + timedelta(hours=1),
    )


def points(request: RatingRequest, goal: int, task: int, bond: int) -> dict[str, int]:
    """Answers that give these scores: every item of a dimension gets the same point."""
    wanted = {"goal": goal, "task": task, "bond": bond}
    return {item.key: wanted[item.dimension] for item in request.form_instrument().items}


def answer(
    session: TherapySession,
    goal: int = 4,
    task: int = 4,
    bond: int = 4,
    *,
    tension: str = Rating.Tension.NONE,
    comment: str = "",
    follow_up: str = "",
    came: answering.Came | None = None,
    at: datetime | None = None,
    **beside: Any,
) -> Rating:
    """beside: what else was said, `agreements`, `proposal` or `elements`."""
    answers = points(session.request, goal, task, bond)
    said = answering.Said(answers, tension, comment=comment, follow_up=follow_up, **beside)
    at = at or session.held_at + timedelta(hours=3)
    return answering.submit_rating(session.request, said=said, came=came, at=at)


def rate(
    session: TherapySession,
    goal: int = 3,
    task: int = 3,
    bond: int = 3,
    *,
    opened_at: datetime | None = None,
    at: datetime | None = None,
    changed: dict[str, int] | None = None,
) -> TherapistRating:
    """The therapist's own rating, with these scores; changed: single items by their keys."""
    wanted = {"goal": goal, "task": task, "bond": bond}
    items = therapist_ratings.form_for(session).items
    return therapist_ratings.rate(
        session,
        answers={item.key: wanted[item.dimension] for item in items} | (changed or {}),
        opened_at=opened_at,
        by=session.treatment.therapist,
        at=at or session.held_at + timedelta(hours=1),
    )


def course(treatment: Treatment, *scores: tuple[int, int, int] | None) -> list[TherapySession]:
    """Weekly sessions with these ratings (None: not answered), and the trajectory computed."""
    held = []
    for week, rated in enumerate(scores):
        session = hold(treatment, MONDAY + timedelta(weeks=week))
        if rated is not None:
            answer(session, *rated)
        held.append(session)
    compute(treatment, at=MONDAY + timedelta(weeks=len(scores)))
    return held


def agree(
    treatment: Treatment,
    words: str = "Sleep through the night",
    *,
    kind: str = Agreement.Kind.GOAL,
    at: datetime = MONDAY - timedelta(days=50),
) -> Wording:
    """The therapist writes a goal or a task down; its first wording."""
    by = treatment.therapist
    agreement = agreements.propose(treatment, kind=kind, words=words, by=by, at=at)
    return agreement.wordings.get()


def compute(
    treatment: Treatment, *, at: datetime | None = None, since: datetime | None = None
) -> Trajectory:
    return trends.recompute(treatment.pk, at=at or timezone.now(), since=since)


def end_of(request: RatingRequest) -> datetime:
    """Until when the form opens."""
    assert request.expires_at
    return request.expires_at


def link_for(request: RatingRequest, *, at: datetime | None = None) -> str:
    """A token as the mail would carry it."""
    return sessions.issue_link(request, at=at or request.created_at)


def is_held(request: RatingRequest, token: str) -> bool:
    return RequestLink.objects.filter(request=request, digest=links.digest(token)).exists()


def invite(
    admin: User,
    email: str = "lena@northside.example",
    *roles: Role,
    at: datetime = MONDAY,
) -> Invitation:
    return accounts.invite(
        clinic=admin.own_clinic, email=email, roles=list(roles or [Role.THERAPIST]), by=admin, at=at
    )


def join_token(invitation: Invitation, *, at: datetime | None = None) -> str:
    """The token of the invitation's mail."""
    mail = composers.compose(accounts.INVITATION, invitation.pk, at or invitation.created_at)
    return mail.text.split("/join/")[1].split("/")[0]


def open_form(request: RatingRequest, *, at: datetime | None = None) -> Browser:
    """A browser that has opened the link of a fresh mail."""
    browser = Browser()
    browser.get(f"/r/{link_for(request, at=at)}/")
    return browser


def filled_in(request: RatingRequest, **changed: str) -> dict[str, str]:
    """A complete form as a browser sends it: four everywhere, nothing else said."""
    items = {f"item_{item.key}": "4" for item in request.form_instrument().items}
    rest = {"tension": "none", "settled": "", "comment": "", "follow_up": "", "language": "en"}
    return items | rest | changed
