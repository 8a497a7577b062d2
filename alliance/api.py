"""What DRF is set up with: how the API reads tokens and bodies, and how long its lists are."""

from collections.abc import Mapping
from typing import IO, Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, ParseError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.parsers import JSONParser
from rest_framework.request import Request


class TooLarge(APIException):
    status_code = 413
    default_detail = "The body is larger than a megabyte."
    default_code = "too_large"


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Names the kind of token in the API's description."""

    target_class = "alliance.api.BearerToken"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class BearerToken(TokenAuthentication):  # type: ignore[misc]
    def authenticate(self, request: Request) -> Any:
        """A token that is no text is a wrong token, not an error of ours."""
        try:
            return super().authenticate(request)
        except UnicodeError:
            raise AuthenticationFailed from None


class BoundedJSON(JSONParser):
    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """JSON that is not nested beyond reason. (Its length: DATA_UPLOAD_MAX_MEMORY_SIZE.)"""
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError from None


class Pages(LimitOffsetPagination):
    default_limit = 100
    max_limit = 500
