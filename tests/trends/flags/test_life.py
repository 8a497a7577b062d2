"""The life of a flag: every step from everywhere, in the table and through the pages."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import User
from accounts.permissions import Role
from audit.models import Event
from clients.models import Share, Treatment
from sessions.models import TherapySession
from tests import people
from tests.conftest import logged_in
from tests.trends.test_pages import words
from trends.engine.points import Reason
from trends.flags import life
from trends.flags.life import Action, Actor, NotFromHere
from trends.models import Flag, FlagMove, RepairEntry

NOW = people.MONDAY + timedelta(weeks=3, hours=5)

# Written down once more, by hand: `-` is refused. A column for each state, "new" is none yet.
TABLE = """
who       step         new          open         acknowledged in_repair    came_back    not_yet      dismissed    withdrawn
program   raise        open         -            -            -            -            -            -            open
program   mark         -            -            -            -            -            -            -            -
program   acknowledge  -            -            -            -            -            -            -            -
program   log_repair   -            -            -            -            -            -            -            -
program   come_back    -            -            came_back    came_back    -            came_back    -            -
program   not_yet      -            -            -            not_yet      -            -            -            -
program   close        -            -            -            -            -            -            -            -
program   reopen       -            -            -            -            open         -            open         -
program   withdraw     -            withdrawn    -            -            -            -            -            -
therapist raise        -            -            -            -            -            -            -            -
therapist mark         acknowledged -            -            -            -            -            -            acknowledged
therapist acknowledge  -            acknowledged acknowledged -            -            -            -            -
therapist log_repair   -            in_repair    in_repair    in_repair    in_repair    in_repair    -            -
therapist come_back    -            -            -            -            -            -            -            -
therapist not_yet      -            -            -            -            -            -            -            -
therapist close        -            dismissed    dismissed    dismissed    dismissed    dismissed    -            -
therapist reopen       -            -            -            -            -            -            acknowledged -
therapist withdraw     -            -            -            -            -            -            -            -
"""  # noqa: E501  a table is read across

HEADING, *ROWS = (line.split() for line in TABLE.strip().splitlines())
STATES = HEADING[2:]
EXPECTED = {
    (who, step, state): led_to
    for who, step, *cells in ROWS
    for state, led_to in zip(STATES, cells, strict=True)
}


def test_the_table_knows_every_state_and_step() -> None:
    assert set(STATES) == {*Flag.State.values, "new"}
    assert {(who, step) for who, step, _ in EXPECTED} == {
        (who.value, step) for who in Actor for step in Action.values
    }


@pytest.mark.parametrize("who", Actor)
def test_every_step_from_everywhere(who: Actor) -> None:
    assert {
        (who.value, step.value, state): led_to(state, step, who)
        for step in Action
        for state in STATES
    } == {key: cell for key, cell in EXPECTED.items() if key[0] == who.value}


def led_to(state: str, step: Action, who: Actor) -> str:
    try:
        return life.after(life.NEW if state == "new" else state, step, who).value
    except NotFromHere:
        return "-"


def test_a_refusal_says_where_it_stands() -> None:
    sentences = {str(refusal.sentence) for refusal in life.REFUSALS.values()}
    assert set(life.REFUSALS) == {life.NEW, *Flag.State.values}
    assert len(sentences) == len(life.REFUSALS)
    assert {refusal.status for refusal in life.REFUSALS.values()} == {409}


def test_the_steps_that_are_possible_are_those_of_the_table() -> None:
    for who in Actor:
        for state in STATES:
            possible = life.possible(life.NEW if state == "new" else state, who)
            assert {step.value for step in possible} == {
                step for step in Action.values if EXPECTED[who.value, step, state] != "-"
            }


@pytest.mark.parametrize(
    ("reason", "label"),
    [
        ("no_rupture", "wrong"),
        ("misread", "wrong"),
        ("elsewhere", ""),
        ("settled", "confirmed"),
        ("other", ""),
    ],
)
def test_closing_says_whether_there_was_a_rupture(reason: str, label: str) -> None:
    assert life.judged_by_closing(reason, "") == label
    assert life.judged_by_closing("other", "confirmed") == "confirmed"
    assert life.judged_by_reopening("wrong") == ""
    assert life.judged_by_reopening("confirmed") == "confirmed"


# --- Through the pages


class Place:
    """Ana's flag, put into one state after the other, and everybody who may try something."""

    def __init__(self, ana: Treatment, everybody: dict[str, User]) -> None:
        self.session: TherapySession = people.hold(ana)
        self.ana = ana
        self.browsers = {name: logged_in(user) for name, user in everybody.items()}
        self.mara = everybody["mara"]

    def put(self, state: str) -> Flag | None:
        RepairEntry.objects.all().delete()
        FlagMove.objects.all().delete()
        Flag.objects.all().delete()
        if state == "new":
            return None
        is_seen = state not in ("open", "withdrawn")
        return Flag.objects.create(
            treatment=self.ana,
            session=self.session,
            engine="switching-2",
            reason=REASON.as_dict(),
            state=state,
            state_at=people.MONDAY,
            raised_at=people.MONDAY,
            acknowledged_at=people.MONDAY if is_seen else None,
            acknowledged_by=self.mara if is_seen else None,
            closed_as="other" if state == "dismissed" else "",
        )

    def ask(self, name: str, step: str, flag: Flag | None) -> Any:
        about = flag.pk if flag else self.session.pk
        path = PATHS[step].format(about if step != "mark" else self.session.pk)
        return self.browsers[name].post(path, SENT[step])


