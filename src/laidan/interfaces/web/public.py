"""What the pages share that buyers see: no sign-in, nothing kept, found by nobody who has no link."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, cast

from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_variables

from laidan.engine.rates import Rate
from laidan.interfaces.web.views import faults
from laidan.kernel.actor import BUYER, Actor

P = ParamSpec("P")
PAGES_A_MINUTE = 240
"""A page that asks every three seconds how a payment stands, in a few tabs of a few people."""
CALLS_A_MINUTE = 30
"""Calls to a provider that one address may cause."""
BUYER_ACTOR = Actor(BUYER, "buyer", frozenset(("orders:write",)))
"""Whoever has an order's link or knows its number and phone: may what blueprints let buyers do."""
pages = Rate(PAGES_A_MINUTE)
calls = Rate(CALLS_A_MINUTE)


def page(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Make a view one that buyers may see, so often, and that nobody keeps or lists.

    The address is the key to the page: it goes to no other site. (`no-referrer` would also take it from our
    own forms, which are then refused as forged.)
    """

    @functools.wraps(view)
    @sensitive_variables("token", "proof")
    def shown(request: HttpRequest, *args: P.args, **named: P.kwargs) -> HttpResponse:
        wait = pages.count(request.META.get("REMOTE_ADDR", ""))
        if wait:
            return faults.too_often(request, wait)
        response = view(request, *args, **named)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "same-origin"
        return response

    return cast(Callable[Concatenate[HttpRequest, P], HttpResponse], shown)


def may_call(request: HttpRequest) -> int:
    """Count a call to a provider; return how many seconds to wait where it was too many."""
    return calls.count(request.META.get("REMOTE_ADDR", ""))
