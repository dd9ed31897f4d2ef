"""Signing in and out: the password."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from laidan.domain.access.models import User
from laidan.domain.security import queries
from laidan.engine import origin
from laidan.interfaces.web import entering, resending
from laidan.interfaces.web.waiting import told
from laidan.kernel.outcome import Refused
from laidan.usecases import keep_sessions, second_factor
from laidan.usecases.sign_in import SignIn, check_password

_TEXT_MAX = 200
_PASSWORD_MAX = 4096


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for username and password, and go on to the second factor or to where one wanted to be."""
    target = entering.target_of(request)
    if request.method != "POST":
        if request.user.is_authenticated:
            return HttpResponseRedirect(target)
        return _form(request, target)
    username = request.POST.get("username", "").replace("\x00", "").strip()[:_TEXT_MAX]
    password = request.POST.get("password", "").replace("\x00", "")[:_PASSWORD_MAX]
    if not username or not password:
        return _form(
            request, target, username, gettext("Type your username and your password."), 422
        )
    outcome = check_password(
        SignIn(username, password, request.META.get("REMOTE_ADDR", "")), now=timezone.now()
    )
    if isinstance(outcome, Refused):
        return _refused(request, target, username, outcome)
    user = outcome.value
    if queries.has_second_factor(user.pk):
        entering.keep(request, user, target)
        kept = resending.kept(request)
        if kept:
            context = {"username": user.username, "kept": kept}
            return render(request, "web/sign_in_code.html", context)
        return HttpResponseRedirect(entering.CODE_ADDRESS)
    if second_factor.is_required(user):
        entering.keep(request, user, target)
        return HttpResponseRedirect(entering.SET_UP_ADDRESS)
    return entering.let_in(request, user, target)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; a browser forgets the pages it kept."""
    user, key = request.user, request.session.session_key
    if isinstance(user, User) and key:
        origin.known_as(f"user:{user.username}")
        keep_sessions.close_session(user, key, now=timezone.now())
    logout(request)
    response = HttpResponseRedirect(settings.LOGIN_URL)
    response["Clear-Site-Data"] = '"cache"'
    return response


def _form(
    request: HttpRequest, target: str, username: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "next": target,
        "username": username,
        "error": error,
        "kept": resending.kept(request),
    }
    return render(request, "web/sign_in.html", context, status=status)


def _refused(request: HttpRequest, target: str, username: str, refused: Refused) -> HttpResponse:
    """Answer a wrong password, and one that came too soon; neither says who exists."""
    text, wait = told(refused)
    if wait:
        response = _form(request, target, username, text, 429)
        response["Retry-After"] = str(wait)
        return response
    return _form(request, target, username, _wrong(), 422)


def _wrong() -> str:
    return gettext(
        "Username and password do not match. Check capital letters and the keyboard, or ask your "
        "administrator for a new password."
    )
