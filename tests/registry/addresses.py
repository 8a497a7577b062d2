"""Every address of the site, read from the URLconf."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.registry.world import World

A_RANDOM_ID = UUID("00000000-0000-4000-8000-00000000dead")


@dataclass(frozen=True)
class Address:
    route: str  # as in the URLconf, all parts joined
    name: str
    parameters: tuple[str, ...]

    def path(self, ids: dict[str, object]) -> str:
        return reverse(self.name, kwargs={name: ids[name] for name in self.parameters})

    @property
    def is_api(self) -> bool:
        return self.route.startswith("api/")


def all_addresses() -> list[Address]:
    return list(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, before: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, route)
        elif isinstance(entry, URLPattern):
            assert entry.name, f"{route} has no name"
            parameters = tuple(entry.pattern.regex.groupindex)
            yield Address(route, entry.name, parameters)


def ids_for(address: Address, world: World) -> dict[str, object]:
    """Ana's ids; a few parameters mean different things at different addresses."""
    tokens = {
        "open_link": world.link_token,
        "open_mail": world.mail_token,
        "open_own": world.own_token,
        "join_link": world.join_token,
    }
    rows = {
        "api-client-detail": world.ana.client_id,
        "api-session-detail": world.request.session_id,
        "api-trajectory-detail": world.ana.trajectory.pk,
        "api-flag-detail": world.flag.pk,
    }
    ids = world.ids()
    if address.name == "about":
        ids["user_id"] = world.people["jonas"].pk  # who shows a page, and stays when Mara goes
    return ids | {
        "token": tokens.get(address.name),
        "pk": rows.get(address.name),
        "provider": "postmark",
        "uidb36": "0",
        "key": "no-such-key",
    }


def random_ids(address: Address, world: World) -> dict[str, object]:
    """The same address with an id that nothing has."""
    ids = ids_for(address, world)
    return {
        name: A_RANDOM_ID if isinstance(value, UUID) else f"{'x' * 15}"
        for name, value in ids.items()
    }
