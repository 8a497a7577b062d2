"""Every page that a person can come to, and how they come to it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.template.loader import render_to_string
from playwright.sync_api import Page, Route

from tests import people
from tests.journey import world as worlds
from tests.journey.world import World

Step = Callable[[Page, World], None]

NEW_PASSWORD = "a louder harbour at noon"
NOBODYS_ID = "00000000-0000-4000-8000-00000000dead"
RESETS_IN_A_MINUTE = 5  # allauth's limit for one address


@dataclass(frozen=True, slots=True)
class Visit:
    """`path` may name one of the world's paths in braces; `then` is done before looking."""

    name: str
    person: str
    path: str
    status: int = 200
    then: Step | None = None

    def address(self, world: World) -> str:
        return self.path.format(**world.paths)


def press(button: str, /, **filled: str) -> Step:
    """Fill in these fields, by their names in the form, and press the button."""

    def step(page: Page, world: World) -> None:
        for field, value in filled.items():
            page.locator(f"main [name={field}]").fill(value)
        with page.expect_navigation():
            page.locator("main").get_by_role("button", name=button, exact=True).click()

    return step


def choose_points(page: Page, point: int = 4) -> None:
    """The same point for every item, and no tension."""
    for group in page.locator("fieldset:has(input[name^=item_])").all():
        group.locator("label.choice").nth(point - 1).click()
    page.locator("fieldset:has(input[name=tension])").get_by_text("No", exact=True).click()


def answer(page: Page, world: World) -> None:
    choose_points(page)
    press("Send my answers")(page, world)


def answer_after_somebody_else(page: Page, world: World) -> None:
    people.answer(world.requests["differ"].session, 1, 1, 1, at=world.now)
    answer(page, world)


def write_too_much(page: Page, world: World) -> None:
    """As a browser would that knows no `maxlength`."""
    page.locator("textarea").evaluate("box => { box.value = 'x'.repeat(1_100_000) }")
    answer(page, world)


def lose_cookies(page: Page, world: World) -> None:
    page.context.clear_cookies()
    press("Log in")(page, world)


def ask_too_often(page: Page, world: World) -> None:
    start = page.url
    for _ in range(RESETS_IN_A_MINUTE):
        press("Send me a link", email="often@northside.example")(page, world)
        page.goto(start)
    press("Send me a link", email="often@northside.example")(page, world)


def break_down(status: int) -> Step:
    """The page for a fault that cannot be brought about from outside, as the site would send it."""

    def step(page: Page, world: World) -> None:
        def answer_with_it(route: Route) -> None:
            headers = page.request.get(page.url).headers  # the site's own, with its CSP
            kept = {"content-security-policy", "content-type"}
            route.fulfill(
                status=status,
                headers={name: value for name, value in headers.items() if name in kept},
                body=render_to_string(f"{status}.html"),
            )

        page.route("**/fault/", answer_with_it)
        page.goto(re.sub(r"(//[^/]+/).*", r"\1fault/", page.url))

    return step


THERAPIST = [
    Visit("caseload", "mara", "/caseload/"),
    Visit("caseload without clients", "jonas", "/caseload/"),
    Visit("client with a flag", "mara", "{flagged}"),
    Visit("client with a flag seen", "mara", "{seen}"),
    Visit("client without ratings", "mara", "{unrated}"),
    Visit("client of an ended treatment", "mara", "{ended}"),
    Visit("add a client", "mara", "/clients/add/"),
    Visit("add a client: errors", "mara", "/clients/add/", 422, press("Add client")),
    Visit("edit a client", "mara", "{flagged}edit/"),
    Visit("edit a client: errors", "mara", "{flagged}edit/", 422, press("Save", name="", email="")),
    Visit("record", "mara", "{record_fell}"),
    Visit(
        "record: errors",
        "mara",
        "/sessions/record/",
        422,
        press("Save session", held_on="2199-01-01", minutes=""),
    ),
    Visit("tokens", "mara", "/settings/tokens/"),
    Visit("tokens: none", "jonas", "/settings/tokens/"),
    Visit("tokens: a new one", "omar", "/settings/tokens/", 200, press("Make a token")),
]

