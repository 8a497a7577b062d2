"""What a phone must load before the client's form is there: little, and from nobody else."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Response

from accounts.models import User
from accounts.permissions import Role
from outbox.doorbell import doorbell
from sessions.models import Rating, RatingRequest
from sessions.services import LONG_FORM, SHORT_FORM
from tests import people
from tests.journey.phone import SEND, THANKS, Phone
from tests.journey.real_site import RealSite

MOST = 30 * 1024  # bytes, as they come over the line
ANSWER_ALL = "fieldset:has([required])"


@dataclass(frozen=True)
class Part:
    path: str
    encoding: str
    sent: int
    unpacked: int

    @classmethod
    def of(cls, response: Response) -> "Part":
        return cls(
            urlsplit(response.url).path,
            response.header_value("content-encoding") or "as it is",
            response.request.sizes()["responseBodySize"],
            len(response.body()),
        )

    def __str__(self) -> str:
        return f"{self.sent:7,} of {self.unpacked:7,} bytes ({self.encoding})  {self.path}"


@pytest.fixture(scope="module")
def mara(site: RealSite) -> User:
    clinic = people.open_clinic(crisis_text="Call 112.", long_form_every=50)
    return people.hire(clinic, "Mara L.", Role.THERAPIST)


def ask(mara: User, site: RealSite, form: str) -> RatingRequest:
    """The first session gets the long form, the second one the short one."""
    treatment, now = people.take_on(mara), site.clock.now()
    with doorbell.muted():
        first = people.hold(treatment, now, at=now).request
        second = people.hold(treatment, site.clock.now(), at=site.clock.now()).request
    [request] = [each for each in (first, second) if each.instrument == form]
    return request


def link_of(request: RatingRequest, site: RealSite) -> str:
    return f"{site.url}/r/{people.link_for(request)}/"


@pytest.mark.parametrize("form", [SHORT_FORM, LONG_FORM])
def test_the_form_is_light_and_asks_nobody_else(
    browser: Browser, mara: User, site: RealSite, form: str
) -> None:
    request = ask(mara, site, form)
    with Phone.of(browser) as phone:
        phone.open(link_of(request, site))
        phone.page.wait_for_load_state("networkidle")
        answers = [each.response() for each in phone.watch.requests]
        parts = [Part.of(answer) for answer in answers if answer and answer.status == 200]
        assert phone.leaves_no_trace(site.url)
    report = "\n".join(map(str, parts))
    print(f"\n{form}: {sum(part.sent for part in parts):,} bytes\n{report}")  # noqa: T201
    assert {part.path.rpartition(".")[2] for part in parts} >= {"css", "js"}, report
    assert sum(part.sent for part in parts) <= MOST, report


@pytest.mark.parametrize("form", [SHORT_FORM, LONG_FORM])
def test_a_browser_that_shows_only_words_can_send_it(
    browser: Browser, mara: User, site: RealSite, form: str
) -> None:
    """No script and no style sheet arrives."""
    request = ask(mara, site, form)
    with Phone.of(browser, java_script_enabled=False) as phone:
        phone.page.route("**/static/**", lambda route: route.abort())
        phone.open(link_of(request, site))
        groups = phone.page.locator(ANSWER_ALL)
        for number in range(groups.count()):
            groups.nth(number).get_by_role("radio").first.check()
        phone.page.get_by_role("button", name=SEND).last.click()
        phone.page.wait_for_url(THANKS)
    assert Rating.objects.filter(request=request).count() == 1
