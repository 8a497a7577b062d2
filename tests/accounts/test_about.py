"""The page about a therapist: written, looked at, shown, taken down."""

import re
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client as Browser

from accounts import services
from accounts.models import Clinic, Profile, User
from accounts.permissions import Role
from audit.models import Event
from clients.models import Treatment
from tests import people
from tests.conftest import logged_in

pytestmark = pytest.mark.usefixtures("clock")

WORDS = {
    "title": "Psychotherapist, M.Sc.",
    "qualifications": "Trained in Lund.\n\nTen years of practice.",
    "way_of_working": "We go at your pace.",
}
TEXTS = {
    "about_sessions": "We meet once a week.",
    "about_confidentiality": "What you say stays here, unless a life is in danger.",
    "about_complaints": "Write to the board.",
}


def looked_at(page: str) -> dict[str, str]:
    """The form of a preview, as a browser would send it."""
    hidden = re.findall(r'<input type="hidden" name="(\w+)"(?: value="([^"]*)")?', page)
    return {
        name: unescape(value).replace("\r\n", "\n")
        for name, value in hidden
        if name != "csrfmiddlewaretoken"
    }


def publish(mara: User) -> None:
    services.publish_profile(**WORDS, by=mara, at=people.MONDAY)


def public(user: User) -> tuple[int, str]:
    response = Browser().get(f"/about/{user.pk}/")
    return response.status_code, response.content.decode()


# --- What clients read


def test_clients_read_what_the_therapist_and_the_clinic_wrote(mara: User, clinic: Clinic) -> None:
    services.change_clinic(clinic, **TEXTS, by=mara, at=people.MONDAY)
    publish(mara)
    status, page = public(mara)
    assert status == 200
    for words in ("Mara Lindqvist", "<p>Trained in Lund.</p>", *TEXTS.values(), "Call 112."):
        assert words in page
    assert "Northside Clinic" in page


def test_there_is_no_heading_over_nothing(mara: User) -> None:
    publish(mara)
    _status, page = public(mara)
    assert "Qualifications and experience" in page
    assert "How to complain" not in page


def test_it_says_nothing_of_clients(ana: Treatment) -> None:
    publish(ana.therapist)
    _status, page = public(ana.therapist)
    for words in ("Ana", "mail.example", str(ana.pk), str(ana.client_id), ana.therapist.email):
        assert words not in page


def test_it_needs_no_log_in_and_takes_no_notice_of_one(mara: User, jonas: User) -> None:
    publish(mara)
    assert "Jonas" not in logged_in(jonas).get(f"/about/{mara.pk}/").content.decode()


def test_markup_is_shown_as_typed(mara: User) -> None:
    words = dict.fromkeys(WORDS, "<svg onload=alert(1)>")
    services.publish_profile(**words, by=mara, at=people.MONDAY)
    _status, page = public(mara)
    assert "<svg" not in page
    assert page.count("&lt;svg onload=alert(1)&gt;") == 3


def test_unknown_unwritten_taken_down_and_gone_are_one_page(mara: User, ruth: User) -> None:
    unknown = Browser().get(f"/about/{uuid4()}/").content.decode()
    assert "This page is not here" in unknown
    assert "Northside" not in unknown
    assert public(mara) == (404, unknown)
    publish(mara)
    services.take_profile_down(by=mara, at=people.MONDAY)
    assert public(mara) == (404, unknown)
    publish(mara)
    assert public(mara)[0] == 200
    services.deactivate(mara, by=ruth, at=people.MONDAY)
    assert public(mara) == (404, unknown)
    services.reactivate(mara, by=ruth, at=people.MONDAY)
    User.objects.filter(pk=mara.pk).update(roles=[Role.FRONT_DESK])
    assert public(mara) == (404, unknown)


def test_the_headings_are_in_the_language_of_the_browser(mara: User) -> None:
    publish(mara)
    page = Browser().get(f"/about/{mara.pk}/", headers={"accept-language": "de"})
    assert '<html lang="de"' in page.content.decode()


# --- How the therapist writes it


def test_the_first_post_shows_and_saves_nothing(as_mara: Browser, mara: User) -> None:
    response = as_mara.post("/settings/about/", WORDS | {"step": "look"})
    page = response.content.decode()
    assert response.status_code == 200
    assert "<p>Trained in Lund.</p>" in page
    assert "Call 112." in page
    assert "Nothing is shown to them yet." in page
    assert not Profile.objects.exists()
    assert public(mara)[0] == 404


@pytest.mark.parametrize(
    "words", [WORDS, {"title": "", "qualifications": "", "way_of_working": ""}]
)
def test_the_second_post_saves_and_publishes(
    as_mara: Browser, mara: User, words: dict[str, str]
) -> None:
    body = looked_at(as_mara.post("/settings/about/", words).content.decode())
    assert body.keys() == {*words, "looked_at"}
    page = as_mara.post("/settings/about/", body | {"step": "show"}, follow=True).content.decode()
    assert "Clients can see this page now." in page
    assert f'href="/about/{mara.pk}/"' in page
    profile = Profile.objects.get()
    assert {name: getattr(profile, name) for name in words} == words
    assert profile.published_at
    assert public(mara)[0] == 200


