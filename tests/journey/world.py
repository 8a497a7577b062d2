"""A small clinic, now, in which every page has something to show, and the longest words fit."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.test import Client as Browser

from accounts import services as accounts
from accounts.models import Clinic, User
from accounts.permissions import Role
from clients import agreements, sharing
from clients import services as clients
from clients.models import Client, ClientLink, Treatment
from outbox import links
from outbox.models import Message
from sessions import services as sessions
from sessions.correcting import corrections
from sessions.form import answering, asked
from sessions.form.said import OnAgreement
from sessions.models import RATING_REQUEST, Rating, RatingRequest, TherapySession
from tests import people
from trends.flags import moves
from trends.models import Flag, RepairEntry

LONG_NAME = "Maximiliane-Wilhelmina von Donaudampfschifffahrtsgesellschaft"
LONG_MAIL = "maximiliane-wilhelmina.donaudampfschifffahrt@mail-of-a-long-name.example"
LONG_WORD = "Verständigungsschwierigkeitenvermeidungsstrategie" * 2
FELL = [(4, 4, 4), (5, 4, 4), (4, 4, 5), None, (4, 4, 1)]
STEADY = [(4, 4, 4), (4, 5, 4), (4, 4, 4)]

LINKED = (
    *("open", "empty", "huge", "thanks", "differ", "answered", "replaced"),
    *("languages", "draft", "later", "change", "too_late", "status"),
)
LANGUAGES = ("de", "es", "fr", "ar")
PIN, WRONG_PIN = "246810", "13579"
SHOWN = {
    "title": "Psychologist",
    "qualifications": f"Trained in Bern.\n\n{LONG_WORD}",
    "way_of_working": "We look together at what helps.",
}
CLINICS_WORDS = {
    "about_sessions": "Sessions last 50 minutes.",
    "about_confidentiality": "What you say stays here.",
    "about_complaints": "Tell us, or the chamber.",
}


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
    _take_on_more_clients(world)
    _send_forms(world)
    _agree(world)
    _plan(world)
    _open_own_answers(world)
    _hand_over(world)
    _open_other_clinics(world)
    _tell_about_people(world)
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
        "Ida Brandt": [Role.THERAPIST],  # hands her device over
        "Pia Quist": [Role.THERAPIST],  # has told clients about herself
        "Sven Dahl": [Role.SUPERVISOR],
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
    moves.acknowledge(
        seen.flags.get(), note=f"We talked about it. {LONG_WORD}", by=mara, at=world.now
    )
    _go_on_with_flags(world, fell, seen)
    _course(world, LONG_NAME, *STEADY, email=LONG_MAIL)
    unrated = _course(world, "Cem T.", None, None)
    _mail_failed(unrated)
    people.take_on(mara, "Dilan S.", contact=Client.Contact.NONE)
    ended = _course(world, "Eva W.", *STEADY, (2, 2, 2))
    clients.end_treatment(ended, by=mara, at=world.now)
    named = {"flagged": fell, "seen": seen, "unrated": unrated, "ended": ended}
    for words, treatment in named.items():
        world.paths[words] = f"/clients/{treatment.client_id}/"
    for treatment in (fell, ended):
        sharing.share(treatment, supervisor=world.staff["sven"], by=mara, at=world.now)
    _correct(world, fell)
    world.paths["next"] = f"/treatments/{unrated.pk}/next/"
    world.paths["end"] = f"/treatments/{unrated.pk}/end/"
    world.paths["transfer"] = f"/treatments/{unrated.pk}/transfer/"
    world.paths["share"] = f"/treatments/{unrated.pk}/share/"
    world.paths["record_fell"] = f"/sessions/record/?treatment={fell.pk}"
    world.paths["take_along"] = f"/treatments/{fell.pk}/take-along/"


def _correct(world: World, treatment: Treatment) -> None:
    """One session was recorded twice; the first rating is doubted."""
    rating = Rating.objects.filter(session__treatment=treatment).earliest("submitted_at")
    first = rating.session
    again = people.hold(treatment, first.held_at + timedelta(hours=1))
    told: dict[str, Any] = {"by": world.staff["mara"], "at": world.now}
    corrections.void_session(again, reason=f"Recorded twice. {LONG_WORD}", **told)
    corrections.dispute(rating, reason="It was her son.", **told)
    world.paths["correct"] = f"/sessions/{first.pk}/correct/"


def _go_on_with_flags(world: World, fell: Treatment, seen: Treatment) -> None:
    """One that nobody has seen, one with a repair, and sessions that can be marked."""
    mara, flag = world.staff["mara"], seen.flags.get()
    tried = ["bond_named", "any_slower"]
    moves.log_repair(
        flag, kind="unclear", tried=tried, words=LONG_WORD, raise_when="next", by=mara, at=world.now
    )
    world.paths["flag"] = f"/flags/{fell.flags.get().pk}/"
    world.paths["flag_in_repair"] = f"/flags/{flag.pk}/"
    world.paths["mark"] = f"/sessions/{fell.sessions.earliest('held_at').pk}/mark/"


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
    world.requests["withdrawn"] = people.hold(fay, world.weeks_ago(3), at=world.now).request
    world.requests["expired"] = people.hold(fay, world.weeks_ago(2)).request  # recorded then
    tokens = {words: people.link_for(request) for words, request in world.requests.items()}
    people.answer(world.requests["answered"].session, at=world.now)
    people.link_for(world.requests["replaced"])
    mistake = world.requests["withdrawn"].session
    corrections.void_session(mistake, reason="A mistake.", by=fay.therapist, at=world.now)
    for language in LANGUAGES:
        tokens[language] = people.link_for(_form_in(language, world))
    for words in ("check", "locked", "second"):
        tokens[words] = people.link_for(_form_behind_pin(words, world))
    guess(world.requests["locked"].session.treatment.client, Client.MOST_TRIES, at=world.now)
    for words, token in tokens.items():
        world.paths[f"form_{words}"] = f"/r/{token}/"
    world.paths["without_cookie"] = f"/rate/{world.requests['open'].pk}/"


def _agree(world: World) -> None:
    """Somebody with goals and tasks in every state, and forms that ask about them."""
    una = _course(world, "Una D.", *STEADY)
    by = una.therapist
    goal = people.agree(una, f"Sleep through the night {LONG_WORD}")
    people.agree(una, "I write a diary", kind="task")
    for week, (answer, progress) in enumerate((("yes", 0), ("unsure", 4), ("otherwise", 6))):
        session = people.hold(una, world.weeks_ago(3 - week) + timedelta(hours=2))
        about = {goal.pk.hex: OnAgreement(answer, "Wake up rested", progress)}
        points = {item.key: 2 + week for item in asked.elements().items}
        people.answer(session, agreements=about, proposal="Go out more", elements=points)
    over = people.agree(una, "An earlier goal").agreement
    agreements.end(over, ended_as="reached", by=by, at=world.now)
    world.paths["agreed"] = f"/treatments/{una.pk}/agreements/"
    empty = people.take_on(by, "Vio M.")
    world.paths["agreed_none"] = f"/treatments/{empty.pk}/agreements/"
    for words, language in (("agreed", "en"), ("agreed_half", "en"), ("agreed_ar", "ar")):
        request = _form_about_agreements(language, world)
        world.paths[f"form_{words}"] = f"/r/{people.link_for(request, at=world.now)}/"


def _plan(world: World) -> None:
    """Who comes today: one with an open flag, one under repair, one who doubts a goal."""
    mara, words = world.staff["mara"], f"I came late. {LONG_WORD}"
    repaired, not_back = (_course(world, name, *FELL) for name in ("Yves P.", "Zita Q."))
    for treatment in (repaired, not_back):
        moves.log_repair(
            treatment.flags.get(),
            kind=RepairEntry.Kind.WITHDRAWAL,
            tried=["bond_named", "any_slower"],
            words=words,
            raise_when=RepairEntry.When.NEXT,
            by=mara,
            at=world.now,
        )
    Flag.objects.filter(treatment=not_back).update(state=Flag.State.NOT_YET)
    for name, days in {"Ana R.": 0, "Yves P.": 0, "Una D.": 0, "Cem T.": -2, "Nia E.": 2}.items():
        [treatment] = [row for row in mara.treatments.open() if row.client.name == name]
        treatment.next_at = world.now + timedelta(days=days)
        treatment.save()


def _form_about_agreements(language: str, world: World) -> RatingRequest:
    treatment = people.take_on(world.staff["omar"], f"Wren ({language})")
    Client.objects.filter(pk=treatment.client_id).update(language=language)
    treatment.client.refresh_from_db()
    people.agree(treatment, "Sleep through the night")
    people.agree(treatment, "I write a diary", kind="task")
    request = people.hold(treatment, world.weeks_ago(0), at=world.now).request
    request.asks_elements = True
    request.save()
    return request


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


def _form_behind_pin(words: str, world: World) -> RatingRequest:
    """Of a client who is asked for the PIN before the form opens; `second` only before the rest."""
    treatment = _with_pin(world, f"Kim ({words})")
    if words != "second":
        Client.objects.filter(pk=treatment.client_id).update(checks_link=Client.Check.ALWAYS)
    world.requests[words] = people.hold(treatment, world.weeks_ago(0), at=world.now).request
    return world.requests[words]


def _with_pin(world: World, name: str, therapist: str = "omar") -> Treatment:
    treatment = people.take_on(world.staff[therapist], name)
    treatment.client.pin = PIN
    treatment.client.save()
    return treatment


def guess(client: Client, times: int, *, at: datetime) -> None:
    for _ in range(times):
        clients.check_secret(client, answer=WRONG_PIN, at=at)


def _take_on_more_clients(world: World) -> None:
    """One who has everything to be known at once, and one whose answers came in every way."""
    ways = _all_ways(world)
    noticed = _with_pin(world, "Lou V.", "mara")
    for week in range(6, 1, -1):
        session = people.hold(noticed, world.weeks_ago(week))  # none of them was answered
    sessions.ask_for_new_link(session.request, at=world.now)
    client = noticed.client
    guess(client, Client.MOST_TRIES, at=world.now)
    clients.ask_erasure(client, at=world.now)
    clients.note_bounce(client, at=world.now)
    clients.stop_mail(client, at=world.now)
    people.compute(noticed, at=world.now)
    asked = people.take_on(world.staff["mara"], "Max Z.")
    session = people.hold(asked, world.weeks_ago(2))
    sessions.ask_for_new_link(session.request, at=world.now)
    for words, treatment in {"ways": ways, "noticed": noticed}.items():
        world.paths[words] = f"/clients/{treatment.client_id}/"
    unrated = TherapySession.objects.filter(treatment=noticed).earliest("held_at")
    world.paths["paper"] = f"/sessions/{unrated.pk}/paper/"
    _rated_by_both(world)


def _rated_by_both(world: World) -> None:
    """Five sessions that client and therapist rated, the last with another gap; one is open."""
    treatment = people.take_on(world.staff["omar"], "Una K.")
    for week, (client, therapist) in enumerate([(4, 4), (5, 4), (4, 4), (4, 4), (5, 3)]):
        session = people.hold(treatment, world.weeks_ago(6 - week))
        people.rate(session, therapist, therapist, therapist)
        people.answer(session, client, client, client)
    newest = people.hold(treatment, world.weeks_ago(0), at=world.now)
    people.compute(treatment, at=world.now)
    world.paths["both"] = f"/clients/{treatment.client_id}/"
    world.paths["side_by_side"] = f"/sessions/{session.pk}/side-by-side/"
    world.paths["own_rating"] = f"/sessions/{newest.pk}/own-rating/"
    world.paths["own_rating_late"] = f"/sessions/{session.pk}/own-rating/"


def _all_ways(world: World) -> Treatment:
    """Every provenance, one that was changed, one that was answered in no time, one on its way."""
    mara = world.staff["mara"]
    treatment = people.take_on(mara, "Nia E.")
    ways = list(Rating.Provenance)
    first = world.weeks_ago(len(ways) + 1)
    for week, way in enumerate(ways):
        session = people.hold(treatment, first + timedelta(weeks=week))
        by = mara if way == Rating.Provenance.PAPER else None
        came = answering.Came(provenance=way, entered_by=by, seconds=2)
        rating = people.answer(session, 4, 5, 3 + week % 2, came=came)
        if way == Rating.Provenance.LINK:
            _think_better(rating)
    people.hold(treatment, world.weeks_ago(0), at=world.now)
    people.compute(treatment, at=world.now)
    return treatment


def _think_better(rating: Rating) -> None:
    answers = dict.fromkeys(rating.answers, 4)
    said = answering.Said(answers, Rating.Tension.STRONG, settled=Rating.Settled.PARTLY)
    answering.change_rating(rating, said=said, at=rating.submitted_at + timedelta(minutes=1))


def _open_own_answers(world: World) -> None:
    """The pages of the client's own rights, in every state that a link can meet."""
    clients_of = {
        "course": _course(world, "Ola F.", *FELL, comment=LONG_WORD),
        "check": people.take_on(world.staff["omar"], "Pat G."),
        "empty": people.take_on(world.staff["omar"], "Qi H."),
        "asked": people.take_on(world.staff["omar"], "Rae I."),
        "locked": people.take_on(world.staff["omar"], "Sol J."),
        "no_pin": people.take_on(world.staff["omar"], "Tao L."),
    }
    for words, treatment in clients_of.items():
        _own_link(words, treatment, "" if words == "no_pin" else PIN, world)
    guess(clients_of["locked"].client, Client.MOST_TRIES, at=world.now)
    for words in ("mail", "mail_stopped", "mail_saved", "mail_one_click"):
        client = people.take_on(world.staff["omar"], f"Uma ({words})").client
        token = clients.issue_link(client, purpose=ClientLink.Purpose.MAIL, at=world.now)
        world.paths[words] = f"/mail/{token}/"
        if words == "mail_stopped":
            clients.stop_mail(client, at=world.now)


