"""The therapist's five minutes with real processes: from a mail to "it came back", and the rest.

One site and one clinic for all of it, in the order of the one test.
"""

import io
import json
import re
import time as waiting
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from accounts import services as accounts
from accounts.models import User
from accounts.permissions import Role
from clients.models import Treatment
from outbox.doorbell import doorbell
from sessions.models import TherapySession
from tests import people
from tests.journey.desk import PATIENCE, Desk
from tests.journey.phone import TENSION, Phone, link_in
from tests.journey.real_site import RealSite
from tests.journey.visits import OPEN_FOLDS
from trends.models import Flag

NAME, ADDRESS = "Ana Quintero", "ana@mail.example"
NOTE = "Kestrel note: spoke about her brother."
TRIED = "Kestrel words: I said that I had pushed."
REASON = "Kestrel reason: the wrong day."
OTHERS = ("Bo K.", "Cem T.", "Dilan S.", "Eva W.")
STEADY, FELL = [(4, 4, 4), (4, 5, 4), (4, 4, 4)], (4, 4, 1)
CLOSED = "Your own rating is kept closed."
MEAN = "1.5"  # of each dimension, in Mara's own rating; nobody else gives it
MOST_CLICKS = 3


@dataclass
class House:
    site: RealSite
    mara: Desk
    jonas: Desk
    ruth: Desk
    phone: Phone
    ana: Treatment
    others: dict[str, Treatment]
    token: str
    sent: int = 0

    @property
    def page(self) -> Page:
        return self.mara.page

    @property
    def clients_page(self) -> str:
        return f"/clients/{self.ana.client_id}/"

    @property
    def flag(self) -> Flag:
        return Flag.objects.get(treatment=self.ana)

    def meet(self) -> TherapySession:
        """A week later. Afterwards Mara stands before the form for her own rating."""
        self.site.clock.forward(weeks=1)
        self.mara.log_in()
        self.page.goto(self.clients_page)
        self.mara.record_session(NOTE)
        self.sent += 1
        return TherapySession.objects.filter(treatment=self.ana).latest("held_at")

    def ana_answers(self, **scores: int) -> None:
        self.phone.open(link_in(self.site.wait_for_mail(ADDRESS, self.sent)))
        self.phone.rate(**scores)
        self.phone.tap(TENSION, "No")
        self.phone.send()

    def file(self, kind: str) -> bytes:
        """What Mara takes along."""
        self.page.goto(f"/treatments/{self.ana.pk}/take-along/")
        self.page.locator(f"[name=kind][value={kind}]").check()
        with self.page.expect_download() as download:
            self.page.locator("main form button[type=submit]").click()
        return download.value.path().read_bytes()


@pytest.fixture
def house(site: RealSite, browser: Browser) -> Iterator[House]:
    site.start_worker()
    now = site.clock.now()
    with doorbell.muted():
        clinic = people.open_clinic(crisis_text="Call 112.")
        mara = people.hire(clinic, "Mara Lindqvist", Role.THERAPIST)
        jonas = people.hire(clinic, "Jonas Okafor", Role.THERAPIST)
        ruth = people.hire(clinic, "Ruth Adler", Role.ADMIN)
        _mail_at_any_hour(mara, now)
        others = {name: _long_ago(mara, name, now) for name in OTHERS}
        ana = _so_far(mara, now)
        token = accounts.create_token(by=mara, days=90, at=now)[1]
    with ExitStack() as at_the_end:
        desk_of_mara, desk_of_jonas, desk_of_ruth = (
            at_the_end.enter_context(Desk.of(user, browser, site)) for user in (mara, jonas, ruth)
        )
        phone = at_the_end.enter_context(Phone.of(browser))
        yield House(site, desk_of_mara, desk_of_jonas, desk_of_ruth, phone, ana, others, token)


def _mail_at_any_hour(person: User, now: datetime) -> None:
    always = {"tells": True, "reminds": True, "digest": True}
    accounts.set_mail_wishes(**always, quiet_from=time(), quiet_until=time(), by=person, at=now)


