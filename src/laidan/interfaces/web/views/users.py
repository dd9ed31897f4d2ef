"""Settings: users, what they are given, and shutting them out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from laidan.domain.access import queries
from laidan.domain.access.models import User
from laidan.domain.access.policy import reach_of
from laidan.domain.access.roles import ADMINISTRATOR
from laidan.interfaces.web import access_forms, notices
from laidan.interfaces.web.access_forms import NewUserForm, PasswordForm, UserForm
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.notices import Notice
from laidan.kernel.outcome import Refused
from laidan.kernel.permissions import EVERYTHING
from laidan.usecases import manage_users
from laidan.usecases.user_requests import AddUser, ChangeUser, ResetPassword, SwitchUser


@needs("users.view")
def show_users(request: PageRequest) -> HttpResponse:
    """Show every user with his roles."""
    names = access_forms.role_names(_language())
    rows = [
        {
            "user": user,
            "roles": [names.get(code, code) for code in _roles_of(user.rights, user.roles)],
            "rights": [one for one in user.rights if one != EVERYTHING],
        }
        for user in queries.list_users()
    ]
    return _page(request, "users.html", {"rows": rows, "tab": "users"})


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs("users.manage")
def add_user(request: PageRequest) -> HttpResponse:
    """Ask for a new user, and add him."""
    form = NewUserForm(
        request.POST or None, known=access_forms.known(_language()), roles=_roles(),
        initial={"roles": []},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        wish = AddUser(
            given["username"], given["password"], request.actor, given["name"], given["email"],
            tuple(given["roles"]), form.reach(), form.hidden(),
        )  # fmt: skip
        (outcome,) = manage_users.add_users([wish], now=datetime.now(UTC))
        if not isinstance(outcome, Refused):
            return _to_users(request, gettext("Added %(name)s.") % {"name": wish.username})
        access_forms.refuse(form, outcome)
    context = {"form": form, "title": gettext("New user"), "is_new": True}
    return _page(request, "user.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("users.manage")
def edit_user(request: PageRequest, username: str) -> HttpResponse:
    """Show what a user was given, and change it."""
    user = _found(username)
    rights = [one for one in user.rights if one != EVERYTHING]
    form = UserForm(
        request.POST or None, known=access_forms.known(_language()), roles=_roles(),
        rights=rights, initial=_initial(user),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        wish = ChangeUser(
            user.username, request.actor, given["name"], given["email"], tuple(given["roles"]),
            form.reach(), form.hidden(), bool(given.get("keeps_rights")),
        )  # fmt: skip
        (outcome,) = manage_users.change_users([wish], now=datetime.now(UTC))
        if not isinstance(outcome, Refused):
            return _to_users(request, gettext("Saved %(name)s.") % {"name": user.username})
        access_forms.refuse(form, outcome)
    context = {
        "form": form, "title": user.username, "person": user, "password": PasswordForm(),
    }  # fmt: skip
    return _page(request, "user.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters("password")
@never_cache
@require_POST
@needs("users.manage")
def reset_password(request: PageRequest, username: str) -> HttpResponse:
    """Give a user a new password; his sessions end."""
    user = _found(username)
    form = PasswordForm(request.POST)
    if form.is_valid():
        wish = ResetPassword(user.username, form.cleaned_data["password"], request.actor)
        (outcome,) = manage_users.reset_passwords([wish], now=datetime.now(UTC))
        if not isinstance(outcome, Refused):
            text = gettext("%(name)s has a new password; all sessions ended.")
            return _to_users(request, text % {"name": user.username})
        access_forms.refuse(form, outcome)
    rights = [one for one in user.rights if one != EVERYTHING]
    shown = UserForm(
        known=access_forms.known(_language()), roles=_roles(), rights=rights,
        initial=_initial(user),
    )  # fmt: skip
    context = {"form": shown, "title": user.username, "person": user, "password": form}
    return _page(request, "user.html", context, status=422)


@require_POST
@needs("users.manage")
def switch_user(request: PageRequest, username: str) -> HttpResponse:
    """Shut a user out, or let him in again."""
    is_active = request.POST.get("active") == "yes"
    wish = SwitchUser(_found(username).username, request.actor, is_active)
    (outcome,) = manage_users.switch_users([wish], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        notices.keep(request, Notice("warning", access_forms.explain(outcome)))
        return HttpResponseRedirect(reverse("web:user", args=[username]), status=303)
    text = gettext("%(name)s may sign in again.")
    if not is_active:
        text = gettext("%(name)s was shut out; sessions and keys ended.")
    return _to_users(request, text % {"name": username})


# --- parts ----------------------------------------------------------------------------------


def _language() -> str:
    return get_language() or "en"


def _roles() -> dict[str, str]:
    return access_forms.role_names(_language())


def _roles_of(rights: Any, roles: Any) -> list[str]:
    """Return a user's roles; whoever has every right is an administrator, however he got it."""
    first = [ADMINISTRATOR] if EVERYTHING in rights else []
    return list(dict.fromkeys([*first, *roles]))


def _initial(user: User) -> dict[str, Any]:
    limits = access_forms.limits_of(reach_of(user.reach), frozenset(user.masks))
    return {
        "name": user.name, "email": user.email, "keeps_rights": True,
        "roles": _roles_of(user.rights, user.roles), **limits,
    }  # fmt: skip


def _found(username: str) -> User:
    user = queries.find_user(username) if username.isprintable() else None
    if user is None:
        raise Http404
    return user


def _to_users(request: PageRequest, text: str) -> HttpResponse:
    notices.keep(request, Notice("success", text))
    return HttpResponseRedirect(reverse("web:users"), status=303)


def _page(
    request: PageRequest, name: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    context = {"nav": "settings", "me_username": request.user.get_username(), **context}
    return render(request, f"web/settings/{name}", context, status=status)
