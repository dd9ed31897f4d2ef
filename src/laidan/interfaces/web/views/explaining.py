"""Settings: what somebody may do with one order, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext

from laidan.domain.access import policy, queries
from laidan.domain.access.models import User
from laidan.domain.access.policy import Reason
from laidan.insights.order_documents import ShownOrder
from laidan.insights.vocabulary import worded
from laidan.interfaces.web import order_page
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.kernel.actor import SEE_ORDERS
from laidan.kernel.permissions import MASKS, PERMISSIONS
from laidan.usecases import grant_access

_AREAS = ("orders", "payments", "customers", "files")
_BESIDE = ("orders.place", "customers.export", "customers.edit")
"""Permissions of these areas that are not about an order that is there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One permission: its words, yes or no, and the reason for it."""

    label: str
    sentence: str
    allowed: bool
    why: str


@needs("users.view")
def explain(request: PageRequest) -> HttpResponse:
    """Show what a user may do with an order, each permission with its reason."""
    username, name = request.GET.get("user", "")[:60], request.GET.get("order", "").strip()[:64]
    users = [one for one in queries.list_users() if one.is_active]
    user = queries.find_user(username) if username.isprintable() and username else None
    shown = order_page.find_order(name, request.actor, now=datetime.now(UTC)) if name else None
    context: dict[str, object] = {
        "nav": "settings", "tab": "explain", "users": users, "username": username, "order": name,
        "no_user": bool(username) and user is None, "no_order": bool(name) and shown is None,
    }  # fmt: skip
    if user is not None and shown is not None:
        context |= _told(user, shown)
    return render(request, "web/settings/explain.html", context)


def _told(user: User, shown: ShownOrder) -> dict[str, object]:
    language = get_language() or "en"
    standing, place = queries.standing_of(user), shown.place
    here = grant_access.actor_of_user(user).at(place)
    sees = here.may(SEE_ORDERS) and user.is_active
    obstacle = ""
    if not sees:
        obstacle = gettext("The user does not see this order.")
    if not user.is_active:
        obstacle = gettext("The user is shut out.")
    answers = [
        _answer(name, policy.reasons(standing, name, place), obstacle, language)
        for name, one in PERMISSIONS.items()
        if one.area in _AREAS and name not in _BESIDE
    ]
    masks = [worded(MASKS[name], language) for name in sorted(here.masks)] if sees else []
    return {"answers": answers, "person": user, "row": shown.row, "sees": sees, "masks": masks}


def _answer(name: str, reasons: Sequence[Reason], obstacle: str, language: str) -> Answer:
    permission = PERMISSIONS[name]
    allowed = not obstacle and any(one.allows for one in reasons)
    return Answer(
        worded(permission.label, language),
        worded(permission.sentence, language),
        allowed,
        _why(reasons, obstacle, language),
    )


def _why(reasons: Sequence[Reason], obstacle: str, language: str) -> str:
    giving = [_source(one, language) for one in reasons if one.allows]
    if giving:
        return obstacle or gettext("By: %(sources)s") % {"sources": ", ".join(giving)}
    short = [one for one in reasons if one.has_permission]
    if short:
        return "; ".join(_shortfall(one, language) for one in short)
    return gettext("No role of the user allows this.")


def _source(reason: Reason, language: str) -> str:
    if reason.role is None:
        return gettext("own rights")
    return worded(dict(reason.role.label), language)


def _shortfall(reason: Reason, language: str) -> str:
    labels = {
        "shops": gettext("the shop"), "categories": gettext("the stage"),
        "states": gettext("the state"),
    }  # fmt: skip
    return gettext("%(source)s would allow it, but not for %(limits)s of this order") % {
        "source": _source(reason, language),
        "limits": ", ".join(labels[name] for name in reason.excluded_by),
    }