def _long_ago(mara: User, name: str, now: datetime) -> Treatment:
    """A course with a flag of which nobody is told any more, but which the clinic counts still."""
    treatment = people.take_on(mara, name)
    for week, scores in enumerate([*STEADY, FELL]):
        people.answer(people.hold(treatment, now - timedelta(weeks=10 - week)), *scores)
    people.compute(treatment, at=now - timedelta(weeks=6))
    return treatment


def _so_far(mara: User, now: datetime) -> Treatment:
    treatment = people.take_on(mara, NAME, email=ADDRESS)
    for week, scores in enumerate(STEADY):
        people.answer(people.hold(treatment, now - timedelta(weeks=3 - week)), *scores)
    people.compute(treatment, at=now)
    return treatment


def test_the_five_minutes(house: House) -> None:
    from_the_mail_to_seen_in_three_clicks(house)
    a_repair_is_logged(house)
    her_own_rating_stays_closed_until_the_clients_is_in(house)
    that_it_came_back_appears_by_itself(house)
    what_was_wrong_and_what_was_marked_is_counted(house)
    a_session_is_voided_and_that_is_undone(house)
    a_colleague_goes_on_with_the_history_but_not_the_notes(house)
    nobody_left_a_trace(house)


def from_the_mail_to_seen_in_three_clicks(house: House) -> None:
    house.meet()
    house.ana_answers(goal=4, task=4, bond=1)
    mail = house.site.wait_for_mail(house.mara.user.email, 1)
    assert mail.message["Subject"] == "Something to review"
    text = " ".join((str(mail.message["From"]), mail.part("plain"), mail.part("html"))).lower()
    assert not re.search("ana|quintero|kestrel|rupture|flag|client|bond|tension", text)

    link = re.search(r"https?://\S+/inbox/", mail.part("plain"))
    assert link, mail.part("plain")
    page = house.page
    page.context.clear_cookies()
    page.goto(link[0])
    house.mara.keyboard.type("Email", house.mara.user.email)
    house.mara.keyboard.type("Password", people.PASSWORD)
    house.mara.keyboard.press("Log in")
    assert page.url == link[0]
    clicks = ["Review Ana Quintero", "I have seen this"]
    assert len(clicks) <= MOST_CLICKS
    page.get_by_role("link", name=clicks[0]).click()
    page.get_by_role("button", name=clicks[1]).click()
    expect(page.get_by_text("Noted: you have seen this.")).to_be_visible()
    assert house.flag.state == Flag.State.ACKNOWLEDGED
    page.goto("/inbox/")
    assert "Review Ana Quintero" not in house.mara.words


def a_repair_is_logged(house: House) -> None:
    page = house.page
    page.goto(f"/flags/{house.flag.pk}/")
    page.get_by_role("link", name="Log a repair").click()
    page.locator("[name=kind][value=withdrawal]").check()
    page.locator("[name=words]").fill(TRIED)
    page.get_by_role("button", name="Save the entry").click()
    expect(page.get_by_text("Written down.")).to_be_visible()
    assert TRIED in house.mara.words
    assert house.flag.state == Flag.State.IN_REPAIR
    page.goto(f"/sessions/record/?treatment={house.ana.pk}")
    assert "To be raised in this session" in house.mara.words


def her_own_rating_stays_closed_until_the_clients_is_in(house: House) -> None:
    house.meet()
    page = house.page
    questions = page.locator("main fieldset:has(input[name^=item_])").all()
    for number, question in enumerate(questions):
        question.locator("label.choice").nth(0 if number < len(questions) / 2 else 1).click()
    page.get_by_role("button", name="Keep my rating").click()
    expect(page.get_by_text(CLOSED)).to_be_visible()
    assert shown_of_own(house) == {"page": False, "api": False, "pdf": False, "csv": False}

    house.ana_answers(goal=4, task=4, bond=4)
    assert shown_of_own(house) == {"page": True, "api": True, "pdf": True, "csv": True}
    page.goto(house.clients_page)
    assert CLOSED not in house.mara.words
    page.get_by_role("link", name=re.compile("^Side by side")).click()
    assert MEAN in house.mara.words


