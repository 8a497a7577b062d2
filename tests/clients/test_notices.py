"""What the staff is told of a client, and where it is solved."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client as Browser

from accounts.models import User
from audit.models import Event
from clients import services
from clients.models import Client, Treatment
from clients.notices import Kind, of_client
from tests import people
from tests.conftest import CountsQueries, logged_in
from tests.registry.database import fingerprint

pytestmark = pytest.mark.usefixtures("clock")

AT = people.MONDAY
FIELDS = {"name": "Ana R.", "email": "ana@mail.example", "language": "en", "contact": "email"}


@pytest.fixture
def troubled(ana: Treatment, noor: User) -> Client:
    """Everything at once."""
    client = services.change_client(ana.client, **FIELDS, pin="4711", by=noor, at=AT)
    for _ in range(Client.MOST_TRIES):
        services.check_secret(client, answer="0000", at=AT)
    services.stop_mail(client, at=AT)
    services.note_bounce(client, at=AT)
    services.ask_erasure(client, at=AT)
    return client


def kinds() -> set[Kind]:
    return {notice.kind for notice in of_client(Client.objects.get())}


def test_of_most_clients_there_is_nothing_to_tell(ana: Treatment) -> None:
    assert of_client(ana.client) == []


def test_everything_is_told_with_the_place_where_it_is_solved(troubled: Client) -> None:
    notices = of_client(troubled)
    assert [notice.kind for notice in notices] == [
        "erasure",
        "confirm",
        "locked",
        "bounced",
        "stopped",
    ]
    for notice in notices:
        assert notice.url == f"/clients/{troubled.pk}/edit/#notice-{notice.kind}"
    assert [notice.words for notice in notices][2:4] == [
        "Locked after 5 wrong answers",
        "E-mails have come back since 7 September 2026",
    ]


def test_the_client_s_own_choice_needs_nobody(troubled: Client) -> None:
    assert [notice.kind for notice in of_client(troubled) if not notice.needs_person] == ["stopped"]


def test_notices_ask_the_database_for_nothing(
    troubled: Client, count_queries: CountsQueries
) -> None:
    assert count_queries(lambda: of_client(troubled)) == 0


def test_each_stands_on_the_page_where_its_link_leads(as_mara: Browser, troubled: Client) -> None:
    page = as_mara.get(f"/clients/{troubled.pk}/edit/").content.decode()
    for notice in of_client(troubled):
        assert f'id="notice-{notice.kind}"' in page
        assert notice.words in page
        assert notice.action in page
        assert f'"{notice.action_url}"' in page
    assert "it deletes nothing" in page


@pytest.mark.parametrize(
    ("path", "kind"),
    [("resume-mail", "stopped"), ("unlock", "locked"), ("settle-erasure", "erasure")],
)
def test_one_action_each_once(as_mara: Browser, troubled: Client, path: str, kind: Kind) -> None:
    before = kinds()
    url = f"/clients/{troubled.pk}/{path}/"
    response = as_mara.post(url)
    assert response.headers["Location"] == f"/clients/{troubled.pk}/edit/"
    assert before - kinds() == {kind}
    assert as_mara.post(url).status_code == 302
    [event] = Event.objects.filter(action=f"clients.{path.replace('-', '_')}")
    assert event.by_id == User.objects.get(display_name="Mara Lindqvist").pk


def test_another_address_is_tried_again(troubled: Client, mara: User) -> None:
    services.change_client(troubled, **FIELDS, by=mara, at=AT)
    assert Kind.BOUNCED in kinds()
    fields = FIELDS | {"email": "new@mail.example"}
    services.change_client(troubled, **fields, by=mara, at=AT)
    assert kinds() == {Kind.STOPPED, Kind.LOCKED, Kind.ERASURE, Kind.CONFIRM}


def test_the_front_desk_may_act_too(as_noor: Browser, troubled: Client) -> None:
    as_noor.post(f"/clients/{troubled.pk}/unlock/")
    assert Kind.LOCKED not in kinds()


@pytest.mark.parametrize("path", ["resume-mail", "unlock", "settle-erasure"])
def test_others_find_no_such_client(
    troubled: Client, jonas: User, stranger: User, ruth: User, path: str
) -> None:
    for person in (jonas, stranger, ruth):
        assert logged_in(person).post(f"/clients/{troubled.pk}/{path}/").status_code == 404
    assert kinds() == set(Kind)


Change = Callable[[Client], None]
LATER = AT + timedelta(days=3)


@pytest.mark.parametrize(
    "again",
    [
        lambda client: services.stop_mail(client, at=LATER),
        lambda client: services.note_bounce(client, at=LATER),
        lambda client: services.ask_erasure(client, at=LATER),
        lambda client: services.change_language(client, language="en", by=None, at=LATER),
    ],
    ids=["stop", "bounce", "erasure", "language"],
)
def test_to_say_it_twice_changes_and_records_nothing(troubled: Client, again: Change) -> None:
    before = fingerprint()
    again(troubled)
    assert fingerprint() == before


def test_what_another_process_changed_meanwhile_is_kept(ana: Treatment, mara: User) -> None:
    """The staff's page was open while the client stopped the mails."""
    stale = Client.objects.get()
    services.stop_mail(ana.client, at=AT)
    services.change_client(stale, **FIELDS | {"name": "Ana S."}, by=mara, at=LATER)
    client = Client.objects.get()
    assert (client.name, client.stopped_at) == ("Ana S.", AT)
