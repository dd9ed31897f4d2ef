"""Who calls: the owner of an API key, or whoever is signed in to the pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer
from ninja.utils import check_csrf

from laidan.domain.access.models import User
from laidan.engine import origin
from laidan.interfaces.api import callers
from laidan.interfaces.api.problems import RefusedError
from laidan.interfaces.api.rendering import Viewer, language_of
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Refused
from laidan.usecases import grant_access

_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))


class Needs(HttpBearer):
    """Lets in those who may: `auth=Needs("orders.view")`; `request.auth` is the actor.

    Of several permissions one is enough: what exactly is needed depends on the request.
    """

    def __init__(self, *permissions: str) -> None:
        super().__init__()
        self.permissions = permissions

    def __call__(self, request: HttpRequest) -> Actor:
        """Return the actor; raises RefusedError: unauthorized, forbidden."""
        actor = caller_of(request)
        origin.known_as(actor.label)
        refused = [callers.without(actor, one) for one in self.permissions]
        if None not in refused and refused[0] is not None:
            raise RefusedError(refused[0])
        return actor

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Return whom a key stands for."""
        return _checked(grant_access.actor_of_key(token, now=datetime.now(UTC)))


def caller_of(request: HttpRequest) -> Actor:
    """Return who calls, by key or by session; raises RefusedError."""
    header = request.headers.get("Authorization")
    if header is not None:
        headers = {b"authorization": header.encode("latin-1", "replace")}
        return _checked(callers.find_caller(headers, now=datetime.now(UTC)))
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_active:
        raise RefusedError(callers.NO_KEY)
    if request.method not in _SAFE and check_csrf(request):
        raise RefusedError(
            Refused(
                "forbidden", "A call with the pages' session needs the header X-CSRFToken.", 403
            )
        )
    # A phone is revealed on a page, where each time is written down.
    return grant_access.actor_of_user(user).veiled("phone", "email")


def _checked(found: Actor | Refused) -> Actor:
    if isinstance(found, Refused):
        raise RefusedError(found)
    return found


def viewer_of(request: HttpRequest) -> Viewer:
    """Return who reads the answer, and in which language."""
    accepted = request.headers.get("Accept-Language", "").encode("latin-1", "replace")
    actor: Actor = request.auth  # type: ignore[attr-defined]  # Ninja puts it there
    return Viewer(actor, language_of(accepted))
