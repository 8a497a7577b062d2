"""Every page that a person can come to, and how they come to it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.template.loader import render_to_string
from playwright.sync_api import Page, Route, expect

from sessions.models import Rating
from tests import people
from tests.journey import world as worlds
from tests.journey.world import PIN, WRONG_PIN, World

Step = Callable[[Page, World], None]

NEW_PASSWORD = "a louder harbour at noon"
NOBODYS_ID = "00000000-0000-4000-8000-00000000dead"
RESETS_IN_A_MINUTE = 5  # allauth's limit for one address
OPEN_FOLDS = "() => document.querySelectorAll('main details').forEach((one) => { one.open = true })"
# What only a browser without scripts, or a mail program, would send.
SEND_TO = """([path, name, value]) => {
  const form = document.querySelector("main form[method=post]");
  form.insertAdjacentHTML("beforeend", `<input type="hidden" name="${name}" value="${value}">`);
  form.action = path;
  form.submit();
}"""


@dataclass(frozen=True, slots=True)
class Visit:
    """`path` may name one of the world's paths in braces; `then` is done before looking.

    `person`: "ida/2" is another window of Ida, with a log-in and cookies of its own.
    """

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


def ask_for_link(page: Page, world: World) -> None:
    page.locator("[name=wants]").check()
    press("Ask for a new link")(page, world)


def choose_points(page: Page, point: int = 4) -> None:
    """The same point for every item, and no tension."""
    for group in page.locator("fieldset:has(input[name^=item_])").all():
        group.locator("label.choice").nth(point - 1).click()
    page.locator("fieldset:has(input[name=tension])").get_by_text("No", exact=True).click()


def answer(page: Page, world: World) -> None:
    choose_points(page)
    press("Send my answers")(page, world)


def after(*steps: Step) -> Step:
    """One after the other."""

    def step(page: Page, world: World) -> None:
        for each in steps:
            each(page, world)

    return step


def press_any(button: str) -> Step:
    """The first with this name, also one in a fold; on pages in any language by its selector."""

    def step(page: Page, world: World) -> None:
        page.evaluate(OPEN_FOLDS)
        with page.expect_navigation():
            page.locator(button).first.click()

    return step


def go(path: str) -> Step:
    """An address below the one that is shown."""

    def step(page: Page, world: World) -> None:
        page.goto(page.url.partition("?")[0] + path)

    return step


def open_folds(page: Page, world: World) -> None:
    page.evaluate(OPEN_FOLDS)


def open_keys(page: Page, world: World) -> None:
    """The list of keys: by one of them, or without scripts as a part of the page."""
    open_folds(page, world)
    page.keyboard.press("?")


def send_to(path: str, name: str = "sent", value: str = "yes") -> Step:
    def step(page: Page, world: World) -> None:
        with page.expect_navigation():
            page.evaluate(SEND_TO, [path, name, value])

    return step


def feel_tension(page: Page, world: World) -> None:
    """Then there is one question more, and everything of the form is filled in."""
    choose_points(page, 2)
    page.locator("[name=tension][value=some]").check()
    page.locator("[name=settled][value=partly]").check()
    page.locator("textarea").fill("I did not dare to say it.")
    page.locator("[name=follow_up][value=raise]").check()


def put_differently(page: Page, world: World) -> None:
    """Goals and tasks in other words, progress, and one of the seven elements."""
    for choice in page.locator("[name^=agree_][value=otherwise]").all():
        choice.check()
    for choice in page.locator("[name^=progress_][value='10']").all():
        choice.check()
    page.locator("[name^=element_][value='3']").first.check()


def keep_draft(page: Page, world: World) -> None:
    """Typed, kept, and shown again when the page is loaded once more."""
    feel_tension(page, world)
    expect(page.locator("[data-kept]")).not_to_be_empty()
    page.reload()
    expect(page.locator("[data-progress-words]")).to_have_text("7 of 7 answered")


def come_too_late(page: Page, world: World) -> None:
    """The time in which answers may be changed has passed meanwhile."""
    answer(page, world)
    rating = Rating.objects.get(request=world.requests["too_late"])
    rating.submitted_at -= timedelta(hours=1)
    rating.save()
    page.goto(page.url.replace("/thanks/", "/change/"))


def share_with_nobody(page: Page, world: World) -> None:
    send_to(world.paths["share"], "supervisor", "nobody")(page, world)


def want_mails(page: Page, world: World) -> None:
    page.locator("[name=mails][value=keep]").check()


def unsubscribe(page: Page, world: World) -> None:
    """As a mail program does by its own button (RFC 8058)."""
    send_to(world.paths["mail_one_click"], "List-Unsubscribe", "One-Click")(page, world)


def prove(page: Page, world: World) -> None:
    """A window that has been here before is not asked again."""
    if page.locator("main [name=answer]").count():
        press("Go on", answer=PIN)(page, world)


def hand_over(page: Page, world: World) -> None:
    press_any("button:has-text('Fill it in together')")(page, world)


def lose_log_in(page: Page, world: World) -> None:
    choose_points(page)
    page.context.clear_cookies(name="session")
    press("Send my answers")(page, world)


def answer_device_after_somebody_else(page: Page, world: World) -> None:
    people.answer(world.requests["device_differs"].session, 1, 1, 1, at=world.now)
    answer(page, world)


def hand_over_in_another_tab(page: Page, world: World) -> None:
    """Then a form of the staff, still open here, does nothing. (A script hides it, if it can.)"""
    other = page.context.new_page()
    other.goto(world.paths["device"])
    hand_over(other, world)
    other.close()
    page.evaluate("() => { document.documentElement.hidden = false }")
    press("Add client")(page, world)


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
    Visit("caseload: found", "mara", "/caseload/?q=an&show=needs&sort=chance"),
    Visit("caseload: nobody found", "mara", "/caseload/?q=nobody"),
    Visit("caseload: keys", "mara", "/caseload/", 200, open_keys),
    Visit("today", "mara", "/today/"),
    Visit("today: nobody", "jonas", "/today/"),
    Visit("inbox", "mara", "/inbox/"),
    Visit("inbox: empty", "jonas", "/inbox/"),
    Visit("client with a flag", "mara", "{flagged}"),
    Visit("client with a flag seen", "mara", "{seen}"),
    Visit("flag", "mara", "{flag}"),
    Visit("flag in repair", "mara", "{flag_in_repair}"),
    Visit("flag that is only read", "sven", "{flag}"),
    Visit("log a repair", "mara", "{flag}repair/"),
    Visit("log a repair: errors", "mara", "{flag}repair/", 422, press("Save the entry")),
    Visit("close a flag", "mara", "{flag}close/"),
    Visit("close a flag: errors", "mara", "{flag}close/", 422, press("Close it")),
    Visit("mark a rupture", "mara", "{mark}"),
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
    Visit("caseload before anything was decided", "yara", "/caseload/"),
    Visit("client whose answers came in every way", "mara", "{ways}"),
    Visit("client with every notice", "mara", "{noticed}"),
    Visit("edit a client with every notice", "mara", "{noticed}edit/"),
    Visit("own rating", "omar", "{own_rating}"),
    Visit("own rating: errors", "omar", "{own_rating}", 422, press("Keep my rating")),
    Visit("own rating: given", "omar", "{own_rating_late}"),
    Visit("client whom both rated", "omar", "{both}"),
    Visit("side by side", "omar", "{side_by_side}"),
    Visit("paper", "mara", "{paper}"),
    Visit("correct a session", "mara", "{correct}"),
    Visit("correct a session: errors", "mara", "{correct}", 422, press("Correct it")),
    Visit("next appointment", "mara", "{next}"),
    Visit("next appointment: errors", "mara", "{next}", 422, press("Save")),
    Visit("end a treatment", "mara", "{end}"),
    Visit("end a treatment: errors", "mara", "{end}", 422, press("End treatment today")),
    Visit("hand over to a colleague", "mara", "{transfer}"),
    Visit("hand over to a colleague: errors", "mara", "{transfer}", 422, press("Hand over today")),
    Visit("paper: errors", "mara", "{paper}", 422, press("Save the answers", answered_on="")),
    Visit("sent forms", "mara", "/delivery/?show=all"),
    Visit("sent forms: none", "jonas", "/delivery/"),
    Visit("about oneself", "pia", "/settings/about/"),
    Visit("about oneself: preview", "pia", "/settings/about/", 200, press("See how it looks")),
    Visit("about oneself: nothing yet", "jonas", "/settings/about/"),
    Visit("agreed goals and tasks", "mara", "{agreed}", 200, open_folds),
    Visit("agreed goals and tasks: none", "mara", "{agreed_none}"),
    Visit("agreed goals and tasks: errors", "mara", "{agreed_none}", 422, press("Add it")),
    Visit("take along", "mara", "{take_along}"),
    Visit(
        "take along: errors",
        "mara",
        "{take_along}",
        422,
        press("Take it along", since="2026-11-02", until="2026-11-01"),
    ),
    Visit("tokens", "mara", "/settings/tokens/"),
    Visit("tokens: none", "jonas", "/settings/tokens/"),
    Visit("share: errors", "mara", "{unrated}", 422, share_with_nobody),
    Visit("what admins see", "mara", "/clinic/as-admins-see/"),
    Visit("what admins see: too little", "jonas", "/clinic/as-admins-see/"),
    Visit("e-mails to oneself", "mara", "/settings/mail/"),
    Visit(
        "e-mails to oneself: errors", "mara", "/settings/mail/", 422, press("Save", quiet_from="")
    ),
    Visit("supervision", "sven", "/supervision/"),
    Visit("supervision: nothing", "omar", "/supervision/"),
    Visit("client that is only read", "sven", "{flagged}"),
    Visit("tokens: a new one", "omar", "/settings/tokens/", 200, press("Make a token")),
]

STAFF = [
    Visit("clinic", "ruth", "/clinic/"),
    Visit("clinic, with everything in the menu", "omar", "/clinic/"),
    Visit("people", "ruth", "/clinic/people/"),
    Visit("people: errors", "ruth", "/clinic/people/", 422, press("Send invitation")),
    Visit("settings", "ruth", "/clinic/settings/"),
    Visit("settings: errors", "ruth", "/clinic/settings/", 422, press("Save settings", name="")),
    Visit("forms", "ruth", "/clinic/forms/"),
    Visit("forms: preview", "ruth", "/clinic/forms/", 200, press("Preview the e-mails")),
    Visit("forms: errors", "ruth", "/clinic/forms/", 422, press("Save", change_minutes="9999")),
    Visit("forms before anything was decided", "yara", "/clinic/forms/"),
    Visit("about the clinic", "ruth", "/clinic/about/"),
    Visit("about the clinic: preview", "ruth", "/clinic/about/", 200, press("See how it looks")),
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
    Visit("front desk before anything was decided", "yara", "/front-desk/"),
    Visit("sent forms that need somebody", "noor", "/delivery/"),
    Visit("sent forms that wait", "noor", "/delivery/?show=waiting"),
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
    Visit("rate in French", "client", "{form_fr}"),
    Visit("rate in Arabic", "client", "{form_ar}"),
    Visit("rate in Arabic: errors", "client", "{form_ar}", 422, press_any(".rating__send .btn")),
    Visit("rate: the long form", "client", "{form_long}"),
    Visit("rate: errors", "client", "{form_empty}", 422, press("Send my answers")),
    Visit(
        "rate: errors of the long form",
        "client",
        "{form_long_empty}",
        422,
        press("Send my answers"),
    ),
    Visit("rate: tension", "client", "{form_open}", 200, feel_tension),
    Visit("rate: languages", "client", "{form_languages}", 200, open_folds),
    Visit("rate: agreements and elements", "client", "{form_agreed}", 200, put_differently),
    Visit("rate: agreements in Arabic", "client", "{form_agreed_ar}", 200, put_differently),
    Visit(
        "rate: some of the elements",
        "client",
        "{form_agreed_half}",
        422,
        after(put_differently, press_any(".rating__send .btn")),
    ),
    Visit("rate: a draft", "client", "{form_draft}", 200, keep_draft),
    Visit("rate: a flood of words", "client", "{form_huge}", 413, write_too_much),
    Visit("go on later", "client", "{form_later}", 200, after(feel_tension, send_to("later/"))),
    Visit("thanks", "client", "{form_thanks}", 200, answer),
    Visit("thanks that cannot change", "client", "{form_answered}", 200, go("thanks/")),
    Visit(
        "change the answers",
        "client",
        "{form_change}",
        200,
        after(answer, press_any("a:has-text('Change my answers')")),
    ),
    Visit("too late to change", "client", "{form_too_late}", 410, come_too_late),
    Visit(
        "own answers mailed",
        "client",
        "{form_second}",
        200,
        after(answer, press_any("button:has-text('Send me the link')")),
    ),
    Visit("second check", "client", "{form_check}"),
    Visit("second check: empty", "client", "{form_check}", 422, press("Go on")),
    Visit("second check: wrong", "client", "{form_check}", 422, press("Go on", answer=WRONG_PIN)),
    Visit("link locked", "client", "{form_locked}", 410),
    Visit("link unknown", "client", "/r/no-such-link/", 404),
    Visit("link without its cookie", "nobody", "{without_cookie}", 404),
    Visit("link expired", "client", "{form_expired}", 410),
    Visit("link asked for", "client", "{form_expired}", 200, ask_for_link),
    Visit("link answered", "client", "{form_answered}", 410),
    Visit("link replaced", "client", "{form_replaced}", 410),
    Visit("link of a form that is not needed", "client", "{form_withdrawn}", 410),
    Visit("answered meanwhile", "client", "{form_differ}", 410, answer_after_somebody_else),
    Visit("e-mails", "client", "{mail}"),
    Visit("e-mails: errors", "client", "{mail}", 422, press("Save")),
    Visit("e-mails stopped", "client", "{mail_stopped}"),
    Visit(
        "e-mails saved",
        "client",
        "{mail_saved}",
        200,
        after(want_mails, press("Save")),
    ),
    Visit(
        "e-mails stopped by the mail program",
        "client",
        "{mail_one_click}",
        200,
        unsubscribe,
    ),
    Visit("about a therapist", "nobody", "{about}"),
    Visit("about nobody", "nobody", f"/about/{NOBODYS_ID}/", 404),
]

OWN = [
    Visit("own: check", "client", "{own_check}"),
    Visit("own: empty", "client", "{own_check}", 422, press("Go on")),
    Visit("own: wrong", "client", "{own_check}", 422, press("Go on", answer=WRONG_PIN)),
    Visit("own: locked", "client", "{own_locked}", 429),
    Visit("own: nothing to ask for", "client", "{own_no_pin}", 403),
    Visit("own answers", "client", "{own_course}", 200, prove),
    Visit("own answers: none", "client", "{own_empty}", 200, prove),
    Visit("own answers without their course", "client", "{own_hidden}", 200, prove),
    Visit("erasure", "client", "{own_empty}", 200, after(prove, go("erasure/"))),
    Visit(
        "erasure asked for",
        "client",
        "{own_asked}",
        200,
        after(prove, go("erasure/"), press("Ask the clinic to delete my data")),
    ),
    Visit("own: left", "client", "{own_empty}", 200, after(prove, press("Log out here"))),
]

# Each in a window of its own: the others of the same log-in are locked from then on.
DEVICE = [
    Visit("device: form", "ida/form", "{device}", 200, hand_over),
    Visit(
        "device: errors",
        "ida/errors",
        "{device}",
        422,
        after(hand_over, press("Send my answers")),
    ),
    Visit("device: thanks", "ida/thanks", "{device_thanks}", 200, after(hand_over, answer)),
    Visit(
        "device: answers differ",
        "ida/differs",
        "{device_differs}",
        409,
        after(hand_over, answer_device_after_somebody_else),
    ),
    Visit("device: log-in ended", "ida/ended", "{device}", 403, after(hand_over, lose_log_in)),
    Visit("device: locked", "ida/locked", "/clients/add/", 423, hand_over_in_another_tab),
    Visit("device: unlock", "ida/unlock", "{device}", 200, after(hand_over, go("unlock/"))),
    Visit(
        "device: wrong password",
        "ida/wrong",
        "{device}",
        422,
        after(hand_over, go("unlock/"), press("Unlock", password="wrong")),
    ),
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

VISITS = [*THERAPIST, *STAFF, *CLIENT, *OWN, *DEVICE, *ENTRANCE]
WITHOUT_LOG_IN = ("nobody", "client", "stray", "otto")


def cookie_of(person: str, world: World) -> str:
    name = person.partition("/")[0]
    return "" if person in WITHOUT_LOG_IN else worlds.session_cookie(world.staff[name])
