"""A small clinic, now, in which every page has something to show, and the longest words fit."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.test import Client as Browser

from accounts import services as accounts
from accounts.models import Clinic, User
from accounts.permissions import Role
from clients import services as clients
from clients.models import Client, Treatment
from outbox import links
from outbox.models import Message
from sessions.models import RATING_REQUEST, Rating, RatingRequest, TherapySession
from tests import people
from trends import services as trends

LONG_NAME = "Maximiliane-Wilhelmina von Donaudampfschifffahrtsgesellschaft"
LONG_MAIL = "maximiliane-wilhelmina.donaudampfschifffahrt@mail-of-a-long-name.example"
LONG_WORD = "Verständigungsschwierigkeitenvermeidungsstrategie" * 2
FELL = [(4, 4, 4), (5, 4, 4), (4, 4, 5), None, (4, 4, 1)]
STEADY = [(4, 4, 4), (4, 5, 4), (4, 4, 4)]

LINKED = ("open", "empty", "huge", "thanks", "differ", "answered", "replaced")


@dataclass
class World:
    """Paths by the words that the visits use for them; requests by the state of their form."""

    now: datetime
    clinic: Clinic
    staff: dict[str, User] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    requests: dict[str, RatingRequest] = field(default_factory=dict)

    def weeks_ago(self, weeks: float) -> datetime:
        return self.now.replace(second=0, microsecond=0) - timedelta(weeks=weeks)


def build(now: datetime) -> World:
    clinic = people.open_clinic(crisis_text="Call 112.\n\nOr come to us.", names_therapist=True)
    world = World(now, clinic)
    _hire(world)
    _take_on_clients(world)
    _send_forms(world)
    _invite(world)
    return world


def _hire(world: World) -> None:
    roles = {
        "Mara Lindqvist": [Role.THERAPIST],
        "Jonas Okafor": [Role.THERAPIST],  # has no clients yet
        "Ruth Adler": [Role.ADMIN],
        "Noor Haddad": [Role.FRONT_DESK],
        "Omar Sabry-Fotheringham": list(Role),  # everything in the menu
        "Otto Lindgren": [Role.THERAPIST],  # forgets his password
        "Dora Left": [Role.THERAPIST],
    }
    for name, held in roles.items():
        world.staff[name.split()[0].lower()] = people.hire(world.clinic, name, *held)
    world.staff["root"] = people.run_the_machine()
    accounts.deactivate(world.staff["dora"], by=world.staff["ruth"], at=world.now)
    accounts.create_token(by=world.staff["mara"], days=30, at=world.now)
    otto = world.staff["otto"]
    key = f"{user_pk_to_url_str(otto)}-{default_token_generator.make_token(otto)}"
    world.paths["reset"] = f"/accounts/password/reset/key/{key}/"


def _take_on_clients(world: World) -> None:
    mara = world.staff["mara"]
    fell = _course(world, "Ana R.", *FELL, comment=f"I did not dare to say it. {LONG_WORD}")
    seen = _course(world, "Bo K.", *FELL, (4, 4, 4))
    trends.acknowledge_flag(
        seen.flags.get(), note=f"We talked about it. {LONG_WORD}", by=mara, at=world.now
    )
    _course(world, LONG_NAME, *STEADY, email=LONG_MAIL)
    unrated = _course(world, "Cem T.", None, None)
    _mail_failed(unrated)
    people.take_on(mara, "Dilan S.", contact=Client.Contact.NONE)
    ended = _course(world, "Eva W.", *STEADY, (2, 2, 2))
    clients.end_treatment(ended, by=mara, at=world.now)
    named = {"flagged": fell, "seen": seen, "unrated": unrated, "ended": ended}
    for words, treatment in named.items():
        world.paths[words] = f"/clients/{treatment.client_id}/"
    world.paths["record_fell"] = f"/sessions/record/?treatment={fell.pk}"


def _course(
    world: World,
    name: str,
    *scores: tuple[int, int, int] | None,
    comment: str = "",
    email: str = "client@mail.example",
) -> Treatment:
    """Weekly sessions until yesterday, with these ratings; the comment is of the last one."""
    treatment = people.take_on(world.staff["mara"], name, email=email)
    first = world.weeks_ago(len(scores)) + timedelta(days=6)
    for week, rated in enumerate(scores):
        is_last = week == len(scores) - 1
        session = people.hold(treatment, first + timedelta(weeks=week), note=f"Week {week}.")
        if rated:
            people.answer(
                session,
                *rated,
                tension=Rating.Tension.SOME if is_last else Rating.Tension.NONE,
                comment=comment if is_last else "",
                follow_up=Rating.FollowUp.RAISE if is_last and comment else "",
            )
    cancelled = first - timedelta(days=3)
    people.hold(treatment, cancelled, attendance=TherapySession.Attendance.CANCELLED)
    people.compute(treatment, at=world.now)
    return treatment


def _mail_failed(treatment: Treatment) -> None:
    requests = RatingRequest.objects.filter(session__treatment=treatment)
    mails = Message.objects.filter(kind=RATING_REQUEST, about__in=requests.values("pk"))
    reason = "The mail server does not know this address."
    mails.update(state=Message.State.FAILED, reason=reason)


def _send_forms(world: World) -> None:
    """Forms in every state that a mailed link can meet, and in every language."""
    fay = people.take_on(world.staff["omar"], "Fay N.")
    for number, words in enumerate(LINKED):
        session = people.hold(fay, world.weeks_ago(number / 7), at=world.now)
        world.requests[words] = session.request
    world.requests["expired"] = people.hold(fay, world.weeks_ago(2)).request  # recorded then
    tokens = {words: people.link_for(request) for words, request in world.requests.items()}
    people.answer(world.requests["answered"].session, at=world.now)
    people.link_for(world.requests["replaced"])
    for language in ("de", "es"):
        tokens[language] = people.link_for(_form_in(language, world))
    for words, token in tokens.items():
        world.paths[f"form_{words}"] = f"/r/{token}/"
    world.paths["without_cookie"] = f"/rate/{world.requests['open'].pk}/"


def _form_in(language: str, world: World) -> RatingRequest:
    treatment = clients.add_client(
        name=f"Gil ({language})",
        email="gil@mail.example",
        language=language,
        contact=Client.Contact.EMAIL,
        by=world.staff["omar"],
        at=world.now,
    )
    return people.hold(treatment, world.weeks_ago(0), at=world.now).request


def _invite(world: World) -> None:
    """One to join with, one that is shown among the open ones, and no valid one."""
    ruth = world.staff["ruth"]
    for email in ("new@northside.example", LONG_MAIL):
        invitation = accounts.invite(
            clinic=world.clinic, email=email, roles=list(Role), by=ruth, at=world.now
        )
    token = links.new_token()
    invitation.digest = links.digest(token)
    invitation.save()
    world.paths["join"] = f"/join/{token}/"


def session_cookie(user: User) -> str:
    """Of somebody who has just logged in."""
    browser = Browser()
    browser.force_login(user)
    return browser.cookies["session"].value


def answer_differently(request: RatingRequest, now: datetime) -> None:
    people.answer(request.session, 1, 1, 1, at=now)
