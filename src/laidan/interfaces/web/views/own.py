"""The personal centre: profile, password, and where one is signed in."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language

from laidan.domain.access.models import User
from laidan.domain.security import queries
from laidan.domain.workplace.core import DENSITIES
from laidan.domain.workplace.queries import get_setting
from laidan.engine import origin
from laidan.interfaces.web import admission, entering
from laidan.interfaces.web.notices import Notice, keep
from laidan.interfaces.web.waiting import told
from laidan.kernel.outcome import Refused
from laidan.usecases import keep_sessions, own_account
from laidan.usecases.keep_views import arrange_lists
from laidan.usecases.own_account import Look, NewPassword, Profile
from laidan.usecases.view_requests import ArrangeList

_TEXT_MAX = 400


def me_of(request: HttpRequest) -> User:
    """Return who is signed in; the view is one that `admission.needs` guards."""
    return cast(User, request.user)


@require_http_methods(["GET", "HEAD", "POST"])
@admission.needs()
def show_profile(request: HttpRequest) -> HttpResponse:
    """Show and change one's own name, e-mail, language and how dense lists are."""
    user = me_of(request)
    density = get_setting(user.pk).density
    values = {"name": user.name, "email": user.email, "language": user.language}
    if request.method != "POST":
        return _profile(request, values | {"density": density})
    values = {name: request.POST.get(name, "").strip()[:_TEXT_MAX] for name in values}
    chosen = request.POST.get("density", density)
    now = timezone.now()
    outcome = own_account.change_profile(user, Profile(**values), now=now)
    if isinstance(outcome, Refused):
        faults = {fault.loc: gettext(fault.msg) for fault in outcome.errors}
        return _profile(request, values | {"density": chosen}, faults)
    if chosen in DENSITIES and chosen != density:
        arrange_lists([ArrangeList(user.pk, density=chosen)], now=now)
    response = HttpResponseRedirect(reverse("web:me"))
    if values["language"]:
        entering.speak(response, values["language"])
    keep(request, Notice("success", gettext("Saved.")))
    return response


@require_POST
@admission.needs()
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme that was chosen; the page shows it already."""
    theme = request.POST.get("theme", "")[:_TEXT_MAX]
    outcome = own_account.choose_look(me_of(request), Look(theme=theme), now=timezone.now())
    if isinstance(outcome, Refused):
        return HttpResponse(status=422)
    return entering.wear(HttpResponse(status=204), theme)


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Speak a language from now on, to whoever is signed in wherever he signs in."""
    user, language = request.user, request.POST.get("language", "")
    if isinstance(user, User) and language in dict(settings.LANGUAGES):
        origin.known_as(f"user:{user.username}")
        own_account.choose_look(user, Look(language=language), now=timezone.now())
    return set_language(request)


def _profile(
    request: HttpRequest, values: dict[str, str], faults: dict[str, str] | None = None
) -> HttpResponse:
    context = {"tab": "profile", "values": values, "faults": faults or {}, "densities": DENSITIES}
    return render(request, "web/me/profile.html", context, status=422 if faults else 200)


@sensitive_post_parameters("current", "new", "again")
@require_http_methods(["GET", "HEAD", "POST"])
@admission.needs()
def change_password(request: HttpRequest) -> HttpResponse:
    """Change one's own password, after the present one; every other session ends."""
    if request.method != "POST":
        return render(request, "web/me/password.html", {"tab": "password", "faults": {}})
    user, now = me_of(request), timezone.now()
    wish = NewPassword(
        request.POST.get("current", ""),
        request.POST.get("new", ""),
        request.POST.get("again", ""),
        request.META.get("REMOTE_ADDR", ""),
    )
    outcome = own_account.change_password(user, wish, now=now)
    if isinstance(outcome, Refused):
        text, wait = told(outcome)
        faults = {fault.loc: gettext(fault.msg) for fault in outcome.errors} or {"current": text}
        context = {"tab": "password", "faults": faults}
        response = render(request, "web/me/password.html", context, status=429 if wait else 422)
        if wait:
            response["Retry-After"] = str(wait)
        return response
    # This session goes on with the new password; the others do not know it.
    keep_sessions.end_other_sessions(user, request.session.session_key, now=now)
    update_session_auth_hash(request, user)
    _follow(request, user)
    text = gettext("The password was changed; all other sessions have ended.")
    keep(request, Notice("success", text))
    return HttpResponseRedirect(reverse("web:me-password"))


def _follow(request: HttpRequest, user: User) -> None:
    """Keep what is known of this session under the new key that Django gave it."""
    request.session.save()
    if "sid" in request.session:
        keep_sessions.rename_session(user, request.session["sid"], str(request.session.session_key))


@require_http_methods(["GET", "HEAD"])
@admission.needs()
def show_sessions(request: HttpRequest) -> HttpResponse:
    """Show where one is signed in."""
    rows = queries.list_sessions(me_of(request).pk, request.session.session_key, now=timezone.now())
    return render(request, "web/me/sessions.html", {"tab": "sessions", "rows": rows})


@require_POST
@admission.needs()
def end_sessions(request: HttpRequest) -> HttpResponse:
    """End one of one's own sessions, or all others."""
    user, now, wanted = me_of(request), timezone.now(), request.POST.get("session", "")
    if wanted == "others":
        count = keep_sessions.end_other_sessions(user, request.session.session_key, now=now)
    else:
        count = keep_sessions.end_session(user, wanted[:_TEXT_MAX], now=now)
    text = ngettext("%(count)d session has ended.", "%(count)d sessions have ended.", count)
    keep(request, Notice("success" if count else "info", text % {"count": count}))
    return HttpResponseRedirect(reverse("web:me-sessions"))
