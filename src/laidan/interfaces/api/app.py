"""The API: its routers, its OpenAPI document, and what holds of every operation."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from ninja import NinjaAPI
from ninja.operation import Operation

from laidan import __version__
from laidan.interfaces.api import (
    catalogue,
    events,
    figures,
    money,
    orders,
    payment_accounts,
    places,
    problems,
    products,
    reads,
    schedules,
    settlement,
    supplies,
    webhooks,
)
from laidan.kernel.outcome import Fault, Refused

_CONTROL = re.compile("[\x00-\x1f\x7f]")
DESCRIPTION = """Laidan's API. Amounts are decimal strings in the currency's major unit; times are \
ISO 8601 with offset; errors are RFC 9457 problems; lists are pages with an opaque cursor. Send the \
key that you were shown once as `Authorization: Bearer <key>`."""

api = NinjaAPI(
    title="Laidan",
    version=__version__,
    description=DESCRIPTION,
    urls_namespace="api",
    openapi_url="/openapi.json",
    docs_url="/docs",
)
problems.install(api)

# Every file of the API that has operations is named here; paths with fixed words come first.
for rooms in (
    orders, reads, figures, supplies, products, catalogue, places, events, webhooks, schedules,
    settlement, money, payment_accounts,
):  # fmt: skip
    rooms.register(api.default_router)


def url_patterns() -> list[URLPattern]:
    """Return the API's addresses; what they refuse is a problem, unknown parameters too."""
    patterns = [one for one in api.urls[0] if isinstance(one, URLPattern)]
    for bound in api._get_bound_routers():  # noqa: SLF001 - Ninja has no public way to them
        for path_view in bound.path_operations.values():
            for operation in path_view.operations:
                operation.run = _known_only(operation)  # type: ignore[method-assign] # an instance's own
    for pattern in patterns:
        pattern.callback = problems.as_problems(pattern.callback)
    return patterns


def _known_only(operation: Operation) -> Callable[..., HttpResponseBase]:
    """Return an operation's way to answer that refuses parameters it does not know."""
    run, known = operation.run, _parameters(operation)

    def checked(request: HttpRequest, **named: Any) -> HttpResponseBase:
        refused = _refusal(request, known, named)
        return problems.respond(request, refused) if refused else run(request, **named)

    return checked


def _parameters(operation: Operation) -> frozenset[str]:
    names: set[str] = set()
    for model in operation.models:
        if getattr(model, "__ninja_param_source__", None) == "query":
            names |= set(getattr(model, "__ninja_flatten_map__", None) or model.model_fields)
    return frozenset(names)


def _refusal(request: HttpRequest, known: frozenset[str], named: dict[str, Any]) -> Refused | None:
    if any(_CONTROL.search(str(value)) for value in named.values()):
        return Refused("not-found", "Nothing has such a name.", 404)
    faults = [Fault(_shown(name), "unknown parameter") for name in request.GET if name not in known]
    faults += [
        Fault(_shown(name), "holds a control character")
        for name, values in request.GET.lists()
        if any(_CONTROL.search(value) for value in values)
    ]
    if not faults:
        return None
    words = "; ".join(f"{fault.loc}: {fault.msg}" for fault in faults[:3])
    return Refused("invalid-request", words, 422, tuple(faults))


def _shown(name: str) -> str:
    return _CONTROL.sub("?", name)[:40]
