"""A clinic in which every row exists that an address can name, and everybody who may ask for it."""

from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

from django.test import Client as Browser

from accounts import services as accounts
from accounts.models import Invitation, User
from accounts.permissions import Role
from clients import services as clients
from clients import sharing
from clients.models import ClientLink, Share, Treatment
from sessions.correcting import corrections
from sessions.form.said import OnAgreement
from sessions.models import AgreementAnswer, Correction, Rating, RatingRequest
from tests import people
from trends.models import Flag

NOTE = "CANARY-note-about-the-session"
COMMENT = "CANARY-comment-of-the-client"
OTHER_WORDS = "CANARY-how-the-client-would-put-it"
WHY_CORRECTED = "CANARY-why-it-was-corrected"
FLAG_NOTE = "CANARY-note-about-the-flag"

# Ana rates the third session low (that is flagged) and has not answered the fourth yet.
NOW = people.MONDAY + timedelta(weeks=3, hours=2)


@dataclass
class World:
    """`people` and `secrets` by the names of the columns of the access table."""

    people: dict[str, User]
    secrets: dict[str, str]  # API tokens
    ana: Treatment
    flag: Flag
    request: RatingRequest
    invitation: Invitation
    share: Share
    link_token: str
    mail_token: str
    own_token: str
    join_token: str
    cookies: dict[str, str] = field(default_factory=dict)
    browsers: dict[bool, Browser] = field(default_factory=dict)

    def ids(self) -> dict[str, object]:
        """What Ana's addresses are made of, by the name of the parameter."""
        answer = AgreementAnswer.objects.select_related("wording").get()
        return {
            "agreement_id": answer.wording.agreement_id,
            "answer_id": answer.pk,
            "rating_id": answer.rating_id,
            "client_id": self.ana.client_id,
            "treatment_id": self.ana.pk,
            "request_id": self.request.pk,
            "session_id": self.request.session_id,
            "flag_id": self.flag.pk,
            "invitation_id": self.invitation.pk,
            "share_id": self.share.pk,
            "correction_id": Correction.objects.get().pk,
            "user_id": self.people["mara"].pk,
            "token_key": self.secrets["mara"][:15],
        }

    def log_in(self) -> None:
        """Keep the cookies of everybody's browser, so that each request begins afresh."""
        opened = Browser()
        opened.get(f"/r/{self.link_token}/")
        opened.get(f"/mail/{self.mail_token}/")
        opened.get(f"/own/{self.own_token}/")
        self.cookies = {"nobody": "", "link": _cookies(opened)}
        for name, user in self.people.items():
            browser = Browser()
            browser.force_login(user)
            self.cookies[name] = _cookies(browser)

    def browser(self, name: str, *, checks_csrf: bool = False) -> Browser:
        """Always the same one, for a new one loads all middleware; the cookies are fresh."""
        browser = self.browsers.setdefault(checks_csrf, Browser(enforce_csrf_checks=checks_csrf))
        browser.cookies = SimpleCookie(self.cookies[name])
        return browser

    def headers(self, name: str) -> dict[str, str]:
        secret = self.secrets.get(name)
        return {"Authorization": f"Bearer {secret}"} if secret else {}


def _cookies(browser: Browser) -> str:
    return browser.cookies.output(header="", sep=";")


def build() -> World:
    world = _with_rows()
    world.log_in()
    return world


def _with_rows() -> World:
    clinic = people.open_clinic(crisis_text="Call 112.")
    elsewhere = people.open_clinic("Elsewhere Practice")
    staff = {
        "mara": people.hire(clinic, "Mara Lindqvist", Role.THERAPIST),
        "jonas": people.hire(clinic, "Jonas Okafor", Role.THERAPIST),
        "vera": people.hire(elsewhere, "Vera Stone", Role.THERAPIST),
        "ruth": people.hire(clinic, "Ruth Adler", Role.ADMIN),
        "noor": people.hire(clinic, "Noor Haddad", Role.FRONT_DESK),
        "root": people.run_the_machine(),
        "sven": people.hire(clinic, "Sven Dahl", Role.SUPERVISOR),
    }
    ana = _ana(staff["mara"])
    request = RatingRequest.objects.get(session__treatment=ana, rating__isnull=True)
    invitation = people.invite(staff["ruth"], at=NOW)
    accounts.publish_profile(
        title="Dr.", qualifications="Many.", way_of_working="", by=staff["jonas"], at=NOW
    )
    return World(
        people=staff,
        secrets={
            name: accounts.create_token(by=user, days=30, at=NOW)[1] for name, user in staff.items()
        },
        ana=ana,
        flag=Flag.objects.get(treatment=ana),
        request=request,
        invitation=invitation,
        share=sharing.share(ana, supervisor=staff["sven"], by=staff["mara"], at=NOW),
        link_token=people.link_for(request),
        mail_token=clients.issue_link(ana.client, purpose=ClientLink.Purpose.MAIL, at=NOW),
        own_token=clients.issue_link(ana.client, purpose=ClientLink.Purpose.OWN, at=NOW),
        join_token=people.join_token(invitation),
    )


def _ana(mara: User) -> Treatment:
    ana = people.take_on(mara)
    _give_pin(ana, mara)
    on_goal = {people.agree(ana).pk.hex: OnAgreement("otherwise", OTHER_WORDS, 3)}
    first: dict[str, Any] = {"agreements": on_goal, "proposal": OTHER_WORDS}
    for week, scores in enumerate([(5, 5, 5), (5, 5, 5), (5, 5, 1)]):
        session = people.hold(ana, people.MONDAY + timedelta(weeks=week), note=NOTE)
        people.answer(session, *scores, comment=COMMENT, **({} if week else first))
    people.hold(ana, people.MONDAY + timedelta(weeks=3), note=NOTE)
    _doubt(ana, mara)
    people.compute(ana, at=NOW)
    return ana


def _doubt(treatment: Treatment, by: User) -> None:
    """Of the first rating; it counts, and the reason stands beside it."""
    rating = Rating.objects.filter(session__treatment=treatment).earliest("submitted_at")
    corrections.dispute(rating, reason=WHY_CORRECTED, by=by, at=NOW)


def _give_pin(treatment: Treatment, by: User) -> None:
    """So that the link to the own answers has something to ask for."""
    client = treatment.client
    said = {"name": client.name, "email": client.email, "language": "en", "contact": "email"}
    clients.change_client(client, **said, pin="4711", by=by, at=people.MONDAY)
