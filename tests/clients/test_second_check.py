"""The question that only the client is asked: five tries, and a browser that has passed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import override_settings

from accounts.models import Clinic, User
from accounts.permissions import Role
from audit.models import Event
from clients import checked, services
from clients.forms import SecretForm
from clients.models import Client, Treatment
from tests import people
from tests.registry.database import fingerprint

AT = people.MONDAY


@pytest.fixture
def client(ana: Treatment) -> Client:
    return with_secret(ana.client, pin="4711", birth_year="1984")


def with_secret(client: Client, **secret: str) -> Client:
    by = User.objects.therapists().earliest("created_at")
    fields = {"name": client.name, "email": client.email, "language": "en", "contact": "email"}
    return services.change_client(client, **fields, **secret, by=by, at=AT)


def fail(client: Client, times: int = Client.MOST_TRIES) -> None:
    for _ in range(times):
        assert not services.check_secret(client, answer="0000", at=AT)


@pytest.mark.parametrize("answer", ["4711", " 4711 ", "47 11", "٤٧١١"])
def test_the_pin_is_right_however_it_is_typed(client: Client, answer: str) -> None:
    assert services.check_secret(client, answer=answer, at=AT)


@pytest.mark.parametrize("answer", ["", " ", "1984", "471", "47111", "4711x", "²", "None"])
def test_all_else_is_wrong_also_the_year_when_there_is_a_pin(client: Client, answer: str) -> None:
    assert not services.check_secret(client, answer=answer, at=AT)
    assert Client.objects.get().failed_checks == 1


def test_without_a_pin_the_year_is_asked_for(ana: Treatment) -> None:
    client = with_secret(ana.client, birth_year="1984")
    assert services.check_secret(client, answer="1984", at=AT)


def test_without_a_secret_nothing_is_right_and_nothing_counted(ana: Treatment) -> None:
    before = fingerprint()
    assert not services.check_secret(ana.client, answer="", at=AT)
    assert fingerprint() == before


def test_five_wrong_answers_lock_even_the_right_one(client: Client) -> None:
    fail(client)
    assert client.is_locked
    before = fingerprint()
    with pytest.raises(services.TooManyTries):
        services.check_secret(client, answer="4711", at=AT)
    assert fingerprint() == before


def test_the_right_answer_starts_the_count_anew(client: Client) -> None:
    fail(client, 4)
    assert services.check_secret(client, answer="4711", at=AT)
    fail(client, 4)
    assert not Client.objects.get().is_locked


def test_every_answer_is_audited_but_never_said(client: Client) -> None:
    fail(client, 2)
    services.check_secret(client, answer="4711", at=AT)
    answers = Event.objects.filter(action__startswith="clients.answer").order_by("pk")
    assert list(answers.values_list("action", "details", "by_id")) == [
        ("clients.answer_wrong", {"failed": 1}, None),
        ("clients.answer_wrong", {"failed": 2}, None),
        ("clients.answer_right", {"failed": 0}, None),
    ]


def test_a_new_pin_does_not_unlock_but_the_staff_does(client: Client, mara: User) -> None:
    fail(client)
    with_secret(client, pin="2222")
    with pytest.raises(services.TooManyTries):
        services.check_secret(client, answer="2222", at=AT)
    services.unlock(client, by=mara, at=AT)
    assert services.check_secret(client, answer="2222", at=AT)


def test_unlocking_what_is_not_locked_changes_nothing(client: Client, mara: User) -> None:
    before = fingerprint()
    services.unlock(client, by=mara, at=AT)
    assert fingerprint() == before


@pytest.mark.django_db(transaction=True)
def test_side_by_side_there_are_five_tries_too() -> None:
    mara = people.hire(people.open_clinic(), "Mara Lindqvist", Role.THERAPIST)
    pk = with_secret(people.take_on(mara).client, pin="4711").pk
    start = Barrier(20)

    def guess(number: int) -> str:
        try:
            client = Client.objects.get(pk=pk)
            start.wait()
            return str(services.check_secret(client, answer=f"{number:04}", at=AT))
        except services.TooManyTries:
            return "too many"
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as guessers:
        answers = list(guessers.map(guess, range(20)))
    assert sorted(answers) == ["False"] * 5 + ["too many"] * 15
    assert Client.objects.get().failed_checks == 5
    assert Event.objects.filter(action="clients.answer_wrong").count() == 5


# --- A browser that has passed


def remembered(client: Client, scope: str = "own", minutes: int = 10) -> HttpRequest:
    """The next request of the browser that got the cookie."""
    response = HttpResponse()
    checked.remember(response, client, scope=scope, minutes=minutes)
    request = HttpRequest()
    request.COOKIES = {name: cookie.value for name, cookie in response.cookies.items()}
    return request


def test_a_browser_that_passed_is_known(client: Client) -> None:
    assert checked.is_checked(remembered(client), client, scope="own")


def test_a_browser_that_did_not_is_not(client: Client) -> None:
    assert not checked.is_checked(HttpRequest(), client, scope="own")


def test_it_passed_for_this_scope_alone(client: Client) -> None:
    assert not checked.is_checked(remembered(client), client, scope="form")


def test_a_cookie_cannot_be_carried_to_another_scope_or_client(client: Client, mara: User) -> None:
    """Neither by its name nor by its value."""
    petra = with_secret(people.take_on(mara, "Petra K.").client, pin="4711")
    [value] = remembered(client).COOKIES.values()
    for other, scope in ((petra, "own"), (client, "form")):
        request = remembered(other, scope)
        [name] = request.COOKIES
        request.COOKIES = {name: value}
        assert not checked.is_checked(request, other, scope=scope)


@pytest.mark.parametrize("secret", [{"pin": "4712"}, {"pin": "", "birth_year": "1984"}])
def test_another_secret_ends_it(client: Client, secret: dict[str, str]) -> None:
    request = remembered(client)
    with_secret(client, **secret)
    assert not checked.is_checked(request, Client.objects.get(), scope="own")


def test_it_ends_with_its_time(client: Client) -> None:
    with time_machine.travel(AT, tick=False) as clock:
        request = remembered(client, minutes=10)
        clock.shift(timedelta(minutes=9, seconds=59))
        assert checked.is_checked(request, client, scope="own")
        clock.shift(timedelta(seconds=1))
        assert not checked.is_checked(request, client, scope="own")


def test_a_cookie_that_was_touched_is_worth_nothing(client: Client) -> None:
    request = remembered(client)
    [(name, value)] = request.COOKIES.items()
    for touched in ("", "x", value[:-1], f"{value}x", value.replace(":", ".")):
        request.COOKIES = {name: touched}
        assert not checked.is_checked(request, client, scope="own")


def test_wrong_answers_of_others_do_not_shut_out_who_has_passed(client: Client) -> None:
    request = remembered(client)
    fail(client)
    assert checked.is_checked(request, client, scope="own")


@pytest.mark.parametrize(("https", "prefix"), [(True, "__Host-checked-"), (False, "checked-")])
def test_the_cookie_is_closed_and_tells_nothing(client: Client, https: bool, prefix: str) -> None:
    response = HttpResponse()
    with override_settings(HTTPS=https):
        checked.remember(response, client, scope="own", minutes=10)
    [(name, cookie)] = response.cookies.items()
    assert name.startswith(prefix)
    assert (cookie["httponly"], cookie["samesite"], bool(cookie["secure"])) == (True, "Lax", https)
    assert (cookie["path"], cookie["domain"], cookie["max-age"]) == ("/", "", 600)
    for words in (str(client.pk), client.pk.hex, "4711"):
        assert words not in name + cookie.value


# --- The question


@pytest.mark.parametrize(
    ("secret", "asks"),
    [({"pin": "4711", "birth_year": "1984"}, "Your PIN"), ({"birth_year": "1984"}, "The year")],
)
def test_the_question_names_nobody(ana: Treatment, secret: dict[str, str], asks: str) -> None:
    client = with_secret(ana.client, **secret)
    page = render_to_string("clients/_second_check.html", {"form": SecretForm(client=client)})
    assert asks in page
    assert 'inputmode="numeric"' in page
    assert 'autocomplete="off"' in page
    for words in ("Ana", "4711", str(client.pk), "ana@mail.example"):
        assert words not in page


def test_a_wrong_answer_is_told_beside_the_field(client: Client) -> None:
    form = SecretForm({"answer": "0000"}, client=client)
    assert form.is_valid()
    form.add_error("answer", form.WRONG)
    page = render_to_string("clients/_second_check.html", {"form": form})
    assert "That does not match." in page
    assert 'aria-invalid="true"' in page


@pytest.mark.parametrize(("given", "tag"), [({}, 'post" novalidate'), ({"action": "/a/"}, "/a/")])
def test_the_answer_goes_to_the_same_page_or_where_it_is_said(
    client: Client, given: dict[str, str], tag: str
) -> None:
    form = SecretForm(client=client)
    page = render_to_string("clients/_second_check.html", {"form": form} | given)
    assert tag in page
    assert ("action=" in page) is bool(given)


def test_when_nobody_is_asked_any_more_the_reason_stands_there(clinic: Clinic) -> None:
    page = render_to_string(
        "clients/_second_check.html", {"refused": services.TooManyTries.sentence}
    )
    assert "Too many wrong answers. Please ask the clinic to help you." in page
    assert "<form" not in page
