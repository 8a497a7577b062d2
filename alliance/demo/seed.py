"""Fill an empty database with the demo clinic.

People, clients and flags come through the services. The hundreds of past sessions are written in
bulk, as the services would have left them: nobody wants to wait for a demo.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random

from django.db import transaction
from django.db.models import OuterRef, Subquery

from accounts import services as accounts
from accounts.models import Clinic, User
from accounts.permissions import Role
from alliance.demo import agreed, corrected, courses, people, planned, shared, worked_on
from alliance.demo.courses import Course
from clients import services as clients
from clients.models import Client, Treatment
from measures import catalogue
from measures.scoring import score
from outbox.doorbell import doorbell
from outbox.models import Message
from sessions import services as sessions
from sessions.models import (
    RATING_REQUEST,
    Rating,
    RatingRequest,
    TherapistRating,
    TherapySession,
)
from sessions.own_rating import therapist_ratings
from trends import services as trends
from trends.models import Flag, FlagMove

SEED = 1979  # the year in which Bordin described the working alliance
ANSWER_RATE = 0.8
FRIDAY = 4
PAST = timedelta(days=400)  # the clinic is open that long; older flags are raised too
SELF_RATED = 3  # clients of the first therapist, who rates their sessions herself as well
SELF_RATED_SHARE = 0.85
THERAPIST_BELOW = 0.35  # therapists rate a little lower than their clients,
THERAPIST_SEES = 0.3  # and see a part of a fall: changes of the two correlate .27
LEFT_TO_SEND = 4  # of the newest forms: the worker sends them when the demo starts
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


@dataclass(slots=True)
class Written:
    """Rows of the past, to be inserted together."""

    sessions: list[TherapySession] = field(default_factory=list)
    requests: list[RatingRequest] = field(default_factory=list)
    mails: list[Message] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    by_therapist: list[TherapistRating] = field(default_factory=list)


def seed(at: datetime, tell: Progress = lambda *_: None) -> Clinic:
    """Write the clinic as it would be at `at`. The same day and seed give the same clinic."""
    rng = Random(SEED)  # noqa: S311  no secret
    with doorbell.muted(), transaction.atomic():
        clinic, staff = _open(at)
        shared.hush_nobody(staff, at)
        plans = list(_plans(staff, rng))
        past = Written()
        treatments = [_live(plan, past, at, rng) for plan in plans]
        _insert(past, at)
        agreed.write(treatments, at)
        corrected.write(treatments)
        for done, treatment in enumerate(treatments, start=1):
            trends.recompute(treatment.pk, at=at, since=at - PAST)
            tell("Clients", done, len(treatments))
        trends.nightly(clinic.pk, at=at)  # or the first night would change the demo at its start
        _let_clients_have_a_say(treatments, at)
        shared.write(treatments, at)
        planned.write(treatments, at)
        _date_flags()
        worked_on.write(at, rng)
    return clinic


def _open(at: datetime) -> tuple[Clinic, list[User]]:
    opened = at - PAST
    clinic = accounts.open_clinic(
        name=people.CLINIC,
        at=opened,
        time_zone="Europe/Stockholm",
        crisis_text=people.CRISIS_TEXT,
        quiet_from=time(),  # none: who tries the demo at night wants to see the mail
        quiet_until=time(),
        **people.ABOUT_CLINIC,
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
    accounts.publish_profile(by=staff[0], at=opened, **people.ABOUT_THERAPIST)
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


def _live(plan: Plan, past: Written, at: datetime, rng: Random) -> Treatment:
    """One client's treatment, from the first session to the last."""
    newest = _weekday(at.astimezone(plan.therapist.own_clinic.zone), plan.days_ago).replace(
        hour=plan.hour, minute=0, second=0, microsecond=0
    )
    held = [newest - timedelta(weeks=back) for back in reversed(range(plan.sessions))]
    treatment = clients.add_client(
        name=people.client_name(plan.number),
        email=people.client_email(plan.number),
        language=people.LANGUAGES.get(plan.number, "en"),
        contact=people.CONTACTS.get(plan.number % 17, Client.Contact.EMAIL),
        birth_year=people.BIRTH_YEAR,
        by=plan.therapist,
        at=held[0] - timedelta(days=3),
    )
    for index, held_at in enumerate(held):
        _one_session(plan, treatment, past, rng, index=index, held_at=held_at)
    return treatment


