"""Signing in and out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from laidan.interfaces.web import attempts

_TEXT_MAX = 200


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for username and password, and go on to where the visitor wanted to be."""
    target = _target(request)
    if request.method != "POST":
        if request.user.is_authenticated:
            return HttpResponseRedirect(target)
        return _form(request, target)
    username = request.POST.get("username", "").replace("\x00", "").strip()[:_TEXT_MAX]
    password = request.POST.get("password", "")
    if not username or not password:
        return _form(
            request, target, username, gettext("Type your username and your password."), 422
        )
    key = attempts.key_of(username, request.META.get("REMOTE_ADDR", ""))
    if attempts.count(key) > attempts.TRIES:
        return _form(request, target, username, _too_often(), 429)
    user = authenticate(request, username=username, password=password.replace("\x00", ""))
    if user is None:
        return _form(request, target, username, _wrong(), 422)
    attempts.forget(key)
    login(request, user)
    return HttpResponseRedirect(target)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; a browser forgets the pages it kept."""
    logout(request)
    response = HttpResponseRedirect(settings.LOGIN_URL)
    response["Clear-Site-Data"] = '"cache"'
    return response


def _form(
    request: HttpRequest, target: str, username: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    context = {"next": target, "username": username, "error": error}
    response = render(request, "web/sign_in.html", context, status=status)
    if status == 429:
        response["Retry-After"] = str(attempts.SECONDS)
    return response


def _target(request: HttpRequest) -> str:
    """Return where to go after signing in: a page of this site, else the board."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else settings.LOGIN_REDIRECT_URL


def _wrong() -> str:
    return gettext(
        "Username and password do not match. Check capital letters and the keyboard, or ask your "
        "administrator for a new password."
    )


def _too_often() -> str:
    minutes = attempts.SECONDS // 60
    return ngettext(
        "Tried too often. Wait %(minutes)d minute, then try again.",
        "Tried too often. Wait %(minutes)d minutes, then try again.",
        minutes,
    ) % {"minutes": minutes}
