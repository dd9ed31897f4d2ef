"""How far a visitor has come with signing in: after the password and before the second factor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme

from laidan.domain.access.models import User
from laidan.engine import origin
from laidan.interfaces.web import resending
from laidan.usecases import keep_sessions

CODE_ADDRESS, SET_UP_ADDRESS = "/sign-in/code", "/sign-in/set-up"
_KEY = "pending"
_KEPT = timedelta(minutes=10)


def target_of(request: HttpRequest) -> str:
    """Return where to go after signing in: a page of this site, else the board."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else settings.LOGIN_REDIRECT_URL


def keep(request: HttpRequest, user: User, target: str) -> None:
    """Remember whose password was right, in a session that opens nothing yet."""
    request.session.cycle_key()
    request.session[_KEY] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "at": timezone.now().timestamp(),
        "next": target,
    }


def pending(request: HttpRequest) -> tuple[User, str] | None:
    """Return whose password was right and where he wants to be, for ten minutes after it."""
    kept: dict[str, Any] = request.session.get(_KEY) or {}
    if not kept or timezone.now().timestamp() - kept["at"] > _KEPT.total_seconds():
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), kept["hash"]):
        return None
    return user, kept["next"]


def forget(request: HttpRequest) -> None:
    """Begin anew."""
    request.session.pop(_KEY, None)


def let_in(request: HttpRequest, user: User, target: str) -> HttpResponse:
    """Open a session for somebody who has shown who he is, and go on."""
    forget(request)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    origin.known_as(f"user:{user.username}")
    request.session["sid"] = keep_sessions.open_session(
        user, str(request.session.session_key), now=timezone.now()
    )
    # What was typed before the session ended waits in the form; it is sent by hand.
    typed = resending.read(request.POST.get(resending.FIELD, ""))
    response = resending.offer(request, typed) if typed else HttpResponseRedirect(target)
    if user.language in dict(settings.LANGUAGES):
        speak(response, user.language)
    return wear(response, user.theme) if user.theme else response


def wear(response: HttpResponse, theme: str) -> HttpResponse:
    """Let a browser show a theme from now on; its script changes it, too."""
    response.set_cookie("theme", theme, max_age=365 * 24 * 3600, samesite="Lax")
    return response


def speak(response: HttpResponse, language: str) -> None:
    """Let a browser read a language from now on."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 24 * 3600, samesite="Lax"
    )
    translation.activate(language)