def _weekday(today: datetime, days_ago: int) -> datetime:
    """So many days back, and from a weekend on to the Friday before it."""
    day = today - timedelta(days=days_ago)
    return day - timedelta(days=max(day.weekday() - FRIDAY, 0))


def _one_session(
    plan: Plan, treatment: Treatment, past: Written, rng: Random, *, index: int, held_at: datetime
) -> None:
    is_newest = index == plan.sessions - 1
    session = TherapySession(
        treatment=treatment,
        held_at=held_at,
        attendance=_attendance(is_newest, rng),
        format=rng.choices(TherapySession.Format.values, (8, 3, 1))[0],
        minutes=50,
        note=rng.choice(people.NOTES) if rng.random() < 0.6 else "",
        recorded_at=held_at + timedelta(minutes=55),
        recorded_by=plan.therapist,
    )
    past.sessions.append(session)
    if not session.took_place or not treatment.client.can_be_mailed:
        return
    request = _ask(session, past)
    if plan.number < SELF_RATED:
        _rate_too(plan, request, past, index)
    falls_now = is_newest and plan.course.in_rupture(index)
    waits = is_newest and plan.number % 5 == 1
    if falls_now or (not waits and rng.random() < ANSWER_RATE):
        past.ratings.append(_answer(plan, request, index, rng))


def _attendance(is_newest: bool, rng: Random) -> str:
    if is_newest:
        return TherapySession.Attendance.ATTENDED
    return rng.choices(TherapySession.Attendance.values, (88, 4, 5, 3))[0]


def _ask(session: TherapySession, past: Written) -> RatingRequest:
    """The form and its mail, sent as soon as the session was recorded."""
    form, client = catalogue.newest(sessions.SHORT_FORM), session.treatment.client
    request = RatingRequest(
        session=session,
        instrument=form.key,
        instrument_version=form.version,
        language=client.language,
        created_at=session.recorded_at,
        expires_at=session.recorded_at + timedelta(days=client.clinic.link_valid_days or 4),
    )
    mail = Message(
        kind=RATING_REQUEST,
        about=request.pk,
        clinic_id=client.clinic_id,
        state=Message.State.SENT,
        state_at=session.recorded_at + timedelta(seconds=4),
        attempts=1,
        claimed_at=session.recorded_at + timedelta(seconds=2),
        due_at=session.recorded_at,
        created_at=session.recorded_at,
    )
    past.requests.append(request)
    past.mails.append(mail)
    return request


def _answer(plan: Plan, request: RatingRequest, index: int, rng: Random) -> Rating:
    form = request.form_instrument()
    answers = plan.course.answers(index, form, rng)
    scores = score(form, answers)
    tense = plan.course.in_rupture(index)
    words = people.TENSE_COMMENTS if tense else people.COMMENTS
    comment = rng.choice(words) if rng.random() < (0.7 if tense else 0.15) else ""
    provenance, seconds = _came(rng)
    return Rating(
        session=request.session,
        request=request,
        provenance=provenance,
        language=request.language,
        seconds=seconds,
        answers=answers,
        goal=scores.goal,
        task=scores.task,
        bond=scores.bond,
        tension=rng.choice(["some", "strong", "unsure"]) if tense else Rating.Tension.NONE,
        settled=rng.choice(Rating.Settled.values) if tense else "",
        comment=comment,
        follow_up=rng.choice(Rating.FollowUp.values) if comment else "",
        submitted_at=request.session.held_at + timedelta(hours=rng.uniform(1, 20)),
    )