def _own_link(words: str, treatment: Treatment, pin: str, world: World) -> None:
    client = treatment.client
    client.pin = pin
    client.save()
    token = clients.issue_link(client, purpose=ClientLink.Purpose.OWN, at=world.now)
    world.paths[f"own_{words}"] = f"/own/{token}/"


def _hand_over(world: World) -> None:
    """Sessions whose forms are filled in at the clinic, one for each way in which that can end."""
    for words in ("device", "device_thanks", "device_differs"):
        treatment = people.take_on(world.staff["ida"], f"Vic ({words})")
        session = people.hold(treatment, world.weeks_ago(0), at=world.now)
        world.requests[words] = session.request
        world.paths[words] = f"/clients/{treatment.client_id}/"


def _open_other_clinics(world: World) -> None:
    """One that decided everything otherwise, and one that has not decided anything yet."""
    other = people.open_clinic(
        "Harbour House", crisis_text="Call 112.", long_form_every=2, shows_course=False
    )
    world.staff["lena"] = people.hire(other, "Lena Berg", *Role)
    treatment = people.take_on(world.staff["lena"], "Wim B.")
    session = people.hold(treatment, world.weeks_ago(1))
    people.answer(session, comment=LONG_WORD)
    _own_link("hidden", treatment, PIN, world)
    for words in ("long", "long_empty"):
        treatment = people.take_on(world.staff["lena"], f"Xia ({words})")
        request = people.hold(treatment, world.weeks_ago(0), at=world.now).request
        world.paths[f"form_{words}"] = f"/r/{people.link_for(request)}/"
    new = people.open_clinic("Newfield Clinic", crisis_text="")
    world.staff["yara"] = people.hire(new, "Yara Novak", *Role)
    people.hold(people.take_on(world.staff["yara"], "Zoe C."), world.weeks_ago(0), at=world.now)


def _tell_about_people(world: World) -> None:
    pia = world.staff["pia"]
    accounts.publish_profile(**SHOWN, by=pia, at=world.now)
    accounts.change_clinic(world.clinic, **CLINICS_WORDS, by=world.staff["ruth"], at=world.now)
    world.paths["about"] = f"/about/{pia.pk}/"


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
