"""Who may see a page: somebody who is signed in and has the right."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext

from laidan.domain.access.models import User
from laidan.engine import origin
from laidan.interfaces.web.notices import Notice, notify
from laidan.interfaces.web.views import faults
from laidan.kernel.actor import Actor
from laidan.usecases import grant_access

P = ParamSpec("P")
_SAFE = frozenset(("GET", "HEAD"))


class PageRequest(HttpRequest):
    """A request that was let in, and who acts."""

    actor: Actor


def needs(
    right: str = "",
) -> Callable[
    [Callable[Concatenate[PageRequest, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """Let those into a view who are signed in and have a right; others sign in, or are told.

    Without a right it is a page for everybody who is signed in.
    """

    def wrap(
        view: Callable[Concatenate[PageRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @functools.wraps(view)
        def admitted(request: HttpRequest, *args: P.args, **named: P.kwargs) -> HttpResponse:
            user = request.user
            if not isinstance(user, User) or not user.is_active:
                return _to_sign_in(request)
            _speak_to(request, user)
            let_in = cast(PageRequest, request)
            let_in.actor = grant_access.actor_of_user(user)
            origin.known_as(let_in.actor.label)
            if right and not let_in.actor.may(right):
                return faults.forbidden(request)
            response = view(let_in, *args, **named)
            # Kept for going back, asked for anew otherwise; what was shown is nobody else's.
            response.headers.setdefault("Cache-Control", "private, no-cache")
            return response

        # The navigation leads to those pages alone that somebody may open.
        vars(admitted)["right"] = right or None
        return cast(Callable[Concatenate[HttpRequest, P], HttpResponse], admitted)

    return wrap


def _speak_to(request: HttpRequest, user: User) -> None:
    """Speak the language that somebody chose, whatever his browser asks for."""
    if user.language and user.language != translation.get_language():
        translation.activate(user.language)
        request.LANGUAGE_CODE = user.language


def is_partial(request: HttpRequest) -> bool:
    """Say whether the page's script asks, to swap in a part."""
    return request.headers.get("HX-Request") == "true"


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if is_partial(request):
        return _session_over(request)
    if request.method not in _SAFE:
        return faults.signed_out(request)
    return HttpResponseRedirect(_sign_in_address(request.get_full_path()))


def _session_over(request: HttpRequest) -> HttpResponse:
    """Answer the script of a page whose session has ended; what was typed stays on the page."""
    response = HttpResponse(status=401)
    if request.method in _SAFE:
        shown = urlsplit(request.headers.get("HX-Current-URL", "/"))
        path = f"{shown.path}?{shown.query}" if shown.query else shown.path
        response["HX-Redirect"] = _sign_in_address(path)
        return response
    response["HX-Reswap"] = "none"
    text = gettext(
        "You were signed out and nothing was sent. Sign in in another tab, then send this again."
    )
    return notify(response, Notice("warning", text))


def _sign_in_address(path: str) -> str:
    return f"{settings.LOGIN_URL}?{urlencode({'next': path})}" if path != "/" else "/sign-in"