def _rate_too(plan: Plan, request: RatingRequest, past: Written, index: int) -> None:
    """The therapist's own rating, right after the session: of a rupture she sees a part.

    Its own dice: the clients' answers do not depend on who rates too.
    """
    dice = Random(f"{SEED} {plan.number} {index}")  # noqa: S311  no secret
    if dice.random() > SELF_RATED_SHARE:
        return
    form = therapist_ratings.form_for(request.session)
    answers = plan.course.answers(index, form, dice, below=THERAPIST_BELOW, seen=THERAPIST_SEES)
    scores = score(form, answers)
    own = TherapistRating(
        session=request.session,
        instrument=form.key,
        instrument_version=form.version,
        answers=answers,
        goal=scores.goal,
        task=scores.task,
        bond=scores.bond,
        is_blind=True,
        rated_at=request.session.recorded_at + timedelta(minutes=1),
        rated_by=plan.therapist,
    )
    past.by_therapist.append(own)


def _came(rng: Random) -> tuple[str, float | None]:
    """By the link mostly, in a minute or so."""
    ways = (Rating.Provenance.LINK, Rating.Provenance.ROOM, Rating.Provenance.PAPER)
    way = rng.choices(ways, (88, 8, 4))[0]
    return way, None if way == Rating.Provenance.PAPER else round(rng.uniform(30, 150), 1)


def _insert(past: Written, at: datetime) -> None:
    _leave_some_to_send(past, at)
    TherapySession.objects.bulk_create(past.sessions)
    RatingRequest.objects.bulk_create(past.requests)
    Message.objects.bulk_create(past.mails)
    Rating.objects.bulk_create(past.ratings)
    TherapistRating.objects.bulk_create(past.by_therapist)


def _leave_some_to_send(past: Written, at: datetime) -> None:
    """The newest forms that nobody answered: some go out now, one could not be delivered."""
    answered = {rating.request_id for rating in past.ratings}
    still_open = {row.pk for row in past.requests if not row.is_expired(at)} - answered
    fresh = [mail for mail in past.mails if mail.about in still_open]
    newest = sorted(fresh, key=lambda mail: mail.created_at, reverse=True)
    for mail in newest[:LEFT_TO_SEND]:
        mail.state, mail.attempts, mail.claimed_at = Message.State.QUEUED, 0, None
    for mail in newest[LEFT_TO_SEND : LEFT_TO_SEND + 1]:
        mail.state = Message.State.FAILED
        mail.reason = "The mail server does not know this address."


def _let_clients_have_a_say(treatments: list[Treatment], at: datetime) -> None:
    """Of the first therapist's clients: one of each that the staff is told of."""
    earlier = at - timedelta(hours=20)
    clients.stop_mail(treatments[1].client, at=earlier)
    clients.note_bounce(treatments[2].client, at=earlier)
    clients.ask_erasure(treatments[5].client, at=earlier)
    over = RatingRequest.objects.filter(session__treatment__in=treatments[:12], rating=None)
    newest = over.order_by("-session__held_at").first()
    if newest is not None:
        sessions.ask_for_new_link(newest, at=earlier)


def _date_flags() -> None:
    """As if each had been raised when its form came back, not all of them today."""
    answered = Rating.objects.filter(session=OuterRef("session")).values("submitted_at")
    Flag.objects.update(raised_at=Subquery(answered[:1]), state_at=Subquery(answered[:1]))
    raised = Flag.objects.filter(pk=OuterRef("flag")).values("raised_at")
    FlagMove.objects.filter(action=FlagMove.Action.RAISE).update(made_at=Subquery(raised[:1]))


def log_ins() -> list[dict[str, str]]:
    """One account for each role, for the person who tries the demo."""
    shown = (people.STAFF[0], people.STAFF[-1], people.STAFF[6], people.STAFF[7])
    return [
        {"role": roles[0].value, "name": name, "email": email, "password": people.PASSWORD}
        for name, email, roles in shown
    ]


def is_seeded() -> bool:
    return Clinic.objects.exists()
