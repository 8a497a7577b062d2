"""The description of the API: valid, and complete."""

import json
from typing import Any

import pytest
from django.test import Client as Browser
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.registry.addresses import all_addresses


@pytest.fixture
def schema(db: None) -> dict[str, Any]:
    response = Browser().get("/api/v1/schema/?format=json")
    assert response.status_code == 200
    found: dict[str, Any] = json.loads(response.content)
    return found


def test_it_is_valid_openapi_3_1(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    errors = [error.message for error in OpenAPIV31SpecValidator(schema).iter_errors()]
    assert errors == []


def test_it_names_every_address_of_the_api(schema: dict[str, Any]) -> None:
    ours = {
        address.path({"pk": "{id}"}).replace("%7Bid%7D", "{id}")
        for address in all_addresses()
        if address.is_api and address.name != "schema"
    }
    assert set(schema["paths"]) == ours


def test_it_names_the_one_thing_that_can_be_written(schema: dict[str, Any]) -> None:
    methods = {
        (path, method)
        for path, operations in schema["paths"].items()
        for method in operations
        if method in ("post", "put", "patch", "delete")
    }
    assert methods == {("/api/v1/sessions/", "post")}


def test_every_operation_asks_for_a_token(schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert (path, method, bool(operation["security"])) == (path, method, True)
            assert {} not in operation["security"], "may be asked without a token"


def test_what_a_session_needs_is_what_it_says_it_needs(schema: dict[str, Any]) -> None:
    assert set(schema["components"]["schemas"]["Session"]["required"]) >= {"treatment", "held_at"}


def test_making_it_warns_of_nothing(db: None) -> None:
    """drf-spectacular prints what it had to guess."""
    with GENERATOR_STATS.silence():
        SchemaGenerator().get_schema(public=True)
        assert not GENERATOR_STATS
