"""The personal centre: one's own API keys, shown once, and revoked."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from laidan.domain.access import core, queries
from laidan.interfaces.web import admission
from laidan.interfaces.web.notices import Notice, keep
from laidan.interfaces.web.views.own import me_of
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Refused
from laidan.usecases import grant_access

_NAME_MAX = 120
_SPANS = {"30": 30, "90": 90, "365": 365, "": None}
SPAN_WORDS = {
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "365": gettext_lazy("A year"),
    "": gettext_lazy("Never"),
}
SCOPE_WORDS = {
    "orders:read": gettext_lazy("Read orders"),
    "orders:write": gettext_lazy("Place and change orders"),
    "stock:read": gettext_lazy("Read stock"),
    "stock:write": gettext_lazy("Move stock"),
    "catalog:read": gettext_lazy("Read the catalogue"),
    "catalog:write": gettext_lazy("Change the catalogue and prices"),
    "customers:read": gettext_lazy("Read customers"),
    "customers:write": gettext_lazy("Change customers"),
    "admin": gettext_lazy("Settings, users and the operation log"),
    "*": gettext_lazy("Everything that you may do"),
}
_SENTENCES = {
    "key-taken": gettext_lazy("You have a key of this name already; revoke it or name another."),
    "invalid-request": gettext_lazy("Type a name by which you will know the key."),
    "unknown-scope": gettext_lazy("Choose what the key may do from the list."),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@admission.needs("keys.own")
def show_keys(request: HttpRequest) -> HttpResponse:
    """Show one's own keys; make one and show it once."""
    if request.method != "POST":
        return _page(request, {"span": "90"})
    values: dict[str, object] = {
        "name": request.POST.get("name", "").strip(),
        "span": request.POST.get("span", ""),
        "scopes": request.POST.getlist("scopes"),
    }
    faults = _faults(values)
    if faults:
        return _page(request, values, faults)
    now = timezone.now()
    days = _SPANS[str(values["span"])]
    wish = grant_access.NewKey(
        me_of(request).username,
        str(values["name"]),
        tuple(request.POST.getlist("scopes")),
        now + timedelta(days=days) if days else None,
    )
    token = core.new_token(secrets.token_bytes(core.ENTROPY_BYTES))
    outcome = grant_access.add_key(wish, token, now=now, mint=Mint(now, secrets.token_bytes))
    if isinstance(outcome, Refused):
        sentence = str(_SENTENCES.get(outcome.code, outcome.detail))
        loc = "scopes" if outcome.code == "unknown-scope" else "name"
        return _page(request, values, {loc: sentence})
    return _page(request, {"span": "90"}, token=token.text)


@require_POST
@admission.needs("keys.own")
def revoke_key(request: HttpRequest) -> HttpResponse:
    """Revoke one of one's own keys."""
    wanted = request.POST.get("key", "")
    mine = [key for key in _mine(request) if key.id == wanted and key.revoked_at is None]
    for key in mine:
        grant_access.revoke_key(key.id, now=timezone.now())
    text = gettext("The key opens nothing any more.") if mine else gettext("There is no such key.")
    keep(request, Notice("success" if mine else "info", text))
    return HttpResponseRedirect(reverse("web:me-keys"))


def _faults(values: dict[str, object]) -> dict[str, str]:
    name, found = str(values["name"]), {}
    if not name or len(name) > _NAME_MAX or not name.isprintable():
        found["name"] = gettext("Type a name of 1 to 120 letters by which you will know the key.")
    if not values["scopes"]:
        found["scopes"] = gettext("Choose at least one thing that the key may do.")
    if values["span"] not in _SPANS:
        found["span"] = gettext("Choose one of the list.")
    return found


def _page(
    request: HttpRequest,
    values: dict[str, object],
    faults: dict[str, str] | None = None,
    token: str = "",
) -> HttpResponse:
    now = timezone.now()
    rows = [{"key": key, "standing": _standing(key, now)} for key in reversed(_mine(request))]
    context = {
        "tab": "keys", "rows": rows, "values": {"scopes": [], **values}, "faults": faults or {},
        "token": token, "spans": SPAN_WORDS,
        "scopes": {code: SCOPE_WORDS.get(code, code) for code in core.SCOPES},
    }  # fmt: skip
    return render(request, "web/me/keys.html", context, status=422 if faults else 200)


def _mine(request: HttpRequest) -> list[queries.KeyRow]:
    username = me_of(request).username
    return [key for key in queries.list_keys() if key.username == username]


def _standing(key: queries.KeyRow, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= now else "living"
