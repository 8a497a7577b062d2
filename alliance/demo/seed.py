"""Fill an empty database with the demo clinic, through the same services that people use."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import transaction
from django.db.models import F, OuterRef, Subquery

from accounts import services as accounts
from accounts.models import Clinic, User
from accounts.permissions import Role
from alliance.demo import courses, people
from alliance.demo.courses import Course
from clients import services as clients
from clients.models import Client, Treatment
from outbox.doorbell import doorbell
from outbox.models import Message
from sessions import services as sessions
from sessions.models import RATING_REQUEST, Rating, TherapySession
from trends import services as trends
from trends.models import Flag

SEED = 1979  # the year in which Bordin described the working alliance
CLOSED_RUPTURES = 0.8  # share of past flags that were looked at
ANSWER_RATE = 0.8
FRIDAY = 4
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """One client's weeks, drawn before anything is written."""

    number: int
    therapist: User
    sessions: int
    hour: int
    days_ago: int  # of the newest session
    course: Course


def seed(at: datetime, tell: Progress = lambda *_: None) -> Clinic:
    """Write the clinic as it would be at `at`. The same day and seed give the same clinic."""
    rng = Random(SEED)  # noqa: S311  no secret
    with doorbell.muted():
        clinic, staff = _open(at)
        plans = list(_plans(staff, rng))
        for done, plan in enumerate(plans, start=1):
            with transaction.atomic():
                _live(plan, at, rng)
            tell("Clients", done, len(plans))
        _settle_mails(clinic, at)
        trends.recompute_due(at=at)
        _date_flags()
        _look_at_past_flags(at, rng)
    return clinic


@transaction.atomic
def _open(at: datetime) -> tuple[Clinic, list[User]]:
    opened = at - timedelta(days=400)
    clinic = accounts.open_clinic(
        name=people.CLINIC,
        at=opened,
        time_zone="Europe/Stockholm",
        crisis_text=people.CRISIS_TEXT,
    )
    staff = [
        accounts.create_person(
            clinic=clinic,
            email=email,
            display_name=name,
            roles=roles,
            password=people.PASSWORD,
            at=opened,
        )
        for name, email, roles in people.STAFF
    ]
    return clinic, [person for person in staff if Role.THERAPIST in person.roles]


def _plans(staff: list[User], rng: Random) -> Iterator[Plan]:
    number = 0
    for therapist, size in zip(staff, people.CASELOADS, strict=True):
        for place in range(size):
            count = rng.randint(8, 17) if place < size - 1 else rng.randint(1, 3)
            yield Plan(
                number=number,
                therapist=therapist,
                sessions=count,
                hour=rng.randrange(8, 18),
                days_ago=rng.randrange(1, 8),
                course=courses.draw(count, now_in_rupture=place in (0, 4) and count > 4, rng=rng),
            )
            number += 1


def _live(plan: Plan, at: datetime, rng: Random) -> None:
    """Write one client's treatment from the first session to the last."""
    newest = _weekday(at.astimezone(plan.therapist.own_clinic.zone), plan.days_ago).replace(
        hour=plan.hour, minute=0, second=0, microsecond=0
    )
    held = [newest - timedelta(weeks=back) for back in reversed(range(plan.sessions))]
    treatment = clients.add_client(
        name=people.client_name(plan.number),
        email=people.client_email(plan.number),
        language="en",
        contact=Client.Contact.NONE if plan.number % 17 == 9 else Client.Contact.EMAIL,
        by=plan.therapist,
        at=held[0] - timedelta(days=3),
    )
    for index, held_at in enumerate(held):
        _one_session(plan, treatment, index, held_at, rng)


def _weekday(today: datetime, days_ago: int) -> datetime:
    """So many days back, and from a weekend on to the Friday before it."""
    day = today - timedelta(days=days_ago)
    return day - timedelta(days=max(day.weekday() - FRIDAY, 0))


