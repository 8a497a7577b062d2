"""The whole main job with real processes: browser, web server, worker, mail server, both databases.

Time passes for all of them through the clock of `clock.py`. There is no beat: if a ring at the
worker's door got lost, the sweep would not hide it here.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser

from accounts.models import User
from accounts.permissions import Role
from alliance.local.mailbox.server import Mail
from tests import people
from tests.journey.desk import Desk
from tests.journey.phone import COMMENT, FOLLOW_UP, TENSION, Phone, link_in
from tests.journey.real_site import RealSite

NAME = "Ana Quintero"
ADDRESS = "ana@mail.example"
NOTE = "Kestrel note: spoke about her brother."
SAID = "Kestrel comment: I felt pushed today, and did not say so."
PLAN = "Kestrel plan: begin with this next time."
OTHERS = ("Bo K.", "Cem T.", "Dilan S.", "Eva W.")


@dataclass
class Cast:
    site: RealSite
    mara: Desk
    ruth: Desk
    noor: Desk
    phone: Phone
    forms: int = 0

    def next_mail(self) -> Mail:
        self.forms += 1
        return self.site.wait_for_mail(ADDRESS, self.forms)


@pytest.fixture
def cast(site: RealSite, browser: Browser) -> Iterator[Cast]:
    site.start_worker()
    with ExitStack() as at_the_end:
        mara, ruth, noor = (
            at_the_end.enter_context(Desk.of(user, browser, site)) for user in _hire(site)
        )
        yield Cast(site, mara, ruth, noor, at_the_end.enter_context(Phone.of(browser)))


def _hire(site: RealSite) -> list[User]:
    """Mara has four quiet clients already, so that the clinic's figures are not hidden."""
    clinic = people.open_clinic(crisis_text="Call 112.")
    mara = people.hire(clinic, "Mara Lindqvist", Role.THERAPIST)
    for name in OTHERS:
        people.take_on(mara, name, at=site.clock.now())
    ruth = people.hire(clinic, "Ruth Adler", Role.ADMIN)
    return [mara, ruth, people.hire(clinic, "Noor Haddad", Role.FRONT_DESK)]


def test_the_main_job(cast: Cast) -> None:
    mara_takes_on_ana(cast)
    for scores in ((4, 4, 4), (4, 5, 4), (5, 4, 4)):
        they_meet(cast)
        ana_answers(cast, *scores)
        cast.site.clock.forward(weeks=1)
    they_meet(cast)
    ana_answers_too_late_and_is_sent_the_form_again(cast)
    cast.site.clock.forward(days=5)
    they_meet(cast)
    ana_says_that_something_went_wrong(cast)
    mara_sees_who_needs_her_and_why(cast)
    ruth_sees_counts_alone(cast, open_flags=1)
    mara_reads_it_and_makes_a_plan(cast)
    ruth_sees_counts_alone(cast, open_flags=0)
    noor_sees_what_became_of_the_form(cast)
    nobody_left_a_trace(cast)


def mara_takes_on_ana(cast: Cast) -> None:
    cast.mara.log_in()
    assert "Your caseload" in cast.mara.words
    cast.mara.add_client(NAME, ADDRESS)
    assert f"{NAME} is on your caseload." in cast.mara.words
    cast.site.clock.forward(days=3)


def they_meet(cast: Cast) -> None:
    """Mara writes the session down, as the last thing before she goes home."""
    cast.mara.log_in()
    cast.mara.keyboard.press(NAME)
    cast.mara.record_session(NOTE)
    assert f"Session saved. The form for {NAME} is on its way." in cast.mara.words
    cast.mara.keyboard.press("Not now")
    assert "Course of the alliance" in cast.mara.words


def ana_answers(cast: Cast, goal: int, task: int, bond: int) -> None:
    mail = cast.next_mail()
    tells_nothing(mail)
    phone, link = cast.phone, link_in(mail)
    assert phone.open(link) == 200
    shows_no_more_than_the_form(phone)
    phone.rate(goal=goal, task=task, bond=bond)
    phone.tap(TENSION, "No")
    phone.send()
    assert "Your answers are in." in phone.words
    assert phone.open(link) == 410
    assert "This form is already answered" in phone.words


def tells_nothing(mail: Mail) -> None:
    """Whoever reads it over Ana's shoulder learns that a clinic has a form for somebody."""
    assert mail.message["Subject"] == "A short form from Northside Clinic"
    text = " ".join((str(mail.message["From"]), mail.part("plain"), mail.part("html"))).lower()
    assert not re.search("ana quintero|mara|lindqvist|kestrel|therap|psych|session", text)


