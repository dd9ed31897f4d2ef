"""Settings: roles, the built-in ones to look at and copy, and those of this installation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods, require_POST

from laidan.domain.access import policy, queries
from laidan.domain.access.policy import Role
from laidan.domain.access.queries import UserRow
from laidan.domain.access.roles import ADMINISTRATOR
from laidan.insights.vocabulary import worded
from laidan.interfaces.web import access_forms, notices
from laidan.interfaces.web.access_forms import RoleForm
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.notices import Notice
from laidan.kernel.outcome import Refused
from laidan.kernel.permissions import EVERYTHING, PERMISSIONS
from laidan.usecases import manage_roles
from laidan.usecases.user_requests import DropRole, KeepRole


@needs("users.view")
def show_roles(request: PageRequest) -> HttpResponse:
    """Show every role with how many users have it."""
    language = _language()
    users = queries.list_users()
    known = access_forms.known(language)
    rows = [
        {
            "role": role,
            "name": worded(dict(role.label), language),
            "sentence": worded(dict(role.sentence), language),
            "count": len(_people(role, users)),
            "permissions": len(PERMISSIONS)
            if EVERYTHING in role.permissions
            else len(role.permissions),
            "limits": _limits(role, known),
        }
        for role in queries.list_roles()
    ]
    return _page(request, "roles.html", {"rows": rows, "tab": "roles"})


@require_http_methods(["GET", "HEAD", "POST"])
@needs("users.manage")
def add_role(request: PageRequest) -> HttpResponse:
    """Ask for a new role, which begins as a copy where one is named."""
    language, initial = _language(), {}
    copied = queries.find_role(request.GET.get("from", "")[:40])
    if copied is not None:
        initial = access_forms.role_initial(copied, language)
        initial["name"] = gettext("Copy of %(name)s") % {"name": initial["name"]}
    form = RoleForm(request.POST or None, known=access_forms.known(language), initial=initial)
    if request.method == "POST" and form.is_valid():
        found = _keep(request, form, None)
        if found is not None:
            return found
    return _form(request, form, gettext("New role"))


@require_http_methods(["GET", "HEAD", "POST"])
@needs("users.view")
def show_role(request: PageRequest, code: str) -> HttpResponse:
    """Show a role: what it allows, how far, to whom; change it where it is of this installation."""
    role, language = _found(code), _language()
    known = access_forms.known(language)
    if role.is_built_in or not request.actor.may("users.manage"):
        if request.method == "POST":
            raise Http404
        return _look(request, role, known)
    form = RoleForm(
        request.POST or None, known=known, initial=access_forms.role_initial(role, language)
    )
    if request.method == "POST" and form.is_valid():
        found = _keep(request, form, role.code)
        if found is not None:
            return found
    return _form(request, form, worded(dict(role.label), language), role)


@require_POST
@needs("users.manage")
def drop_role(request: PageRequest, code: str) -> HttpResponse:
    """Delete a role that nobody has."""
    wish = DropRole(_found(code).code, request.actor)
    (outcome,) = manage_roles.drop_roles([wish], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        notices.keep(request, Notice("warning", access_forms.explain(outcome)))
        return HttpResponseRedirect(reverse("web:role", args=[code]), status=303)
    return _to_roles(request, gettext("The role was deleted."))


# --- parts ----------------------------------------------------------------------------------


def _keep(request: PageRequest, form: RoleForm, code: str | None) -> HttpResponse | None:
    given = form.cleaned_data
    wish = KeepRole(
        given["name"], frozenset(given["permissions"]), request.actor, code,
        given["description"], form.reach(), form.hidden(),
    )  # fmt: skip
    (outcome,) = manage_roles.keep_roles([wish], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        access_forms.refuse(form, outcome)
        return None
    return _to_roles(request, gettext("Saved %(name)s.") % {"name": given["name"]})


def _look(request: PageRequest, role: Role, known: access_forms.Known) -> HttpResponse:
    language = _language()
    everything = EVERYTHING in role.permissions
    areas = [
        (area, [(told, sentence, everything or one.name in role.permissions)
                for one, told, sentence in listed])
        for area, listed in access_forms.areas(language)
    ]  # fmt: skip
    context = {
        "role": role, "areas": areas, "title": worded(dict(role.label), language),
        "sentence": worded(dict(role.sentence), language), "limits": _limits(role, known),
        "people": _people(role, queries.list_users()),
    }  # fmt: skip
    return _page(request, "role_look.html", context)


def _form(
    request: PageRequest, form: RoleForm, title: str, role: Role | None = None
) -> HttpResponse:
    people = _people(role, queries.list_users()) if role else []
    context = {
        "form": form, "title": title, "role": role, "people": people,
        "areas": access_forms.areas(_language()),
    }  # fmt: skip
    return _page(request, "role.html", context, status=422 if form.errors else 200)


def _people(role: Role, users: Sequence[UserRow]) -> list[UserRow]:
    """Return who has a role; whoever has every right is an administrator, however he got it."""
    is_all = role.code == ADMINISTRATOR
    return [one for one in users if role.code in one.roles or (is_all and EVERYTHING in one.rights)]


def _limits(role: Role, known: access_forms.Known) -> list[tuple[str, list[str]]]:
    """Return a role's limits in words."""
    found = []
    labels = {
        "shops": gettext("Shops"), "categories": gettext("Stages"), "states": gettext("States"),
        "locations": gettext("Locations"), "masks": gettext("Hidden fields"),
    }  # fmt: skip
    chosen = policy.reach_document(role.reach) | {"masks": sorted(role.masks)}
    for name, label in labels.items():
        words = getattr(known, name)
        if chosen.get(name):
            found.append((label, [words.get(code, code) for code in chosen[name]]))
    return found


def _language() -> str:
    return get_language() or "en"


def _found(code: str) -> Role:
    role = queries.find_role(code) if code.isprintable() else None
    if role is None:
        raise Http404
    return role


def _to_roles(request: PageRequest, text: str) -> HttpResponse:
    notices.keep(request, Notice("success", text))
    return HttpResponseRedirect(reverse("web:roles"), status=303)


def _page(
    request: PageRequest, name: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    return render(request, f"web/settings/{name}", {"nav": "settings", **context}, status=status)
