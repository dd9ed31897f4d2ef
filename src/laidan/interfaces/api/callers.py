"""Who calls the order API, and whether he may."""

from __future__ import annotations

from datetime import datetime

from laidan.interfaces.api import bodies
from laidan.interfaces.api.bodies import Headers
from laidan.kernel.actor import Actor, forbidden
from laidan.kernel.outcome import Refused
from laidan.usecases import grant_access

PLACE = "orders.place"
NO_KEY = Refused("unauthorized", "Send an API key: Authorization: Bearer <key>.", 401)


def known_caller(headers: Headers, *, now: datetime) -> Actor | Refused | None:
    """Return who calls where that needs no query, else None."""
    token = bodies.token_of(headers)
    return NO_KEY if token is None else grant_access.known_actor(token, now=now)


def find_caller(headers: Headers, *, now: datetime) -> Actor | Refused:
    """Return who calls."""
    token = bodies.token_of(headers)
    return NO_KEY if token is None else grant_access.actor_of_key(token, now=now)


def without(actor: Actor, right: str) -> Refused | None:
    """Return the refusal of an actor who has not a right."""
    return None if actor.may(right) else forbidden(right)