STAFF = [
    Visit("clinic", "ruth", "/clinic/"),
    Visit("clinic, with everything in the menu", "omar", "/clinic/"),
    Visit("people", "ruth", "/clinic/people/"),
    Visit("people: errors", "ruth", "/clinic/people/", 422, press("Send invitation")),
    Visit("settings", "ruth", "/clinic/settings/"),
    Visit("settings: errors", "ruth", "/clinic/settings/", 422, press("Save settings", name="")),
    Visit("alert budget", "ruth", "/clinic/alerts/"),
    Visit(
        "alert budget: errors",
        "ruth",
        "/clinic/alerts/",
        422,
        press("Save the budget", alert_budget="99"),
    ),
    Visit("method", "noor", "/method/"),
    Visit("front desk", "noor", "/front-desk/"),
    Visit("edit a client at the front desk", "noor", "{flagged}edit/"),
    Visit("change password", "ruth", "/accounts/password/change/"),
    Visit(
        "change password: errors",
        "ruth",
        "/accounts/password/change/",
        200,
        press("Save new password"),
    ),
    Visit("log out", "ruth", "/accounts/logout/"),
    Visit("enter the password again", "ruth", "/accounts/reauthenticate/"),
    Visit("no clinic", "root", "/"),
    Visit("403", "noor", "/caseload/", 403),
    Visit("404", "mara", f"/clients/{NOBODYS_ID}/", 404),
    Visit("404 of no address", "nobody", "/no/such/page/", 404),
]

CLIENT = [
    Visit("rate", "client", "{form_open}"),
    Visit("rate in German", "client", "{form_de}"),
    Visit("rate in Spanish", "client", "{form_es}"),
    Visit("rate: errors", "client", "{form_empty}", 422, press("Send my answers")),
    Visit("rate: a flood of words", "client", "{form_huge}", 413, write_too_much),
    Visit("thanks", "client", "{form_thanks}", 200, answer),
    Visit("link unknown", "client", "/r/no-such-link/", 404),
    Visit("link without its cookie", "nobody", "{without_cookie}", 404),
    Visit("link expired", "client", "{form_expired}", 410),
    Visit("link answered", "client", "{form_answered}", 410),
    Visit("link replaced", "client", "{form_replaced}", 410),
    Visit("answers differ", "client", "{form_differ}", 409, answer_after_somebody_else),
]

ENTRANCE = [
    Visit("log in", "nobody", "/accounts/login/"),
    Visit("log in: errors", "nobody", "/accounts/login/", 200, press("Log in")),
    Visit(
        "log in: wrong password",
        "nobody",
        "/accounts/login/",
        200,
        press("Log in", login="mara@northside.example", password="wrong"),
    ),
    Visit("log in: 403 without cookies", "stray", "/accounts/login/", 403, lose_cookies),
    Visit("reset", "nobody", "/accounts/password/reset/"),
    Visit("reset: errors", "nobody", "/accounts/password/reset/", 200, press("Send me a link")),
    Visit(
        "reset done",
        "nobody",
        "/accounts/password/reset/",
        200,
        press("Send me a link", email="no-one@northside.example"),
    ),
    Visit("reset too often", "nobody", "/accounts/password/reset/", 429, ask_too_often),
    Visit("reset link", "otto", "{reset}"),
    Visit("reset link unknown", "nobody", "/accounts/password/reset/key/0-none/"),
    Visit("signup closed", "nobody", "/accounts/signup/"),
    Visit("account inactive", "nobody", "/accounts/inactive/"),
    Visit("join", "nobody", "{join}"),
    Visit(
        "join: errors",
        "nobody",
        "{join}",
        422,
        press("Open my account", display_name="New Person", password="short"),
    ),
    Visit("join invalid", "nobody", "/join/no-such-invitation/", 410),
    Visit("500", "nobody", "/accounts/login/", 500, break_down(500)),
    Visit("400", "nobody", "/accounts/login/", 400, break_down(400)),
]

VISITS = [*THERAPIST, *STAFF, *CLIENT, *ENTRANCE]
WITHOUT_LOG_IN = ("nobody", "client", "stray", "otto")


def cookie_of(person: str, world: World) -> str:
    return "" if person in WITHOUT_LOG_IN else worlds.session_cookie(world.staff[person])