def shows_no_more_than_the_form(phone: Phone) -> None:
    html = phone.page.content()
    assert "Northside Clinic" in html
    assert "Mara Lindqvist" in html
    assert not re.search("Ana Quintero|kestrel|ana@mail", html, re.IGNORECASE)
    assert phone.page.locator(":checked").count() == 0
    headers = phone.watch.documents[-1].headers
    assert headers["cache-control"] == "no-store"
    assert "noindex" in headers["x-robots-tag"]


def ana_answers_too_late_and_is_sent_the_form_again(cast: Cast) -> None:
    cast.site.clock.forward(days=5)
    late = link_in(cast.next_mail())
    assert cast.phone.open(late) == 410
    assert "This link has ended" in cast.phone.words
    cast.mara.log_in()
    cast.mara.keyboard.press(NAME)
    assert "not answered in time" in cast.mara.words
    cast.mara.keyboard.press("Send again")
    assert "A new link is on its way." in cast.mara.words
    fresh = cast.site.wait_for_mail(ADDRESS, cast.forms + 1)
    assert cast.phone.open(late) == 410
    assert "A newer link was sent" in cast.phone.words
    assert link_in(fresh) != late
    ana_answers(cast, 4, 4, 5)


def ana_says_that_something_went_wrong(cast: Cast) -> None:
    phone = cast.phone
    assert phone.open(link_in(cast.next_mail())) == 200
    phone.rate(goal=4, task=4, bond=1)
    phone.tap(TENSION, "Yes")
    phone.page.get_by_label(COMMENT).fill(SAID)
    phone.tap(FOLLOW_UP, "Please raise it with me")
    phone.send()


def mara_sees_who_needs_her_and_why(cast: Cast) -> None:
    mara = cast.mara
    mara.page.goto("/caseload/")
    mara.wait_for("Possible rupture.")
    first = mara.page.locator("main li").first.inner_text()
    assert first.startswith(NAME)
    assert re.search(rf"Bond fell to 1\.0; for {NAME} it is usually [34]\.\d to [45]\.\d\.", first)
    assert "Asked you to raise it" in first
    assert f"{len(OTHERS) + 1} treatments · 1 needs you" in mara.words


def mara_reads_it_and_makes_a_plan(cast: Cast) -> None:
    mara = cast.mara
    mara.keyboard.press(f"Review {NAME}")
    assert SAID in mara.words
    assert "Said there was tension or a misunderstanding. Asks you to raise it." in mara.words
    mara.acknowledge(PLAN)
    assert "Noted: you have seen this." in mara.words
    assert PLAN in mara.words
    mara.page.goto("/caseload/")
    assert "0 need you" in mara.words
    assert "No open flag." in mara.words
    assert mara.row(NAME)[0] == NAME


def ruth_sees_counts_alone(cast: Cast, *, open_flags: int) -> None:
    ruth = cast.ruth
    if open_flags:
        ruth.log_in()
    html = ruth.html_of("/clinic/people/", "/clinic/settings/", "/clinic/")
    clients, answered = str(len(OTHERS) + 1), "5 of 5 (100 %)"
    longest = "0 days" if open_flags else "\N{EN DASH}"
    figures = [clients, "5", answered, str(open_flags), longest, "0"]
    assert ruth.row("Mara Lindqvist") == ["Mara Lindqvist", *figures]
    assert not re.search(f"{NAME}|{ADDRESS}", html)
    tells_nothing_clinical(html)


def tells_nothing_clinical(html: str) -> None:
    assert not re.search("kestrel|fell to|tension|score--|sparkline", html, re.IGNORECASE)


def noor_sees_what_became_of_the_form(cast: Cast) -> None:
    noor = cast.noor
    noor.log_in()
    *who, form = noor.row(NAME)
    assert who == [NAME, "Mara Lindqvist", ADDRESS, "By e-mail"]
    assert form.startswith("answered ")
    noor.keyboard.press(NAME)
    tells_nothing_clinical(noor.page.content() + noor.html_of("/front-desk/"))


def nobody_left_a_trace(cast: Cast) -> None:
    """No complaint of any browser, no request to anybody else, nothing stored by scripts."""
    assert cast.phone.leaves_no_trace(cast.site.url)
    assert [each.leaves_no_trace() for each in (cast.mara, cast.ruth, cast.noor)] == [True] * 3
    assert len(cast.site.mails_to(ADDRESS)) == cast.forms
