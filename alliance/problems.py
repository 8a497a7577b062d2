"""Errors of the API as problem details (RFC 9457), with the same sentences as the pages."""

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework.exceptions import APIException, NotAuthenticated, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from alliance.api import TooLarge
from audit.refusals import Refused

CONTENT_TYPE = "application/problem+json"


def as_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. What it does not know stays an error of the server."""
    if isinstance(error, Refused):
        return _problem(error.status, error.code, str(error.sentence), _at(error, context))
    if isinstance(error, RequestDataTooBig):  # Django's own limit, before any parser is asked
        error = TooLarge()
    response = exception_handler(error, context)
    if response is None:
        return None
    fields = error.detail if isinstance(error, ValidationError) else None
    problem = _problem(response.status_code, _code(error), _detail(error, response), fields)
    for name in ("WWW-Authenticate", "Retry-After", "Allow"):
        if name in response.headers:
            problem.headers[name] = response.headers[name]
    return problem


def _at(refusal: Refused, context: dict[str, Any]) -> dict[str, list[str]] | None:
    """The field it is about, if the program sent one of that name (a page may ask otherwise)."""
    request = context.get("request")
    sent = request.data if request else {}
    if refusal.field is None or refusal.field not in sent:
        return None
    return {refusal.field: [str(refusal.sentence)]}


def _code(error: Exception) -> str:
    if isinstance(error, Http404):
        return "not_found"
    if isinstance(error, PermissionDenied):
        return "permission_denied"
    return str(error.default_code) if isinstance(error, APIException) else "error"


def _detail(error: Exception, response: Response) -> str:
    if isinstance(error, ValidationError):
        return "Some fields are not as they should be."
    if isinstance(error, NotAuthenticated):
        return "Send a token: Authorization: Bearer <token>."
    data = response.data
    return str(data["detail"]) if isinstance(data, dict) and "detail" in data else ""


def _problem(status: int, code: str, detail: str, fields: Any) -> Response:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": code.replace("_", " "),
        "status": status,
        "detail": detail,
        "code": code,
    }
    if fields:
        body["fields"] = fields
    return Response(body, status=status, content_type=CONTENT_TYPE)
