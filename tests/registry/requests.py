"""Ask for every address as one person, and keep what came back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse

from tests.registry.addresses import Address, all_addresses, ids_for, random_ids
from tests.registry.database import FLEETING
from tests.registry.world import World

Row = tuple[str, str]  # route and method
JSON = "application/json"


@dataclass
class Answer:
    status: str  # "login" for the way to the log-in page
    headers: dict[str, str]
    content: str
    cookies: dict[str, Any]
    written: list[str] = field(default_factory=list)  # statements that changed a table


def ask(
    world: World,
    person: str,
    method: str,
    address: Address,
    ids: dict[str, object] | None = None,
    *,
    checks_csrf: bool = False,
) -> Answer:
    """One request; whatever it writes is undone afterwards."""
    browser = world.browser(person, checks_csrf=checks_csrf)
    body = {"no": "field"} if method == "POST" else None
    kind = {"content_type": JSON} if address.is_api and body else {}
    headers = world.headers(person) if address.is_api else {}
    path = address.path(ids or ids_for(address, world))
    with undone(), statements() as written:
        response = getattr(browser, method.lower())(path, body, headers=headers, **kind)
    return _answer(response, written)


def _answer(response: HttpResponse, written: list[str]) -> Answer:
    to_login = response.headers.get("Location", "").startswith("/accounts/login/?next=")
    return Answer(
        status="login" if response.status_code == 302 and to_login else str(response.status_code),
        headers=dict(response.headers.items()),
        content=response.content.decode(),
        cookies=dict(response.cookies.items()),
        written=written,
    )


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that write to a table that is more than fleeting."""
    seen: list[str] = []

    def look(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        writes = sql.startswith(("INSERT", "UPDATE", "DELETE", "TRUNCATE", "ALTER", "DROP"))
        if writes and not any(f'"{table}"' in sql for table in FLEETING):
            seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(look):
        yield seen


CLOSED = ("login", "401", "403", "404", "405")


def walk(world: World, person: str) -> dict[Row, Answer]:
    """GET and POST of every address; HEAD where GET shows something.

    "GET ABSENT" and "POST ABSENT": where Ana's row is not found, an id that nothing has.
    """
    answers: dict[Row, Answer] = {}
    for address in all_addresses():
        route = address.route
        for method in ("GET", "POST"):
            answers[route, method] = answer = ask(world, person, method, address)
            if answer.status == "404" and address.parameters:
                absent = ask(world, person, method, address, random_ids(address, world))
                answers[route, f"{method} ABSENT"] = absent
        if answers[route, "GET"].status not in CLOSED:
            answers[route, "HEAD"] = ask(world, person, "HEAD", address)
    return answers
