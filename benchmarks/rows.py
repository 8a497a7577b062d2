"""Clinics of any size, written in bulk as the services would have left them."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from accounts import services as accounts
from accounts.models import Clinic, User
from accounts.permissions import Role
from alliance.demo import courses, people
from clients.models import Client, Treatment
from measures import catalogue
from measures.scoring import score
from outbox.models import Message
from sessions.models import RATING_REQUEST, Rating, RatingRequest, TherapySession
from sessions.services import SHORT_FORM
from trends.models import Trajectory

ANSWER_RATE = 0.8
COMMENT_RATE = 0.3
SEEN_TODAY = 25  # one of so many


@dataclass(frozen=True)
class Staff:
    therapist: User
    desk: User
    admin: User


@dataclass
class Written:
    clients: list[Client] = field(default_factory=list)
    treatments: list[Treatment] = field(default_factory=list)
    sessions: list[TherapySession] = field(default_factory=list)
    requests: list[RatingRequest] = field(default_factory=list)
    mails: list[Message] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)

    def insert(self, at: datetime) -> None:
        """All of it; the trajectories are due."""
        Client.objects.bulk_create(self.clients)
        Treatment.objects.bulk_create(self.treatments)
        TherapySession.objects.bulk_create(self.sessions)
        RatingRequest.objects.bulk_create(self.requests)
        Message.objects.bulk_create(self.mails)
        Rating.objects.bulk_create(self.ratings)
        due = [Trajectory(treatment=treatment, due_at=at) for treatment in self.treatments]
        Trajectory.objects.bulk_create(due)


def open_clinic(name: str, at: datetime) -> Staff:
    clinic = accounts.open_clinic(name=name, at=at)
    return Staff(
        *(_hire(clinic, role, at) for role in (Role.THERAPIST, Role.FRONT_DESK, Role.ADMIN))
    )


def _hire(clinic: Clinic, role: Role, at: datetime) -> User:
    return accounts.create_person(
        clinic=clinic,
        email=f"{role.value}@{clinic.name}.example",
        display_name=f"{role.value} of {clinic.name}",
        roles=[role],
        password=people.PASSWORD,
        at=at,
    )


def write(
    therapist: User, *, treatments: int, sessions: int, at: datetime, answered: bool = True
) -> Written:
    """A caseload with weekly sessions; the newest form of each treatment is still open."""
    written, rng = Written(), Random(treatments)
    for number in range(treatments):
        treatment = _take_on(written, therapist, number, at)
        course = courses.draw(sessions, now_in_rupture=number % 20 == 0, rng=rng)
        for index in range(sessions):
            held_at = at - timedelta(weeks=sessions - index, minutes=number % 600)
            request = _hold(written, treatment, held_at, rng)
            if answered and index < sessions - 1 and rng.random() < ANSWER_RATE:
                answers = course.answers(index, request.form_instrument(), rng)
                written.ratings.append(_rating(request, answers, rng))
    written.insert(at)
    return written


def _take_on(written: Written, therapist: User, number: int, at: datetime) -> Treatment:
    client = Client(
        clinic=therapist.own_clinic,
        name=people.client_name(number),
        email=people.client_email(number),
        created_at=at,
    )
    treatment = Treatment(
        client=client,
        therapist=therapist,
        started_on=date(2020, 1, 1),
        next_at=None if number % SEEN_TODAY else at,
    )
    written.clients.append(client)
    written.treatments.append(treatment)
    return treatment


def _hold(written: Written, treatment: Treatment, held_at: datetime, rng: Random) -> RatingRequest:
    session = TherapySession(
        treatment=treatment,
        held_at=held_at,
        note=rng.choice(people.NOTES),
        recorded_at=held_at,
        recorded_by=treatment.therapist,
    )
    form = catalogue.newest(SHORT_FORM)
    request = RatingRequest(
        session=session,
        instrument=form.key,
        instrument_version=form.version,
        language="en",
        created_at=held_at,
        expires_at=held_at + timedelta(days=4),
    )
    written.sessions.append(session)
    written.requests.append(request)
    written.mails.append(_mail(request, treatment.client))
    return request


def _mail(request: RatingRequest, client: Client) -> Message:
    at = request.created_at
    return Message(
        kind=RATING_REQUEST,
        about=request.pk,
        clinic_id=client.clinic_id,
        state=Message.State.SENT,
        state_at=at,
        attempts=1,
        claimed_at=at,
        due_at=at,
        created_at=at,
    )


def _rating(request: RatingRequest, answers: dict[str, int], rng: Random) -> Rating:
    scores = score(request.form_instrument(), answers)
    return Rating(
        session=request.session,
        request=request,
        answers=answers,
        goal=scores.goal,
        task=scores.task,
        bond=scores.bond,
        tension=Rating.Tension.NONE,
        comment=rng.choice(people.COMMENTS) if rng.random() < COMMENT_RATE else "",
        follow_up="",
        submitted_at=request.created_at + timedelta(hours=3),
    )