def _one_session(
    plan: Plan, treatment: Treatment, index: int, held_at: datetime, rng: Random
) -> None:
    is_newest = index == plan.sessions - 1
    session = sessions.record_session(
        treatment=treatment,
        held_at=held_at,
        attendance=_attendance(is_newest, rng),
        format=rng.choices(TherapySession.Format.values, (8, 3, 1))[0],
        minutes=50,
        note=rng.choice(people.NOTES) if rng.random() < 0.6 else "",
        by=plan.therapist,
        at=held_at + timedelta(minutes=55),
    )
    falls_now = is_newest and plan.course.in_rupture(index)
    waits = is_newest and plan.number % 5 == 1
    answers = falls_now or (not waits and rng.random() < ANSWER_RATE)
    if hasattr(session, "request") and answers:
        _answer(plan, session, index, rng)


def _attendance(is_newest: bool, rng: Random) -> str:
    if is_newest:
        return TherapySession.Attendance.ATTENDED
    return rng.choices(TherapySession.Attendance.values, (88, 4, 5, 3))[0]


def _answer(plan: Plan, session: TherapySession, index: int, rng: Random) -> None:
    tense = plan.course.in_rupture(index)
    words = people.TENSE_COMMENTS if tense else people.COMMENTS
    comment = rng.choice(words) if rng.random() < (0.7 if tense else 0.15) else ""
    sessions.submit_rating(
        session.request,
        answers=plan.course.answers(index, session.request.form_instrument(), rng),
        tension=rng.choice(["some", "strong", "unsure"]) if tense else Rating.Tension.NONE,
        comment=comment,
        follow_up=rng.choice(Rating.FollowUp.values) if comment else "",
        at=session.held_at + timedelta(hours=rng.uniform(1, 20)),
    )


def _settle_mails(clinic: Clinic, at: datetime) -> None:
    """Past mails were sent long ago. Three of the newest are left for the worker to send now."""
    mails = Message.objects.filter(clinic_id=clinic.pk, kind=RATING_REQUEST)
    unanswered = mails.exclude(about__in=Rating.objects.values("request_id"))
    fresh = unanswered.filter(created_at__gt=at - timedelta(days=4)).order_by("-created_at", "pk")
    newest = list(fresh.values_list("pk", flat=True)[:5])
    mails.exclude(pk__in=newest[:4]).update(
        state=Message.State.SENT,
        attempts=1,
        state_at=F("created_at") + timedelta(seconds=4),
        claimed_at=F("created_at") + timedelta(seconds=2),
    )
    mails.filter(pk__in=newest[4:]).update(
        state=Message.State.FAILED, reason="The mail server does not know this address."
    )


def _date_flags() -> None:
    """As if each had been raised when its form came back, not all of them today."""
    answered = Rating.objects.filter(session=OuterRef("session")).values("submitted_at")
    Flag.objects.update(raised_at=Subquery(answered[:1]))


def _look_at_past_flags(at: datetime, rng: Random) -> None:
    """Therapists saw most of the older flags; some of the newest still wait for them."""
    older = Flag.objects.open().filter(session__held_at__lt=at - timedelta(days=10))
    for flag in older.select_related("treatment__therapist", "session").order_by(
        "session__held_at"
    ):
        if rng.random() < CLOSED_RUPTURES:
            trends.acknowledge_flag(
                flag,
                note="Talked about it at the start of the next session.",
                by=flag.treatment.therapist,
                at=flag.session.held_at + timedelta(days=2),
            )


def log_ins() -> list[dict[str, str]]:
    """One account for each role, for the person who tries the demo."""
    shown = (people.STAFF[0], people.STAFF[6], people.STAFF[7])
    return [
        {"role": roles[0].value, "name": name, "email": email, "password": people.PASSWORD}
        for name, email, roles in shown
    ]


def is_seeded() -> bool:
    return Clinic.objects.exists()