def shown_of_own(house: House) -> dict[str, bool]:
    """Where what she gave can be read, in whatever part of the source."""
    html = house.mara.html_of(house.clients_page, f"/flags/{house.flag.pk}/", "/caseload/")
    headers = {"Authorization": f"Bearer {house.token}"}
    told = house.page.request.get("/api/v1/sessions/", headers=headers)
    assert told.status == 200
    pdf = PdfReader(io.BytesIO(house.file("pdf")))
    words = " ".join(page.extract_text() for page in pdf.pages)
    return {
        "page": bool(re.search(rf">\s*{MEAN}\s*<", html)),
        "api": MEAN in json.dumps(told.json()),
        "pdf": bool(re.search(rf"\b{MEAN}\b", words)),
        "csv": MEAN in house.file("csv").decode(),
    }


def that_it_came_back_appears_by_itself(house: House) -> None:
    house.meet()
    house.ana_answers(goal=4, task=5, bond=4)
    deadline = waiting.monotonic() + PATIENCE
    while house.flag.state != Flag.State.CAME_BACK:
        assert waiting.monotonic() < deadline, house.flag.state
        waiting.sleep(0.2)
    house.page.goto(f"/flags/{house.flag.pk}/")
    assert re.search(r"Bond came back at session 5\b", house.mara.words)
    assert "the program" in house.mara.words


def what_was_wrong_and_what_was_marked_is_counted(house: House) -> None:
    page = house.page
    bo, cem = (house.others[name] for name in OTHERS[:2])
    page.goto(f"/flags/{bo.flags.get().pk}/")
    page.get_by_role("link", name="Close this").click()
    page.locator("[name=reason][value=no_rupture]").check()
    page.locator("main form button[type=submit]").click()
    expect(page.get_by_text("Closed. You can open it again at any time.")).to_be_visible()
    page.goto(f"/clients/{cem.client_id}/")
    page.evaluate(OPEN_FOLDS)
    page.get_by_role("link", name=re.compile("^Mark a rupture")).first.click()
    page.locator("[name=words]").fill(REASON)
    page.locator("main form button[type=submit]").click()
    expect(page.get_by_text("Marked.")).to_be_visible()

    house.ruth.log_in()
    house.ruth.page.goto("/clinic/")
    words = " ".join(house.ruth.words.split())
    assert re.search(
        r"Of 5 flags of the program, therapists confirmed \d, called 1 wrong, \d are not judged\.",
        words,
    )
    assert "1 rupture was marked by hand" in words
    assert "Of 1 flag with a repair logged, the ratings came back in 1." in words
    assert not re.search("kestrel|Bo K|Cem T|Quintero", house.ruth.page.content(), re.IGNORECASE)


def a_session_is_voided_and_that_is_undone(house: House) -> None:
    page = house.page
    first = TherapySession.objects.filter(treatment=house.ana).earliest("held_at")
    page.goto(f"/sessions/{first.pk}/correct/")
    page.locator("[name=kind][value=void]").check()
    page.locator("[name=reason]").fill(REASON)
    page.get_by_role("button", name="Correct it").click()
    expect(page.get_by_text("Corrected. For ten minutes you can undo it")).to_be_visible()
    assert page.locator("main s").count()
    assert REASON in page.content()
    page.get_by_role("button", name=re.compile("^Undo")).click()
    expect(page.locator("main s")).to_have_count(0)
    first.refresh_from_db()
    assert first.voided_at is None


def a_colleague_goes_on_with_the_history_but_not_the_notes(house: House) -> None:
    page = house.page
    page.goto(f"/treatments/{house.ana.pk}/transfer/")
    page.locator("[name=colleague]").select_option(label=house.jonas.user.display_name)
    page.locator("[name=history_agreed]").check()
    page.get_by_role("button", name="Hand over today").click()
    page.wait_for_load_state()
    house.jonas.log_in()
    colleague = house.jonas.page
    colleague.goto(house.clients_page)
    colleague.get_by_role("link", name="Read what was answered there").click()
    assert "Course of the alliance" in house.jonas.words
    history = colleague.url
    html = house.jonas.html_of(history, f"/flags/{house.flag.pk}/")
    assert "possible rupture" in html.lower()
    assert not re.search("Kestrel note|Kestrel words", html)


def nobody_left_a_trace(house: House) -> None:
    assert house.mara.leaves_no_trace()
    assert house.jonas.leaves_no_trace()
    assert house.ruth.leaves_no_trace()
    assert house.phone.leaves_no_trace(house.site.url)