REASON = Reason("bond", 1.0, 3.4, 4.6, {"goal": 0.0, "task": 0.0, "bond": -3.0}, 3, 0)
PATHS = {
    "mark": "/sessions/{}/mark/",
    "acknowledge": "/flags/{}/acknowledge/",
    "log_repair": "/flags/{}/repair/",
    "close": "/flags/{}/close/",
    "reopen": "/flags/{}/reopen/",
}
SENT = {
    "mark": {"words": "She looked away."},
    "acknowledge": {"note": "To raise."},
    "log_repair": {"kind": "unclear", "raise_when": "next", "words": "Said little."},
    "close": {"reason": "settled", "words": "Talked it over."},
    "reopen": {},
}
# What everybody gets who is not the therapist, whatever the state is.
OTHERS = {"jonas": 404, "sonja": 403, "ruth": 403, "noor": 403}


@pytest.fixture
def place(ana: Treatment, jonas: User, ruth: User, noor: User) -> Iterator[Place]:
    """Sonja is a supervisor with whom Mara shares the treatment."""
    sonja = people.hire(ana.client.clinic, "Sonja Weber", Role.SUPERVISOR)
    Share.objects.create(treatment=ana, supervisor=sonja, shared_at=people.MONDAY)
    everybody = {"mara": ana.therapist, "jonas": jonas, "sonja": sonja, "ruth": ruth, "noor": noor}
    with time_machine.travel(NOW, tick=False):
        yield Place(ana, everybody)


@pytest.mark.parametrize("step", PATHS)
def test_every_step_by_everybody_through_the_pages(place: Place, step: str) -> None:
    wrong = [
        (state, name, found)
        for state in STATES
        if state != "new" or step == "mark"
        for name in place.browsers
        if (found := outcome(place, state, step, name)) != expected(state, step, name)
    ]
    assert wrong == []


def expected(state: str, step: str, name: str) -> tuple[int, str]:
    """Status, and where the flag stands then."""
    if name in OTHERS:
        return OTHERS[name], state
    led_to = EXPECTED["therapist", step, state]
    return (409, state) if led_to == "-" else (302, led_to)


def outcome(place: Place, state: str, step: str, name: str) -> tuple[int, str]:
    flag = place.put(state)
    before = written()
    response = place.ask(name, step, flag)
    if response.status_code != 302:
        assert written() == before
    if response.status_code == 409:
        sentence = str(life.REFUSALS[state].sentence)
        typed = [said for key, said in SENT[step].items() if key in ("words", "note")]
        assert sentence in words(response)
        assert all(said in response.content.decode() for said in typed)
    left = Flag.objects.first()
    return response.status_code, left.state if left else "new"


def written() -> object:
    kept = (Flag, FlagMove, RepairEntry)
    return [list(model.objects.values()) for model in kept], Event.objects.count()


def test_only_what_is_possible_is_offered(place: Place) -> None:
    buttons = {
        "I have seen this": lambda state: state == "open",
        "Log a repair": lambda state: EXPECTED["therapist", "log_repair", state] != "-",
        "Close this": lambda state: EXPECTED["therapist", "close", state] != "-",
        "Open again": lambda state: EXPECTED["therapist", "reopen", state] != "-",
    }
    for state in Flag.State.values:
        for name, is_possible in (("mara", True), ("sonja", False)):
            page = flag_page(place, state, place.browsers[name])
            offered = {label for label in buttons if label in words(page)}
            assert offered == {
                label for label, is_offered in buttons.items() if is_possible and is_offered(state)
            }
            assert page.content.decode().count("btn--main") <= 1


def flag_page(place: Place, state: str, browser: Browser) -> Any:
    flag = place.put(state)
    assert flag
    page = browser.get(f"/flags/{flag.pk}/")
    assert page.status_code == 200
    return page


@pytest.mark.parametrize("step", ["log_repair", "close"])
def test_a_form_that_cannot_be_sent_is_not_shown(place: Place, step: str) -> None:
    for state in Flag.State.values:
        flag = place.put(state)
        assert flag
        page = place.browsers["mara"].get(PATHS[step].format(flag.pk), follow=True)
        is_possible = EXPECTED["therapist", step, state] != "-"
        assert bool(page.redirect_chain) != is_possible
        if not is_possible:
            assert str(life.REFUSALS[state].sentence) in words(page)
