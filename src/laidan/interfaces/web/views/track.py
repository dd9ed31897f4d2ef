"""The page on which a buyer looks after his order: by its number and four digits of the phone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext, gettext_noop
from django.views.decorators.http import require_http_methods, require_safe

from laidan.blueprints import decisions
from laidan.blueprints.decisions import Action
from laidan.domain.security import core as security
from laidan.engine.sealing import keyring
from laidan.insights import order_documents, pay_views
from laidan.insights.order_documents import ShownOrder
from laidan.insights.vocabulary import worded
from laidan.interfaces import links
from laidan.interfaces.web import acts, badges, choices, notices, public, waiting, words
from laidan.interfaces.web.notices import Notice
from laidan.kernel.outcome import Refused
from laidan.usecases import counting_tries
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.transition_requests import Advance, TransitionInputs

NUMBER_MAX = 40
OPEN_FOR = 12 * 3600
"""Seconds after which the digits are asked for again."""
_SALT = "laidan.track"
_FOUR = re.compile(r"[0-9]{4}\Z")
_ASKED_OF_BUYERS = frozenset(("reason", "note"))
_MOMENTS = (
    ("placed_at", gettext_noop("Ordered")), ("paid_at", gettext_noop("Paid")),
    ("shipped_at", gettext_noop("Shipped")), ("delivered_at", gettext_noop("Delivered")),
    ("completed_at", gettext_noop("Completed")), ("cancelled_at", gettext_noop("Cancelled")),
)  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@public.page
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the number and the digits; whichever is wrong, the answer is the same."""
    given = request.POST if request.method == "POST" else request.GET
    number = given.get("order", "").strip().upper()[:NUMBER_MAX]
    if request.method != "POST":
        return _form(request, number)
    last4 = request.POST.get("last4", "").strip()
    if not number or not number.isprintable() or not _FOUR.match(last4):
        text = gettext("Type the order number and the last four digits of the phone.")
        return _form(request, number, text)
    now = datetime.now(UTC)
    address = request.META.get("REMOTE_ADDR", "")
    keys = counting_tries.keys_of(security.ORDER, number, address, label=number)
    refused = counting_tries.claim(keys, now=now)
    if refused is not None:
        text, wait = waiting.told(refused)
        response = _form(request, number, text, 429)
        response["Retry-After"] = str(wait)
        return response
    shown = _found(number)
    if shown is None or shown.row.last4_index != keyring().index("last4", last4):
        text = gettext("We find no order with this number and these digits. Please check both.")
        return _form(request, number, text)
    counting_tries.take_back(keys, now=now)
    proof = signing.dumps(shown.row.id, salt=_SALT)
    return HttpResponseRedirect(reverse("web:track-order", args=[proof]), status=303)


@require_safe
@public.page
def show(request: HttpRequest, proof: str) -> HttpResponse:
    """Show how the order stands, its parcels, what is due and what its buyer may do."""
    shown = _proven(proof)
    if shown is None:
        return HttpResponseRedirect(reverse("web:track"))
    row, language = shown.row, get_language() or "en"
    blueprint = acts.blueprint_of(shown)
    state = blueprint.states[row.state]
    code = str(shown.document["shop"])
    standing = pay_views.standing_of(row, datetime.now(UTC))
    context = {
        "proof": proof, "order": shown.document, "row": row,
        "badge": badges.of_state(row.state, row.category, worded(state.label, language), state.icon),
        "shop_name": choices.shops().get(code, code),
        "moments": [(gettext(label), at) for name, label in _MOMENTS if (at := getattr(row, name))],
        "is_due": standing == pay_views.DUE, "pay_token": links.pay_token(row.id),
        "acts": [(one, worded(one.label, language)) for one in _actions(shown)],
    }  # fmt: skip
    return render(request, "web/pay/order.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@public.page
def act(request: HttpRequest, proof: str, act_name: str) -> HttpResponse:
    """Ask whether the buyer means it, and do it."""
    shown = _proven(proof)
    if shown is None:
        return HttpResponseRedirect(reverse("web:track"))
    back = reverse("web:track-order", args=[proof])
    action = next((one for one in _actions(shown) if one.name == act_name), None)
    if action is None:
        notices.keep(request, Notice("warning", gettext("The order has moved on; see below.")))
        return HttpResponseRedirect(back, status=303)
    label = worded(action.label, get_language() or "en")
    if request.method != "POST":
        context = {"row": shown.row, "action": action, "label": label, "back": back}
        return render(request, "web/pay/act.html", context)
    inputs = TransitionInputs(reason="buyer" if "reason" in action.needs else None)
    asked = Advance(shown.row.id, act_name, public.BUYER_ACTOR, inputs)
    (outcome,) = advance_orders([asked], now=datetime.now(UTC))
    told = Notice("success", gettext("%(act)s: done") % {"act": label})
    if isinstance(outcome, Refused):
        told = Notice("warning", words.explain(outcome))
    notices.keep(request, told)
    return HttpResponseRedirect(back, status=303)


def _actions(shown: ShownOrder) -> Sequence[Action]:
    """Return what the blueprint lets the buyer do now without being asked for more than a word."""
    found = decisions.actions(acts.blueprint_of(shown), shown.standing, public.BUYER_ACTOR)
    return [one for one in found if one.allowed and _ASKED_OF_BUYERS.issuperset(one.needs)]


def _found(number: str) -> ShownOrder | None:
    order_id = order_documents.find_order_id(number)
    shown = order_documents.load_shown([order_id] if order_id else [], now=datetime.now(UTC))
    return shown[0] if shown else None


def _proven(proof: str) -> ShownOrder | None:
    try:
        order_id: Any = signing.loads(proof, salt=_SALT, max_age=OPEN_FOR)
    except signing.BadSignature:
        return None
    return _found(str(order_id))


def _form(request: HttpRequest, number: str, error: str = "", status: int = 422) -> HttpResponse:
    context = {"number": number, "error": error}
    return render(request, "web/pay/track.html", context, status=status if error else 200)
