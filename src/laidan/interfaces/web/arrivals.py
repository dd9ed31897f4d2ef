"""Notes of every request where it comes from, for the operation log, and gives it a number."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from laidan.engine import origin
from laidan.engine.rates import Rate
from laidan.interfaces.web.views import faults
from laidan.usecases import keep_sessions
from laidan.usecases.note_refusals import note_refusal

_UNCOUNTED = ("/static/", "/healthz", "/readyz", "/metrics")
_REQUEST = re.compile(r"[\w.-]{8,40}\Z")


class Arrivals:
    """Middleware, the outermost: door, address, program and request number of what comes in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._strangers = Rate(settings.LAIDAN_PUBLIC_RATE)
        self._trusted = origin.networks_of(settings.LAIDAN_TRUSTED_PROXIES)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; what happens meanwhile comes from there."""
        headers = request.headers
        request.META["REMOTE_ADDR"] = origin.client_address(
            request.META.get("REMOTE_ADDR", ""), headers.get("X-Forwarded-For", ""), self._trusted
        )
        given = headers.get("X-Request-Id", "")
        here = origin.origin_of(
            origin.API if request.path.startswith("/api/") else origin.PAGE,
            address=request.META["REMOTE_ADDR"],
            agent=headers.get("User-Agent", ""),
            request=given if _REQUEST.match(given) else secrets.token_hex(8),
        )
        wait = self._strangers.count(here.address) if _is_stranger(request) else 0
        with origin.coming_from(here):
            if wait:
                return faults.too_often(request, wait)
            response = self._get_response(request)
            _see_session(request)
            if response.status_code == 403:
                note_refusal(f"{request.method} {request.path}", now=timezone.now())
        response.headers.setdefault("X-Request-Id", here.request)
        return response


def _is_stranger(request: HttpRequest) -> bool:
    """Say whether a request shows neither a session nor a key, and asks for more than a file."""
    if "Authorization" in request.headers or settings.SESSION_COOKIE_NAME in request.COOKIES:
        return False
    return not request.path.startswith(_UNCOUNTED)


def _see_session(request: HttpRequest) -> None:
    """Note that a session of the pages is in use, where the answer needed it anyway."""
    session = getattr(request, "session", None)
    if session is not None and session.accessed and "sid" in session:
        keep_sessions.see_session(session["sid"], now=timezone.now())
