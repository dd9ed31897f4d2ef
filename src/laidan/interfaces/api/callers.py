"""Who calls the order API, and whether he may, and how often."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from django.conf import settings

from laidan.engine import origin
from laidan.engine.rates import Rate
from laidan.interfaces.api import bodies
from laidan.interfaces.api.bodies import Headers
from laidan.kernel.actor import Actor, forbidden
from laidan.kernel.outcome import Refused
from laidan.usecases import grant_access

PLACE = "orders.place"
NO_KEY = Refused("unauthorized", "Send an API key: Authorization: Bearer <key>.", 401)
STRANGERS_A_MINUTE = 120
"""Keys that open nothing, from one address: each is a query."""
_strangers = Rate(STRANGERS_A_MINUTE)


@cache
def _keys() -> Rate:
    return Rate(settings.LAIDAN_API_RATE)


def known_caller(headers: Headers, *, now: datetime) -> Actor | Refused | None:
    """Return who calls where that needs no query, else None."""
    token = bodies.token_of(headers)
    if token is None:
        return NO_KEY
    found = grant_access.known_actor(token, now=now)
    return None if found is None else _counted(token, found)


def find_caller(headers: Headers, *, now: datetime) -> Actor | Refused:
    """Return who calls."""
    token = bodies.token_of(headers)
    if token is None:
        return NO_KEY
    address = origin.current().address
    wait = _strangers.wait(address)
    found = grant_access.known_actor(token, now=now) if wait else None
    if found is None:
        if wait:
            return _too_often(wait)
        actor = grant_access.actor_of_key(token, now=now)
        if isinstance(actor, Refused):
            _strangers.count(address)
            return actor
        found = actor
    return _counted(token, found)


def without(actor: Actor, right: str) -> Refused | None:
    """Return the refusal of an actor who has not a right."""
    return None if actor.may(right) else forbidden(right)


def _counted(token: str, actor: Actor) -> Actor | Refused:
    wait = _keys().count(token)
    return _too_often(wait) if wait else actor


def _too_often(seconds: int) -> Refused:
    return Refused(
        "too-many-requests", "Asked too often; wait as Retry-After says.", 429,
        extra={"retry_after": seconds},
    )  # fmt: skip