@pytest.mark.parametrize(
    "changed", [{"title": "Something else"}, {"looked_at": ""}, {"looked_at": "0" * 64}]
)
def test_what_was_not_looked_at_is_shown_first(as_mara: Browser, changed: dict[str, str]) -> None:
    body = looked_at(as_mara.post("/settings/about/", WORDS).content.decode())
    response = as_mara.post("/settings/about/", body | changed | {"step": "show"})
    assert response.status_code == 200
    assert "Nothing is shown to them yet." in response.content.decode()
    assert not Profile.objects.exists()


def test_keep_editing_brings_back_what_was_typed(as_mara: Browser) -> None:
    body = looked_at(as_mara.post("/settings/about/", WORDS).content.decode())
    page = as_mara.post("/settings/about/", body | {"step": "edit"}).content.decode()
    assert "See how it looks" in page
    for words in WORDS.values():
        assert words in page
    assert not Profile.objects.exists()


def test_the_ends_of_lines_are_counted_once(as_mara: Browser) -> None:
    """A browser sends two signs, and counts one against the length that is allowed."""
    words = WORDS | {"way_of_working": "a\r\n" * 999 + "bc"}
    body = looked_at(as_mara.post("/settings/about/", words).content.decode())
    body["way_of_working"] = body["way_of_working"].replace("\n", "\r\n")
    as_mara.post("/settings/about/", body | {"step": "show"})
    assert Profile.objects.get().way_of_working == "a\n" * 999 + "bc"


def test_what_is_too_long_is_refused_and_kept(as_mara: Browser) -> None:
    for step in ("look", "show", "edit"):
        body = WORDS | {"title": "x" * 81, "step": step}
        response = as_mara.post("/settings/about/", body)
        assert response.status_code == 422
        page = response.content.decode()
        assert "at most 80 characters" in page
        assert "We go at your pace." in page
    assert not Profile.objects.exists()


def test_take_it_down_and_the_words_stay(as_mara: Browser, mara: User) -> None:
    publish(mara)
    page = as_mara.post("/settings/about/take-down/", follow=True).content.decode()
    assert "Clients no longer see this page." in page
    assert "Clients cannot see it now." in page
    assert "We go at your pace." in page
    assert public(mara)[0] == 404
    as_mara.post("/settings/about/take-down/")
    assert Event.objects.filter(action="accounts.take_profile_down").count() == 1


def test_each_therapist_writes_about_themselves(as_mara: Browser, mara: User, jonas: User) -> None:
    publish(jonas)
    body = looked_at(as_mara.post("/settings/about/", WORDS | {"title": "Dr."}).content.decode())
    as_mara.post("/settings/about/", body | {"step": "show", "user": str(jonas.pk)})
    titles = dict(Profile.objects.values_list("user__display_name", "title"))
    assert titles == {"Mara Lindqvist": "Dr.", "Jonas Okafor": WORDS["title"]}


def test_publishing_is_recorded_without_the_words(mara: User) -> None:
    publish(mara)
    event = Event.objects.get(action="accounts.publish_profile")
    assert (event.by_id, event.about_id, event.details) == (mara.pk, mara.pk, {})


def test_the_menu_leads_there(as_mara: Browser, as_ruth: Browser) -> None:
    assert 'href="/settings/about/"' in as_mara.get("/caseload/").content.decode()
    assert 'href="/settings/about/"' not in as_ruth.get("/clinic/").content.decode()
    assert 'href="/clinic/about/"' in as_ruth.get("/clinic/settings/").content.decode()


# --- How the clinic writes its part


def test_the_clinic_s_texts_are_looked_at_first(as_ruth: Browser, clinic: Clinic) -> None:
    page = as_ruth.post("/clinic/about/", TEXTS).content.decode()
    assert "We meet once a week." in page
    assert "Here stands what each therapist tells of themselves." in page
    clinic.refresh_from_db()
    assert clinic.about_sessions == ""
    shown = as_ruth.post("/clinic/about/", looked_at(page) | {"step": "show"}, follow=True)
    assert "Clients can see this now" in shown.content.decode()
    clinic.refresh_from_db()
    assert {name: getattr(clinic, name) for name in TEXTS} == TEXTS
    assert Event.objects.filter(action="accounts.change_clinic").count() == 1


def test_the_clinic_s_texts_are_refused_when_too_long(as_ruth: Browser, clinic: Clinic) -> None:
    response = as_ruth.post("/clinic/about/", TEXTS | {"about_sessions": "x" * 3001})
    assert response.status_code == 422
    assert "Write to the board." in response.content.decode()


def test_only_admins_write_for_the_clinic_and_therapists_for_themselves(
    as_mara: Browser, as_ruth: Browser, as_noor: Browser
) -> None:
    assert as_mara.post("/clinic/about/", TEXTS).status_code == 403
    assert as_ruth.post("/settings/about/", WORDS).status_code == 403
    assert as_noor.get("/clinic/about/").status_code == 403
    assert as_noor.post("/settings/about/take-down/").status_code == 403
