"""Every refusal and fault of the API as RFC 9457 problem+json, whoever raised it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from laidan.engine.unit import BusyError
from laidan.interfaces.api import rendering
from laidan.interfaces.api.committing import BUSY
from laidan.interfaces.api.rendering import Answer
from laidan.kernel.outcome import Fault, Refused

log = logging.getLogger("laidan.api")
_PROBLEM_TYPE = "application/problem+json"
_SOURCES = frozenset(("query", "path", "body", "header", "form"))
_CODES = {
    400: "invalid-request",
    401: "unauthorized",
    403: "forbidden",
    404: "no-such-page",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "unsupported-media-type",
    429: "too-many-requests",
}
_DETAILS = {
    404: "Nothing is at this address of the API.",
    405: "This address does not answer to this method.",
}


class RefusedError(Exception):
    """Carries a refusal from anywhere in a request to its answer."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.detail)
        self.refused = refused


def to_response(answer: Answer) -> HttpResponse:
    """Return an answer as Django's response."""
    response = HttpResponse(answer.body, status=answer.status)
    for name, value in answer.headers:
        response[name.decode("ascii").title()] = value.decode("latin-1")
    return response


def respond(request: HttpRequest, refused: Refused) -> HttpResponse:
    """Return a refusal in the caller's language."""
    accepted = request.headers.get("Accept-Language", "").encode("latin-1", "replace")
    return to_response(rendering.problem(refused, rendering.language_of(accepted)))


def install(api: NinjaAPI) -> None:
    """Answer every exception of an API's operations with a problem."""
    for kind in (Exception, RefusedError, ValidationError, HttpError, Http404, BusyError):
        # Ninja takes the handler of the nearest base class; one knows them all.
        api.add_exception_handler(kind, _answer)


def _answer(request: HttpRequest, error: Any) -> HttpResponse:
    return respond(request, _refused(request, error))


def _refused(request: HttpRequest, error: Exception) -> Refused:
    """Return what a caller is told about an exception."""
    for kind, told in _TOLD:
        if isinstance(error, kind):
            return told(error)
    log.error("%s %s faulted", request.method, request.path, exc_info=error)
    return Refused("internal-fault", "The request met a fault of the program.", 500)


def invalid(errors: Iterable[dict[str, object]]) -> Refused:
    """Return the refusal of values that a schema does not take."""
    faults = tuple(Fault(_place(error["loc"]), str(error["msg"])) for error in errors)
    words = "; ".join(f"{fault.loc}: {fault.msg}" for fault in faults[:3])
    return Refused("invalid-request", words, 422, faults)


def _place(loc: object) -> str:
    """Return a pydantic location as lines[2].sku, without where the framework found it."""
    parts = list(loc) if isinstance(loc, (tuple, list)) else [loc]
    if parts and parts[0] in _SOURCES:
        parts = parts[1:]
    # The parameter that a whole body or query is bound to has a name of the program's own.
    if len(parts) > 1 and parts[0] in {"body", "query", "wanted"}:
        parts = parts[1:]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return place.removeprefix(".")


def _by_status(status: int, detail: str) -> Refused:
    code = _CODES.get(status, "invalid-request" if status < 500 else "internal-fault")
    return Refused(code, detail or HTTPStatus(status).phrase, status)


_TOLD: tuple[tuple[type[Exception], Callable[[Any], Refused]], ...] = (
    (RefusedError, lambda error: error.refused),
    (ValidationError, lambda error: invalid(error.errors)),
    (HttpError, lambda error: _by_status(error.status_code, str(error))),
    (Http404, lambda _: _by_status(404, _DETAILS[404])),
    (BusyError, lambda _: BUSY),
    (OperationalError, lambda _: BUSY),
    (InterfaceError, lambda _: BUSY),
    (RequestDataTooBig, lambda _: _by_status(413, "The body is larger than any taken here.")),
    (PermissionDenied, lambda _: _by_status(403, "This is not allowed.")),
    (SuspiciousOperation, lambda _: _by_status(400, "The request cannot be read.")),
    (UnreadablePostError, lambda _: _by_status(400, "The request broke off.")),
)


def no_such_page(request: HttpRequest) -> HttpResponse:
    """Answer for an address that the API does not have."""
    return respond(request, _by_status(404, _DETAILS[404]))


def as_problems(
    view: Callable[..., HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Return a view whose every refusal is a problem, those of the framework too."""

    def answering(request: HttpRequest, *args: object, **named: object) -> HttpResponseBase:
        try:
            response = view(request, *args, **named)
        except Http404:
            return no_such_page(request)
        status = response.status_code
        if status < 400 or response.get("Content-Type", "").startswith(_PROBLEM_TYPE):
            return response
        made = respond(request, _by_status(status, _DETAILS.get(status, "")))
        for name in ("Allow", "Retry-After", "WWW-Authenticate"):
            if name in response:
                made[name] = response[name]
        return made

    answering.csrf_exempt = getattr(view, "csrf_exempt", False)  # type: ignore[attr-defined] # Django reads it
    return answering
